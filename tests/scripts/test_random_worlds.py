"""Random callers, agents and mishaps through the center, in jump time; what must always hold."""

from collections import Counter

from hypothesis import given, note, settings
from hypothesis import strategies as st

from calls import actions
from calls.commands import Dial, Hangup, Join, Prompt, StartMusic
from calls.config import Agent
from calls.facts import (
    AgentStateChanged,
    CallArrived,
    CallConnected,
    CallEnded,
    CallLeftQueue,
    CallQueued,
    ConversationEnded,
    OfferEnded,
    OfferMade,
)
from switch.simulated.scripts import Answering, Caller, Press
from tests.scripts.script import Script
from tests.scripts.stage import Stage, encode_state, replay

AGENTS = ("anna", "bob", "carl")
SKILLS = {"lang:en": 5, "lang:pl": 5}

seconds = st.floats(0, 60).map(lambda value: round(value, 1))
answerings = st.builds(
    Answering,
    does=st.sampled_from(["answers", "answers", "ignores", "declines", "busy", "unreachable"]),
    after=st.sampled_from([0.0, 0.5, 3.0, 14.9, 15.0]),
    talks=st.none() | seconds,
)
presses = st.builds(
    Press,
    digits=st.sampled_from(["1", "2", "3", "7", "9", "0", "12", "#"]),
    prompt=st.sampled_from(["", "main.language.en", "main.menu"]),
    delay=st.sampled_from([0.0, 1.0, 6.0]),
)
callers = st.builds(
    Caller,
    number=st.sampled_from(["500100200", "500100201", "48500", "anonymous"]),
    dials=st.sampled_from(["1000", "1001", "1001", "1999"]),
    presses=st.lists(presses, max_size=3).map(tuple),
    patience=st.none() | seconds,
    talks=st.none() | seconds,
)
kinds = st.sampled_from([Dial, Join, Prompt, StartMusic, Hangup])
deeds = st.one_of(
    st.tuples(st.just("call"), callers),
    st.tuples(st.just("call"), callers),
    st.tuples(st.just("phone"), st.sampled_from(AGENTS), answerings),
    st.tuples(st.just("phone gone"), st.sampled_from(AGENTS)),
    st.tuples(
        st.just("state"),
        st.sampled_from(AGENTS),
        st.sampled_from(["ready", "ready", "not_ready", "logged_out"]),
    ),
    st.tuples(st.just("wrap up"), st.sampled_from(AGENTS)),
    st.tuples(st.just("decline"), st.sampled_from(AGENTS)),
    st.tuples(st.just("end a call"), st.integers(0, 9)),
    st.tuples(st.just("hang up"), st.integers(0, 9)),
    st.tuples(st.just("lose"), st.integers(0, 9)),
    st.tuples(st.just("crash"), seconds),
    st.tuples(st.just("crash before"), kinds),
    st.tuples(st.just("link down"), seconds),
    st.tuples(st.just("fail"), kinds, st.booleans()),
    st.tuples(st.just("survey")),
    st.tuples(st.just("remove"), st.sampled_from(AGENTS)),
)
stories = st.lists(st.tuples(seconds, deeds), max_size=25)


def begin() -> Stage:
    script = Script(reload_always=False)
    script.center()
    for agent in AGENTS:
        script.agent(agent, queues="support,sales")
    return script.stage


def do(stage: Stage, deed: tuple[object, ...]) -> None:
    world, now = stage.world, stage.now
    match deed:
        case "call", Caller() as caller:
            world.call(caller, now)
        case "phone", str(agent), Answering() as answering:
            world.register(agent, now, answering)
        case "phone gone", str(agent):
            world.unregister(agent, now)
        case "state", str(agent), "ready" | "not_ready" | "logged_out" as state:
            stage.do(actions.SetAgentState(agent=agent, state=state, reason="break"))
        case "wrap up", str(agent):
            stage.do(actions.FinishWrapUp(agent=agent, code="done"))
        case "decline", str(agent):
            stage.do(actions.DeclineOffer(agent=agent))
        case "remove", str(agent):
            stage.do(actions.RemoveAgent(agent=agent))
            stage.do(actions.ConfigureAgent(agent=Agent(name=agent, queues={"sales": 1})))
        case "end a call", int(which):
            if calls := stage.center.view(now).calls:
                stage.do(actions.HangupCall(call=calls[which % len(calls)].call, by="supervisor"))
        case "hang up" | "lose" as how, int(which):
            if legs := world.legs(now):
                leg = legs[which % len(legs)].leg
                (world.hang_up if how == "hang up" else world.lose)(leg, now)
        case "crash", float(gap):
            stage.crash(gap)
        case "crash before", type() as kind:
            stage.dies_before = (kind, 2.0)
        case "link down", float(gap):
            world.disconnect(now)
            world.connect(now + gap)
        case "fail", type() as kind, bool(gone):
            world.fail_next(kind, gone=gone)
        case ("survey",):
            world.survey(now)
        case _:
            raise AssertionError(f"unknown deed {deed}")


def finish(stage: Stage) -> None:
    """Let all calls come to their end: agents who answer, callers who lose patience."""
    stage.world.connect(stage.now)
    for agent in AGENTS:
        configured = Agent(name=agent, skills=SKILLS, queues={"support": 1, "sales": 2})
        stage.do(actions.ConfigureAgent(agent=configured))
        stage.world.register(agent, stage.now, Answering(after=1, talks=5))
    stage.run(1)
    for _ in range(60):
        stage.world.survey(stage.now)
        stage.run(30)
        for agent in AGENTS:
            stage.do(actions.SetAgentState(agent=agent, state="ready"))
            stage.do(actions.FinishWrapUp(agent=agent))
        for leg in stage.world.legs(stage.now):
            if leg.bridge is not None:
                stage.world.hang_up(leg.leg, stage.now)
        if not stage.world.legs(stage.now):
            break
    for _ in range(3):
        stage.run(61)
        stage.world.survey(stage.now)
    stage.run(1)


def check(stage: Stage) -> None:
    facts = [fact for _, fact in stage.facts]
    arrived = [fact.call for fact in facts if isinstance(fact, CallArrived)]
    ended = [fact.call for fact in facts if isinstance(fact, CallEnded)]
    assert len(set(arrived)) == len(arrived)
    assert sorted(arrived) == sorted(ended), "each arrived call ends exactly once"
    queued = Counter(fact.call for fact in facts if isinstance(fact, CallQueued))
    left = Counter(fact.call for fact in facts if isinstance(fact, CallLeftQueue))
    assert queued == left, "each queued call leaves its queue exactly once"
    offered = Counter(fact.offer for fact in facts if isinstance(fact, OfferMade))
    over = Counter(fact.offer for fact in facts if isinstance(fact, OfferEnded))
    assert offered == over, "each offer ends exactly once"
    assert not offered or max(offered.values()) == 1
    check_agents(stage)
    assert stage.world.legs(stage.now) == (), "all legs are hung up"
    state = stage.center.snapshot()
    assert not state.calls
    assert not state.legs
    assert not state.closing, "every hang-up is confirmed or given up"


def check_agents(stage: Stage) -> None:
    """No agent is in two calls, and none is believed talking who is not."""
    busy: dict[str, str] = {}
    states: dict[str, AgentStateChanged] = {}
    for _, fact in stage.facts:
        match fact:
            case OfferMade(agent=agent, call=call):
                assert agent not in busy, f"{agent} is in {busy[agent]} and is offered {call}"
                assert states[agent].state in ("ready", "reserved")
                busy[agent] = call
            case OfferEnded(agent=agent, outcome=outcome) if outcome != "accepted":
                del busy[agent]
            case CallConnected(agent=agent, call=call):
                assert busy[agent] == call
            case ConversationEnded(agent=agent, call=call):
                assert busy.pop(agent) == call
            case AgentStateChanged(agent=agent):
                states[agent] = fact
            case _:
                pass
    assert not busy
    views = {view.name: view for view in stage.center.view(stage.now).agents}
    for name, view in views.items():
        assert view.state not in ("reserved", "talking"), f"{name} is a ghost"


@settings(max_examples=60, deadline=None)
@given(stories)
def test_whatever_happens_everything_comes_to_an_end(
    story: list[tuple[float, tuple[object, ...]]],
) -> None:
    for step in story:
        note(repr(step))
    stage = begin()
    for pause, deed in story:
        stage.run(pause)
        do(stage, deed)
    finish(stage)
    check(stage)
    again = replay(stage.journal)
    assert encode_state(again) == encode_state(stage.center), "replay equals snapshot"
