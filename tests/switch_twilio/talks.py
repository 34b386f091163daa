"""The part of the stand-in's API that is about conversations: participants of conferences, and
recordings of calls that are under way."""

from typing import TYPE_CHECKING

from tests.switch_twilio.line import Conference, Line, LineTape

if TYPE_CHECKING:
    from tests.switch_twilio.cloud import Cloud

_PARTICIPANT = {
    "Muted", "Hold", "HoldUrl", "HoldMethod", "AnnounceUrl", "AnnounceMethod", "Coaching",
    "CallSidToCoach", "EndConferenceOnExit", "BeepOnExit",
}  # fmt: skip
_BOOLEANS = {"Muted", "Hold", "Coaching", "EndConferenceOnExit", "BeepOnExit"}
_RECORD = {
    "RecordingStatusCallbackEvent", "RecordingStatusCallback", "RecordingStatusCallbackMethod",
    "Trim", "RecordingChannels", "RecordingTrack",
}  # fmt: skip
_RECORDING_EVENTS = {"in-progress", "completed", "absent"}


class Failure(Exception):
    """A request that the API does not do."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def conferences(cloud: "Cloud", status: str) -> list[dict[str, str]]:
    return [
        {"sid": each.sid, "friendly_name": each.name}
        for each in cloud.conferences.values()
        if each.started or status != "in-progress"
    ]


def participants(cloud: "Cloud", sid: str) -> list[dict[str, object]]:
    return [line.participant() for line in _conference(cloud, sid).members]


async def change_participant(
    cloud: "Cloud", sid: str, name: str, form: dict[str, str]
) -> dict[str, object]:
    cloud.only(form, _PARTICIPANT)
    for field in _BOOLEANS & form.keys():
        if form[field] not in ("true", "false"):
            cloud.fault(f"{field}={form[field]} counts as false")
    found = _conference(cloud, sid)
    line = next((line for line in found.members if line.sid == name), None)
    if line is None:
        raise Failure(404, 20404, "there is no such participant")
    if url := form.get("AnnounceUrl"):
        root = await line.ask(url, {})
        line.heard += [verb.text or "" for verb in root]
    if "Coaching" in form:
        line.coaching = _coached(found, form)
    if "Hold" in form:
        _hold(cloud, line, form)
    if "Muted" in form:
        line.muted = form["Muted"] == "true"
    if "EndConferenceOnExit" in form:
        line.ends = form["EndConferenceOnExit"] == "true"
    return line.participant()


def record(
    cloud: "Cloud", sid: str, form: dict[str, str], pairs: list[tuple[str, str]]
) -> dict[str, str]:
    cloud.only(form, _RECORD)
    events = {value for name, value in pairs if name == "RecordingStatusCallbackEvent"}
    if not events <= _RECORDING_EVENTS:
        cloud.fault(f"unknown events of a recording {events}")
    if form.get("RecordingChannels", "mono") not in ("mono", "dual"):
        cloud.fault("unknown RecordingChannels")
    if form.get("RecordingTrack", "both") not in ("inbound", "outbound", "both"):
        cloud.fault("unknown RecordingTrack")
    line = cloud.lines.get(sid)
    if line is None:
        raise Failure(404, 20404, "there is no such call")
    if line.status != "in-progress":
        raise Failure(400, 21220, "Requested resource is not eligible for recording")
    tape = LineTape(line, cloud.new_id("RE"), form.get("RecordingStatusCallback", ""), events)
    line.tapes.append(tape)
    return {"sid": tape.sid, "status": "in-progress", "call_sid": sid}


def recordings(cloud: "Cloud", sid: str) -> list[dict[str, str]]:
    if sid not in cloud.lines:
        raise Failure(404, 20404, "there is no such call")
    return [{"sid": tape.sid, "status": tape.status} for tape in cloud.lines[sid].tapes]


def change_recording(cloud: "Cloud", sid: str, name: str, form: dict[str, str]) -> dict[str, str]:
    cloud.only(form, {"Status", "PauseBehavior"})
    line = cloud.lines.get(sid)
    running = [tape for tape in line.tapes if tape.runs] if line is not None else []
    found = next((tape for tape in running if name in (tape.sid, "Twilio.CURRENT")), None)
    if found is None:
        raise Failure(404, 20404, "there is no such recording")
    status = form["Status"]
    if status not in ("paused", "in-progress", "stopped"):
        raise Failure(400, 20001, "invalid status")
    if "PauseBehavior" in form and status != "paused":
        cloud.fault("PauseBehavior is for pauses")
    found.change(status)
    return {"sid": found.sid, "status": status}


def _conference(cloud: "Cloud", sid: str) -> Conference:
    found = next((each for each in cloud.conferences.values() if each.sid == sid), None)
    if found is None:
        raise Failure(404, 20404, "there is no such conference")
    return found


def _hold(cloud: "Cloud", line: Line, form: dict[str, str]) -> None:
    line.on_hold = form["Hold"] == "true"
    if line.on_hold and form.get("HoldMethod", "GET") != "POST":
        cloud.fault("the music on hold is asked for by GET")
    if line.on_hold:
        cloud.later(line.hear_music(form["HoldUrl"]))


def _coached(conference: Conference, form: dict[str, str]) -> str:
    if form["Coaching"] != "true":
        return ""
    whom = form.get("CallSidToCoach", "")
    if all(member.sid != whom for member in conference.members):
        raise Failure(400, 13240, "the call to coach is not in the conference")
    return whom
