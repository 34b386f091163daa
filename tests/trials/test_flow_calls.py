"""`ringdesk flow test --switch asterisk`: scenarios as real calls, judged by what was heard."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.ivr.flows import FLOWS, around

pytestmark = pytest.mark.center

_ROOT = Path(__file__).resolve().parents[2]
#: Of the demo's: each thing that a caller can do, and each kind of what is given.
CHOSEN = {
    "main": ("Polish for support", "Who knows the way types ahead", "Wrong keys are forgiven"),
    "identify": ("A contact", "No such ticket"),
    "service": (
        "A known caller to the team",  # an agent answers and hangs up
        "A VIP goes first, is overflowed",  # a rule of the queue, a recording
        "Many are waiting, a callback",  # figures of queues
        "At night",  # the clock
    ),
}
#: Expects what does not come, hears what is not said, and puts through where no line is.
WRONG = """\
scenarios:
- name: Wrong queue
  steps: [press 1]
  expect: {queue: support, hears: [wrong.menu, wrong.bye]}
- name: Wrong words
  steps: [hears Goodbye, press 1]
  expect: {queue: sales}
- name: No line
  steps: [press 1, leave by busy]
"""
MENU = around(
    "menu: {kind: menu, text: {en: For sales please press one.}, keys: {1: sales}}\n"
    "sales: {kind: queue, queue: sales}",
    start="menu",
    languages="en",
).replace("flow: test", "flow: wrong")


def played(folder: Path, home: Path) -> tuple[int, dict[str, dict[str, Any]], str]:
    """Exit status, the scenarios by name, and the errors."""
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("RINGDESK_")},
        "RINGDESK_HOME": str(home),
        # Sound is listened to while many tests keep the machine busy.
        "RINGDESK_ASTERISK_PRIORITY": "realtime",
        "RINGDESK_PARTS": os.environ.get("RINGDESK_PARTS", str(_ROOT / "var" / "parts")),
    }
    words = ["flow", "test", "--switch", "asterisk", "--json", str(folder)]
    ran = subprocess.run(
        [sys.executable, "-c", "from engine.cli import main; main()", *words],
        cwd=_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert ran.stdout, ran.stderr
    files = json.loads(ran.stdout)
    found = {one["name"]: one for file in files for one in file["scenarios"]}
    return ran.returncode, found, ran.stderr


def chosen(flow: str) -> str:
    """The chosen scenarios of one of the demo's files, as a file."""
    text = (FLOWS / f"{flow}.test.yaml").read_text(encoding="utf-8")
    head, *rest = text.split("  - name: ")
    kept = [one for one in rest if one.startswith(CHOSEN[flow])]
    assert len(kept) == len(CHOSEN[flow])
    return "  - name: ".join([head, *kept])


@pytest.mark.timeout(300)
def test_scenarios_are_called_and_what_is_wrong_or_left_out_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "flows"
    folder.mkdir()
    for flow in CHOSEN:
        text = (FLOWS / f"{flow}.yaml").read_text(encoding="utf-8")
        (folder / f"{flow}.yaml").write_text(text, encoding="utf-8")
        (folder / f"{flow}.test.yaml").write_text(chosen(flow), encoding="utf-8")
    (folder / "wrong.yaml").write_text(MENU, encoding="utf-8")
    (folder / "wrong.test.yaml").write_text(WRONG, encoding="utf-8")
    status, found, errors = played(folder, tmp_path / "home")
    wrong = {name: found.pop(name) for name in ("Wrong queue", "Wrong words", "No line")}
    assert {name: one["problems"] for name, one in found.items() if not one["passed"]} == {}
    assert len(found) == sum(map(len, CHOSEN.values()))
    assert status == 1
    assert "Calling 12 scenarios" in errors
    assert [(one["line"], one["message"]) for one in wrong["Wrong queue"]["problems"]] == [
        (4, "Wrong queue: queue should be 'support'; it is 'sales'"),
        (4, "Wrong queue: 'wrong.bye' was not heard there; heard were wrong.menu"),
    ]
    assert [(one["line"], one["message"]) for one in wrong["Wrong words"]["problems"]] == [
        (
            6,
            "Wrong words: hears Goodbye: 'For sales please press one.' was heard instead",
        )
    ]
    assert wrong["No line"]["left_out"] == "'leave by busy' needs a line to the outside"
