"""One run: the real center opposite a simulated switch, from one deadline to the next.

Theory of operation
===================

1. There are two sources of what happens next: the center's deadline, and the simulated switch's
   world, in which people act as well: callers come and lose patience, agents finish their
   wrap-up, come and go. The clock jumps to the earlier.
2. What the center says is carried out at the same instant. Nobody is known to the stores.
3. When no more callers come, the run goes on until all who are counted are gone, but no longer
   than `AFTER`; who is still on the line then is told as unfinished.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf, nextafter
from random import Random
from typing import Any, TypeAlias

from calls import actions
from calls.actions import Refused
from calls.base import AgentId, CallId, Instant, LegId
from calls.commands import Answer, Dial, Prompt, StartMusic, StopMusic, Unbridge
from calls.errors import InputInvalid
from calls.events import CallerIdentified, RequestFailed, StoreEvent, Tick
from calls.facts import (
    AgentStateChanged,
    CallArrived,
    CallConnected,
    CallEnded,
    CallLeftQueue,
    CallOverflowed,
    CallQueued,
    ConversationEnded,
    OfferEnded,
    OfferMade,
    OutsideJoined,
    PlaceKept,
    WrapUpEnded,
)
from calls.messages import Message
from calls.requests import DraftTicket, IdentifyCaller
from engine.center import CallCenter
from engine.simulation import arrivals
from engine.simulation.arrivals import Caller
from engine.simulation.distributions import Constant
from engine.simulation.outcome import Outcome
from engine.simulation.scenario import DAY, QueuePlan, Scenario
from engine.simulation.tally import SAMPLES, Tally, interval_length
from switch.simulated import scripts
from switch.simulated.scripts import Answering
from switch.simulated.world import World

#: How long a run may go on after the last caller came.
AFTER = DAY
#: Callers between two words about how far the run is.
_TELL_EVERY = 500

_TICK_ALONE = (Tick(),)

#: What somebody does: with what, and when.
Deed: TypeAlias = Callable[[Any, Instant], None]


def run(scenario: Scenario, seed: str, tell: Callable[[float], None] = lambda _: None) -> Outcome:
    """Run a scenario once; `tell` is told the share of it that is done.

    The same seed gives the same outcome. Raises `InputInvalid` for what the center refuses.
    """
    with _unswept():
        return _Run(scenario, seed, tell).go()


@contextmanager
def _unswept() -> Iterator[None]:
    """A run leaves nothing behind that refers to itself: to look for that costs a twentieth."""
    swept = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if swept:
            gc.enable()


class _Party:
    """A caller on the line."""

    def __init__(self, leg: LegId, caller: Caller) -> None:
        self.leg = leg
        self.caller = caller
        #: Of the queue that they are, or were, in.
        self.queue: QueuePlan | None = None
        #: When they give up waiting there; never, where they do not wait.
        self.gives_up: Instant = inf
        #: They are in the flow: not in a queue, and nobody talks with them.
        self.listens = True
        #: They keep the place without the line, and are called when it is their turn.
        self.kept = False


class _Run:
    def __init__(self, scenario: Scenario, seed: str, tell: Callable[[float], None]) -> None:
        self._scenario = scenario
        self._seed = seed
        self._tell = tell
        self._start = self._now = scenario.start
        self._end = self._start + scenario.length
        self._center = CallCenter(center="s")
        self._world = World("sim", quiet=True, strangers=Answering(after=0.0))
        self._tally = Tally(scenario, self._start)
        #: When the center wants to be woken, once that is known again.
        self._due: Instant | None = None
        self._is_due_known = False
        self._came = 0
        #: Who is on the line, by their leg and by their call.
        self._legs: dict[LegId, _Party] = {}
        self._calls: dict[CallId, _Party] = {}
        #: Agents in their shift; when they will end what they are in, a wrap-up or a break after a
        #: missed call; dice for how they answer.
        self._on_duty: set[AgentId] = set()
        self._until: dict[AgentId, Instant] = {}
        self._dice: dict[AgentId, Random] = {}
        self._answers: list[StoreEvent] = []
        self._does = self._what_is_done()

    def go(self) -> Outcome:
        self._open()
        world, handle = self._world, self._handle
        limit = self._end + AFTER
        while True:
            of_world = world.deadline()
            # Nothing is due before what happens now.
            due = None if of_world is not None and of_world <= self._now else self._next_due()
            if due is not None and (of_world is None or due < of_world):
                now, told = due, _TICK_ALONE
            elif of_world is not None:
                now, told = of_world, None
            else:
                return self._tally.outcome()
            if now >= self._end and (now > limit or self._tally.complete):
                return self._tally.outcome()
            if now > self._now:
                self._now = now
            for event in told or world.advance(self._now):
                handle(event)

    def _next_due(self) -> Instant | None:
        if not self._is_due_known:
            self._due, self._is_due_known = self._center.deadline(), True
        return self._due

    def _handle(self, message: Message) -> None:
        now, does, center = self._now, self._does, self._center
        for output in center.handle(message, now):
            do = does.get(type(output))
            if do is not None:
                do(output, now)
        if self._answers:
            answers, self._answers = self._answers, []
            for answer in answers:
                self._handle(answer)
        else:
            self._is_due_known = False

    def _will(self, at: Instant, deed: Deed, what: Any) -> None:
        if at < inf:
            self._world.at(at, deed, what)

    # --- before the first call

    def _open(self) -> None:
        scenario, now = self._scenario, self._now
        for plan in scenario.agents.values():
            name, after = plan.agent.name, plan.answers
            if isinstance(after, Constant) and not plan.misses:
                self._world.register(name, now, Answering(after=after.seconds))
            else:
                self._world.register(name, now)
                self._dice[name] = Random(f"{self._seed}/{name}")  # noqa: S311
        self._world.connect(now)
        for queue in scenario.queues.values():
            self._configure(actions.ConfigureQueue(queue=queue.queue))
        for flow in scenario.flows:
            self._configure(flow)
        for number in scenario.numbers:
            self._configure(actions.ConfigureNumber(number=number))
        for plan in scenario.agents.values():
            self._configure(actions.ConfigureAgent(agent=plan.agent))
        for event in self._world.advance(now):
            self._handle(event)
        self._will(self._start + scenario.warm_up, self._warm, None)
        for plan in scenario.agents.values():
            self._employ(plan.agent.name)
        for stream in scenario.callers:
            self._await(arrivals.callers(stream, self._seed, scenario))

    def _configure(self, action: actions.Action) -> None:
        for output in self._center.handle(action, self._now):
            if isinstance(output, Refused):
                raise InputInvalid(f"{self._scenario.file}: {output.message}")

    def _warm(self, _nothing: None, _at: Instant) -> None:
        self._will(self._now + interval_length(self._scenario) / SAMPLES / 2, self._sample, None)

    def _sample(self, _nothing: None, _at: Instant) -> None:
        if self._now < self._end:
            self._tally.sample(self._now)
            self._will(self._now + interval_length(self._scenario) / SAMPLES, self._sample, None)

    # --- callers

    def _await(self, stream: Iterator[Caller]) -> None:
        if (caller := next(stream, None)) is not None:
            self._will(self._start + caller.at, self._arrive, (caller, stream))

    def _arrive(self, one: tuple[Caller, Iterator[Caller]], _: Instant) -> None:
        caller, stream = one
        word = scripts.Caller(number=caller.number, dials=caller.dials)
        leg = self._world.call(word, self._now)
        self._legs[leg] = party = _Party(leg, caller)
        if caller.known is not None and caller.known.stayed is not None:
            self._will(self._now + caller.known.stayed, self._leave_menu, party)
        self._await(stream)
        self._came += 1
        if self._came % _TELL_EVERY == 0:
            self._tell((self._now - self._start) / self._scenario.length)

    def _leave_menu(self, party: _Party, _: Instant) -> None:
        if party.listens:
            self._world.hang_up(party.leg, self._now)

    def _lose_patience(self, call: CallId, at: Instant) -> None:
        party = self._calls.get(call)
        if party is not None and party.gives_up == at:
            self._world.hang_up(party.leg, self._now)

    # --- agents

    def _employ(self, name: AgentId) -> None:
        """Let an agent come and go by their shifts, which are read from the clock: one may be
        shorter, or none at all, where the clock is put on."""
        calendar, shifts = self._scenario.calendar, self._scenario.agents[name].shifts
        if not shifts:
            self._come(name, self._now)
        for day in range(-1, int((self._end + AFTER - calendar.instant(0.0)) // DAY) + 2):
            for shift in shifts:
                since = max(calendar.instant(shift.since, day), self._now)
                until = calendar.instant(shift.until, day)
                if until > since:
                    self._will(since, self._come, name)
                    self._will(until, self._leave, name)

    def _come(self, name: AgentId, at: Instant) -> None:
        self._on_duty.add(name)
        self._get_ready(name, at)

    def _get_ready(self, name: AgentId, at: Instant) -> None:
        """As soon as the rest after their last call is over, also that of a shift before."""
        agent = self._center.acd.agent(name)
        if agent is not None and agent.rests > at:
            self._will(agent.rests, self._get_ready, name)
        elif name in self._on_duty:
            self._handle(actions.SetAgentState(agent=name, state="ready"))

    def _leave(self, name: AgentId, _: Instant) -> None:
        self._on_duty.discard(name)
        self._handle(actions.SetAgentState(agent=name, state="logged_out"))

    def _return(self, name: AgentId, at: Instant) -> None:
        if self._until.get(name) == at:
            self._come(name, at)

    def _finish_wrap_up(self, name: AgentId, at: Instant) -> None:
        if self._until.get(name) == at:
            self._handle(actions.FinishWrapUp(agent=name))

    def _will_end(self, at: Instant, deed: Deed, name: AgentId) -> None:
        """An agent ends the state that they are in now, if it has not ended otherwise."""
        self._until[name] = at
        self._will(at, deed, name)

    # --- what the center says

    def _what_is_done(self) -> dict[type[Any], Callable[[Any, Instant], object]]:
        tally = self._tally
        heard_by_nobody = (Answer, StartMusic, StopMusic, Unbridge)
        carried_out = self._world.carries_out.items()
        return {
            **{kind: do for kind, do in carried_out if kind not in heard_by_nobody},
            Dial: self._dial,
            Prompt: self._prompt,
            IdentifyCaller: self._identify,
            DraftTicket: self._draft,
            CallArrived: self._call_arrived,
            CallQueued: self._call_queued,
            PlaceKept: self._place_kept,
            CallOverflowed: tally.overflowed,
            OfferMade: tally.offer_made,
            OfferEnded: tally.offer_ended,
            CallLeftQueue: self._left_queue,
            CallConnected: self._call_connected,
            OutsideJoined: self._outside_joined,
            ConversationEnded: tally.conversation_ended,
            WrapUpEnded: tally.wrap_up_ended,
            CallEnded: self._call_ended,
            AgentStateChanged: self._agent_state_changed,
        }

    def _dial(self, dial: Dial, now: Instant) -> None:
        name = dial.to.removeprefix("phone:")
        party = self._calls.get(dial.call)
        if party is not None and party.kept and dial.to.startswith("tel:"):
            party.leg = dial.leg
        if (dice := self._dice.get(name)) is not None:
            plan = self._scenario.agents[name]
            missed, after = dice.random() < plan.misses, plan.answers.at(dice.random())
            does = Answering(does="ignores") if missed else Answering(after=after)
            self._world.set_answering(name, does)
        self._world.execute(dial, now)

    def _prompt(self, prompt: Prompt, now: Instant) -> None:
        self._world.execute(prompt, now)
        if prompt.digits is not None and (party := self._legs.get(prompt.leg)) is not None:
            caller = party.caller
            if caller.keys:
                self._world.press(prompt.leg, caller.keys[0], now + caller.presses_after)
                caller.keys = caller.keys[1:]

    def _identify(self, request: IdentifyCaller, _: Instant) -> None:
        self._answers.append(CallerIdentified(request=request.request, call=request.call))

    def _draft(self, request: DraftTicket, _: Instant) -> None:
        failed = RequestFailed(request=request.request, call=request.call, detail="no desk here")
        self._answers.append(failed)

    def _call_arrived(self, fact: CallArrived, now: Instant) -> None:
        self._calls[fact.call] = self._legs[fact.leg]
        self._tally.call_arrived(fact, now)

    def _call_queued(self, fact: CallQueued, now: Instant) -> None:
        party, queue = self._calls[fact.call], self._scenario.queues[fact.queue]
        party.queue, party.listens = queue, False
        # An agent who answers at once is there before the least patience is lost.
        party.gives_up = max(now + party.caller.patience(queue), nextafter(now, inf))
        self._will(party.gives_up, self._lose_patience, fact.call)
        self._tally.call_queued(fact, now)

    def _left_queue(self, fact: CallLeftQueue, now: Instant) -> None:
        party = self._calls[fact.call]
        party.gives_up, party.listens = inf, fact.outcome != "connected"
        party.caller.waited += fact.waited
        self._tally.left_queue(fact, now)

    def _place_kept(self, fact: PlaceKept, now: Instant) -> None:
        """They hang up; whoever waits at home has patience."""
        party = self._calls[fact.call]
        party.gives_up, party.kept = inf, True
        self._legs.pop(party.leg, None)
        self._tally.place_kept(fact, now)

    def _call_connected(self, fact: CallConnected, now: Instant) -> None:
        party = self._calls[fact.call]
        party.kept = False
        talk = party.caller.talk(self._scenario.queues[fact.queue])
        self._world.hang_up(party.leg, now + talk)

    def _outside_joined(self, fact: OutsideJoined, now: Instant) -> None:
        """They talk as long as with an agent."""
        party = self._calls[fact.call]
        party.listens = False
        talk = party.caller.talk(party.queue) if party.queue is not None else 0.0
        self._world.hang_up(party.leg, now + talk)

    def _call_ended(self, fact: CallEnded, now: Instant) -> None:
        self._legs.pop(self._calls.pop(fact.call).leg, None)
        self._tally.call_ended(fact, now)

    def _agent_state_changed(self, fact: AgentStateChanged, now: Instant) -> None:
        name = fact.agent
        self._until.pop(name, None)
        if fact.state == "wrap_up" and fact.call is not None:
            party = self._calls[fact.call]
            wrap_up = party.caller.wrap_up(party.queue) if party.queue is not None else None
            if wrap_up is not None:
                self._will_end(now + wrap_up, self._finish_wrap_up, name)
        elif fact.state == "not_ready" and fact.until is None and name in self._on_duty:
            # What has an end, such as the rest between two calls, ends by itself.
            self._will_end(now + self._scenario.agents[name].returns, self._return, name)
        self._tally.agent_state_changed(fact, now)
