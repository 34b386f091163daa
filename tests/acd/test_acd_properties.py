"""What must hold whatever happens, with histories that Hypothesis makes and shortens."""

from collections import Counter
from itertools import pairwise

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
from acd.index import needs_of
from acd.messages import Accept, AcdMessage, Enqueue, Reject, Release, Withdraw
from acd.state import AcdState, AgentRecord, WaitingCall
from calls import actions, facts
from calls.base import OfferOutcome
from calls.config import Agent, Queue, Strategy
from calls.events import PhoneChanged, Tick
from tests.acd.driving import START, through_json

QUEUES = st.sampled_from(["sales", "support"])
AGENTS = st.sampled_from(["ann", "bob", "cyd"])
LANGUAGES = st.sampled_from(["", "en", "pl"])
SKILLS = st.dictionaries(st.sampled_from(["lang:en", "lang:pl", "billing"]), st.integers(1, 10))
STRATEGIES: st.SearchStrategy[Strategy] = st.sampled_from(
    ["longest_idle", "least_occupied", "best_skill", "fewest_calls"]
)
REJECTED: st.SearchStrategy[OfferOutcome] = st.sampled_from(
    ["timed_out", "declined", "busy", "unreachable", "rescinded", "failed"]
)
PAUSES = st.sampled_from([0.0, 1.0, 5.0, 20.0])


class Floor(RuleBasedStateMachine):
    """One Acd that goes on, and a twin made from its snapshot before every message."""

    def __init__(self) -> None:
        super().__init__()
        self.acd = Acd()
        self.now = START
        self.log: list[tuple[AcdMessage, float]] = []
        self.minted = 0
        self.queued: Counter[str] = Counter()
        self.left: Counter[str] = Counter()
        self.talks: Counter[str] = Counter()
        self.wrapped: Counter[str] = Counter()

    def give(self, message: AcdMessage) -> None:
        twin = through_json(self.acd)
        said = self.acd.handle(message, self.now)
        assert twin.handle(message, self.now) == said
        assert twin.snapshot() == self.acd.snapshot()
        self.log.append((message, self.now))
        for fact in said:
            match fact:
                case facts.CallQueued(call=call):
                    self.queued[call] += 1
                case facts.CallLeftQueue(call=call):
                    self.left[call] += 1
                case facts.ConversationEnded(call=call):
                    self.talks[call] += 1
                case facts.WrapUpEnded(call=call):
                    self.wrapped[call] += 1
                case _:
                    pass

    def pick(self, data: st.DataObject, names: object) -> str:
        chosen: str = data.draw(st.sampled_from(sorted(names)))  # type: ignore[call-overload]
        return chosen

    @property
    def state(self) -> AcdState:
        return self.acd.snapshot()

    # What happens

    @initialize(wrap_up=st.sampled_from([0.0, 10.0]))
    def open_up(self, wrap_up: float) -> None:
        for name in ("sales", "support"):
            self.give(actions.ConfigureQueue(queue=Queue(name=name, wrap_up=wrap_up)))
        for name in ("ann", "bob", "cyd"):
            agent = Agent(
                name=name, queues={"sales": 1, "support": 2}, skills={"lang:en": 5, "lang:pl": 1}
            )
            self.give(actions.ConfigureAgent(agent=agent))
            self.give(PhoneChanged(phone=name, online=True))
            self.give(actions.SetAgentState(agent=name, state="ready"))

    @rule(pause=PAUSES)
    def time_goes_by(self, pause: float) -> None:
        self.now += pause
        self.give(Tick())

    @rule(queue=QUEUES, skills=SKILLS, priority=st.sampled_from([0.0, 10.0]), language=LANGUAGES)
    def caller(self, queue: str, skills: dict[str, int], priority: float, language: str) -> None:
        self.minted += 1
        self.give(
            Enqueue(
                call=f"c{self.minted}",
                queue=queue,
                skills=skills,
                priority=priority,
                language=language,
            )
        )

    @precondition(lambda self: self.state.waiting)
    @rule(data=st.data(), outcome=st.sampled_from(["abandoned", "failed", "moved"]))
    def caller_goes(self, data: st.DataObject, outcome: str) -> None:
        call = self.pick(data, self.state.waiting)
        self.give(msgspec.convert({"type": "Withdraw", "call": call, "outcome": outcome}, Withdraw))

    @precondition(lambda self: self.state.offers)
    @rule(data=st.data())
    def answered(self, data: st.DataObject) -> None:
        self.give(Accept(offer=self.pick(data, self.state.offers)))

    @precondition(lambda self: self.state.offers)
    @rule(data=st.data(), outcome=REJECTED)
    def not_answered(self, data: st.DataObject, outcome: OfferOutcome) -> None:
        self.give(Reject(offer=self.pick(data, self.state.offers), outcome=outcome))

    @precondition(lambda self: self.state.conversations)
    @rule(data=st.data())
    def hung_up(self, data: st.DataObject) -> None:
        self.give(Release(call=self.pick(data, self.state.conversations), by="caller"))

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
    def declined(self, agent: str) -> None:
        self.give(actions.DeclineOffer(agent=agent))

    @rule(agent=AGENTS)
    def phone_gone(self, agent: str) -> None:
        self.give(PhoneChanged(phone=agent, online=False))

    @rule(queue=QUEUES, skills=SKILLS, strategy=STRATEGIES, slope=st.sampled_from([0.5, 1.0, 2.0]))
    def queue_changed(
        self, queue: str, skills: dict[str, int], strategy: Strategy, slope: float
    ) -> None:
        config = Queue(name=queue, skills=skills, strategy=strategy, slope=slope)
        self.give(actions.ConfigureQueue(queue=config))

    @rule(agent=AGENTS, skills=SKILLS, queues=st.dictionaries(QUEUES, st.integers(1, 2)))
    def agent_changed(self, agent: str, skills: dict[str, int], queues: dict[str, int]) -> None:
        config = Agent(name=agent, skills=skills, queues=queues)
        self.give(actions.ConfigureAgent(agent=config))

    @rule(queue=QUEUES)
    def queue_removed(self, queue: str) -> None:
        self.give(actions.RemoveQueue(queue=queue))

    @rule(agent=AGENTS)
    def agent_removed(self, agent: str) -> None:
        self.give(actions.RemoveAgent(agent=agent))

    # What must hold

    @invariant()
    def nobody_has_two_calls(self) -> None:
        state = self.state
        busy = [offer.agent for offer in state.offers.values()] + list(state.conversations.values())
        assert len(busy) == len(set(busy))
        for name, agent in state.agents.items():
            assert (agent.state == "reserved") == (agent.offer in state.offers)
            assert (agent.state == "talking") == (state.conversations.get(agent.call or "") == name)

    @invariant()
    def who_is_ready_fits_nobody_who_waits(self) -> None:
        state = self.state
        for name, agent in state.agents.items():
            if agent.state == "ready":
                assert name in state.phones
                for call in state.waiting.values():
                    assert call.offer is not None or not fits(state, agent, call)

    @invariant()
    def every_queued_call_leaves_once(self) -> None:
        waiting = set(self.state.waiting)
        for call in self.queued:
            assert self.queued[call] == 1
            assert self.left[call] == (0 if call in waiting else 1)

    @invariant()
    def every_conversation_is_wrapped_up_once(self) -> None:
        wrapping = {a.call for a in self.state.agents.values() if a.state == "wrap_up"}
        for call in self.talks:
            assert self.wrapped[call] == (0 if call in wrapping else 1)

    @invariant()
    def first_come_is_first_among_equals(self) -> None:
        state = self.state
        for queue in state.queues:
            line = sorted(
                (call for call in state.waiting.values() if call.queue == queue),
                key=lambda call: self.acd.position(call.call) or 0,
            )
            for ahead, behind in pairwise(line):
                if (ahead.priority, ahead.queued) == (behind.priority, behind.queued):
                    assert ahead.order < behind.order

    @invariant()
    def no_deadline_is_past_after_a_tick(self) -> None:
        deadline = self.acd.deadline()
        if self.log and isinstance(self.log[-1][0], Tick):
            assert deadline is None or deadline > self.now
        timed = any(agent.until is not None for agent in self.state.agents.values())
        assert (deadline is not None) == timed

    def teardown(self) -> None:
        again = Acd()
        for message, now in self.log:
            again.handle(message, now)
        assert msgspec.json.encode(again.snapshot()) == msgspec.json.encode(self.acd.snapshot())


def fits(state: AcdState, agent: AgentRecord, call: WaitingCall) -> bool:
    needs = needs_of(state.queues[call.queue], call.skills, call.language)
    have = agent.config.skills
    return call.queue in agent.config.queues and all(
        have.get(skill, 0) >= level for skill, level in needs.items()
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
