"""Whatever callers and switches do, a flow never raises and never ends in silence.

`Walk.check` holds after each step: a prompt is waited for with a deadline ahead, or the flow has
ended exactly once; and the state survives JSON.
"""

from hypothesis import given
from hypothesis import strategies as st

from calls.commands import Answer, Record
from calls.events import (
    CallerIdentified,
    KnownTicket,
    RecordingEnded,
    RequestFailed,
    ServiceAnswered,
    StoreEvent,
    TicketDrafted,
    TicketFound,
)
from ivr.flow import Flow
from ivr.loading import load, problems
from ivr.session import Session
from ivr.surroundings import QueueNow
from tests.ivr.flows import around, demo
from tests.ivr.walk import CALL, LEG, Walk

KEYS = "0123456789*#ABCD"
CALLERS = st.sampled_from(["+48600000001", "", "anonymous"])

step = st.one_of(
    st.tuples(st.just("press"), st.sampled_from(KEYS)),
    st.tuples(
        st.sampled_from(["silence", "fail", "restart", "late", "stopped", "empty"]), st.just("")
    ),
    st.tuples(st.just("wait"), st.sampled_from(["0.1", "5", "61", "600"])),
    st.tuples(st.just("speak"), st.sampled_from(["0", "0.5", "12", "600"])),
    st.tuples(
        st.just("store"),
        st.sampled_from(["who", "vip", "found", "nothing", "drafted", "served", "odd", "failed"]),
    ),
)

TICKET = KnownTicket(id=3, number="INC-1003", title="Router", priority=1)


def answer(what: str, request: str) -> StoreEvent:
    match what:
        case "who" | "vip":
            return CallerIdentified(
                request=request, call=CALL, contact=1, name="Ada", vip=what == "vip"
            )
        case "found" | "nothing":
            ticket = TICKET if what == "found" else None
            return TicketFound(request=request, call=CALL, ticket=ticket, open=what == "found")
        case "drafted":
            return TicketDrafted(request=request, call=CALL, ticket=TICKET)
        case "served":
            return ServiceAnswered(request=request, call=CALL, status=200, values={"total": 1.5})
        case "odd":
            return ServiceAnswered(request=request, call=CALL, status=200, values={"total": "x"})
        case _:
            return RequestFailed(request=request, call=CALL, detail="no")


def do(walk: Walk, what: str, word: str) -> None:
    match what:
        case "press":
            walk.press(word)
        case "silence":
            walk.silence()
        case "fail":
            walk.fail()
        case "restart":
            walk.restart()
        case "late":
            walk.end("digits", "1", prompt="c-7.flow-0")
        case "stopped":
            walk.end("stopped")
        case "empty":
            walk.end("digits", "")
        case "wait":
            walk.wait(float(word))
        case "speak":
            waits = walk.session.waits_for
            name = waits.recording if isinstance(waits, Record) else "none"
            walk.tell(RecordingEnded(leg=LEG, recording=name, end="silence", seconds=float(word)))
        case "store":
            asked = getattr(walk.session.waits_for, "request", "none")
            walk.tell(answer(word, asked))


class Center:
    """Whatever flow is asked for, and busy queues."""

    def newest(self, name: str) -> int | None:
        return 1 if name == "identify" else None

    def flow(self, name: str, version: int) -> Flow:
        return IDENTIFY

    def queue(self, name: str) -> QueueNow | None:
        return QueueNow(waiting=7) if name == "support" else None


def walked(flow: Flow, language: str, steps: list[tuple[str, str]], now: float = 1e6) -> Walk:
    walk = Walk(flow, language=language, surroundings=Center(), now=now)
    for what, word in steps:
        do(walk, what, word)
    return walk


MAIN, SUPPORT, SERVICE, IDENTIFY = map(demo, ("main", "support", "service", "identify"))


@given(
    flow=st.sampled_from([MAIN, SUPPORT, SERVICE, IDENTIFY]),
    language=st.sampled_from(["en", "pl", "uk", "de", ""]),
    steps=st.lists(step, max_size=40),
    now=st.sampled_from([1_795_518_000.0, 1_795_560_000.0]),  # at noon, at night
)
def test_the_demo_flows(
    flow: Flow, language: str, steps: list[tuple[str, str]], now: float
) -> None:
    walk = walked(flow, language, steps, now)
    for _ in range(30):  # who does nothing any more comes to a person
        nothing(walk)
    assert walk.over
    walk.hang_up()


def nothing(walk: Walk) -> None:
    """Neither the caller nor anybody who was asked says anything."""
    if walk.waits_for is not None:
        walk.silence()
    elif not walk.over:
        walk.wait(700)


KINDS = (
    *("say", "menu", "language", "queue", "hangup", "collect", "branch", "set", "lookup"),
    *("http", "voicemail", "survey", "fault", "callback", "transfer", "flow", "return", "prompt"),
)


@st.composite
def flow_sources(draw: st.DrawFn) -> str:
    """Flows of a few nodes with random edges; many of them cannot work."""
    names = [f"n{number}" for number in range(draw(st.integers(1, 6)))]
    target = st.sampled_from([*names, "operator"])
    rows = []
    for name in names:
        kind = draw(st.sampled_from(KINDS))
        error = f", error: {draw(target)}" if draw(st.booleans()) else ""
        exits = "".join(
            f", {exit}: {{next: {draw(target)}}}"
            for exit in ("no_input", "no_match")
            if draw(st.booleans())
        )
        tries = draw(st.integers(0, 3))
        fields = {
            "say": f"text: {{en: a, pl: b}}, next: {draw(target)}",
            "menu": f"text: {{en: a, pl: b}}, keys: {{1: {draw(target)}, '*': {draw(target)}}}, "
            f"tries: {tries}{exits}",
            "language": "choices: {1: {language: en, text: a}, 2: {language: pl, text: b}}, "
            f"next: {draw(target)}, tries: {tries}{exits}",
            "queue": "queue: q",
            "hangup": "title: end",
            "collect": f"text: {{en: a, pl: b}}, into: account, next: {draw(target)}, "
            f"confirm: {{en: '{{{{ account }}}}', pl: b}}, tries: {tries}{exits}",
            "branch": f"cases: [{{if: vip, next: {draw(target)}}}, "
            f"{{if: tries / (tries - 1) == 0, next: {draw(target)}}}], else: {draw(target)}",
            "set": f"values: {{tries: tries + 1}}, tags: [a], next: {draw(target)}",
            "lookup": f"find: ticket, number: '1', found: {draw(target)}, "
            f"not_found: {draw(target)}",
            "http": f"url: 'http://a/', take: {{total: x}}, next: {draw(target)}",
            "voicemail": f"text: {{en: a, pl: b}}, review: {{en: a, pl: b}}, next: {draw(target)}",
            "survey": f"text: {{en: a, pl: b}}, next: {draw(target)}",
            "fault": f"ticket: PRB-1, text: {{en: a, pl: b}}, attached: {draw(target)}, "
            f"next: {draw(target)}",
            "callback": f"queue: q, text: {{en: a, pl: b}}, next: {draw(target)}",
            "transfer": f"number: '1', exits: {{busy: {draw(target)}}}",
            "flow": f"flow: identify, next: {draw(target)}",
            "return": "title: end",
            "prompt": "text: {en: a, pl: b}, wrong: {en: a, pl: b}, speak: {en: a, pl: b}, "
            f"review: {{en: a, pl: b}}, kept: {draw(target)}, next: {draw(target)}",
        }[kind]
        rows.append(f"{name}: {{kind: {kind}, {fields}{error}}}")
    return around("\n".join(rows), start="n0", entries=", ".join(names))


@given(source=flow_sources(), steps=st.lists(step, max_size=60))
def test_any_flow_that_the_checks_let_through(source: str, steps: list[tuple[str, str]]) -> None:
    if problems(source):
        return
    walk = walked(load(source), "pl", steps)
    for _ in range(1000):
        if walk.over:
            break
        nothing(walk)
    assert walk.over, "a silent caller goes round for ever"


@given(source=flow_sources(), entry=st.sampled_from(["", "n0", "n1", "n2"]), caller=CALLERS)
def test_who_begins_where_all_are_answered_is_answered(
    source: str, entry: str, caller: str
) -> None:
    if problems(source):
        return
    flow = load(source)
    if (entry if entry in flow.nodes else flow.start) in flow.taking_calls:
        walk = Walk(flow, entry=entry, language="pl", caller=caller, surroundings=Center())
        assert Answer(leg=LEG) in walk.all


class Straight(Walk):
    """Never restarted: the session that was begun goes on."""

    def reloaded(self) -> Session:
        return self.session


@given(
    source=flow_sources(),
    language=st.sampled_from(["en", "pl"]),
    steps=st.lists(step, max_size=40),
)
def test_a_state_that_was_json_between_any_two_steps_says_the_same(
    source: str, language: str, steps: list[tuple[str, str]]
) -> None:
    if problems(source):
        return
    flow = load(source)
    kept = Straight(flow, language=language, surroundings=Center())
    written = Walk(flow, language=language, surroundings=Center())
    for what, word in steps:
        do(kept, what, word)
        do(written, what, word)
        assert written.said == kept.said
        assert written.session.snapshot() == kept.session.snapshot()


@given(source=flow_sources())
def test_every_problem_has_a_place_in_the_file(source: str) -> None:
    rows = source.splitlines()
    for problem in problems(source, "random.yaml"):
        assert 1 <= problem.place.line <= len(rows)
        assert 1 <= problem.place.column <= len(rows[problem.place.line - 1]) + 1


@given(
    source=st.text(max_size=200) | st.text(alphabet="flow: nodes\n-[]{}&*!'\"#|>%@1", max_size=80)
)
def test_any_text_is_a_flow_or_has_problems(source: str) -> None:
    assert problems(source)
