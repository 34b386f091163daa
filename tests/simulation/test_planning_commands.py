"""`ringdesk staff` and `ringdesk simulate`, as a person types them."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from engine import cli
from tests.simulation.scenes import write

SCENARIO = """\
title: <Sales & more>
length: 2h
queues:
  sales: {talk: {exponential: 2m}, patience: {exponential: 1m}}
agents:
  seller: {count: 4, queues: {sales: 1}}
numbers:
  "1000": {queue: sales}
callers:
  all: {dial: "1000", rate: 100 per hour}
"""


class Terminal:
    """Runs `ringdesk ...` and keeps what it said."""

    def __init__(self, patch: pytest.MonkeyPatch, said: pytest.CaptureFixture[str]) -> None:
        self._patch, self._said = patch, said

    def run(self, line: str) -> tuple[int, str, str]:
        """Exit status, output, errors."""
        self._patch.setattr("sys.argv", ["ringdesk", *shlex.split(line)])
        status = 0
        try:
            cli.main()
        except SystemExit as exit_:
            status = int(exit_.code or 0)
        said = self._said.readouterr()
        return status, said.out, said.err

    def ok(self, line: str) -> str:
        status, out, errors = self.run(line)
        assert status == 0, errors
        return out

    def refused(self, line: str) -> str:
        status, out, errors = self.run(line)
        assert (status, out) == (2, "")
        return errors


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(monkeypatch, capsys)


def test_staff(terminal: Terminal) -> None:
    out = terminal.ok("staff --calls 100 --per 30m --aht 180 --target 80/20 --shrinkage 30%")
    assert "10 erlangs" in out
    assert "14 agents answer at least 80 % within 20 s; with 30 % shrinkage schedule 20." in out
    rows = [line.split() for line in out.splitlines() if re.match(r"[> ] +\d", line)]
    assert [row[-7] for row in rows] == ["12", "13", "14", "15", "16", "17"]
    assert next(line for line in out.splitlines() if line[0:1] == ">").split()[1:] == [
        "14", "20", "88.8%", "7.8", "s", "71.4%", "17.4%",
    ]  # fmt: skip


def test_staff_for_very_few(terminal: Terminal) -> None:
    out = terminal.ok("staff --calls 1 --per 1h --aht 30")
    assert "1 call in 3600 s of 30 s each" in out
    assert "1 agent answers at least 80 % within 20 s." in out


def test_staff_for_callers_who_give_up(terminal: Terminal) -> None:
    line = "staff --calls 100 --per 30m --aht 3m --patience 2m"
    assert "12 agents" in terminal.ok(line), "fewer than those who wait for ever need"
    found: dict[str, Any] = json.loads(terminal.ok(f"{line} --json"))
    assert (found["agents"], found["load"], found["patience"]) == (12, 10.0, 120.0)
    assert [row["agents"] for row in found["rows"]] == [10, 11, 12, 13, 14, 15]
    shares = [row["service"]["abandonment"] for row in found["rows"]]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == pytest.approx(0.137, abs=1e-3)


def test_overload_is_said_plainly(terminal: Terminal) -> None:
    out = terminal.ok("staff --calls 100 --per 30m --aht 180 --target 10/300")
    assert [line.split() for line in out.splitlines() if "overloaded" in line] == [
        ["9", "9", "overloaded"],
        ["10", "10", "overloaded"],
    ]
    assert "the line grows without end" in out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("--calls x --aht 180", "'--calls': must be a number, not 'x'"),
        ("--calls 0 --aht 180", "'--calls': must be above 0"),
        ("--calls 5 --aht 3x", "'--aht': must be a time: seconds, or like 90s"),
        ("--calls 5 --aht nan", "'--aht': must be a time"),
        ("--calls 5 --aht=-5", "'--aht': must be a time"),
        ("--calls 5 --aht 0", "'--aht': must be above 0"),
        ("--calls 5 --aht 5 --per 0m", "'--per': must be above 0"),
        ("--calls 5 --aht 5 --target 80", "'--target': must be like 80/20 (80 % within"),
        ("--calls 5 --aht 5 --target x/20", "'--target': must be like 80/20, not 'x'"),
        ("--calls 5 --aht 5 --target 80/x", "'--target': must be a time"),
        ("--calls 5 --aht 5 --target 100/20", "'--target': 100%: must be above 0 and below 100"),
        ("--calls 5 --aht 5 --target 0/20", "'--target': 0%: must be above 0 and below 100"),
        ("--calls 5 --aht 5 --shrinkage 30", "'--shrinkage': must be a share: like 30%, or 0.3"),
        ("--calls 5 --aht 5 --shrinkage 100%", "'--shrinkage': must be below 100%"),
        ("--calls 5 --aht 5 --patience 0", "'--patience': must be above 0"),
        ("--calls 5 --aht 5 --patience 1e300", "'--patience': must be at most a year"),
        ("--calls 5", "Missing option '--aht'"),
        ("--calls 1e9 --aht 100", "a load of 2.778e+07 erlangs; at most 100,000"),
    ],
)
def test_staff_complains(terminal: Terminal, words: str, complaint: str) -> None:
    assert complaint in terminal.refused(f"staff {words}")


def test_simulate_tells_the_figures(terminal: Terminal, tmp_path: Path) -> None:
    path = write(tmp_path, SCENARIO)
    out = terminal.ok(f"simulate {path} --runs 3")
    assert out.startswith(f"<Sales & more> ({path}): 3 runs of 2 h each, seed 1\n")
    assert "queue sales, service level within 20 s: answered in time / (answered + aband" in out
    for figure in ("offered", "service level", "ASA", "AHT", "abandonment", "occupancy"):
        assert re.search(rf"  {figure} +\S+ .*± \d", out), figure
    assert "confidence" not in out
    alone = terminal.ok(f"simulate {path} --runs 1")
    assert "±" not in alone
    assert "One run alone has no confidence intervals" in alone


def test_simulate_as_json(terminal: Terminal, tmp_path: Path) -> None:
    line = f"simulate {write(tmp_path, SCENARIO)} --runs 3 --json --seed 5"
    found: dict[str, Any] = json.loads(terminal.ok(line))
    assert (found["runs"], found["seed"], found["length"]) == (3, 5, 7200.0)
    level = found["figures"]["queues"]["sales"]["service_level"]
    assert 0 < level["low"] < level["mean"] < level["high"] < 1
    assert 0 < found["figures"]["center"]["occupancy"]["mean"] < 1
    assert json.loads(terminal.ok(line)) == found


def test_simulate_against_another(terminal: Terminal, tmp_path: Path) -> None:
    few = write(tmp_path, SCENARIO)
    many = write(tmp_path, SCENARIO.replace("count: 4", "count: 7"), "many.yaml")
    command = f"simulate {few} --against {many} --runs 4"
    lines = terminal.ok(command).splitlines()
    assert lines[1].startswith("against <Sales & more>")
    offered, abandoned = (
        next(line for line in lines if line.startswith(f"  {name} "))
        for name in ("offered", "abandoned")
    )
    assert offered.rstrip().endswith("+0.0 ± 0.0")
    assert re.search(r"-\d+\.\d ± \d+\.\d \*$", abandoned), "surely fewer"
    assert lines[4].split() == ["scenario", "many", "difference"]
    found = json.loads(terminal.ok(f"{command} --json"))
    change = found["differences"]["queues"]["sales"]["abandoned"]
    parts = [found[one]["figures"]["queues"]["sales"]["abandoned"] for one in ("one", "other")]
    assert change["mean"] == pytest.approx(parts[1]["mean"] - parts[0]["mean"])
    assert change["high"] < 0


def test_simulate_against_other_queues(terminal: Terminal, tmp_path: Path) -> None:
    """What only one of them has is shown as well, and how each is judged."""
    one = write(tmp_path, SCENARIO)
    other = SCENARIO.replace("sales", "orders").replace("orders: {", "orders: {service_level: 9, ")
    out = terminal.ok(f"simulate {one} --against {write(tmp_path, other, 'other.yaml')} --runs 2")
    for queue, seconds, cells in (
        ("sales", 20, r"\S+ ± \S+ +– +–"),
        ("orders", 9, r"– +\S+ ± \S+ +–"),
    ):
        told = out.partition(f"queue {queue}, service level within {seconds} s: ")[2]
        assert re.search(rf"^  offered +{cells}$", told.partition("\nqueue")[0], re.MULTILINE)
    judged = write(
        tmp_path, SCENARIO.replace("sales: {", "sales: {service_level: 9, ", 1), "9.yaml"
    )
    out = terminal.ok(f"simulate {one} --against {judged} --runs 2")
    assert re.search(r"queue sales, service level within 20 s: .* against .* within 9 s: ", out)


def test_simulate_writes_a_page(terminal: Terminal, tmp_path: Path) -> None:
    path, page = write(tmp_path, SCENARIO), tmp_path / "page.html"
    line = f"simulate {path} --runs 2 --report {page}"
    terminal.ok(line)
    html = page.read_text(encoding="utf-8")
    assert "&lt;Sales &amp; more&gt;" in html
    assert "<Sales" not in html
    assert html.count("<svg ") == 5, "four of the queue, one of the agents"
    assert "<script" not in html
    assert "http" not in html, "nothing is fetched"
    assert "service level" in html
    many = write(tmp_path, SCENARIO.replace("count: 4", "count: 7"), "many.yaml")
    terminal.ok(f"{line} --against {many}")
    html = page.read_text(encoding="utf-8")
    assert html.count("<svg ") == 10
    assert "difference" in html


def test_simulate_prints_an_example_that_works(terminal: Terminal, tmp_path: Path) -> None:
    example = write(tmp_path, terminal.ok("simulate --example"), "example.yaml")
    assert "queue support" in terminal.ok(f"simulate {example} --runs 1")


def test_simulate_complains(terminal: Terminal, tmp_path: Path) -> None:
    path = write(tmp_path, SCENARIO.replace("talk:", "talks:"))
    errors = terminal.refused(f"simulate {path}")
    assert errors.startswith(f"ringdesk: {path}:4: queues.sales.talks: there is no such field")
    assert errors.count("\n") == 1
    assert "cannot read" in terminal.refused(f"simulate {tmp_path}/none.yaml")
    assert "'--runs'" in terminal.refused(f"simulate {path} --runs 0")
    good = write(tmp_path, SCENARIO)
    nowhere = str(tmp_path / "no" / "page.html")
    status, _, errors = terminal.run(f"simulate {good} --runs 1 --report {nowhere}")
    assert status == 2
    assert f"cannot write {nowhere}" in errors
