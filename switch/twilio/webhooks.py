"""Twilio's questions: each waits a moment for what the machine has to say, then is answered.

Webhooks that only tell something are answered with nothing. All may come twice, late, and in any
order.
"""

import asyncio
import contextlib
import itertools
import time
from typing import TYPE_CHECKING

import structlog

from calls.base import EndCause
from calls.events import LegAnswered, LegArrived, LegRinging
from switch.twilio import documents
from switch.twilio.codec import OVER, Hook, cause_of, who_answered
from switch.twilio.documents import End, Idle, Music, Place, Talk, Task
from switch.twilio.jobs import Document
from switch.twilio.legs import Leg

if TYPE_CHECKING:
    from switch.twilio.driver import TwilioSwitch

log = structlog.get_logger()

#: Seconds that a question waits where there is nothing to say yet, and where what there is may be
#: replaced by something better in a moment.
PATIENCE, GRACE = 0.6, 0.02
#: Seconds in which a call asks again, or tells that it is over, by itself once it was told to.
SOON = 3.0
#: How a call leaves a queue of Twilio's that it cannot be in.
_NO_QUEUE = frozenset({"queue-full", "system-error", "error"})


class Webhooks:
    """Answers for one switch."""

    def __init__(self, switch: "TwilioSwitch") -> None:
        self._switch = switch
        self._asked: dict[Leg, asyncio.Event] = {}
        # No two runs of this program number their documents alike.
        self._run = f"{time.time_ns():x}"
        self._count = itertools.count(1)

    def number(self) -> str:
        """A new number for a document, or for a question that we ask for."""
        return f"{self._run}.{next(self._count)}"

    async def answer(self, hook: Hook) -> str | None:
        """A document, or None where nothing is asked."""
        match hook.what:
            case "status":
                self._status(hook)
                return None
            case "recording":
                self._recorded(hook)
                return None
            case "beep":
                return documents.beep(self._switch.sounds.beep)
            case "hold":
                again = self._switch.links.to("hold", leg=hook.leg, music=hook.music)
                return documents.music_on_hold(self._switch.sounds.music(hook.music), again)
            case _:
                return await self._question(hook)

    def asked(self, leg: Leg) -> bool:
        """Whether Twilio waits for what this leg should do; whoever answers looks again now."""
        waiting = self._asked.get(leg)
        if waiting is not None:
            waiting.set()
        return waiting is not None

    def wake(self, leg: Leg) -> None:
        """The leg is over: nobody needs an answer any more."""
        self.asked(leg)

    # --- questions

    async def _question(self, hook: Hook) -> str:
        switch, legs = self._switch, self._switch.registry
        if not hook.sid:  # it is about no call
            return documents.hang_up()
        if not switch.up:
            legs.learn(hook)
            if hook.status in OVER:
                legs.over(hook.sid)
            return documents.hold(switch.links, _place_of(hook))
        leg = legs.find(hook)
        new = leg is None
        if leg is None:
            if legs.is_over(hook.sid) or hook.status in OVER or legs.get(legs.id_of(hook)):
                return documents.hang_up()
            leg = self._new(hook)
        moving = hook.what == "left" and hook.queue_result == "redirected"
        if leg.running is not None and (moving or leg.is_repeated(hook)):
            return leg.running.text  # asked before; or nobody reads it, as the call is elsewhere
        after = self._take(leg, hook)
        fresh = switch.tell_of(leg) or new
        if leg.departing is not None and leg.recording is None:
            switch.ended(leg, leg.departing)
        if hook.status in OVER:
            switch.gone(leg, _cause(leg, hook))
        elif not leg.inbound:
            fresh = self._answered(leg, hook) or fresh
        return await self._next(leg, after, fresh=fresh)

    def _new(self, hook: Hook) -> Leg:
        """A leg that is new to us: a call that arrives, or one that was made before a restart."""
        legs = self._switch.registry
        leg = legs.add(
            Leg(legs.id_of(hook), hook.sid, hook.inbound, caller=hook.caller, called=hook.called)
        )
        if leg.inbound:
            leg.up = hook.status == "in-progress"
            self._switch.tell(
                LegArrived(
                    leg=leg.id, switch=self._switch.name, caller=hook.caller, called=hook.called
                )
            )
        return leg

    def _take(self, leg: Leg, hook: Hook) -> Task | None:
        """Take what came with a question; gives what the call has done until now."""
        now = asyncio.get_running_loop().time()
        leg.heard, leg.expected = now, 0.0
        leg.conference = ""  # whoever asks is in none, told or not
        leg.queued = hook.what == "wait"
        if hook.what == "left" and hook.queue_result in _NO_QUEUE:
            log.warning("twilio.queue_refused", leg=leg.id, result=hook.queue_result)
            leg.no_queue = True
        after = leg.finished(hook, now)
        leg.settle(now)
        return after

    def _answered(self, leg: Leg, hook: Hook) -> bool:
        """Somebody has picked up, and accepted where that is asked; True the first time."""
        if leg.detects and hook.what == "status":
            return False  # who it is comes with the question what they are to hear
        leg.up = True
        if leg.screened or leg.ending or leg.answered:
            return False
        leg.answered = True
        self._switch.tell(LegAnswered(leg=leg.id, by=who_answered(hook.answered_by)))
        return True

    async def _next(self, leg: Leg, after: Task | None, *, fresh: bool) -> str:
        """Wait until it is decided what the call does next, and say it."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        news = self._asked.setdefault(leg, asyncio.Event())
        while leg in self._switch.registry:
            until = began + _patience(leg.task(), after, fresh=fresh)
            if loop.time() >= until:
                break
            news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(until):
                    await news.wait()
        if self._asked.get(leg) is news:
            del self._asked[leg]
        return self._say(leg)

    def _say(self, leg: Leg) -> str:
        """The document for what a leg should do now; the same one where that is asked twice."""
        switch, soon = self._switch, asyncio.get_running_loop().time() + SOON
        task, place, said = leg.task(), leg.place, leg.running
        if leg not in switch.registry:
            return documents.hang_up()
        if task is None or not switch.up:
            leg.held, leg.expected = True, soon
            number = self.number()
            leg.expects(number)
            return documents.hold(switch.links, place, number)
        if place.queued and not documents.allowed_in_queue(task):
            leg.expected = soon
            return documents.leave()
        if said is not None and said.task == task and said.queued == leg.queued:
            return said.text
        number = self.number()
        text = documents.document(task, number, place, switch.links, leg.before)
        leg.serves(Document(task, number, leg.queued, text))
        match task:
            case End():
                leg.expected = soon
                switch.change_at(leg, soon)  # if it is still there then, by REST
            case Talk():
                leg.up = True
                switch.conferences.entering(leg)
            case Music() if not (place.queued or place.no_queue):
                leg.up, leg.expected = True, soon
                leg.expects(documents.in_queue(number))
            case _:
                leg.up = True
        return text

    # --- news

    def _status(self, hook: Hook) -> None:
        """What became of a call, or of a conference."""
        if hook.event and hook.conference_sid:
            self._switch.conferences.heard(hook)
            return
        legs = self._switch.registry
        if not self._switch.up:
            legs.learn(hook)
        leg = legs.find(hook)
        if leg is None:
            if hook.status in OVER:
                legs.over(hook.sid)
            return
        leg.heard = asyncio.get_running_loop().time()
        if hook.status in OVER:
            self._switch.gone(leg, _cause(leg, hook))
        elif hook.status == "ringing" and not (leg.inbound or leg.rang or leg.up):
            leg.rang = True
            self._switch.tell(LegRinging(leg=leg.id))
        elif hook.status == "in-progress" and not leg.inbound:
            if not (leg.up or leg.detects):
                leg.expected = leg.heard + SOON  # it asks for its document by itself
            self._answered(leg, hook)

    def _recorded(self, hook: Hook) -> None:
        if hook.recording_status == "completed":
            self._switch.errands.keep(hook.recording_sid, hook.recording)
        if hook.bridge:
            self._switch.tapes.recorded(hook)
            return
        leg = self._switch.registry.find(hook)
        if leg is not None and leg.departing is not None:
            leg.cut_off(hook.recording_seconds)
            self._switch.ended(leg, leg.departing)


def _cause(leg: Leg, hook: Hook) -> EndCause:
    return cause_of(
        hook.status,
        hook.sip,
        inbound=leg.inbound,
        answered=leg.answered,
        to_client=hook.called.startswith("client:"),
    )


def _patience(task: Task | None, after: Task | None, *, fresh: bool) -> float:
    """How long a question may wait for something better than `task`: where the machine has just
    been told something (`fresh`), or where what it was doing is over."""
    talked = isinstance(after, Talk)
    match task:
        case None:
            return PATIENCE
        case Idle() if fresh or talked:
            return PATIENCE
        case Talk() if talked:  # the other has left, which comes to us in its own time
            return PATIENCE
        case Music() if fresh:
            return GRACE
        case _:
            return 0.0


def _place_of(hook: Hook) -> Place:
    return Place(leg=hook.leg or hook.sid, inbound=hook.inbound, queued=hook.what == "wait")
