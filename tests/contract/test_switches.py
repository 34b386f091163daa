"""Every statement of `calls.port`, `calls.commands` and `calls.events`, on every switch.

`rig` is parametrised in `conftest.py`; a new driver is one more parameter there.
"""

import asyncio
from typing import Literal

import pytest

from calls.commands import (
    Answer,
    Dial,
    Hangup,
    Join,
    Prompt,
    StartMusic,
    StopMusic,
    StopPrompt,
    Unbridge,
)
from calls.events import (
    CommandFailed,
    DigitPressed,
    LegAnswered,
    LegArrived,
    LegEnded,
    LegRinging,
    LiveLeg,
    PhoneChanged,
    PromptEnded,
    SwitchUp,
)
from calls.media import Tone
from calls.port import switch_of
from tests.contract.rig import Party, Rig, rule, say

#: Takes longer than any test waits.
LONG = Tone(milliseconds=60_000)


async def answered_caller(rig: Rig) -> tuple[Party, str]:
    party, leg = await rig.caller()
    rig.switch.execute(Answer(leg=leg))
    return party, leg


async def live(rig: Rig, leg: str) -> LiveLeg | None:
    return next((item for item in await rig.switch.legs() if item.leg == leg), None)


def dial(rig: Rig, leg: str, to: str, timeout: float = 30.0) -> str:
    leg = f"{rig.switch.name}/{leg}"
    rig.switch.execute(Dial(leg=leg, call="c1", to=to, caller="500100200", timeout=timeout))
    return leg


# -- connection ----------------------------------------------------------------------------------


async def test_switch_up_is_the_first_thing_told(rig: Rig) -> None:
    await rig.caller()
    assert isinstance(rig.told[0], SwitchUp)
    assert rig.told[0].switch == rig.switch.name
    assert rig.told[0].legs == ()
    assert len(rig.all(SwitchUp)) == 1


async def test_reconnecting_tells_what_is_there_and_replays_nothing(rig: Rig) -> None:
    await rig.agent_phone("ignores")
    _, staying = await answered_caller(rig)
    leaver, leaving = await answered_caller(rig)
    await rig.settled(staying)
    await rig.settled(leaving)
    await rig.disconnect()
    await leaver.hang_up()
    up = await rig.connect()
    assert [(leg.leg, leg.inbound, leg.up) for leg in up.legs] == [(staying, True, True)]
    assert up.legs[0].caller == "500100200"
    assert up.legs[0].called == "1000"
    assert rig.agent in up.phones
    await rig.settled(staying)
    assert not rig.all(LegEnded)
    assert not rig.all(LegArrived)


async def test_phones_register_and_go(rig: Rig) -> None:
    await rig.agent_phone()
    await rig.outside.unregister(rig.agent)
    await rig.wait(PhoneChanged, phone=rig.agent, online=False)
    assert len(rig.all(PhoneChanged, phone=rig.agent)) == 2


# -- inbound legs --------------------------------------------------------------------------------


async def test_an_arriving_leg_is_told_once_and_waits_unanswered(rig: Rig) -> None:
    _, leg = await rig.caller("1001", "500100201")
    assert rig.all(LegArrived) == [
        LegArrived(leg=leg, switch=rig.switch.name, caller="500100201", called="1001")
    ]
    assert switch_of(leg) == rig.switch.name
    found = await live(rig, leg)
    assert found == LiveLeg(leg=leg, inbound=True, up=False, caller="500100201", called="1001")


async def test_answering_makes_it_up_and_twice_is_safe(rig: Rig) -> None:
    _, leg = await answered_caller(rig)
    rig.switch.execute(Answer(leg=leg))
    await rig.settled(leg)
    found = await live(rig, leg)
    assert found is not None
    assert found.up
    assert not rig.all(CommandFailed)
    assert not rig.all(LegAnswered), "LegAnswered is for legs that we dialled"


async def test_a_caller_who_hangs_up_ends_the_leg_once(rig: Rig) -> None:
    party, leg = await answered_caller(rig)
    _, other = await answered_caller(rig)
    rig.switch.execute(Prompt(leg=leg, prompt="p1", media=(LONG,), digits=rule()))
    await rig.settled(other)
    await party.hang_up()
    assert (await rig.gone(leg)).cause == "hangup"
    await rig.settled(other)
    assert len(rig.all(LegEnded)) == 1
    assert not rig.all(PromptEnded, prompt="p1"), "a prompt does not outlive its leg"
    assert await live(rig, leg) is None


async def test_a_caller_may_give_up_before_the_answer(rig: Rig) -> None:
    party, leg = await rig.caller()
    await party.hang_up()
    assert (await rig.gone(leg)).cause == "hangup"


@pytest.mark.parametrize("answered", [True, False])
async def test_hangup_ends_a_leg_as_withdrawn_and_twice_is_safe(rig: Rig, answered: bool) -> None:
    _, leg = await rig.caller()
    _, other = await answered_caller(rig)
    if answered:
        rig.switch.execute(Answer(leg=leg))
    rig.switch.execute(Hangup(leg=leg))
    rig.switch.execute(Hangup(leg=leg))
    assert (await rig.gone(leg)).cause == "withdrawn"
    rig.switch.execute(Hangup(leg=leg))
    await rig.settled(other)
    assert len(rig.all(LegEnded)) == 1
    assert all(failed.gone for failed in rig.all(CommandFailed))


async def test_a_command_for_a_gone_leg_fails_as_gone(rig: Rig) -> None:
    party, leg = await answered_caller(rig)
    await rig.settled(leg)
    await party.hang_up()
    await rig.gone(leg)
    prompt = Prompt(leg=leg, prompt="p1", media=(say("Hello."),))
    rig.switch.execute(prompt)
    assert (await rig.wait(CommandFailed)).gone
    assert rig.all(CommandFailed)[0].command == prompt
    assert not rig.all(PromptEnded, prompt="p1")


# -- prompts and digits --------------------------------------------------------------------------


async def test_a_prompt_without_digits_completes_once(rig: Rig) -> None:
    _, leg = await answered_caller(rig)
    rig.switch.execute(Prompt(leg=leg, prompt="p1", media=(say("Hello."), Tone())))
    await rig.wait(PromptEnded, prompt="p1")
    await rig.settled(leg)
    assert rig.all(PromptEnded, prompt="p1") == [PromptEnded(leg=leg, prompt="p1", end="completed")]


async def test_prompts_on_one_leg_play_one_after_the_other(rig: Rig) -> None:
    _, leg = await answered_caller(rig)
    for number in range(3):
        rig.switch.execute(Prompt(leg=leg, prompt=f"p{number}", media=(say("One."),)))
    await rig.wait(PromptEnded, prompt="p2")
    assert [ended.prompt for ended in rig.all(PromptEnded)] == ["p0", "p1", "p2"]


async def test_the_first_digit_stops_the_prompt_and_satisfies_the_rule(rig: Rig) -> None:
    party, leg = await answered_caller(rig)
    rig.switch.execute(Prompt(leg=leg, prompt="p1", media=(LONG,), digits=rule()))
    await asyncio.sleep(0.5)
    await party.press("2")
    ended = await rig.wait(PromptEnded, prompt="p1")
    assert (ended.end, ended.digits) == ("digits", "2")
    assert not rig.all(DigitPressed), "a collected digit is not told twice"


async def test_a_digit_cuts_an_announcement_short_and_counts_for_the_question(rig: Rig) -> None:
    party, leg = await answered_caller(rig)
    rig.switch.execute(Prompt(leg=leg, prompt="p1", media=(LONG,)))
    rig.switch.execute(Prompt(leg=leg, prompt="p2", media=(LONG,), digits=rule()))
    await asyncio.sleep(0.5)
    await party.press("2")
    ended = await rig.wait(PromptEnded, prompt="p2")
    assert rig.all(PromptEnded, prompt="p1")[0].end == "completed"
    assert (ended.end, ended.digits) == ("digits", "2")


async def test_without_barge_in_the_prompt_plays_to_its_end(rig: Rig) -> None:
    party, leg = await answered_caller(rig)
    long = Tone(milliseconds=3000)
    rig.switch.execute(Prompt(leg=leg, prompt="p1", media=(long,), digits=rule(), barge_in=False))
    begun = asyncio.get_running_loop().time()
    await party.press("2")
    ended = await rig.wait(PromptEnded, prompt="p1")
    assert (ended.end, ended.digits) == ("digits", "2")
    assert asyncio.get_running_loop().time() - begun >= 2.5


async def test_silence_after_a_question_is_no_input(rig: Rig) -> None:
    _, leg = await answered_caller(rig)
    rig.switch.execute(
        Prompt(leg=leg, prompt="p1", media=(say("Well?"),), digits=rule(first_timeout=0.5))
    )
    assert (await rig.wait(PromptEnded, prompt="p1")).end == "no_input"


async def test_a_terminator_completes_the_digits(rig: Rig) -> None:
    party, leg = await answered_caller(rig)
    rig.switch.execute(Prompt(leg=leg, prompt="p1", media=(say("Number?"),), digits=rule(9)))
    await party.press("12#")
    ended = await rig.wait(PromptEnded, prompt="p1")
    assert (ended.end, ended.digits) == ("digits", "12")


async def test_a_pause_completes_the_digits(rig: Rig) -> None:
    party, leg = await answered_caller(rig)
    rig.switch.execute(
        Prompt(leg=leg, prompt="p1", media=(say("?"),), digits=rule(9, inter_timeout=1.5))
    )
    await party.press("12")
    ended = await rig.wait(PromptEnded, prompt="p1")
    assert (ended.end, ended.digits) == ("digits", "12")


async def test_digits_over_music_are_told_and_count_as_typed_ahead(rig: Rig) -> None:
    party, leg = await answered_caller(rig)
    rig.switch.execute(StartMusic(leg=leg))
    await party.press("7")
    assert (await rig.wait(DigitPressed)).digit == "7"
    rig.switch.execute(Prompt(leg=leg, prompt="p1", media=(LONG,), digits=rule()))
    ended = await rig.wait(PromptEnded, prompt="p1")
    assert (ended.end, ended.digits) == ("digits", "7")


async def test_stopping_a_prompt_ends_it_once(rig: Rig) -> None:
    _, leg = await answered_caller(rig)
    rig.switch.execute(Prompt(leg=leg, prompt="p1", media=(LONG,), digits=rule()))
    rig.switch.execute(StopPrompt(leg=leg, prompt="p1"))
    rig.switch.execute(StopPrompt(leg=leg, prompt="p1"))
    await rig.wait(PromptEnded, prompt="p1")
    rig.switch.execute(StopPrompt(leg=leg, prompt="p1"))
    await rig.settled(leg)
    assert rig.all(PromptEnded, prompt="p1") == [PromptEnded(leg=leg, prompt="p1", end="stopped")]
    assert not rig.all(CommandFailed)


async def test_the_same_prompt_given_twice_plays_once(rig: Rig) -> None:
    _, leg = await answered_caller(rig)
    prompt = Prompt(leg=leg, prompt="p1", media=(say("Hello there."),))
    rig.switch.execute(prompt)
    rig.switch.execute(prompt)
    await rig.wait(PromptEnded, prompt="p1")
    await rig.settled(leg)
    assert len(rig.all(PromptEnded, prompt="p1")) == 1


async def test_music_starts_and_stops_and_twice_is_safe(rig: Rig) -> None:
    _, leg = await answered_caller(rig)
    for command in (StartMusic(leg=leg), StopMusic(leg=leg)):
        rig.switch.execute(command)
        rig.switch.execute(command)
    await rig.settled(leg)
    assert not rig.all(CommandFailed)


# -- dialled legs --------------------------------------------------------------------------------


async def test_a_phone_rings_then_answers(rig: Rig) -> None:
    await rig.agent_phone()
    leg = dial(rig, "a1", f"phone:{rig.agent}")
    dial(rig, "a1", f"phone:{rig.agent}")
    await rig.wait(LegAnswered, leg=leg)
    await rig.settled(leg)
    kinds = [type(event) for event in rig.told if getattr(event, "leg", None) == leg]
    assert kinds == [LegRinging, LegAnswered, PromptEnded]
    found = await live(rig, leg)
    assert found is not None
    assert (found.inbound, found.up) == (False, True)


@pytest.mark.parametrize("does", ["declines", "busy"])
async def test_a_phone_that_will_not_answer(rig: Rig, does: Literal["declines", "busy"]) -> None:
    await rig.agent_phone(does)
    leg = dial(rig, "a1", f"phone:{rig.agent}")
    assert (await rig.gone(leg)).cause == {"declines": "declined", "busy": "busy"}[does]
    assert not rig.all(LegAnswered)


@pytest.mark.parametrize("known", [True, False])
async def test_a_phone_that_is_not_there_is_unreachable(rig: Rig, known: bool) -> None:
    if known:
        await rig.agent_phone()
        await rig.outside.unregister(rig.agent)
        await rig.wait(PhoneChanged, phone=rig.agent, online=False)
    leg = dial(rig, "a1", f"phone:{rig.agent}")
    assert (await rig.gone(leg)).cause == "unreachable"
    assert not rig.all(LegRinging)


async def test_a_phone_that_nobody_picks_up_ends_by_the_timeout(rig: Rig) -> None:
    await rig.agent_phone("ignores")
    leg = dial(rig, "a1", f"phone:{rig.agent}", timeout=2)
    await rig.wait(LegRinging, leg=leg)
    assert (await rig.gone(leg)).cause == "no_answer"


async def test_a_ringing_phone_can_be_withdrawn(rig: Rig) -> None:
    await rig.agent_phone("ignores")
    leg = dial(rig, "a1", f"phone:{rig.agent}")
    await rig.wait(LegRinging, leg=leg)
    rig.switch.execute(Hangup(leg=leg, reason="answered_elsewhere"))
    assert (await rig.gone(leg)).cause == "withdrawn"
    assert len(rig.all(LegEnded)) == 1


async def test_a_phone_can_be_withdrawn_before_it_rings(rig: Rig) -> None:
    await rig.agent_phone()
    leg = dial(rig, "a1", f"phone:{rig.agent}")
    rig.switch.execute(Hangup(leg=leg))
    assert (await rig.gone(leg)).cause == "withdrawn"
    assert not rig.all(LegAnswered)


# -- bridges -------------------------------------------------------------------------------------


async def talking(rig: Rig) -> tuple[Party, str, Party, str, str]:
    """A caller and an agent, joined: (caller, leg, phone, leg, bridge)."""
    phone = await rig.agent_phone()
    caller, inbound = await answered_caller(rig)
    rig.switch.execute(StartMusic(leg=inbound))
    agent = dial(rig, "a1", f"phone:{rig.agent}")
    await rig.wait(LegAnswered, leg=agent)
    bridge = f"{rig.switch.name}/b-1"
    join = Join(bridge=bridge, legs=(inbound, agent))
    rig.switch.execute(StopMusic(leg=inbound))
    rig.switch.execute(join)
    rig.switch.execute(join)
    await until_bridges(rig, {inbound: bridge, agent: bridge})
    return caller, inbound, phone, agent, bridge


async def until_bridges(rig: Rig, expected: dict[str, str | None]) -> None:
    """Joining is not told; it shows in the legs."""
    async with asyncio.timeout(10):
        while {leg.leg: leg.bridge for leg in await rig.switch.legs()} != expected:
            await asyncio.sleep(0.05)


async def test_joined_legs_are_in_one_bridge_and_twice_is_safe(rig: Rig) -> None:
    await talking(rig)
    assert not rig.all(CommandFailed)
    assert not rig.all(LegEnded)


@pytest.mark.parametrize("who", ["caller", "agent"])
async def test_one_side_hanging_up_leaves_the_other_to_us(rig: Rig, who: str) -> None:
    caller, inbound, phone, agent, _ = await talking(rig)
    leaver, leaving, staying = (
        (caller, inbound, agent) if who == "caller" else (phone, agent, inbound)
    )
    await leaver.hang_up()
    assert (await rig.gone(leaving)).cause == "hangup"
    assert [leg.leg for leg in await rig.switch.legs()] == [staying]
    rig.switch.execute(Hangup(leg=staying))
    assert (await rig.gone(staying)).cause == "withdrawn"
    assert len(rig.all(LegEnded)) == 2


async def test_digits_in_a_conversation_are_told(rig: Rig) -> None:
    caller, inbound, *_ = await talking(rig)
    await caller.press("5")
    assert (await rig.wait(DigitPressed)).leg == inbound


async def test_removing_a_bridge_leaves_its_legs_and_twice_is_safe(rig: Rig) -> None:
    _, inbound, _, agent, bridge = await talking(rig)
    rig.switch.execute(Unbridge(bridge=bridge))
    rig.switch.execute(Unbridge(bridge=bridge))
    await until_bridges(rig, {inbound: None, agent: None})
    rig.switch.execute(Join(bridge=bridge, legs=(inbound, agent)))
    await until_bridges(rig, {inbound: bridge, agent: bridge})
    assert not rig.all(CommandFailed)


async def test_joining_a_gone_leg_fails_as_gone(rig: Rig) -> None:
    caller, inbound = await answered_caller(rig)
    _, other = await answered_caller(rig)
    await rig.settled(inbound)
    await rig.settled(other)
    await caller.hang_up()
    await rig.gone(inbound)
    rig.switch.execute(Join(bridge=f"{rig.switch.name}/b-1", legs=(inbound, other)))
    assert (await rig.wait(CommandFailed)).gone


async def test_a_talking_pair_survives_our_reconnection(rig: Rig) -> None:
    _, inbound, _, agent, bridge = await talking(rig)
    await rig.disconnect()
    up = await rig.connect()
    assert {leg.leg: (leg.inbound, leg.bridge) for leg in up.legs} == {
        inbound: (True, bridge),
        agent: (False, bridge),
    }
