"""Whatever callers and switches do, a flow never raises and never ends in silence.

`Walk.check` holds after each step: a prompt is waited for with a deadline ahead, or the flow has
ended exactly once; and the state survives JSON.
"""

from hypothesis import given
from hypothesis import strategies as st

from ivr.flow import Flow
from ivr.loading import load, problems
from tests.ivr.flows import around, demo
from tests.ivr.walk import Walk

KEYS = "0123456789*#ABCD"

step = st.one_of(
    st.tuples(st.just("press"), st.sampled_from(KEYS)),
    st.tuples(
        st.sampled_from(["silence", "fail", "restart", "late", "stopped", "empty"]), st.just("")
    ),
    st.tuples(st.just("wait"), st.sampled_from(["0.1", "5", "61", "600"])),
)


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


def walked(flow: Flow, language: str, steps: list[tuple[str, str]]) -> Walk:
    walk = Walk(flow, language=language)
    for what, word in steps:
        do(walk, what, word)
    return walk


MAIN, SUPPORT = demo("main"), demo("support")


@given(
    flow=st.sampled_from([MAIN, SUPPORT]),
    language=st.sampled_from(["en", "pl", "uk", "de", ""]),
    steps=st.lists(step, max_size=40),
)
def test_the_demo_flows(flow: Flow, language: str, steps: list[tuple[str, str]]) -> None:
    walk = walked(flow, language, steps)
    for _ in range(20):  # who does nothing any more comes to a person
        walk.silence()
    assert walk.over


@st.composite
def flow_sources(draw: st.DrawFn) -> str:
    """Flows of a few nodes with random edges; many of them cannot work."""
    names = [f"n{number}" for number in range(draw(st.integers(1, 6)))]
    target = st.sampled_from([*names, "operator"])
    rows = []
    for name in names:
        kind = draw(st.sampled_from(["say", "menu", "language", "queue", "hangup"]))
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
        walk.silence()
    assert walk.over, "a silent caller goes round for ever"


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
