"""Golden scripts: prose, a command, ``----``, what came out.

After a change that you can explain, write them anew with ``REWRITE=1 pytest tests/ivr``.
"""

import os
from pathlib import Path

import pytest

from ivr.loading import load
from tests.ivr.walk import Walk, line

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.txt"))
FLOWS = Path(__file__).parents[2] / "dialplans" / "flows"


def perform(walk: Walk | None, command: str) -> Walk:
    """One command of a script; a call begins with ``dial FLOW LANGUAGE [NODE]``."""
    verb, *words = command.split()
    if verb == "dial":
        source = (FLOWS / f"{words[0]}.yaml").read_text(encoding="utf-8")
        return Walk(load(source), language=words[1], entry=words[2] if words[2:] else "")
    assert walk is not None, "a script begins with 'dial'"
    match verb:
        case "press":
            walk.press(words[0])
        case "silence":
            walk.silence()
        case "fail":
            walk.fail()
        case "wait":
            walk.wait(float(words[0]))
        case "restart":
            walk.restart()
        case _:
            raise AssertionError(f"unknown command {command!r}")
    return walk


def play(script: str) -> str:
    """The script as it should read."""
    walk: Walk | None = None
    written: list[str] = []
    for block in script.strip().split("\n\n"):
        told, _, _ = block.partition("\n----")
        if told == block:
            written.append(block)
            continue
        walk = perform(walk, told.splitlines()[-1])
        said = [line(output) for output in walk.said] or ["nothing"]
        written.append("\n".join([told, "----", *said]))
    return "\n\n".join(written) + "\n"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_script(path: Path) -> None:
    script = path.read_text(encoding="utf-8")
    played = play(script)
    if os.environ.get("REWRITE"):
        path.write_text(played, encoding="utf-8")
        script = played
    assert played == script
