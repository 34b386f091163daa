"""One call inside the stand-in of Twilio: it fetches documents and does what they say."""

import asyncio
import io
import wave
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from tests.switch_twilio import grammar

if TYPE_CHECKING:
    from tests.switch_twilio.cloud import Cloud

#: Verbs that do not pick up a call that comes in.
UNANSWERED = frozenset({"Reject", "Pause"})
#: Documents one after the other without a moment between: a loop.
MOST_IN_A_ROW = 25


class Line:
    """A call. `press` and `hang_up` are what its person does; `redirect` and `end` the API's."""

    def __init__(
        self, cloud: "Cloud", sid: str, caller: str, called: str, *, inbound: bool
    ) -> None:
        self.cloud = cloud
        self.sid = sid
        self.caller, self.called = caller, called
        self.inbound = inbound
        self.status = "ringing" if inbound else "queued"
        self.conference: Conference | None = None
        self.label = ""
        self.heard: list[str] = []
        self.speaking = False
        #: How it left queues.
        self.queue_results: list[str] = []
        self.callback = ""
        self._carried: dict[str, str] = {}
        self._keys: asyncio.Queue[str] | None = None
        self._listening = asyncio.Event()
        self._step: asyncio.Task[str] | None = None
        self._redirected = ""
        self._rejected = "completed"
        self._recording: tuple[ET.Element, float] | None = None
        self._queue: tuple[ET.Element, float] | None = None
        self._life: asyncio.Task[None] | None = None
        self._sequence = 0
        self._picked_up = False
        #: What is to be found out about who answers, and what was.
        self.detects = self.answered_by = ""
        #: How it takes part in its conference; whom it coaches.
        self.muted = self.on_hold = False
        self.starts = self.ends = True
        self.coaching = ""
        self.tapes: list[LineTape] = []

    # --- people

    async def press(self, digits: str) -> None:
        """Press keys, as soon as anybody listens; keys pressed at other times are lost."""
        for digit in digits:
            async with asyncio.timeout(10):
                await self._listening.wait()
            assert self._keys is not None
            self._keys.put_nowait(digit)
            await asyncio.sleep(0.05)

    async def speak(self) -> None:
        self.speaking = True

    async def hang_up(self) -> None:
        await self.over("completed")

    async def vanish(self) -> None:
        """It is gone, and nobody is told."""
        self.status, self.callback = "completed", ""
        self._recording = self._queue = None
        life, self._life = self._life, None
        if life is not None:
            life.cancel()
            await asyncio.gather(life, return_exceptions=True)
        if self.conference is not None:
            self.conference.leave(self, "participant_hung_up")

    # --- the API

    def redirect(self, url: str) -> None:
        self._redirected = url
        if self._step is not None:
            self._step.cancel()

    async def over(self, status: str, sip: str = "") -> None:
        """End it; tell so."""
        if self.status in grammar.OVER:
            return
        self.status = status
        life, self._life = self._life, None
        if life is not None and life is not asyncio.current_task():
            life.cancel()
            await asyncio.gather(life, return_exceptions=True)
        if self.conference is not None:
            self.conference.leave(self, "participant_hung_up")
        for tape in self.tapes:
            tape.change("stopped")
        await self._last_words()
        self.tell(status, **({"SipResponseCode": sip} if sip else {}))

    async def _last_words(self) -> None:
        if self._recording is not None:
            verb, began = self._recording
            self._recording = None
            await self.ask(verb.attrib["action"], self._record_made(verb, began, "hangup"))
        if self._queue is not None:
            verb, began = self._queue
            self._queue = None
            await self.ask(verb.attrib["action"], self._queue_left(began, "hangup"))

    # --- its life

    def start(self, url: str) -> None:
        self._life = asyncio.create_task(self._live(url))

    async def _live(self, url: str) -> None:
        sent: dict[str, str] = {}
        in_a_row, last = 0, 0.0
        while url:
            now = asyncio.get_running_loop().time()
            in_a_row, last = (in_a_row + 1 if now - last < 0.02 else 0), now
            if in_a_row > MOST_IN_A_ROW:
                self.cloud.fault(f"{self.sid} loops at {url}")
                break
            self._step = asyncio.create_task(self._document(url, sent))
            try:
                url, sent = await self._step, self._carried
            except asyncio.CancelledError:
                if not self._redirected:
                    raise
                url, self._redirected, sent = self._redirected, "", {}
                await self._moved()
        await self.over(self._rejected)

    async def _moved(self) -> None:
        """It was redirected: whatever it was in ends here."""
        self._keys = None
        self._listening.clear()
        if self.conference is not None:
            self.conference.leave(self, "participant_updated_via_api")
        if self._recording is not None:
            verb, began = self._recording
            self._recording = None
            self._record_made(verb, began, "")
        if self._queue is not None:
            verb, began = self._queue
            self._queue = None
            self.cloud.later(self.ask(verb.attrib["action"], self._queue_left(began, "redirected")))

    async def ask(
        self, url: str, sent: dict[str, str], allowed: frozenset[str] | None = None
    ) -> ET.Element:
        """Fetch a document, which must be one."""
        text = await self.cloud.ask(url, {**self.parameters(), **sent})
        for fault in grammar.faults(text, allowed):
            self.cloud.fault(f"{url}: {fault}: {text}")
        return ET.fromstring(text)  # noqa: S314

    async def _document(self, url: str, sent: dict[str, str]) -> str:
        """Do what a document says; gives the address that goes on, or nothing."""
        self._carried = {}
        root = await self.ask(url, sent)
        for verb in root:
            if not self._picked_up and self.inbound and verb.tag not in UNANSWERED:
                self._pick_up()
            if verb.tag == "Reject" and self._picked_up:
                self.cloud.fault("Reject of a call that is answered")
            done = await self._verb(verb)
            if done is not None:
                return done
            if not self._picked_up and self.inbound:
                self._pick_up()
        return ""

    def _pick_up(self) -> None:
        self._picked_up = True
        self.status = "in-progress"

    async def _verb(self, verb: ET.Element) -> str | None:
        """Gives where to go on: an address, "" for nowhere, None for the next verb."""
        match verb.tag:
            case "Play":
                await self._play(verb)
            case "Say":
                self.heard.append(verb.text or "")
                await asyncio.sleep(0.2)
            case "Pause":
                await asyncio.sleep(int(verb.get("length", "1")))
            case "Gather":
                return await self._gather(verb)
            case "Redirect":
                return verb.text
            case "Hangup":
                return ""
            case "Reject":
                self._rejected = "busy" if verb.get("reason") == "busy" else "no-answer"
                return ""
            case "Record":
                return await self._record(verb)
            case "Enqueue":
                return await self._enqueue(verb)
            case "Dial":
                return await self._dial(verb)
            case _:
                raise AssertionError(verb.tag)
        return None

    async def _play(self, verb: ET.Element) -> None:
        sound = await self.cloud.fetch_sound(verb.text or "")
        self.heard.append(verb.text or "")
        with wave.open(io.BytesIO(sound)) as file:
            seconds = file.getnframes() / file.getframerate() / self.cloud.speed
        times = int(verb.get("loop", "1"))
        await asyncio.sleep(seconds * times if times else 1e6)

    async def _gather(self, verb: ET.Element) -> str | None:
        keys: asyncio.Queue[str] = asyncio.Queue()
        self._keys = keys
        self._listening.set()
        try:
            digits = await self._digits(verb, keys)
        finally:
            self._keys = None
            self._listening.clear()
        if not digits:
            return None
        self._carried = {"Digits": digits, "msg": "Gather End"}
        return verb.attrib["action"]

    async def _digits(self, verb: ET.Element, keys: "asyncio.Queue[str]") -> str:
        async def nested() -> None:
            for child in verb:
                await self._verb(child)

        digits, playing = "", asyncio.create_task(nested())
        getting = asyncio.create_task(keys.get())
        try:
            while len(digits) < int(verb.get("numDigits", "1000")):
                await asyncio.wait({getting, playing}, return_when=asyncio.FIRST_COMPLETED)
                if not getting.done():
                    await asyncio.wait({getting}, timeout=int(verb.get("timeout", "5")))
                playing.cancel()
                if not getting.done() or getting.result() == verb.get("finishOnKey", "#"):
                    break
                digits += getting.result()
                getting = asyncio.create_task(keys.get())
        finally:
            playing.cancel()
            getting.cancel()
            await asyncio.gather(playing, getting, return_exceptions=True)
        return digits

    async def _record(self, verb: ET.Element) -> str | None:
        began = asyncio.get_running_loop().time()
        self._recording = (verb, began)
        self._keys = keys = asyncio.Queue[str]()
        self._listening.set()
        longest = float(verb.get("maxLength", "3600"))
        silence = float(verb.get("timeout", "5"))
        digits = ""
        try:
            async with asyncio.timeout(longest if self.speaking else min(silence, longest)):
                while not digits:
                    key = await keys.get()
                    digits = key if key in verb.get("finishOnKey", "1234567890*#") else ""
        except TimeoutError:
            pass
        finally:
            self._keys = None
            self._listening.clear()
        self._recording = None
        if not self.speaking and not digits:
            return None  # nothing was said: on to the next verb
        self._carried = self._record_made(verb, began, digits)
        return verb.attrib["action"]

    def _record_made(self, verb: ET.Element, began: float, digits: str) -> dict[str, str]:
        """What the action is sent; the file comes later, and is told by itself."""
        seconds = max(1, round(asyncio.get_running_loop().time() - began))
        sid = self.cloud.record(seconds)
        made = {"RecordingSid": sid, "RecordingDuration": str(seconds)}
        if callback := verb.get("recordingStatusCallback"):
            self.cloud.notify(
                callback,
                {
                    "AccountSid": self.cloud.account,
                    "CallSid": self.sid,
                    "RecordingStatus": "completed",
                    "RecordingChannels": "1",
                    "RecordingUrl": self.cloud.recording_url(sid),
                    **made,
                },
            )
        url = self.cloud.recording_url(sid)
        return {"RecordingUrl": url, "RecordingDuration": str(seconds), "Digits": digits}

    @property
    def in_queue(self) -> bool:
        return self._queue is not None

    def _queue_left(self, began: float, result: str) -> dict[str, str]:
        self.queue_results.append(result)
        seconds = round(asyncio.get_running_loop().time() - began)
        return {"QueueResult": result, "QueueSid": "QU1", "QueueTime": str(seconds)}

    async def _enqueue(self, verb: ET.Element) -> str:
        began = asyncio.get_running_loop().time()
        if self.cloud.queue_is_full:
            self._carried = self._queue_left(began, "queue-full")
            return verb.attrib["action"]
        self._queue = (verb, began)
        url, sent = verb.attrib["waitUrl"], dict[str, str]()
        while True:
            asked = {"QueuePosition": "1", "QueueSid": "QU1", "QueueTime": "0", **sent}
            root = await self.ask(url, asked, grammar.IN_QUEUE)
            sent, self._carried = {}, {}
            for inner in root:
                if inner.tag == "Leave":
                    self._queue = None
                    self._carried = self._queue_left(began, "leave")
                    return verb.attrib["action"]
                on = await self._verb(inner)
                if on == "":
                    self._queue = None
                    return ""
                if on:
                    url, sent = on, self._carried
                    break

    async def _dial(self, verb: ET.Element) -> str:
        noun = verb[0]
        conference = self.cloud.conference(noun.text or "")
        self.label = noun.get("participantLabel", "")
        await conference.hold(self, noun)
        self._carried = {"DialCallStatus": "answered"}
        return verb.attrib["action"]

    # --- as a participant

    def hears(self, other: "Line") -> bool:
        """Whether this one hears what the other one would say now."""
        conference = self.conference
        if conference is None or other.conference is not conference or not conference.started:
            return False
        if self.on_hold or other.on_hold or other.muted:
            return False
        return other.coaching in ("", self.sid)

    def enter(self, noun: ET.Element) -> None:
        """Come into a conference."""
        self.muted, self.on_hold = noun.get("muted", "false") == "true", False
        self.ends = noun.get("endConferenceOnExit", "false") == "true"
        self.starts = noun.get("startConferenceOnEnter", "true") == "true"
        self.coaching = noun.get("coach", "")

    async def hear_music(self, url: str) -> None:
        """The music on hold: asked for again at each end."""
        while url and self.on_hold and self.conference is not None:
            root = await self.ask(url, {}, grammar.ANNOUNCED)
            url = ""
            for verb in root:
                if verb.tag == "Redirect":
                    url = verb.text or ""
                else:
                    await self._verb(verb)

    def participant(self) -> dict[str, object]:
        """As the API tells of it."""
        return {
            "call_sid": self.sid,
            "label": self.label or None,
            "muted": self.muted,
            "hold": self.on_hold,
            "coaching": bool(self.coaching),
            "call_sid_to_coach": self.coaching or None,
            "start_conference_on_enter": self.starts,
            "end_conference_on_exit": self.ends,
            "status": "connected",
        }

    # --- what is told

    def parameters(self) -> dict[str, str]:
        """What every webhook of a call is sent; some blank, one that nobody knows."""
        return {
            "CallSid": self.sid,
            "AccountSid": self.cloud.account,
            "From": self.caller,
            "To": self.called,
            "Caller": self.caller,
            "Called": self.called,
            "CallStatus": self.status,
            "ApiVersion": "2010-04-01",
            "Direction": "inbound" if self.inbound else "outbound-api",
            "FromCity": "",
            "FromZip": "",
            "SomethingNew": "1",
            **({"AnsweredBy": self.answered_by} if self.answered_by else {}),
        }

    def tell(self, event: str, **more: str) -> None:
        if self.callback:
            sequence, self._sequence = str(self._sequence), self._sequence + 1
            self.cloud.notify(
                self.callback,
                {
                    **self.parameters(),
                    "CallbackSource": "call-progress-events",
                    "SequenceNumber": sequence,
                    "Timestamp": "Wed, 26 Nov 2025 18:40:36 +0000",
                    **({"CallStatus": "initiated"} if event == "initiated" else {}),
                    **more,
                },
            )

    async def answer(self) -> None:
        """The person who was called picks up."""
        self._picked_up = True
        self.status = "in-progress"
        self.tell("answered")


class LineTape:
    """A recording of a call that the API began."""

    def __init__(self, line: Line, sid: str, callback: str, events: set[str]) -> None:
        self.line = line
        self.sid = sid
        self.status = "in-progress"
        self.seconds = 0.0
        self._callback = callback
        self._events = events
        self._since = asyncio.get_running_loop().time()

    @property
    def runs(self) -> bool:
        return self.status != "stopped"

    def change(self, status: str) -> None:
        if not self.runs:
            return
        now = asyncio.get_running_loop().time()
        if self.status == "in-progress":
            self.seconds += now - self._since
        self.status, self._since = status, now
        if status == "stopped":
            self._finish(self.line.cloud)

    def _finish(self, cloud: "Cloud") -> None:
        absent = cloud.records_nothing
        seconds = 0 if absent else max(1, round(self.seconds))
        if not absent:
            cloud.keep(seconds, self.sid)
        what = "absent" if absent else "completed"
        if self._callback and what in self._events and not cloud.silent_recordings:
            cloud.notify(
                self._callback,
                {
                    "AccountSid": cloud.account,
                    "CallSid": self.line.sid,
                    "RecordingSid": self.sid,
                    "RecordingStatus": what,
                    "RecordingDuration": str(seconds),
                    "RecordingChannels": "1",
                    "RecordingSource": "StartCallRecordingAPI",
                    "RecordingUrl": cloud.recording_url(self.sid),
                },
            )


class Conference:
    """A conference by its name; it begins with two, one of whom starts it."""

    def __init__(self, cloud: "Cloud", sid: str, name: str) -> None:
        self.cloud = cloud
        self.sid = sid
        self.name = name
        self.members: dict[Line, ET.Element] = {}
        self.started = False
        self.ended = asyncio.Event()
        self._callback = ""
        self._sequence = 0

    async def hold(self, line: Line, noun: ET.Element) -> None:
        """Until it ends; a line that goes before leaves by `leave`."""
        if any(line.label == member.label for member in self.members):
            self.cloud.fault(f"16025 label {line.label} is not unique")
        if not self.members:
            self._callback = noun.get("statusCallback", "")
        self.members[line] = noun
        line.conference = self
        line.enter(noun)
        starts = any(member.starts for member in self.members)
        self.tell("participant-join", line)
        if not self.started and len(self.members) > 1 and starts:
            self.started = True
            self.tell("conference-start")
        await self.ended.wait()

    def leave(self, line: Line, reason: str) -> None:
        del self.members[line]
        line.conference = None
        self.tell("participant-leave", line, ReasonParticipantLeft=reason)
        ends = self.started and line.ends
        if ends or not self.members:
            self.cloud.conferences.pop(self.name, None)
            for member in list(self.members):
                del self.members[member]
                member.conference = None
                self.tell(
                    "participant-leave", member, ReasonParticipantLeft="moderator_ended_conference"
                )
            self.tell("conference-end")
            self.ended.set()

    def tell(self, event: str, line: Line | None = None, **more: str) -> None:
        if self._callback and not self.cloud.silent_conferences:
            about = {"CallSid": line.sid, "ParticipantLabel": line.label} if line else {}
            sequence, self._sequence = str(self._sequence), self._sequence + 1
            self.cloud.notify(
                self._callback,
                {
                    "AccountSid": self.cloud.account,
                    "ConferenceSid": self.sid,
                    "FriendlyName": self.name,
                    "StatusCallbackEvent": event,
                    "SequenceNumber": sequence,
                    **about,
                    **more,
                },
            )
