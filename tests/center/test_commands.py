"""`ringdesk call` and `ringdesk rehearse` against a running center."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from engine import users
from engine.phones import hearing, wav
from engine.phones.prompts import known_prompts
from tests.center.running import RunningCenter
from tests.center.scene import Scene

pytestmark = [pytest.mark.center, pytest.mark.timeout(180)]


def test_call_says_which_prompts_were_heard_and_when(center: RunningCenter, tmp_path: Path) -> None:
    recording = tmp_path / "heard.wav"
    done = center.command(
        "call", "1000", "--from", "48221230101", "--press", "2,2", "--seconds", "14",
        "--record", str(recording), "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["answered"]
    assert report["hangup"] == "hung up"
    assert 13 < report["duration"] < 18
    assert [press["keys"] for press in report["pressed"]] == ["2", "2"]
    greeting = next(one for one in report["heard"] if one["name"] == "main.greeting")
    assert (greeting["language"], greeting["score"]) == ("pl", 1.0)
    # Silence up to 0.4 s (`media`) is in no recording, so that what follows is early there.
    assert report["pressed"][0]["at"] < greeting["at"] + 0.4
    assert greeting["at"] < report["pressed"][1]["at"]
    assert {one["language"] for one in report["heard"][1:]} == {"pl"}
    prompt = next(
        p for p in known_prompts(center.settings) if (p.name, p.language) == ("main.greeting", "pl")
    )
    assert hearing.score(wav.read(recording), wav.read(prompt.path)) >= 0.8


def test_call_prints_what_happens_for_people(center: RunningCenter) -> None:
    done = center.command("call", "1001", "--seconds", "4")
    assert done.returncode == 0, done.stderr
    assert re.search(r"answered after 0\.\d+ s", done.stdout)
    assert "support.greeting [en]" in done.stdout


def test_a_number_that_nobody_has_is_not_answered(center: RunningCenter) -> None:
    done = center.command("call", "4711", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["answered"] is False


def test_no_center_is_not_answered_and_says_what_to_do(tmp_path: Path) -> None:
    nowhere = RunningCenter(tmp_path / "home")
    done = nowhere.command("call", "1000")
    assert done.returncode == 1
    assert "ringdesk run" in done.stdout


async def test_a_rehearsal_brings_callers_to_agents_and_leaves_nothing(scene: Scene) -> None:
    done = await asyncio.to_thread(
        scene.center.command,
        "rehearse", "--callers", "6", "--agents", "3", "--minutes", "0.6", "--seed", "7",
        seconds=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = re.search(r"(\d+) calls: (\d+) reached an agent", done.stdout)
    assert found, done.stdout
    calls, reached = map(int, found.groups())
    assert calls >= 4
    assert reached >= 1
    await scene.until(lambda live: not live.calls, "no call is left")
    live = await scene.live()
    assert {agent.state for agent in live.agents} <= {"logged_out", "wrap_up"}
    with scene.center.database.session() as session:
        assert "rehearsal" not in {token.name for token in users.list_tokens(session)}


def test_a_rehearsal_needs_as_many_agents_as_it_asks_for(center: RunningCenter) -> None:
    done = center.command("rehearse", "--agents", "100", "--minutes", "0.1")
    assert done.returncode == 2
    assert "--agents 100" in done.stderr
