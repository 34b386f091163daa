"""``ringdesk flow`` as a person types it."""

import io
import json
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from calls.events import CallerIdentified
from calls.facts import (
    AnswerMissed,
    CallArrived,
    CallerKnown,
    CallQueued,
    Fact,
    FlowStarted,
    LanguageChosen,
    NodeEntered,
    NodeLeft,
)
from engine import cli
from ivr import scenario
from ivr.coverage import Coverage
from ivr.recorded import scenario_of
from ivr.trial import play
from tests.ivr.flows import FLOWS, around, demo


class Terminal:
    """Runs `ringdesk flow ...` in a folder of its own."""

    def __init__(
        self, patch: pytest.MonkeyPatch, said: pytest.CaptureFixture[str], folder: Path
    ) -> None:
        self._patch, self._said = patch, said
        self.folder = folder
        patch.setenv("RINGDESK_HOME", str(folder / "home"))
        patch.chdir(folder)

    def run(self, *words: str, typed: str = "") -> tuple[int, str, str]:
        """Exit status, output, errors."""
        self._patch.setattr("sys.argv", ["ringdesk", "flow", *words])
        self._patch.setattr("sys.stdin", io.StringIO(typed))
        status = 0
        try:
            cli.main()
        except SystemExit as exit_:
            status = int(exit_.code or 0)
        said = self._said.readouterr()
        return status, said.out, said.err

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture
def terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Terminal:
    return Terminal(monkeypatch, capsys, tmp_path)


BAD = around(
    "one: {kind: menu, text: {en: Hm}, keys: {1: too, 2: two}}\n"
    "two: {kind: queue, queue: sails, skills: {roter: 2}, keys: {9: three}}\n"
    "three: {kind: flow, flow: nowhere, next: operator}",
    start="one",
    languages="en",
)
CONFIG = """
ringdesk: 1
queues: {sales: {}, operators: {skills: {router: 1}}}
agents: {ada: {skills: {"lang:en": 5}}}
"""


def test_check_says_all_at_once_and_fails(terminal: Terminal) -> None:
    terminal.write("bad.yaml", BAD)
    terminal.write("center.yaml", CONFIG)
    status, out, errors = terminal.run("check", "bad.yaml", "--config", "center.yaml")
    assert status == 1
    assert out.splitlines() == [
        "bad.yaml:8:47: node 'one': 'keys.1' leads to 'too', which is no node; did you mean 'two'?",
        "bad.yaml:9:29: node 'two': there is no queue 'sails'; did you mean 'sales'?",
        "bad.yaml:9:52: node 'two': there is no skill 'roter'; did you mean 'router'?",
        "bad.yaml:10:29: node 'three': there is no flow 'nowhere'; there are bad, center",
    ]
    assert errors == "1 flow: 4 errors, 0 warnings.\n"


def test_check_as_json_and_without_a_center(terminal: Terminal) -> None:
    terminal.write("bad.yaml", BAD)
    status, out, _ = terminal.run("check", "bad.yaml", "--json")
    assert status == 1
    found = json.loads(out)
    assert [(one["line"], one["column"], one["severity"]) for one in found] == [
        (8, 47, "error"),
        (10, 29, "error"),
    ]


def test_check_warns_of_long_and_deep_questions_without_failing(terminal: Terminal) -> None:
    rows = [f"m{n}: {{kind: menu, text: {{en: Go}}, keys: {{1: m{n + 1}}}}}" for n in range(5)]
    long = "word " * 100
    rows.append(f"m5: {{kind: menu, text: {{en: {long}}}, keys: {{1: operator}}}}")
    terminal.write("deep.yaml", around("\n".join(rows), start="m0", languages="en"))
    status, out, _ = terminal.run("check", "deep.yaml")
    assert status == 0
    assert "deep.yaml:13:7: warning: menu 'm5': a caller must listen for 35 seconds" in out
    assert "menu 'm4' is the fifth question in a row" in out


def test_the_shipped_flows_are_good(terminal: Terminal) -> None:
    status, out, errors = terminal.run("check")
    assert (status, out) == (0, "")
    status, out, errors = terminal.run("test", "--least", "100")
    assert (status, errors) == (0, "")
    assert "all passed" in out


def test_flows_that_lead_into_one_another_are_told_with_their_way(terminal: Terminal) -> None:
    for name, into in (("one", "two"), ("two", "three"), ("three", "one")):
        nodes = f"a: {{kind: flow, flow: {into}, next: operator}}"
        source = around(nodes, start="a", languages="en").replace("flow: test", f"flow: {name}")
        terminal.write(f"{name}.yaml", source)
    status, out, _ = terminal.run("check", "one.yaml")
    assert (status, out) == (
        1,
        "one.yaml:8:25: node 'a': the flow 'two' leads back into this one (one > two > three > one)"
        "; callers would go round in it\n",
    )


def test_what_is_no_text_has_a_place_and_does_not_hide_the_rest(terminal: Terminal) -> None:
    terminal.write("bad.yaml", BAD)
    (terminal.folder / "latin.yaml").write_bytes(b"flow: main\ntitle: Gr\xfc\xdfe\n")
    status, out, errors = terminal.run("check", "latin.yaml", "bad.yaml")
    assert status == 1
    assert out.splitlines()[0] == (
        "latin.yaml:2:10: this is not UTF-8 text (invalid start byte); save it as UTF-8"
    )
    assert errors == "2 flows: 3 errors, 0 warnings.\n"
    status, _, errors = terminal.run("test", "latin.yaml", "bad.yaml")
    assert status == 2
    assert "latin.yaml:2:10: this is not UTF-8 text" in errors
    assert "bad.yaml:8:47: node 'one': 'keys.1' leads to 'too'" in errors


def test_broken_scenarios_are_told_all_at_once(terminal: Terminal) -> None:
    for name in ("one", "two"):
        terminal.write(f"{name}.yaml", around("a: {kind: hangup}", start="a", languages="en"))
    terminal.write(
        "one.test.yaml",
        "scenarios:\n- {name: A, stepps: [press 1]}\n- {name: B, steps: [pres 1, dance]}\n",
    )
    terminal.write("two.test.yaml", "scenarios: [*a]\n")
    status, out, errors = terminal.run("test", ".")
    assert (status, out) == (2, "")
    assert [
        line.removeprefix("ringdesk: ").partition(" must be")[0] for line in errors.splitlines()
    ] == [
        "one.test.yaml:2:13: scenario 1 has no field 'stepps'; did you mean 'steps'?",
        "one.test.yaml:3:21: scenario 2: 'steps.0'",
        "one.test.yaml:3:29: scenario 2: 'steps.1'",
        "two.test.yaml:1:13: this is not YAML: found undefined alias 'a'",
    ]


def test_a_failing_scenario_fails_the_command(terminal: Terminal) -> None:
    terminal.write("main.yaml", around("one: {kind: hangup}", start="one", languages="en"))
    terminal.write(
        "main.test.yaml",
        "scenarios:\n- {name: Good, expect: {outcome: completed}}\n"
        "- {name: Bad, expect: {queue: sales}}\n",
    )
    status, out, _ = terminal.run("test", "main.yaml")
    assert status == 1
    assert "main.test.yaml:3:31: Bad: queue should be 'sales'; the call has completed" in out
    assert "2 scenarios" in out
    status, out, _ = terminal.run("test", "main.test.yaml", "--only", "good")
    assert (status, "1 failed" in out) == (0, False)
    status, out, _ = terminal.run("test", "--json", str(terminal.folder))
    [result] = json.loads(out)
    assert [one["passed"] for one in result["scenarios"]] == [True, False]
    assert result["coverage"]["not_passed"] == ["operator"]


def test_a_flow_is_walked_by_typing(terminal: Terminal) -> None:
    typed = "2\n\n7\nfly\n2\n"
    status, out, errors = terminal.run("try", str(FLOWS / "main.yaml"), typed=typed)
    assert (status, errors) == (0, "")
    assert "Witamy w Ringdesk" in out
    assert "Nie wybrano żadnej opcji." in out
    assert "'fly' is nothing that a caller does" in out
    assert "the caller is in the queue 'support'" in out


def test_a_flow_is_drawn(terminal: Terminal) -> None:
    status, out, _ = terminal.run("show", str(FLOWS / "main.yaml"))
    assert (status, out[:12]) == (0, "flowchart TD")
    assert terminal.run("show", str(FLOWS / "main.yaml"), "--svg", "main.svg")[0] == 0
    assert (terminal.folder / "main.svg").read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check", "gone.yaml"), "there is no file gone.yaml"),
        (("check", "."), "there is no flow in ."),
        (("test", "--record", "c-1"), "the journal has no call 'c-1'"),
        (("try", "bad.yaml"), "bad.yaml:1:1: the file is empty"),
        (("try", str(FLOWS / "main.yaml"), "--at", "noon"), "--at: 'noon' is no time like"),
    ],
)
def test_what_cannot_be_done_is_said(terminal: Terminal, words: tuple[str, ...], said: str) -> None:
    if words[1] == "bad.yaml":
        terminal.write("bad.yaml", "")
    status, _, errors = terminal.run(*words)
    assert status == 2
    assert said in errors
    assert "Traceback" not in errors


# --- schemas


@pytest.mark.parametrize(
    ("words", "file"),
    [((), "flow.schema.json"), (("--scenarios",), "scenario.schema.json")],
)
def test_the_published_schema_is_the_one_of_the_code(
    terminal: Terminal, words: tuple[str, ...], file: str
) -> None:
    _, out, _ = terminal.run("schema", *words)
    assert (FLOWS.parent / file).read_text(encoding="utf-8") == out


@pytest.mark.parametrize("path", sorted(FLOWS.glob("*.yaml")), ids=lambda path: path.name)
def test_editors_find_no_fault_with_the_shipped_files(path: Path) -> None:
    file = "scenario" if path.name.endswith(".test.yaml") else "flow"
    document = json.loads((FLOWS.parent / f"{file}.schema.json").read_text(encoding="utf-8"))
    text = path.read_text(encoding="utf-8")
    # As editors do: keys are texts.
    plain = json.loads(json.dumps(yaml.safe_load(text)))
    jsonschema_rs.validate(document, plain)
    assert f"$schema=../{file}.schema.json" in text.splitlines()[0]


# --- scenarios from real calls


def test_a_scenario_made_of_a_calls_facts_plays_the_same_way() -> None:
    flow = demo("main")
    told: list[Fact] = [
        CallArrived(call="c-4", leg="x/1", caller="+48221230101", called="1000"),
        FlowStarted(call="c-4", flow="main", version=3),
        NodeEntered(call="c-4", node="language", kind="language"),
        CallerKnown(
            call="c-4", who=CallerIdentified(request="r", call="c-4", contact=2, name="Ada")
        ),
        AnswerMissed(call="c-4", node="language", what="no_input"),
        NodeLeft(call="c-4", node="language", exit="next", digits="2"),
        LanguageChosen(call="c-4", language="pl"),
        NodeEntered(call="c-4", node="greeting", kind="say"),
        NodeLeft(call="c-4", node="greeting", exit="next"),
        NodeEntered(call="c-4", node="menu", kind="menu"),
        AnswerMissed(call="c-4", node="menu", what="no_match", digits="7"),
        NodeLeft(call="c-4", node="menu", exit="1", digits="1"),
        NodeEntered(call="c-4", node="sales", kind="queue"),
        CallQueued(call="c-4", queue="sales", position=1),
    ]
    source = scenario_of(told, 1_795_518_000.0, "Europe/Warsaw", flow)
    [one] = scenario.load(f"scenarios:\n{source}", "made.test.yaml")
    assert one.scenario.steps == ("silence", "press 2", "press 7", "press 1")
    assert one.scenario.at == "2026-11-24 12:00"
    assert one.scenario.contact is not None
    assert one.scenario.expect.passes == ("language", "greeting", "menu", "sales")
    assert play(flow, one, {}, Coverage({"main": flow})).problems == ()
