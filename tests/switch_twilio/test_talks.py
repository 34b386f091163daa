"""Holding, muting, supervising and recording a conversation, and who answers: the wire."""

import asyncio
import wave
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from calls.commands import (
    Dial,
    Hangup,
    Hold,
    Join,
    Mute,
    PauseBridgeRecording,
    RecordBridge,
    StopBridgeRecording,
    Supervise,
    Unbridge,
    Unhold,
)
from calls.events import BridgeRecorded, CommandFailed, LegAnswered, LegEnded
from tests.contract.rig import Party, Rig
from tests.contract.test_switches import answered_caller, dial, talking, until_bridges
from tests.contract.twilio import TwilioCaller
from tests.switch_twilio.cloud import Cloud, Person
from tests.switch_twilio.front import Front
from tests.switch_twilio.line import Line
from tests.switch_twilio.test_driver import until


class Pair:
    """A caller and an agent who talk."""

    def __init__(self, rig: Rig, cloud: Cloud, found: tuple[Party, str, Party, str, str]) -> None:
        self.rig, self.cloud = rig, cloud
        self.caller, self.inbound, self.agent, self.leg, self.bridge = found
        assert isinstance(self.caller, TwilioCaller)
        self.line = self.caller.line
        self.phone = cloud.people[f"client:{rig.agent}"].lines[-1]

    def changes(self, of: Line) -> list[dict[str, str]]:
        """What a participant was told."""
        return [
            form
            for method, path, form in self.cloud.requests
            if method == "POST" and path.endswith(f"/Participants/{of.sid}.json")
        ]

    def recordings(self) -> list[tuple[str, dict[str, str]]]:
        return [
            (path, form)
            for method, path, form in self.cloud.requests
            if method == "POST" and "/Recordings" in path
        ]

    def ended_by_rest(self) -> list[str]:
        """Twilio's names of the calls that it was told to end."""
        return [
            path.removeprefix("/Calls/").removesuffix(".json")
            for method, path, form in self.cloud.requests
            if method == "POST" and form.get("Status") == "completed"
        ]

    async def done(self, of: Line, **fields: str) -> None:
        """A participant was told this last."""
        await until(lambda: self.changes(of)[-1:] == [fields])


@pytest_asyncio.fixture
async def pair(rig: Rig, cloud: Cloud, front: Front) -> AsyncIterator[Pair]:
    front.numbers.append("1000")  # after a restart it is known whose callers these are
    yield Pair(rig, cloud, await talking(rig))


# -- the end -------------------------------------------------------------------------------------


@pytest.mark.parametrize("who_leaves", ["agent", "caller"])
async def test_who_is_put_out_with_the_other_is_ended_by_their_own_question(
    pair: Pair, who_leaves: str
) -> None:
    """Told by REST as well, Twilio would say that the call is not in progress any more."""
    left = {"agent": pair.leg, "caller": pair.inbound}
    gone, other = left.pop(who_leaves), next(iter(left.values()))
    await (pair.agent if who_leaves == "agent" else pair.caller).hang_up()
    await pair.rig.gone(gone)
    pair.rig.switch.execute(Hangup(leg=other))
    await pair.rig.gone(other)
    assert pair.line.status == pair.phone.status == "completed"
    assert not pair.ended_by_rest()


async def test_of_two_who_are_ended_together_one_is_told_by_rest(pair: Pair) -> None:
    for leg in (pair.leg, pair.inbound):
        pair.rig.switch.execute(Hangup(leg=leg))
    for leg in (pair.leg, pair.inbound):
        await pair.rig.gone(leg)
    assert pair.ended_by_rest() == [pair.phone.sid]


# -- hold and mute -------------------------------------------------------------------------------


async def test_a_held_participant_hears_our_music_again_and_again(pair: Pair, front: Front) -> None:
    pair.cloud.speed = 50.0
    pair.rig.switch.execute(Hold(leg=pair.inbound, music="jazz"))
    music = f"{front.url}/twilio/hold?leg={pair.line.sid}&music=jazz"
    await pair.done(pair.line, Hold="true", HoldUrl=music, HoldMethod="POST")
    await until(lambda: pair.line.heard.count(pair.line.heard[-1]) > 2)
    assert pair.line.heard[-1].endswith("default.wav"), "there is no jazz"
    pair.rig.switch.execute(Unhold(leg=pair.inbound))
    await pair.done(pair.line, Hold="false")


async def test_what_has_not_changed_is_not_told_again(pair: Pair) -> None:
    switch = pair.rig.switch
    switch.execute(Mute(leg=pair.leg))
    await pair.done(pair.phone, Muted="true")
    switch.execute(Mute(leg=pair.leg))
    switch.execute(Hold(leg=pair.inbound))
    await until(lambda: pair.changes(pair.line))
    assert pair.changes(pair.phone) == [{"Muted": "true"}]


async def test_changes_of_mind_are_told_one_after_another(pair: Pair) -> None:
    """The last word counts, whatever is under way."""
    for muted in (True, False, True):
        pair.rig.switch.execute(Mute(leg=pair.leg, muted=muted))
        await until(lambda: pair.changes(pair.phone))
    await until(lambda: pair.phone.muted)
    pair.rig.switch.execute(Mute(leg=pair.leg, muted=False))
    pair.rig.switch.execute(Mute(leg=pair.leg, muted=True))
    pair.rig.switch.execute(Mute(leg=pair.leg, muted=False))
    await until(lambda: not pair.phone.muted)


async def test_a_conference_that_tells_nothing_is_looked_at(
    rig: Rig, cloud: Cloud, front: Front
) -> None:
    """All callbacks about conferences are lost: who is held is held, who is recorded recorded."""
    cloud.silent_conferences = True
    await rig.agent_phone()
    agent = dial(rig, "a1", f"phone:{rig.agent}")
    await rig.wait(LegAnswered, leg=agent)
    party, inbound = await answered_caller(rig)
    assert isinstance(party, TwilioCaller)
    bridge = f"{rig.switch.name}/b-{rig.agent}"
    rig.switch.execute(Join(bridge=bridge, legs=(inbound, agent)))
    rig.switch.execute(Hold(leg=inbound))
    rig.switch.execute(RecordBridge(bridge=bridge, recording="r1"))
    await until(lambda: party.line.on_hold and _runs(party.line) == "in-progress")
    await until_bridges(rig, {inbound: bridge, agent: bridge})
    rig.switch.execute(Unbridge(bridge=bridge))
    await rig.wait(BridgeRecorded)
    await until(lambda: party.line.conference is None)
    await rig.settled(inbound)
    await until_bridges(rig, {inbound: None, agent: None})


async def test_a_hold_that_the_api_refuses_is_told(pair: Pair) -> None:
    pair.cloud.failing[("POST", "/Conferences")] = [400]
    pair.rig.switch.execute(Hold(leg=pair.inbound))
    failed = await pair.rig.wait(CommandFailed)
    assert failed.command == Hold(leg=pair.inbound)
    assert not failed.gone


async def test_a_busy_api_is_asked_again(pair: Pair) -> None:
    pair.cloud.failing[("POST", "/Conferences")] = [429, 503]
    pair.rig.switch.execute(Mute(leg=pair.leg))
    await until(lambda: pair.phone.muted)
    assert not pair.rig.all(CommandFailed)


async def test_a_third_party_may_go_and_leaves_the_two_together(pair: Pair) -> None:
    """With three, nobody's leaving ends the conference; with two again, it does."""
    _, other = await answered_caller(pair.rig)
    legs = (pair.inbound, pair.leg, other)
    pair.rig.switch.execute(Join(bridge=pair.bridge, legs=legs))
    await pair.done(pair.line, EndConferenceOnExit="false")
    await pair.done(pair.phone, EndConferenceOnExit="false")
    await pair.phone.hang_up()
    await pair.rig.gone(pair.leg)
    await pair.done(pair.line, EndConferenceOnExit="true")
    assert len(pair.rig.all(LegEnded)) == 1


async def test_a_restart_finds_who_is_held_muted_and_followed(pair: Pair, front: Front) -> None:
    boss, leg = await _supervisor(pair)
    pair.rig.switch.execute(Supervise(leg=leg, whom=pair.leg, bridge=pair.bridge, mode="whisper"))
    pair.rig.switch.execute(Hold(leg=pair.inbound))
    pair.rig.switch.execute(Mute(leg=pair.leg))
    await until(lambda: boss.coaching and pair.line.on_hold and pair.phone.muted)
    await pair.rig.disconnect()
    pair.rig.switch = front.restart()
    told = len(pair.cloud.requests)
    await pair.rig.connect()
    await pair.rig.switch.legs()
    assert not [form for method, _, form in pair.cloud.requests[told:] if method == "POST"]
    pair.rig.switch.execute(Unhold(leg=pair.inbound))
    pair.rig.switch.execute(Mute(leg=pair.leg, muted=False))
    await until(lambda: not pair.line.on_hold and not pair.phone.muted)
    assert boss.coaching == pair.phone.sid


@pytest.mark.parametrize("path", ["/Conferences.json", "/Conferences/"])
async def test_while_twilio_does_not_say_who_talks_nothing_is_taken_over(
    pair: Pair, front: Front, path: str
) -> None:
    """A pair who talk must not be taken for two who do not."""
    await pair.rig.disconnect()
    pair.cloud.failing["GET", path] = [503] * 3  # as often as it is asked before that is believed
    pair.rig.switch = front.restart()
    up = await pair.rig.connect()
    assert {leg.leg: leg.bridge for leg in up.legs} == {
        pair.inbound: pair.bridge,
        pair.leg: pair.bridge,
    }


async def test_a_server_without_conferences_is_no_trouble(
    rig: Rig, cloud: Cloud, front: Front
) -> None:
    _, leg = await answered_caller(rig)
    front.numbers.append("1000")
    await rig.disconnect()
    cloud.failing["GET", "/Conferences.json"] = [404]
    rig.switch = front.restart()
    up = await rig.connect()
    assert [(live.leg, live.bridge) for live in up.legs] == [(leg, None)]


# -- supervision ---------------------------------------------------------------------------------


async def _supervisor(pair: Pair, name: str = "boss") -> tuple[Line, str]:
    await pair.rig.outside.phone(name)
    leg = dial(pair.rig, name, f"phone:{name}")
    await pair.rig.wait(LegAnswered, leg=leg)
    return pair.cloud.people[f"client:{name}"].lines[-1], leg


async def test_a_whisper_is_coaching_of_the_agents_call(pair: Pair) -> None:
    boss, leg = await _supervisor(pair)
    pair.rig.switch.execute(Supervise(leg=leg, whom=pair.leg, bridge=pair.bridge))
    await until(lambda: boss.conference is not None)
    assert boss.muted, "not heard from the first moment"
    assert not boss.ends
    assert not pair.changes(boss), "nothing more is needed to listen"
    pair.rig.switch.execute(Supervise(leg=leg, whom=pair.leg, bridge=pair.bridge, mode="whisper"))
    await pair.done(boss, Coaching="true", CallSidToCoach=pair.phone.sid, Muted="false")
    pair.rig.switch.execute(Supervise(leg=leg, whom=pair.leg, bridge=pair.bridge, mode="barge"))
    await pair.done(boss, Coaching="false")
    pair.rig.switch.execute(Supervise(leg=leg, whom=pair.leg, bridge=pair.bridge))
    await pair.done(boss, Muted="true")


async def test_whispering_waits_for_the_agent_to_be_there(rig: Rig, cloud: Cloud) -> None:
    """A call cannot coach one that is not in the conference yet (error 13240)."""
    cloud.shuffled = True
    await rig.agent_phone()
    agent = dial(rig, "a1", f"phone:{rig.agent}")
    await rig.wait(LegAnswered, leg=agent)
    await rig.outside.phone("boss")
    boss = dial(rig, "boss", "phone:boss")
    await rig.wait(LegAnswered, leg=boss)
    _, inbound = await answered_caller(rig)
    bridge = f"{rig.switch.name}/b-{rig.agent}"
    rig.switch.execute(Supervise(leg=boss, whom=agent, bridge=bridge, mode="whisper"))
    rig.switch.execute(Join(bridge=bridge, legs=(inbound, agent)))
    line = cloud.people["client:boss"].lines[-1]
    await until(lambda: line.coaching == cloud.people[f"client:{rig.agent}"].lines[-1].sid)
    assert not line.muted


async def test_a_supervisor_of_somebody_who_is_gone_hears_nothing(pair: Pair) -> None:
    boss, leg = await _supervisor(pair)
    pair.rig.switch.execute(Supervise(leg=leg, whom=pair.leg, bridge=pair.bridge))
    await until(lambda: boss.conference is not None)
    await pair.phone.hang_up()
    await pair.rig.gone(pair.leg)
    await until(lambda: boss.conference is None)
    assert boss.status == "in-progress"
    assert leg not in [ended.leg for ended in pair.rig.all(LegEnded)]
    pair.rig.switch.execute(Supervise(leg=leg, whom=pair.leg, bridge=pair.bridge))
    assert (await pair.rig.wait(CommandFailed)).gone


# -- recordings ----------------------------------------------------------------------------------


def _record(pair: Pair) -> None:
    pair.rig.switch.execute(RecordBridge(bridge=pair.bridge, recording="r1"))


def _stop(pair: Pair) -> None:
    pair.rig.switch.execute(StopBridgeRecording(bridge=pair.bridge, recording="r1"))


def _pause(pair: Pair, *, paused: bool = True) -> None:
    pair.rig.switch.execute(PauseBridgeRecording(bridge=pair.bridge, recording="r1", paused=paused))


def _runs(line: Line) -> str:
    return line.tapes[-1].status if line.tapes else ""


async def test_the_callers_line_is_recorded_and_kept(pair: Pair, front: Front) -> None:
    _record(pair)
    await until(lambda: _runs(pair.line) == "in-progress")
    _stop(pair)
    assert (await pair.rig.wait(BridgeRecorded)).seconds >= 1
    file = front.folder / "recordings" / "r1.wav"
    await until(file.exists)
    with wave.open(str(file)) as sound:
        assert sound.getnframes() >= 8000
    assert not pair.phone.tapes
    [(_, begun), (path, stopped)] = pair.recordings()
    assert begun["RecordingChannels"] == "mono"
    assert stopped == {"Status": "stopped"}
    assert path.endswith(f"/{pair.line.tapes[0].sid}.json")


async def test_what_is_said_in_a_pause_is_left_out(pair: Pair) -> None:
    _record(pair)
    await until(lambda: _runs(pair.line) == "in-progress")
    _pause(pair)
    _pause(pair)
    await until(lambda: _runs(pair.line) == "paused")
    _pause(pair, paused=False)
    await until(lambda: _runs(pair.line) == "in-progress")
    changes = [form for path, form in pair.recordings()[1:]]
    assert changes == [{"Status": "paused", "PauseBehavior": "skip"}, {"Status": "in-progress"}]


async def test_a_recording_paused_before_it_begins_begins_later(pair: Pair) -> None:
    _record(pair)
    _pause(pair)
    _pause(pair, paused=False)
    _stop(pair)
    await pair.rig.wait(BridgeRecorded)
    assert not [tape for tape in pair.line.tapes if tape.runs]


@pytest.mark.parametrize("shuffled", [True, False])
async def test_callbacks_twice_and_late_tell_one_end(pair: Pair, shuffled: bool) -> None:
    pair.cloud.doubled, pair.cloud.shuffled = True, shuffled
    _record(pair)
    await until(lambda: _runs(pair.line) == "in-progress")
    await pair.line.hang_up()
    await pair.rig.gone(pair.inbound)
    pair.rig.switch.execute(Unbridge(bridge=pair.bridge))
    await pair.rig.wait(BridgeRecorded)
    await asyncio.sleep(0.5)  # whatever else may come
    assert [ended.end for ended in pair.rig.all(BridgeRecorded)] == ["stopped"]


async def test_a_recording_of_nothing_has_no_seconds(pair: Pair, front: Front) -> None:
    pair.cloud.records_nothing = True
    _record(pair)
    await until(lambda: _runs(pair.line) == "in-progress")
    _stop(pair)
    assert (await pair.rig.wait(BridgeRecorded)).seconds == 0
    assert not (front.folder / "recordings" / "r1.wav").exists()


async def test_a_callback_that_never_comes_is_not_waited_for(pair: Pair) -> None:
    pair.cloud.silent_recordings = True
    _record(pair)
    await until(lambda: _runs(pair.line) == "in-progress")
    _stop(pair)
    ended = await pair.rig.wait(BridgeRecorded)
    assert 0 < ended.seconds < 5


async def test_a_recording_that_the_api_refuses_has_failed(pair: Pair) -> None:
    pair.cloud.failing[("POST", f"/Calls/{pair.line.sid}/Recordings")] = [400]
    _record(pair)
    ended = await pair.rig.wait(BridgeRecorded)
    assert (ended.end, ended.seconds) == ("failed", 0.0)
    _stop(pair)
    await pair.rig.settled(pair.leg)
    assert len(pair.rig.all(BridgeRecorded)) == 1


async def test_a_pause_that_the_api_refuses_is_told_and_the_recording_goes_on(pair: Pair) -> None:
    _record(pair)
    await until(lambda: _runs(pair.line) == "in-progress")
    pair.cloud.failing[("POST", f"/Calls/{pair.line.sid}/Recordings/")] = [400]
    _pause(pair)
    failed = await pair.rig.wait(CommandFailed)
    assert isinstance(failed.command, PauseBridgeRecording)
    _stop(pair)
    assert (await pair.rig.wait(BridgeRecorded)).end == "stopped"


async def test_a_recording_that_may_have_begun_is_stopped_all_the_same(pair: Pair) -> None:
    """It is not asked for twice: two would run. Twilio knows the one that runs by itself."""
    pair.cloud.failing[("POST", f"/Calls/{pair.line.sid}/Recordings.json")] = [0]
    _record(pair)
    await until(lambda: _runs(pair.line) == "in-progress")
    _stop(pair)
    await until(lambda: _runs(pair.line) == "stopped")
    assert len(pair.line.tapes) == 1
    assert pair.recordings()[-1][0].endswith("/Recordings/Twilio.CURRENT.json")


async def test_a_card_number_is_left_out_after_a_restart_too(pair: Pair, front: Front) -> None:
    _record(pair)
    await until(lambda: _runs(pair.line) == "in-progress")
    await pair.rig.disconnect()
    pair.rig.switch = front.restart()
    await pair.rig.connect()
    _pause(pair)
    await until(lambda: _runs(pair.line) == "paused")
    _stop(pair)
    await until(lambda: _runs(pair.line) == "stopped")
    assert len(pair.rig.all(BridgeRecorded)) <= 1
    assert (await pair.rig.wait(BridgeRecorded)).recording == "r1"


@pytest.mark.parametrize("paused", [True, False])
async def test_what_is_recorded_when_we_come_back_is_not_recorded_twice(
    pair: Pair, front: Front, paused: bool
) -> None:
    """The center gives its commands again, as it cannot know what Twilio was told."""
    _record(pair)
    await until(lambda: _runs(pair.line) == "in-progress")
    await pair.rig.disconnect()
    pair.rig.switch = front.restart()
    await pair.rig.connect()
    _record(pair)
    if paused:
        _pause(pair)
        await until(lambda: _runs(pair.line) == "paused")
    await pair.rig.settled(pair.leg)
    _stop(pair)
    await pair.rig.wait(BridgeRecorded)
    assert [tape.status for tape in pair.line.tapes] == ["stopped"]


async def test_what_was_never_recorded_is_not_told_to_have_ended(pair: Pair, front: Front) -> None:
    await pair.rig.disconnect()
    pair.rig.switch = front.restart()
    await pair.rig.connect()
    _pause(pair)
    _stop(pair)
    await pair.rig.settled(pair.leg)
    assert not pair.line.tapes
    assert not pair.rig.all(BridgeRecorded)
    assert not pair.rig.all(CommandFailed)


async def test_a_recording_that_ended_during_a_restart_is_told_by_its_callback(
    pair: Pair, front: Front
) -> None:
    _record(pair)
    await until(lambda: _runs(pair.line) == "in-progress")
    await pair.rig.disconnect()
    pair.rig.switch = front.restart()
    await pair.rig.connect()
    await pair.line.hang_up()
    ended = await pair.rig.wait(BridgeRecorded)
    assert (ended.bridge, ended.recording, ended.end) == (pair.bridge, "r1", "stopped")


async def test_who_leaves_the_conversation_is_not_recorded_elsewhere(pair: Pair) -> None:
    _record(pair)
    await until(lambda: _runs(pair.line) == "in-progress")
    pair.rig.switch.execute(Join(bridge=f"{pair.bridge}-2", legs=(pair.inbound,)))
    await until(lambda: _runs(pair.line) == "stopped")
    assert not pair.rig.all(BridgeRecorded), "its bridge is still there"


# -- who answers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "by"),
    [
        ("human", "person"),
        ("machine_start", "machine"),
        ("machine_end_beep", "machine"),
        ("machine_end_silence", "machine"),
        ("machine_end_other", "machine"),
        ("fax", "machine"),
        ("unknown", ""),
    ],
)
async def test_each_verdict_of_twilios(rig: Rig, cloud: Cloud, verdict: str, by: str) -> None:
    cloud.people["+48221234567"] = Person(verdict=verdict)
    cloud.doubled = cloud.shuffled = True
    leg = f"{rig.switch.name}/o1"
    rig.switch.execute(Dial(leg=leg, call="c", to="tel:+48221234567", caller="5", detect=True))
    assert (await rig.wait(LegAnswered)).by == by
    await rig.settled(leg)
    assert len(rig.all(LegAnswered)) == 1
    [form] = [form for method, path, form in cloud.requests if path == "/Calls.json" and form]
    assert form["MachineDetection"] == "Enable"


async def test_a_browser_is_known_to_be_a_person(rig: Rig, cloud: Cloud) -> None:
    await rig.agent_phone()
    leg = f"{rig.switch.name}/a1"
    to = f"phone:{rig.agent}"
    rig.switch.execute(Dial(leg=leg, call="c", to=to, caller="5", detect=True))
    await rig.wait(LegAnswered, leg=leg)
    [form] = [form for method, path, form in cloud.requests if path == "/Calls.json" and form]
    assert "MachineDetection" not in form


async def test_who_hangs_up_before_the_verdict_was_never_answered(rig: Rig, cloud: Cloud) -> None:
    cloud.people["+48221234567"] = Person()
    leg = f"{rig.switch.name}/o1"
    rig.switch.execute(Dial(leg=leg, call="c", to="tel:+48221234567", caller="5", detect=True))
    await until(lambda: [line for line in cloud.lines.values() if line.status == "in-progress"])
    await cloud.people["+48221234567"].lines[-1].hang_up()
    await rig.gone(leg)
    assert not rig.all(LegAnswered)
