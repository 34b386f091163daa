"""Recordings, tones, numbers outside, phones that answer by themselves, ring together or stay up:
on every switch, as ``test_switches.py``."""

from typing import Literal

import pytest

from calls.commands import (
    Answer,
    Beep,
    Dial,
    Hangup,
    Join,
    Record,
    StopRecording,
    Unbridge,
)
from calls.events import (
    CommandFailed,
    DigitPressed,
    LegAnswered,
    LegEnded,
    LegRinging,
    PhoneChanged,
    RecordingEnded,
)
from tests.contract.rig import Party, Rig
from tests.contract.test_switches import answered_caller, dial, talking, until_bridges


async def recording(rig: Rig, *, max_seconds: float = 60.0) -> tuple[Party, str]:
    """An answered caller who speaks and is recorded as ``r1``."""
    party, leg = await answered_caller(rig)
    await rig.settled(leg)
    await party.speak()
    rig.switch.execute(record(leg, max_seconds=max_seconds))
    return party, leg


def record(leg: str, *, max_seconds: float = 60.0, silence: float = 5.0) -> Record:
    return Record(leg=leg, recording="r1", max_seconds=max_seconds, silence=silence)


def bridge_of(rig: Rig, which: int | str = "") -> str:
    """A name that no other test has: Asterisk remembers for a while those that it has removed."""
    return f"{rig.switch.name}/b-{rig.agent}-{which}"


# -- recordings ----------------------------------------------------------------------------------


async def test_silence_ends_a_recording_once(rig: Rig) -> None:
    _, leg = await answered_caller(rig)
    rig.switch.execute(record(leg, silence=1.0))
    rig.switch.execute(record(leg, silence=1.0))
    assert (await rig.wait(RecordingEnded, recording="r1")).end == "silence"
    rig.switch.execute(StopRecording(leg=leg, recording="r1"))
    await rig.settled(leg)
    assert len(rig.all(RecordingEnded)) == 1
    assert not rig.all(CommandFailed)


async def test_a_recording_is_full_after_its_time(rig: Rig) -> None:
    await recording(rig, max_seconds=2.0)
    ended = await rig.wait(RecordingEnded)
    assert ended.end == "full"
    assert ended.seconds > 1.0


async def test_a_terminator_ends_a_recording_and_other_keys_do_not(rig: Rig) -> None:
    party, leg = await recording(rig)
    await party.press("5#")
    ended = await rig.wait(RecordingEnded)
    assert (ended.end, ended.digits) == ("digits", "#")
    await rig.settled(leg)
    if rig.hears_all_keys:
        assert [pressed.digit for pressed in rig.all(DigitPressed)] == ["5"]


async def test_a_recording_can_be_stopped_at_any_moment(rig: Rig) -> None:
    _, leg = await recording(rig)
    rig.switch.execute(StopRecording(leg=leg, recording="r1"))
    rig.switch.execute(StopRecording(leg=leg, recording="r1"))
    assert (await rig.wait(RecordingEnded)).end == "stopped"
    await rig.settled(leg)
    assert len(rig.all(RecordingEnded)) == 1
    assert not rig.all(CommandFailed)


async def test_what_was_said_before_the_hang_up_is_kept_and_told_first(rig: Rig) -> None:
    party, leg = await recording(rig)
    await party.press("1")
    if rig.hears_all_keys:
        await rig.wait(DigitPressed)
    await party.hang_up()
    await rig.gone(leg)
    [ended] = rig.all(RecordingEnded)
    assert (ended.leg, ended.end) == (leg, "hangup")
    assert ended.seconds > 0
    assert rig.told.index(ended) < rig.told.index(rig.all(LegEnded)[0])


async def test_a_leg_that_is_gone_cannot_be_recorded(rig: Rig) -> None:
    party, leg = await answered_caller(rig)
    await rig.settled(leg)
    await party.hang_up()
    await rig.gone(leg)
    rig.switch.execute(record(leg))
    assert (await rig.wait(CommandFailed)).gone
    assert not rig.all(RecordingEnded)


# -- conversations -------------------------------------------------------------------------------


async def test_a_tone_in_a_conversation_leaves_it_as_it_is(rig: Rig) -> None:
    _, inbound, _, agent, bridge = await talking(rig)
    rig.switch.execute(Beep(leg=agent))
    await until_bridges(rig, {inbound: bridge, agent: bridge})
    caller, other = await answered_caller(rig)
    await caller.hang_up()
    await rig.gone(other)
    assert len(rig.all(LegEnded)) == 1
    assert not rig.all(CommandFailed)


async def test_a_phone_answers_by_itself_when_it_is_asked_to(rig: Rig) -> None:
    await rig.agent_phone("obeys")
    ringing = dial(rig, "a1", f"phone:{rig.agent}")
    await rig.wait(LegRinging, leg=ringing)
    rig.switch.execute(Hangup(leg=ringing))
    await rig.gone(ringing)
    leg = f"{rig.switch.name}/a2"
    rig.switch.execute(
        Dial(leg=leg, call="c1", to=f"phone:{rig.agent}", caller="500", auto_answer=True)
    )
    await rig.wait(LegAnswered)
    assert rig.all(LegAnswered) == [LegAnswered(leg=leg)]


async def test_of_phones_that_ring_together_one_takes_the_call(rig: Rig) -> None:
    phones = [await rig.agent_phone("ignores")]
    second = f"{rig.agent}-2"
    phones.append(await rig.outside.phone(second, "answers"))
    await rig.wait(PhoneChanged, phone=second, online=True)
    _, inbound = await answered_caller(rig)
    bridge = bridge_of(rig)
    legs = [f"{rig.switch.name}/a{number}" for number in (1, 2)]
    for leg, name in zip(legs, (rig.agent, second), strict=True):
        rig.switch.execute(
            Dial(leg=leg, call="c1", to=f"phone:{name}", caller="500100200", bridge=bridge)
        )
    loser, winner = legs
    await rig.wait(LegRinging, leg=loser)
    await rig.wait(LegAnswered, leg=winner)
    rig.switch.execute(Hangup(leg=loser, reason="answered_elsewhere"))
    rig.switch.execute(Join(bridge=bridge, legs=(inbound, winner)))
    assert (await rig.gone(loser)).cause == "withdrawn"
    await until_bridges(rig, {inbound: bridge, winner: bridge})
    assert not rig.all(CommandFailed)


@pytest.mark.parametrize("how", ["one bridge for the seat", "one bridge for each caller"])
async def test_callers_are_joined_one_after_another_to_a_phone_that_stays_up(
    rig: Rig, how: str
) -> None:
    await rig.agent_phone()
    seat = dial(rig, "seat", f"phone:{rig.agent}")
    await rig.wait(LegAnswered, leg=seat)
    if how.endswith("seat"):
        rig.switch.execute(Join(bridge=bridge_of(rig), legs=(seat,)))
        await until_bridges(rig, {seat: bridge_of(rig)})
    for number in range(3):
        bridge = bridge_of(rig, "" if how.endswith("seat") else number)
        caller, inbound = await answered_caller(rig)
        rig.switch.execute(Join(bridge=bridge, legs=(inbound, seat)))
        rig.switch.execute(Beep(leg=seat))
        await until_bridges(rig, {inbound: bridge, seat: bridge})
        await caller.hang_up()
        await rig.gone(inbound)
        if not how.endswith("seat"):
            rig.switch.execute(Unbridge(bridge=bridge))
        else:
            await until_bridges(rig, {seat: bridge})
    assert [leg.leg for leg in await rig.switch.legs()] == [seat]
    assert not rig.all(CommandFailed)


async def test_a_seat_moves_at_once_from_a_removed_bridge_to_the_next(rig: Rig) -> None:
    await rig.agent_phone()
    seat = dial(rig, "seat", f"phone:{rig.agent}")
    await rig.wait(LegAnswered, leg=seat)
    expected: dict[str, str | None] = {}
    callers = [await answered_caller(rig) for _ in range(12)]
    for number, (_, leg) in enumerate(callers):
        bridge = bridge_of(rig, number)
        rig.switch.execute(Join(bridge=bridge, legs=(leg, seat)))
        if number:
            rig.switch.execute(Unbridge(bridge=bridge_of(rig, number - 1)))
            expected[callers[number - 1][1]] = None
        expected |= {leg: bridge, seat: bridge}
    await until_bridges(rig, expected)
    assert not rig.all(CommandFailed)


# -- numbers outside -----------------------------------------------------------------------------


async def test_a_number_outside_is_reached(rig: Rig) -> None:
    person = await rig.outside.number("+48221234567")
    leg = dial(rig, "o1", "tel:+48221234567")
    await rig.wait(LegAnswered, leg=leg)
    _, inbound = await answered_caller(rig)
    bridge = bridge_of(rig)
    rig.switch.execute(Join(bridge=bridge, legs=(inbound, leg)))
    await until_bridges(rig, {inbound: bridge, leg: bridge})
    await person.hang_up()
    assert (await rig.gone(leg)).cause == "hangup"


@pytest.mark.parametrize("does", ["busy", "ignores"])
async def test_a_number_outside_that_cannot_be_talked_to(
    rig: Rig, does: Literal["busy", "ignores"]
) -> None:
    await rig.outside.number("48221234568", does)
    leg = dial(rig, "o1", "tel:48221234568", timeout=2)
    assert (await rig.gone(leg)).cause == {"busy": "busy", "ignores": "no_answer"}[does]


@pytest.mark.parametrize("to", ["tel:48000000000", "tel:", "tel:12@evil", "tel:+4822x", "fax:1"])
async def test_what_is_no_number_or_nobodys_is_unreachable(rig: Rig, to: str) -> None:
    leg = dial(rig, "o1", to)
    assert (await rig.gone(leg)).cause == "unreachable"
    assert not rig.all(CommandFailed)
    assert not await rig.switch.legs()


async def test_answering_twice_is_safe_for_a_seat_without_a_caller(rig: Rig) -> None:
    await rig.agent_phone()
    seat = dial(rig, "seat", f"phone:{rig.agent}")
    await rig.wait(LegAnswered, leg=seat)
    bridge = bridge_of(rig)
    rig.switch.execute(Answer(leg=seat))
    rig.switch.execute(Join(bridge=bridge, legs=(seat,)))
    rig.switch.execute(Join(bridge=bridge, legs=(seat,)))
    await until_bridges(rig, {seat: bridge})
    assert not rig.all(CommandFailed)
