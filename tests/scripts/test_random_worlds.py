"""Random callers, agents and mishaps through the center, in jump time; what must always hold."""

from collections import Counter
from typing import cast, get_args

from hypothesis import given, note, settings
from hypothesis import strategies as st

from calls import actions
from calls.actions import Action
from calls.base import OverflowWhen, Word
from calls.commands import (
    Beep,
    Dial,
    Hangup,
    Hold,
    Join,
    Mute,
    PauseBridgeRecording,
    Prompt,
    RecordBridge,
    StartMusic,
    StopBridgeRecording,
    Supervise,
    Unbridge,
    Unhold,
)
from calls.config import Agent, Overflow, Queue
from calls.facts import (
    AgentMuted,
    AgentStateChanged,
    CallArrived,
    CallbackTried,
    CallConnected,
    CallEnded,
    CallHeld,
    CallLeftQueue,
    CallQueued,
    CallResumed,
    ConsultEnded,
    ConsultStarted,
    ConversationEnded,
    ConversationRecorded,
    OfferEnded,
    OfferMade,
    OutsideDialled,
    OutsideEnded,
    PlaceKept,
    RecordingStarted,
    SupervisionEnded,
    SupervisionStarted,
)
from switch.simulated.scripts import Answering, Caller, Press
from tests.scripts import script
from tests.scripts.script import Script
from tests.scripts.stage import Stage, encode_state, replay

SKILLS = {"lang:en": 5, "lang:pl": 5}
#: How each agent's phone is used.
AGENTS = {
    "anna": Agent(name="anna", skills=SKILLS, queues={"support": 1, "sales": 2}),
    "bob": Agent(name="bob", skills=SKILLS, queues={"support": 1, "sales": 2}, persistent=True),
    "carl": Agent(name="carl", skills=SKILLS, queues={"sales": 1, "support": 2}, auto_answer=True),
}
NAMES = tuple(AGENTS)
NUMBERS = ("500100200", "500100201", "500100208", "500100209", "48500", "anonymous")
OUTSIDE = ("+4822100", "+4822200")
#: Who follows agents: one of them, and one who is nobody else.
SUPERVISORS = ("carl", "boss")
#: Whom agents pass callers on to, or ask; some of it cannot be.
PARTIES = (
    "queue:support",
    "queue:sales",
    "queue:gone",
    "agent:anna",
    "agent:bob",
    "agent:carl",
    "tel:+4822100",
    "tel:+4822200",
    "ext:boss",
    "ext:anna",
)
#: Where queues may send callers; ``gone`` is not there.
TARGETS = {
    "queue": ("support", "sales", "gone"),
    "number": ("+4822100",),
    "flow": ("main.menu", "main.hours", "main.message", "main", "gone"),
}

seconds = st.floats(0, 60).map(lambda value: round(value, 1))
answerings = st.builds(
    Answering,
    does=st.sampled_from(["answers", "answers", "ignores", "declines", "busy", "unreachable"]),
    after=st.sampled_from([0.0, 0.5, 3.0, 14.9, 15.0]),
    talks=st.none() | seconds,
    machine=st.booleans(),
)
presses = st.builds(
    Press,
    digits=st.sampled_from(["1", "2", "3", "7", "9", "0", "12", "#", "*", "*", "*1"]),
    prompt=st.sampled_from(["", "main.language.en", "main.menu", "waiting.callback.offer"]),
    delay=st.sampled_from([0.0, 1.0, 6.0]),
)
callers = st.builds(
    Caller,
    number=st.sampled_from(NUMBERS),
    dials=st.sampled_from([*script.NUMBERS, "1001", "1002", "1002", "1999"]),
    presses=st.lists(presses, max_size=4).map(tuple),
    patience=st.none() | seconds,
    talks=st.none() | seconds,
)
#: Who presses the keys to keep the place as soon as there is music.
keepers = st.builds(
    Caller,
    number=st.sampled_from(NUMBERS),
    dials=st.just("1002"),
    presses=st.sampled_from([0.1, 1.0, 5.0]).map(
        lambda delay: (
            Press(digits="*", delay=delay),
            Press(digits="1", prompt="waiting.callback.offer", delay=delay),
        )
    ),
    patience=st.sampled_from([None, None, 6.0, 8.0]),
    talks=st.none() | seconds,
)
overflows = st.sampled_from(
    [(to, name) for to, names in TARGETS.items() for name in names]
).flatmap(
    lambda target: st.builds(
        Overflow,
        when=st.sampled_from(get_args(OverflowWhen)),
        limit=st.sampled_from([0.0, 1.0, 20.0]),
        to=st.just(target[0]),
        target=st.just(target[1]),
    )
)
queues = st.builds(
    Queue,
    name=st.sampled_from(["support", "sales"]),
    strategy=st.sampled_from(["longest_idle", "ring_all", "ring_all"]),
    wrap_up=st.sampled_from([0.0, 10.0]),
    announce_every=st.sampled_from([0.0, 15.0]),
    overflow=st.lists(overflows, max_size=2).map(tuple),
    closed=st.sampled_from([False, False, False, True]),
    limit=st.sampled_from([0, 0, 1]),
    last_agent=st.sampled_from([0.0, 10.0]),
    callback_attempts=st.integers(1, 2),
    callback_retry=st.just(20.0),
    callback_detect=st.booleans(),
    record=st.booleans(),
)
kinds = st.sampled_from(
    [
        Dial,
        Dial,
        Join,
        Prompt,
        StartMusic,
        Hangup,
        Beep,
        Hold,
        Unhold,
        Mute,
        Supervise,
        RecordBridge,
        PauseBridgeRecording,
        StopBridgeRecording,
        Unbridge,
    ]
)
names = st.sampled_from(NAMES)
bools = st.booleans()
#: What agents and supervisors do in conversations.
controls = st.one_of(
    st.builds(actions.HoldCall, agent=names, hold=bools),
    st.builds(actions.MuteAgent, agent=names, muted=bools),
    st.builds(
        actions.TransferCall,
        agent=names,
        to=st.sampled_from(PARTIES),
        kind=st.sampled_from(["blind", "warm", "warm", "warm"]),
    ),
    st.builds(actions.CompleteTransfer, agent=names),
    st.builds(actions.CompleteTransfer, agent=names),
    st.builds(actions.CancelTransfer, agent=names),
    st.builds(
        actions.SuperviseAgent,
        by=st.sampled_from(SUPERVISORS),
        agent=names,
        mode=st.sampled_from(["monitor", "whisper", "barge"]),
    ),
    st.builds(actions.StopSupervising, by=st.sampled_from(SUPERVISORS)),
    st.builds(
        actions.RecordCall,
        agent=names,
        do=st.sampled_from(["start", "pause", "resume", "stop"]),
        by=st.sampled_from(SUPERVISORS),
    ),
)
deeds = st.one_of(
    st.tuples(st.just("call"), callers),
    st.tuples(st.just("call"), callers),
    st.tuples(st.just("call"), keepers),
    st.tuples(st.just("control"), controls),
    st.tuples(st.just("control"), controls),
    st.tuples(st.just("control"), controls),
    st.tuples(st.just("control"), controls),
    st.tuples(st.just("queue"), queues),
    st.tuples(st.just("answering"), st.sampled_from([*NUMBERS, *OUTSIDE]), answerings),
    st.tuples(st.just("phone"), st.sampled_from(NAMES), answerings),
    st.tuples(st.just("phone gone"), st.sampled_from(NAMES)),
    st.tuples(
        st.just("state"),
        st.sampled_from(NAMES),
        st.sampled_from(["ready", "ready", "ready", "not_ready", "logged_out"]),
    ),
    st.tuples(st.just("wrap up"), st.sampled_from(NAMES)),
    st.tuples(st.just("decline"), st.sampled_from(NAMES)),
    st.tuples(st.just("end a call"), st.integers(0, 9)),
    st.tuples(st.just("hang up"), st.integers(0, 9)),
    st.tuples(st.just("lose"), st.integers(0, 9)),
    st.tuples(st.just("crash"), seconds),
    st.tuples(st.just("crash before"), kinds),
    st.tuples(st.just("link down"), seconds),
    st.tuples(st.just("fail"), kinds, st.booleans()),
    st.tuples(st.just("survey")),
    st.tuples(st.just("remove"), st.sampled_from(NAMES)),
)
pauses = st.sampled_from([0.0, 0.1, 1.0, 2.5]) | seconds
stories = st.lists(st.tuples(pauses, deeds), min_size=10, max_size=40)
#: Mostly of what is done in conversations, by agents who are at work.
talkers = st.builds(Caller, number=st.sampled_from(NUMBERS), dials=st.just("1001"))
mishaps = st.one_of(
    st.tuples(st.just("hang up"), st.integers(0, 9)),
    st.tuples(st.just("crash"), seconds),
    st.tuples(st.just("crash before"), kinds),
    st.tuples(st.just("link down"), seconds),
    st.tuples(st.just("fail"), kinds, st.booleans()),
    st.tuples(st.just("lose"), st.integers(0, 9)),
)
conversations = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.1, 2.5, 2.5, 5.0]),
        st.sampled_from([0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4]).flatmap(
            [
                st.tuples(st.just("call"), talkers),
                st.tuples(st.just("control"), controls),
                st.tuples(st.just("wrap up"), names),
                mishaps,
                deeds,
            ].__getitem__
        ),
    ),
    min_size=20,
    max_size=60,
)


def begin(state: str = "not_ready") -> Stage:
    begun = Script(reload_always=False)
    begun.center()
    for name, agent in AGENTS.items():
        begun.stage.do(actions.ConfigureAgent(agent=agent))
        begun.phone(name)
        begun.stage.run(0)
        begun.state(name, state, "lunch")
    begun.phone("boss")
    return begun.stage


def do(stage: Stage, deed: tuple[object, ...]) -> None:
    world, now = stage.world, stage.now
    match deed:
        case "call", Caller() as caller:
            world.call(caller, now)
        case "phone", str(agent), Answering() as answering:
            world.register(agent, now, answering)
        case "control", Word() as action:
            stage.do(cast(Action, action))
        case "queue", Queue() as queue:
            stage.do(actions.ConfigureQueue(queue=queue))
        case "answering", str(number), Answering() as answering:
            world.set_answering(number, answering)
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
            if calls := sorted(stage.center.calls):
                stage.do(actions.HangupCall(call=calls[which % len(calls)], by="supervisor"))
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
    for number in (*NUMBERS, *OUTSIDE):
        stage.world.set_answering(number, Answering(after=1, talks=5))
    for name, agent in AGENTS.items():
        stage.do(actions.ConfigureAgent(agent=agent))
        stage.world.register(name, stage.now, Answering(after=1, talks=5))
    stage.run(1)
    for _ in range(60):
        stage.world.survey(stage.now)
        stage.run(30)
        for name in NAMES:
            stage.do(actions.SetAgentState(agent=name, state="ready"))
            stage.do(actions.FinishWrapUp(agent=name))
        for leg in stage.world.legs(stage.now):
            if leg.bridge is not None:
                stage.world.hang_up(leg.leg, stage.now)
        if not stage.center.view(stage.now).calls:
            break
    for name in NAMES:
        stage.do(actions.SetAgentState(agent=name, state="logged_out"))
    for name in SUPERVISORS:
        stage.do(actions.StopSupervising(by=name))
    stage.world.connect(stage.now)
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
    assert not state.seats
    assert not state.kept
    assert not state.recordings
    assert not state.supervisions
    check_callbacks(stage)
    check_pairs(stage)


def check_pairs(stage: Stage) -> None:
    """What begins in a conversation ends once, and not after it."""
    facts = [fact for _, fact in stage.facts]
    open_: dict[tuple[str, str], str] = {}
    for fact in facts:
        match fact:
            case CallHeld(call=call, agent=agent):
                assert open_.setdefault(("held", call), agent) == agent
            case CallResumed(call=call, agent=agent):
                assert open_.pop(("held", call)) == agent
            case AgentMuted(call=call, agent=agent, muted=True):
                assert ("muted", call) not in open_
                open_["muted", call] = agent
            case AgentMuted(call=call, agent=agent):
                assert open_.pop(("muted", call)) == agent
            case ConsultStarted(call=call, agent=agent):
                assert ("consult", call) not in open_
                open_["consult", call] = agent
            case ConsultEnded(call=call, agent=agent):
                assert open_.pop(("consult", call)) == agent
            case OutsideDialled(call=call, number=number):
                assert ("outside", call) not in open_
                open_["outside", call] = number
            case OutsideEnded(call=call, number=number):
                assert open_.pop(("outside", call)) == number
            case SupervisionStarted(supervisor=by, agent=agent):
                assert open_.setdefault(("supervises", by), agent) == agent
            case SupervisionEnded(supervisor=by, agent=agent):
                assert open_.pop(("supervises", by)) == agent
            case RecordingStarted(recording=name, call=call):
                assert ("recording", name) not in open_
                open_["recording", name] = call
            case ConversationRecorded(recording=name, call=call):
                assert open_.pop(("recording", name)) == call
            case ConversationEnded(call=call, agent=agent):
                for what in ("held", "muted", "consult"):
                    assert (what, call) not in open_, f"{call} is left {what}"
            case _:
                pass
    assert not open_


def check_callbacks(stage: Stage) -> None:
    """Who kept the place is called at most once for each time that an agent accepted, and never
    again once they were reached."""
    kept: set[str] = set()
    accepted: Counter[str] = Counter()
    dialled: Counter[str] = Counter()
    for what in stage.done:
        match what:
            case PlaceKept(call=call):
                kept.add(call)
            case OfferEnded(call=call, outcome="accepted") if call in kept:
                accepted[call] += 1
            case CallConnected(call=call):
                kept.discard(call)
            case Dial(call=call, to=to) if call in kept and to.startswith("tel:"):
                dialled[call] += 1
                assert dialled[call] <= accepted[call], f"{call} is called once too often"
            case _:
                pass


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
            case CallConnected(agent=agent, call=call):  # or they have taken it over
                assert busy.setdefault(agent, call) == call
            case CallbackTried(agent=agent, call=call, outcome=outcome) if outcome != "answered":
                assert busy.pop(agent) == call
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
    comes_to_an_end(begin(), story)


@settings(max_examples=60, deadline=None)
@given(conversations)
def test_whatever_is_done_in_conversations_everything_comes_to_an_end(
    story: list[tuple[float, tuple[object, ...]]],
) -> None:
    comes_to_an_end(begin("ready"), story)


def comes_to_an_end(stage: Stage, story: list[tuple[float, tuple[object, ...]]]) -> None:
    for pause, deed in story:
        note(f"{pause, deed}")
        stage.run(pause)
        do(stage, deed)
    finish(stage)
    check(stage)
    again = replay(stage.journal)
    assert encode_state(again) == encode_state(stage.center), "replay equals snapshot"
