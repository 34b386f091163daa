"""One run: the real center opposite a simulated switch, from one deadline to the next.

Theory of operation
===================

1. There are three sources of what happens next: the center's deadline, the simulated switch's,
   and a heap of what people are going to do: callers come and lose patience, agents finish
   their wrap-up, come and go. The clock jumps to the earliest.
2. What the center says is carried out at the same instant. Nobody is known to the stores.
3. When no more callers come, the run goes on until all who are counted are gone, but no longer
   than `AFTER`; who is still on the line then is told as unfinished.
"""

import heapq
import itertools
from collections.abc import Callable, Iterator
from math import inf
from random import Random
from typing import Any, TypeAlias, get_args

import msgspec

from calls import actions
from calls.actions import Refused
from calls.base import AgentId, CallId, Instant, LegId
from calls.commands import Command, Dial, Prompt
from calls.errors import InputInvalid
from calls.events import CallerIdentified, RequestFailed, StoreEvent, Tick
from calls.facts import AgentStateChanged, CallArrived, CallConnected, CallEnded, CallQueued
from calls.messages import Message
from calls.requests import DraftTicket, IdentifyCaller
from engine.center import CallCenter
from engine.simulation import arrivals
from engine.simulation.arrivals import Caller
from engine.simulation.distributions import Constant
from engine.simulation.scenario import DAY, MIDNIGHT, QueuePlan, Scenario
from engine.simulation.tally import SAMPLES, Outcome, Tally, interval_length
from switch.simulated import scripts
from switch.simulated.scripts import Answering
from switch.simulated.world import World

#: How long a run may go on after the last caller came.
AFTER = DAY
#: Callers between two words about how far the run is.
_TELL_EVERY = 500

_TICK = Tick()

Deed: TypeAlias = Callable[[Any], None]


def run(scenario: Scenario, seed: str, tell: Callable[[float], None] = lambda _: None) -> Outcome:
    """Run a scenario once; `tell` is told the share of it that is done.

    The same seed gives the same outcome. Raises `InputInvalid` for what the center refuses.
    """
    return _Run(scenario, seed, tell).go()


class _Party(msgspec.Struct):
    """A caller on the line."""

    leg: LegId
    caller: Caller
    #: Of the queue that they are, or were, in.
    queue: QueuePlan | None = None
    waits: bool = False


class _Run:
    def __init__(self, scenario: Scenario, seed: str, tell: Callable[[float], None]) -> None:
        self._scenario = scenario
        self._seed = seed
        self._tell = tell
        self._start = self._now = MIDNIGHT + scenario.begins
        self._end = self._start + scenario.length
        self._center = CallCenter(center="s")
        self._world = World("sim", ringing_delay=0.0)
        self._tally = Tally(scenario, self._start)
        #: What people will do: when, in what order, what, and with what.
        self._deeds: list[tuple[Instant, int, Deed, Any]] = []
        self._order = itertools.count()
        self._came = 0
        #: Who is on the line, by their leg and by their call.
        self._legs: dict[LegId, _Party] = {}
        self._calls: dict[CallId, _Party] = {}
        #: Agents in their shift, those of them who are not ready, dice for how they answer.
        self._on_duty: set[AgentId] = set()
        self._away: set[AgentId] = set()
        self._dice: dict[AgentId, Random] = {}
        self._answers: list[StoreEvent] = []
        self._does = self._what_is_done()

    def go(self) -> Outcome:
        self._open()
        deeds, world, center = self._deeds, self._world, self._center
        limit = self._end + AFTER
        while True:
            now = deeds[0][0] if deeds else inf
            of_world, of_center = world.deadline(), center.deadline()
            if of_world is not None and of_world < now:
                now = of_world
            if of_center is not None and of_center < now:
                now = of_center
            if now > limit or self._over():
                return self._tally.outcome()
            now = self._now = max(now, self._now)
            if deeds and deeds[0][0] <= now:
                _, _, deed, what = heapq.heappop(deeds)
                deed(what)
            elif of_world is not None and of_world <= now:
                for event in world.advance(now):
                    self._handle(event)
            else:
                self._handle(_TICK)

    def _over(self) -> bool:
        return self._now >= self._end and self._tally.complete

    def _handle(self, message: Message) -> None:
        now, does = self._now, self._does
        for output in self._center.handle(message, now):
            do = does.get(type(output))
            if do is not None:
                do(output, now)
        if self._answers:
            answers, self._answers = self._answers, []
            for answer in answers:
                self._handle(answer)

    def _will(self, at: Instant, deed: Deed, what: Any) -> None:
        if at < inf:
            heapq.heappush(self._deeds, (at, next(self._order), deed, what))

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
            self._await(arrivals.callers(stream, self._seed, scenario.begins, scenario.length))

    def _configure(self, action: actions.Action) -> None:
        for output in self._center.handle(action, self._now):
            if isinstance(output, Refused):
                raise InputInvalid(f"{self._scenario.file}: {output.message}")

    def _warm(self, _: None) -> None:
        self._tally.warm()
        self._will(self._now + interval_length(self._scenario) / SAMPLES / 2, self._sample, None)

    def _sample(self, _: None) -> None:
        if self._now < self._end:
            self._tally.sample(self._now)
            self._will(self._now + interval_length(self._scenario) / SAMPLES, self._sample, None)

    # --- callers

    def _await(self, stream: Iterator[Caller]) -> None:
        if (caller := next(stream, None)) is not None:
            self._will(self._start + caller.at, self._arrive, (caller, stream))

    def _arrive(self, one: tuple[Caller, Iterator[Caller]]) -> None:
        caller, stream = one
        word = scripts.Caller(number=caller.number, dials=caller.dials)
        leg = self._world.call(word, self._now)
        self._legs[leg] = _Party(leg, caller)
        self._await(stream)
        self._came += 1
        if self._came % _TELL_EVERY == 0:
            self._tell((self._now - self._start) / self._scenario.length)

    def _lose_patience(self, call: CallId) -> None:
        party = self._calls.get(call)
        if party is not None and party.waits:
            self._world.hang_up(party.leg, self._now)

    # --- agents

    def _employ(self, name: AgentId) -> None:
        """Let an agent come and go by their shifts."""
        shifts = self._scenario.agents[name].shifts
        if not shifts:
            self._come(name)
        for day in range(-1, int((self._end + AFTER - MIDNIGHT) // DAY) + 1):
            for shift in shifts:
                since, until = (MIDNIGHT + day * DAY + at for at in (shift.since, shift.until))
                if until > self._now:
                    self._will(max(since, self._now), self._come, name)
                    self._will(until, self._leave, name)

    def _come(self, name: AgentId) -> None:
        self._on_duty.add(name)
        self._handle(actions.SetAgentState(agent=name, state="ready"))

    def _leave(self, name: AgentId) -> None:
        self._on_duty.discard(name)
        self._handle(actions.SetAgentState(agent=name, state="logged_out"))

    def _return(self, name: AgentId) -> None:
        if name in self._away and name in self._on_duty:
            self._come(name)

    def _finish_wrap_up(self, name: AgentId) -> None:
        self._handle(actions.FinishWrapUp(agent=name))

    # --- what the center says

    def _what_is_done(self) -> dict[type[Any], Callable[[Any, Instant], None]]:
        take = self._tally.add
        return {
            **dict.fromkeys(self._tally.kinds, take),
            **dict.fromkeys(get_args(Command), self._world.execute),
            Dial: self._dial,
            Prompt: self._prompt,
            IdentifyCaller: self._identify,
            DraftTicket: self._draft,
            CallArrived: self._call_arrived,
            CallQueued: self._call_queued,
            CallConnected: self._call_connected,
            CallEnded: self._call_ended,
            AgentStateChanged: self._agent_state_changed,
        }

    def _dial(self, dial: Dial, now: Instant) -> None:
        name = dial.to.removeprefix("phone:")
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
        self._tally.add(fact, now)

    def _call_queued(self, fact: CallQueued, now: Instant) -> None:
        party, queue = self._calls[fact.call], self._scenario.queues[fact.queue]
        party.queue, party.waits = queue, True
        self._will(now + party.caller.patience(queue), self._lose_patience, fact.call)
        self._tally.add(fact, now)

    def _call_connected(self, fact: CallConnected, now: Instant) -> None:
        party = self._calls[fact.call]
        party.waits = False
        talk = party.caller.talk(self._scenario.queues[fact.queue])
        self._world.hang_up(party.leg, now + talk)

    def _call_ended(self, fact: CallEnded, now: Instant) -> None:
        del self._legs[self._calls.pop(fact.call).leg]
        self._tally.add(fact, now)

    def _agent_state_changed(self, fact: AgentStateChanged, now: Instant) -> None:
        name = fact.agent
        self._away.discard(name)
        if fact.state == "wrap_up" and fact.call is not None:
            party = self._calls[fact.call]
            wrap_up = party.caller.wrap_up(party.queue) if party.queue is not None else None
            if wrap_up is not None:
                self._will(now + wrap_up, self._finish_wrap_up, name)
        elif fact.state == "not_ready" and name in self._on_duty:
            self._away.add(name)
            self._will(now + self._scenario.agents[name].returns, self._return, name)
        self._tally.add(fact, now)
