"""A scripted caller against a phone that plays prompts."""

import asyncio
from pathlib import Path

import numpy as np

from engine.phones import hearing, wav
from engine.phones.caller import Report, Script, place
from engine.phones.hearing import PromptFile
from engine.phones.phone import Manner, Phones
from engine.phones.phonecall import PhoneCall
from engine.phones.presses import parse
from tests.phones.voices import babble, quiet


def prompts(folder: Path, **sounds: wav.Sound) -> list[PromptFile]:
    for name, sound in sounds.items():
        wav.write(folder / f"{name}.wav", sound)
    return [PromptFile(name, "en", folder / f"{name}.wav") for name in sounds]


async def call(
    script: Script, played: wav.Sound, files: list[PromptFile]
) -> tuple[Report, PhoneCall, list[str]]:
    told: list[str] = []
    async with Phones() as phones:
        caller, center = await phones.add("caller"), await phones.add("center")
        center.manner = Manner("answer", say=played)
        script = Script(**{**script.__dict__, "number": center.address})
        report = await place(caller, script, files, told.append)
        answered = center.calls[0]
        await answered.ended()
    return report, answered, told


async def test_keys_are_pressed_when_a_prompt_is_over_and_what_was_heard_is_told(
    tmp_path: Path,
) -> None:
    greeting, menu = babble(1, 2), babble(2, 2)
    files = prompts(tmp_path, greeting=greeting, menu=menu, other=babble(3, 2))
    played = np.concatenate((quiet(0.5), greeting, quiet(1), menu, quiet(20)))
    report, answered, told = await call(Script("", presses=parse("2,1"), seconds=7), played, files)
    assert report.answered
    assert report.hangup == "hung up"
    assert [(one.name, one.score) for one in report.heard] == [("greeting", 1.0), ("menu", 1.0)]
    assert answered.digits == "21"
    (first, _), (second, _) = report.pressed
    greeting_heard, menu_heard = report.heard
    assert greeting_heard.until - 0.3 < first < menu_heard.at + 0.3
    assert menu_heard.until - 0.3 < second
    assert any("pressed 2" in line for line in told)


async def test_keys_with_times_are_pressed_at_those_times(tmp_path: Path) -> None:
    report, answered, _ = await call(
        Script("", presses=parse("5@0.5,6@1.5"), seconds=3), quiet(1), []
    )
    assert answered.digits == "56"
    assert [keys for _, keys in report.pressed] == ["5", "6"]
    (first, _), (second, _) = report.pressed
    assert first >= 0.5
    assert second >= 1.5


async def test_what_the_caller_says_is_heard_at_the_other_end() -> None:
    said = babble(7, 2)
    async with Phones() as phones:
        caller, center = await phones.add("caller"), await phones.add("center")
        center.manner = Manner("answer", talk=4)
        script = Script(center.address, say=said, seconds=20)
        report = await place(caller, script, [], lambda line: None)
        assert report.hangup == "far end hung up"
        assert hearing.score(center.calls[0].heard, said) >= 0.8


async def test_a_call_that_nobody_answers_is_reported_as_such() -> None:
    async with Phones() as phones:
        caller, center = await phones.add("caller"), await phones.add("center")
        center.manner = Manner("busy")
        report = await asyncio.wait_for(
            place(caller, Script(center.address), [], lambda line: None), 10
        )
        assert not report.answered
        assert "486" in report.hangup
        assert report.setup is None
