"""What must hold whatever happens, with histories that Hypothesis makes and shortens.

Each message goes to an Acd made anew from its own JSON and to the brute-force router; a `Ledger`
keeps account of the facts.
"""

from itertools import pairwise
from typing import TypeVar

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from acd.acd import Acd
from acd.messages import (
    Accept,
    AcdMessage,
    Enqueue,
    KeepPlace,
    Reached,
    Reject,
    Release,
    Unreached,
    Withdraw,
)
from calls import actions
from calls.base import Channel, OfferOutcome, OverflowWhen
from calls.config import Agent, Overflow, Queue, Relaxation, Strategy
from calls.events import PhoneChanged, Tick
from tests.acd.comparing import Pair
from tests.acd.driving import START

Thing = TypeVar("Thing")

QUEUES = st.sampled_from(["sales", "support"])
AGENTS = st.sampled_from(["ann", "bob", "cyd"])
CHANNELS: st.SearchStrategy[Channel] = st.sampled_from(["voice", "voice", "chat"])
SKILLS = st.dictionaries(st.sampled_from(["lang:pl", "billing"]), st.integers(1, 3))
STRATEGIES: st.SearchStrategy[Strategy] = st.sampled_from(
    [
        "longest_idle",
        "least_occupied",
        "best_skill",
        "fewest_calls",
        "round_robin",
        "in_order",
        "ring_all",
    ]
)
REJECTED: st.SearchStrategy[OfferOutcome] = st.sampled_from(
    ["timed_out", "declined", "busy", "unreachable", "rescinded", "failed"]
)
STEPS = st.lists(
    st.builds(
        Relaxation,
        after=st.sampled_from([0.0, 5.0, 20.0]),
        skills=st.dictionaries(st.sampled_from(["lang:pl", "billing"]), st.integers(0, 3)),
        queues=st.sampled_from([(), ("web",)]),
        ring=st.sampled_from([None, 0, 1]),
    ),
    max_size=2,
).map(tuple)
WHEN: st.SearchStrategy[OverflowWhen] = st.sampled_from(
    ["waited", "length", "nobody_signed_in", "nobody_ready", "closed", "full"]
)
RULES = st.lists(
    st.builds(
        Overflow,
        when=WHEN,
        limit=st.sampled_from([0.0, 5.0, 20.0]),
        to=st.just("flow"),
        target=st.just("night"),
    ),
    max_size=2,
).map(tuple)
QUEUE_FIELDS = {
    "name": QUEUES,
    "skills": SKILLS,
    "strategy": STRATEGIES,
    "slope": st.sampled_from([0.5, 1.0, 2.0]),
    "wrap_up": st.sampled_from([0.0, 10.0]),
    "rest": st.sampled_from([0.0, 5.0]),
    "wrap_up_manual": st.booleans(),
    "relaxation": STEPS,
    "ring": st.sampled_from([0, 1]),
    "overflow": RULES,
    "limit": st.sampled_from([0, 2]),
    "ring_limit": st.integers(1, 3),
    "callback_attempts": st.integers(1, 2),
    "callback_retry": st.sampled_from([0.0, 20.0]),
}
PAUSES = st.sampled_from([0.0, 1.0, 5.0, 20.0])


class Floor(RuleBasedStateMachine):
    """A small center that goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.pair = Pair(restart=True)
        self.now = START
        self.minted = 0

    def give(self, message: AcdMessage) -> None:
        self.pair.give(message, self.now)

    def pick(self, data: st.DataObject, names: list[Thing]) -> Thing:
        return data.draw(st.sampled_from(names))

    # What happens

    @initialize(queues=st.fixed_dictionaries(QUEUE_FIELDS))
    def open_up(self, queues: dict[str, object]) -> None:
        for name in ("sales", "support"):
            fields = {"type": "Queue"} | queues | {"name": name}
            self.give(actions.ConfigureQueue(queue=msgspec.convert(fields, Queue)))
        for name in ("ann", "bob", "cyd"):
            agent = Agent(
                name=name,
                queues={"sales": 1, "support": 2},
                skills={"lang:pl": 2, "billing": 2},
                capacity={"chat": 2},
            )
            self.give(actions.ConfigureAgent(agent=agent))
            self.give(PhoneChanged(phone=name, online=True))
            self.give(actions.SetAgentState(agent=name, state="ready"))

    @rule(pause=PAUSES)
    def time_goes_by(self, pause: float) -> None:
        self.now += pause
        self.give(Tick())

    @rule(
        queue=QUEUES,
        skills=SKILLS,
        priority=st.sampled_from([0.0, 10.0]),
        credit=st.sampled_from([0.0, 60.0]),
        channel=CHANNELS,
        agent=st.one_of(st.just(""), AGENTS),
    )
    def caller(
        self,
        queue: str,
        skills: dict[str, int],
        priority: float,
        credit: float,
        channel: Channel,
        agent: str,
    ) -> None:
        self.minted += 1
        self.give(
            Enqueue(
                call=f"c{self.minted}",
                queue=queue,
                skills=skills,
                priority=priority,
                credit=credit,
                channel=channel,
                agent=agent,
                agent_for=10.0 if agent else 0.0,
            )
        )

    def waiting(self) -> list[str]:
        return [caller.name for caller in self.pair.brute.callers.values() if not caller.agent]

    def called(self) -> list[str]:
        return [caller.name for caller in self.pair.brute.callers.values() if caller.agent]

    @precondition(lambda self: self.waiting())
    @rule(data=st.data(), outcome=st.sampled_from(["abandoned", "failed", "moved"]))
    def caller_goes(self, data: st.DataObject, outcome: str) -> None:
        call = self.pick(data, self.waiting())
        self.give(msgspec.convert({"type": "Withdraw", "call": call, "outcome": outcome}, Withdraw))

    @precondition(lambda self: self.waiting())
    @rule(data=st.data())
    def place_kept(self, data: st.DataObject) -> None:
        self.give(KeepPlace(call=self.pick(data, self.waiting()), number="+48221234567"))

    @precondition(lambda self: self.called())
    @rule(data=st.data(), reached=st.booleans())
    def called_back(self, data: st.DataObject, reached: bool) -> None:
        call = self.pick(data, self.called())
        self.give(Reached(call=call) if reached else Unreached(call=call, outcome="busy"))

    @precondition(lambda self: self.pair.brute.bids)
    @rule(data=st.data())
    def answered(self, data: st.DataObject) -> None:
        self.give(Accept(offer=self.pick(data, list(self.pair.brute.bids))))

    @precondition(lambda self: self.pair.brute.bids)
    @rule(data=st.data(), outcome=REJECTED)
    def not_answered(self, data: st.DataObject, outcome: OfferOutcome) -> None:
        self.give(Reject(offer=self.pick(data, list(self.pair.brute.bids)), outcome=outcome))

    @precondition(lambda self: self.pair.ledger.talks)
    @rule(data=st.data())
    def hung_up(self, data: st.DataObject) -> None:
        self.give(Release(call=self.pick(data, list(self.pair.ledger.talks)), by="caller"))

    @rule(agent=AGENTS)
    def ready(self, agent: str) -> None:
        self.give(PhoneChanged(phone=agent, online=True))
        self.give(actions.SetAgentState(agent=agent, state="ready"))

    @rule(agent=AGENTS, state=st.sampled_from(["not_ready", "logged_out"]))
    def away(self, agent: str, state: str) -> None:
        message = {"type": "SetAgentState", "agent": agent, "state": state, "reason": "break"}
        self.give(msgspec.convert(message, actions.SetAgentState))

    @rule(agent=AGENTS)
    def wrapped_up(self, agent: str) -> None:
        self.give(actions.FinishWrapUp(agent=agent, code="done"))

    @rule(agent=AGENTS)
    def wrap_up_extended(self, agent: str) -> None:
        self.give(actions.ExtendWrapUp(agent=agent))

    @rule(agent=AGENTS)
    def declined(self, agent: str) -> None:
        self.give(actions.DeclineOffer(agent=agent))

    @rule(agent=AGENTS)
    def phone_gone(self, agent: str) -> None:
        self.give(PhoneChanged(phone=agent, online=False))

    @rule(fields=st.fixed_dictionaries(QUEUE_FIELDS), closed=st.booleans())
    def queue_changed(self, fields: dict[str, object], closed: bool) -> None:
        message = {"type": "Queue", "closed": closed} | fields
        self.give(actions.ConfigureQueue(queue=msgspec.convert(message, Queue)))

    @rule(
        agent=AGENTS,
        skills=SKILLS,
        queues=st.dictionaries(st.sampled_from(["sales", "support", "web"]), st.integers(1, 2)),
        chats=st.integers(0, 2),
    )
    def agent_changed(
        self, agent: str, skills: dict[str, int], queues: dict[str, int], chats: int
    ) -> None:
        config = Agent(name=agent, skills=skills, queues=queues, capacity={"chat": chats})
        self.give(actions.ConfigureAgent(agent=config))

    @rule(queue=QUEUES)
    def queue_removed(self, queue: str) -> None:
        self.give(actions.RemoveQueue(queue=queue))

    @rule(agent=AGENTS)
    def agent_removed(self, agent: str) -> None:
        self.give(actions.RemoveAgent(agent=agent))

    # What must hold

    @invariant()
    def all_that_people_see_is_right(self) -> None:
        self.pair.look()

    @invariant()
    def who_is_ready_fits_nobody_who_waits(self) -> None:
        brute = self.pair.brute
        for caller in brute.callers.values():
            assert not brute.matchable(caller) or not brute.takers(caller)

    @invariant()
    def every_queued_call_leaves_once(self) -> None:
        assert set(self.pair.ledger.waiting) == set(self.pair.real.snapshot().waiting)

    @invariant()
    def first_come_is_first_among_equals(self) -> None:
        brute = self.pair.brute
        for queue in brute.queues:
            line = sorted(
                (caller for caller in brute.callers.values() if caller.queue == queue),
                key=lambda caller: self.pair.real.position(caller.name) or 0,
            )
            for ahead, behind in pairwise(line):
                same = (ahead.priority, ahead.since, ahead.credit)
                if same == (behind.priority, behind.since, behind.credit):
                    assert ahead.order < behind.order

    def teardown(self) -> None:
        again = Acd()
        for message, now, _ in self.pair.log:
            again.handle(message, now)
        assert msgspec.json.encode(again.snapshot()) == msgspec.json.encode(
            self.pair.real.snapshot()
        )


def test_whatever_happens() -> None:
    run_state_machine_as_test(
        Floor,
        settings=settings(
            max_examples=250,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
