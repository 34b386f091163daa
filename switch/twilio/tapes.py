"""Recordings of conversations.

Twilio starts a conference's own recording only when the conference begins. So what is recorded is
the line of one party, all that it says and hears: of who is not one of our phones, where there is
one. That has neither what a supervisor whispers nor what is said while that party is on hold.
"""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import structlog

from calls.commands import PauseBridgeRecording, RecordBridge, StopBridgeRecording
from calls.errors import SwitchUnreachable
from calls.events import BridgeRecorded
from switch.twilio import requests
from switch.twilio.codec import Hook, Reply, recording_sid
from switch.twilio.legs import Leg
from switch.twilio.requests import CURRENT, Request
from switch.twilio.rest import Rest, Unsure

if TYPE_CHECKING:
    from switch.twilio.driver import TwilioSwitch

log = structlog.get_logger()

#: Seconds that the length of a recording may take to be told by Twilio; then ours is told.
LAST_WORDS = 3.0
#: Recordings that have ended and are remembered.
REMEMBERED = 1000

_Step: TypeAlias = Literal["begin", "paused", "in-progress", "stopped"]


@dataclass(slots=True, eq=False)
class Tape:
    """One recording. `bridge`: its id inside the switch; `leg`: whose line it is, once begun."""

    name: str
    bridge: str
    #: It is to be begun, if it does not run already; that must be found out, after a restart.
    begins: bool = False
    sought: bool = False
    leg: Leg | None = None
    #: Twilio's name of it.
    sid: str = ""
    #: What is wanted, and what Twilio does.
    paused: bool = False
    stopped: bool = False
    runs: str = ""
    #: Somebody sees to it.
    busy: bool = False
    failed: bool = False
    #: How long it is: by our clock, and as Twilio says.
    since: float = 0.0
    seconds: float = 0.0
    told: float | None = None


class Tapes:
    """Those of one switch. `rest`: how Twilio is asked."""

    def __init__(self, switch: "TwilioSwitch", rest: Rest) -> None:
        self._switch = switch
        self._rest = rest
        self._tapes: dict[tuple[str, str], Tape] = {}
        self._over: dict[tuple[str, str], None] = {}

    def does(self, command: RecordBridge | PauseBridgeRecording | StopBridgeRecording) -> None:
        bridge = command.bridge.partition("/")[2]
        key = (bridge, command.recording)
        tape = self._tapes.get(key)
        if key in self._over or (tape is not None and isinstance(command, RecordBridge)):
            return
        if tape is None:
            leg, begins = self._whose(bridge), isinstance(command, RecordBridge)
            if leg is None and begins:
                self._switch.fail(command, gone=True, detail="nobody is in that conversation")
            if leg is None or not (begins or leg.running is None):
                return
            tape = Tape(command.recording, bridge, begins, sought=leg.running is None)
            self._tapes[key] = tape
        if isinstance(command, PauseBridgeRecording):
            tape.paused = command.paused
        elif isinstance(command, StopBridgeRecording):
            tape.stopped = True
        self._see_to(tape)

    def look_at(self, bridge: str | None) -> None:
        """Somebody of a bridge has come or gone."""
        for tape in list(self._tapes.values()):
            if tape.bridge == bridge:
                self._see_to(tape)

    def remove(self, bridge: str) -> None:
        for tape in list(self._tapes.values()):
            if tape.bridge == bridge:
                tape.stopped = True
                self._see_to(tape)

    def take_over(self) -> None:
        """The link is up again: what has ended meanwhile is told now."""
        for tape in list(self._tapes.values()):
            self._see_to(tape)

    def recorded(self, hook: Hook) -> None:
        """Twilio has finished a recording, as its address says."""
        key = (hook.bridge, hook.recording)
        if key in self._over:
            return
        # It may have begun before a restart.
        tape = self._tapes.setdefault(key, Tape(hook.recording, hook.bridge, stopped=True))
        tape.runs, tape.told = "stopped", hook.recording_seconds
        if tape.stopped:
            self._ended(tape)

    # --- inside

    def _whose(self, bridge: str) -> Leg | None:
        """The party whose line is recorded."""
        inside = [leg for leg in self._switch.registry if leg.bridge == bridge]
        outside = [leg for leg in inside if not self._switch.phones.is_agent(leg.called)]
        return next(iter(outside or inside), None)

    def _see_to(self, tape: Tape) -> None:
        if not tape.busy and (tape.sought or tape.stopped or self._due(tape)):
            tape.busy = True
            self._switch.errands.begin(self._work(tape))

    def _due(self, tape: Tape) -> _Step | None:
        """What Twilio is to be told about it next."""
        there = tape.leg in self._switch.registry if tape.leg is not None else False
        if tape.leg is None:
            leg = self._whose(tape.bridge)
            wanted = tape.begins and not (tape.paused or tape.stopped)
            return "begin" if wanted and leg is not None and leg.present else None
        if tape.runs == "stopped" or not there:
            return None
        if tape.stopped or tape.leg.bridge != tape.bridge:
            return "stopped"
        should: _Step = "paused" if tape.paused else "in-progress"
        return should if tape.runs != should else None

    async def _work(self, tape: Tape) -> None:
        """Until it is as it should be."""
        try:
            if tape.sought:
                await self._find(tape)
            while not tape.failed and (step := self._due(tape)) is not None:
                leg = tape.leg or self._whose(tape.bridge)
                if leg is None:  # all have gone meanwhile
                    break
                await self._do(tape, leg, step)
        finally:
            tape.busy = False
        if not (tape.begins or tape.runs):
            self._tapes.pop((tape.bridge, tape.name), None)  # there is none
        elif tape.failed or (tape.stopped and (tape.told is not None or not tape.runs)):
            self._ended(tape)
        elif tape.stopped:
            asyncio.get_running_loop().call_later(LAST_WORDS, self._ended, tape)

    async def _do(self, tape: Tape, leg: Leg, step: _Step) -> None:
        try:
            reply = await self._rest.send(self._request(tape, leg, step))
        except Unsure:  # it may have begun
            reply = Reply(201, b"")
        except SwitchUnreachable as error:
            self._switch.doubt()
            reply = Reply(503, str(error).encode())
        if not reply.ok and (reply.ours or step != "stopped"):  # else it has ended by itself
            self._refused(tape, step, reply.detail)
            return
        now = asyncio.get_running_loop().time()
        if step == "begin":
            tape.leg, tape.sid = leg, recording_sid(reply) or CURRENT
        if tape.runs == "in-progress":
            tape.seconds += now - tape.since
        tape.since = now
        tape.runs = "in-progress" if step == "begin" else step

    def _refused(self, tape: Tape, step: _Step, detail: str) -> None:
        log.warning("twilio.not_recorded", recording=tape.name, step=step, detail=detail)
        if step in ("begin", "stopped"):
            tape.failed = True
            return
        bridge = f"{self._switch.name}/{tape.bridge}"
        command = PauseBridgeRecording(bridge=bridge, recording=tape.name, paused=tape.paused)
        tape.paused = tape.runs == "paused"  # as it is, and not tried for ever
        self._switch.fail(command, gone=False, detail=detail)

    async def _find(self, tape: Tape) -> None:
        """Take over the recording that runs since before a restart."""
        leg, tape.sought = self._whose(tape.bridge), False
        if leg is None:
            return
        try:
            async for page in self._rest.pages(requests.recordings_of(leg.sid)):
                for found in page.recordings:
                    if found.status in ("in-progress", "paused"):
                        tape.leg, tape.sid, tape.runs = leg, found.sid, found.status
        except SwitchUnreachable as error:
            log.warning("twilio.recordings_not_listed", recording=tape.name, detail=str(error))
            tape.failed = True
        tape.since = asyncio.get_running_loop().time()

    def _request(self, tape: Tape, leg: Leg, step: _Step) -> Request:
        if step == "begin":
            links = self._switch.links
            told = links.to("recording", bridge=tape.bridge, recording=tape.name)
            return requests.record(leg.sid, told)
        return requests.change_recording(leg.sid, tape.sid, step)

    def _ended(self, tape: Tape) -> None:
        """Tell the end, once."""
        key = (tape.bridge, tape.name)
        if not self._switch.up or self._tapes.pop(key, None) is None:
            return
        self._over[key] = None
        if len(self._over) > REMEMBERED:
            del self._over[next(iter(self._over))]
        self._switch.tell(
            BridgeRecorded(
                bridge=f"{self._switch.name}/{tape.bridge}",
                recording=tape.name,
                end="failed" if tape.failed else "stopped",
                seconds=tape.seconds if tape.told is None else tape.told,
            )
        )
