"""One scripted caller: dial, press keys as prompts are heard, speak, record, report."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from engine.phones import hearing
from engine.phones.hearing import Ears, Heard, PromptFile
from engine.phones.phone import Phone
from engine.phones.phonecall import NotAnswered, PhoneCall
from engine.phones.presses import Press
from engine.phones.wav import RATE, SILENCE, Sound

#: A key is pressed after this many seconds even if no prompt of ours is recognised.
_PAUSE = 6.0
#: How often the caller listens for a new prompt, seconds.
_EVERY = 0.4

Say = Callable[[str], None]


@dataclass(frozen=True)
class Script:
    """What the caller does. `seconds` is the longest time to stay after the answer."""

    number: str
    presses: list[Press] = field(default_factory=list)
    say: Sound | None = None
    seconds: float = 30.0
    answer_within: float = 30.0


@dataclass(frozen=True)
class Report:
    """What came of it. Times are seconds from the answer, `setup` from dialling to the answer."""

    number: str
    caller: str
    answered: bool
    setup: float | None
    duration: float
    pressed: list[tuple[float, str]]
    heard: list[Heard]
    hangup: str
    recording: Sound


async def place(phone: Phone, script: Script, prompts: list[PromptFile], tell: Say) -> Report:
    """Carry out a script on a phone; `tell` is given a line for people as each thing happens."""
    call = await phone.dial(script.number)
    try:
        await call.answered(within=script.answer_within)
    except NotAnswered as error:
        await call.hang_up()
        tell(str(error))
        return not_answered(script.number, phone.name, error.reason)
    answered = call.at("answered") or 0.0
    setup = answered - call.events[0].at
    tell(f"answered after {setup:.2f} s")
    if script.say is not None:
        call.say(script.say)
    pressing = asyncio.create_task(_press(call, script.presses, prompts, tell))
    try:
        await _stay(call, script.seconds)
    finally:
        pressing.cancel()
        await asyncio.gather(pressing, return_exceptions=True)
    recording = call.heard
    return Report(
        number=script.number,
        caller=phone.name,
        answered=True,
        setup=setup,
        duration=call.duration,
        pressed=[(e.at - answered, e.detail) for e in call.events if e.kind == "pressed"],
        heard=await asyncio.to_thread(hearing.heard, recording, prompts),
        hangup=call.reason,
        recording=recording,
    )


def not_answered(number: str, caller: str, reason: str) -> Report:
    """The report of a call that nobody answered."""
    return Report(number, caller, False, None, 0.0, [], [], reason, SILENCE)


async def _stay(call: PhoneCall, seconds: float) -> None:
    await call.over(within=seconds)
    await call.hang_up()
    await call.ended(within=10)


async def _press(
    call: PhoneCall, presses: list[Press], prompts: list[PromptFile], tell: Say
) -> None:
    answered = call.at("answered") or time.monotonic()
    after = 0.0
    ears = await asyncio.to_thread(Ears, prompts)
    for press in presses:
        at = await _prompt_over(call, ears, after) if press.at is None else press.at
        await asyncio.sleep(max(0.0, answered + at - time.monotonic()))
        after = time.monotonic() - answered
        tell(f"{after:6.2f} s  pressed {press.keys}")
        await call.press(press.keys)


async def _prompt_over(call: PhoneCall, ears: Ears, after: float) -> float:
    """When the first prompt that began later than `after` is over (seconds from the answer)."""
    unheard = after
    while call.duration < after + _PAUSE:
        recording = call.heard
        end = await asyncio.to_thread(ears.first_end, recording, unheard)
        if end is not None:
            return end
        # What began up to a second ago may not have been recognisable yet.
        unheard = max(after, len(recording) / RATE - 1.1)
        await asyncio.sleep(_EVERY)
    return after + _PAUSE
