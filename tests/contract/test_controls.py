"""What is done to a conversation that goes on: held, muted, followed and recorded, and whether a
person or a machine answers. On every switch, as ``test_switches.py``."""

from typing import Literal

import pytest

from calls.commands import (
    Command,
    Dial,
    Hangup,
    Hold,
    Join,
    Mute,
    PauseBridgeRecording,
    RecordBridge,
    StopBridgeRecording,
    Supervise,
    Unbridge,
    Unhold,
)
from calls.events import BridgeRecorded, CommandFailed, LegAnswered, LegEnded, PhoneChanged
from tests.contract.rig import Does, Party, Rig
from tests.contract.test_conversations import bridge_of
from tests.contract.test_switches import answered_caller, dial, until_bridges


class Talk:
    """A caller and an agent in a bridge, and who comes to it."""

    def __init__(self, rig: Rig, caller: Party, inbound: str, agent: Party, leg: str) -> None:
        self.rig, self.bridge = rig, bridge_of(rig)
        self.caller, self.inbound = caller, inbound
        self.agent, self.leg = agent, leg

    def do(self, *commands: Command) -> None:
        for command in commands:
            self.rig.switch.execute(command)

    def supervise(self, leg: str, mode: Literal["monitor", "whisper", "barge"]) -> None:
        self.do(Supervise(leg=leg, whom=self.leg, bridge=self.bridge, mode=mode))

    async def joined(self, *more: str) -> None:
        """All legs are in the bridge, and the two hear one another."""
        legs = (self.inbound, self.leg, *more)
        self.do(Join(bridge=self.bridge, legs=legs))
        await until_bridges(self.rig, dict.fromkeys(legs, self.bridge))

    async def both_hear(self) -> None:
        pair = self.caller, self.agent
        await self.rig.hear(pair, pair, (self.agent, self.caller))


async def another(rig: Rig, which: str, does: Does = "answers") -> tuple[Party, str]:
    """Somebody else's phone, which has answered, and its leg."""
    name = f"{rig.agent}-{which}"
    party = await rig.outside.phone(name, does)
    await rig.wait(PhoneChanged, phone=name, online=True)
    leg = dial(rig, which, f"phone:{name}")
    await rig.wait(LegAnswered, leg=leg)
    return party, leg


async def another_call(rig: Rig) -> None:
    """Return when the switch has done and told what it was told before: a call came and went."""
    caller, leg = await answered_caller(rig)
    await rig.settled(leg)
    await caller.hang_up()
    await rig.gone(leg)


async def about_to_talk(rig: Rig) -> Talk:
    agent = await rig.agent_phone()
    caller, inbound = await answered_caller(rig)
    leg = dial(rig, "a1", f"phone:{rig.agent}")
    await rig.wait(LegAnswered, leg=leg)
    return Talk(rig, caller, inbound, agent, leg)


async def talk(rig: Rig) -> Talk:
    found = await about_to_talk(rig)
    await found.joined()
    return found


# -- hold and mute -------------------------------------------------------------------------------


async def test_a_held_leg_hears_nobody_and_is_heard_by_nobody(rig: Rig) -> None:
    with_agent = await talk(rig)
    await with_agent.both_hear()
    inbound, agent = with_agent.inbound, with_agent.leg
    with_agent.do(Hold(leg=inbound), Hold(leg=inbound))
    await rig.hear((with_agent.caller, with_agent.agent))
    await until_bridges(rig, {inbound: with_agent.bridge, agent: with_agent.bridge})
    with_agent.do(Unhold(leg=inbound), Unhold(leg=inbound))
    await with_agent.both_hear()
    assert not rig.all(CommandFailed)
    assert not rig.all(LegEnded)


async def test_who_is_held_before_they_are_joined_is_held_from_the_beginning(rig: Rig) -> None:
    with_agent = await about_to_talk(rig)
    with_agent.do(Hold(leg=with_agent.inbound))
    await with_agent.joined()
    await rig.hear((with_agent.caller, with_agent.agent))
    with_agent.do(Unhold(leg=with_agent.inbound))
    await with_agent.both_hear()


async def test_while_the_caller_is_held_the_agent_talks_with_somebody_else(rig: Rig) -> None:
    """A consultation; then all three, then the agent leaves."""
    with_agent = await talk(rig)
    caller, agent = with_agent.caller, with_agent.agent
    with_agent.do(Hold(leg=with_agent.inbound))
    third, leg = await another(rig, "b")
    await with_agent.joined(leg)
    people = caller, agent, third
    await rig.hear(people, (agent, third), (third, agent))
    with_agent.do(Unhold(leg=with_agent.inbound))
    await rig.hear(
        people,
        (caller, agent),
        (caller, third),
        (agent, caller),
        (agent, third),
        (third, caller),
        (third, agent),
    )
    with_agent.do(Hangup(leg=with_agent.leg))
    await rig.gone(with_agent.leg)
    await rig.hear((caller, third), (caller, third), (third, caller))
    assert not rig.all(CommandFailed)


async def test_a_muted_leg_is_not_heard_and_hears(rig: Rig) -> None:
    with_agent = await talk(rig)
    caller, agent = with_agent.caller, with_agent.agent
    with_agent.do(Mute(leg=with_agent.leg), Mute(leg=with_agent.leg))
    await rig.hear((caller, agent), (agent, caller))
    with_agent.do(Mute(leg=with_agent.leg, muted=False))
    await with_agent.both_hear()
    assert not rig.all(CommandFailed)


async def test_muting_lasts_over_a_hold_and_another_bridge(rig: Rig) -> None:
    with_agent = await talk(rig)
    caller, agent = with_agent.caller, with_agent.agent
    with_agent.do(
        Mute(leg=with_agent.leg), Hold(leg=with_agent.inbound), Unhold(leg=with_agent.inbound)
    )
    await rig.hear((caller, agent), (agent, caller))
    with_agent.do(Unbridge(bridge=with_agent.bridge))
    with_agent.bridge = bridge_of(rig, "next")
    await with_agent.joined()
    await rig.hear((caller, agent), (agent, caller))


@pytest.mark.parametrize("kind", [Hold, Mute])
async def test_a_leg_that_is_gone_is_neither_held_nor_muted(
    rig: Rig, kind: type[Hold] | type[Mute]
) -> None:
    party, leg = await answered_caller(rig)
    await rig.settled(leg)
    await party.hang_up()
    await rig.gone(leg)
    rig.switch.execute(kind(leg=leg))
    assert (await rig.wait(CommandFailed)).gone


# -- supervision ---------------------------------------------------------------------------------


async def test_a_supervisor_listens_whispers_and_talks_with_both(rig: Rig) -> None:
    with_agent = await talk(rig)
    caller, agent = with_agent.caller, with_agent.agent
    boss, leg = await another(rig, "s")
    people = caller, agent, boss
    both = (caller, agent), (agent, caller)
    heard = (boss, caller), (boss, agent)
    with_agent.supervise(leg, "monitor")
    with_agent.supervise(leg, "monitor")
    await rig.hear(people, *both, *heard)
    with_agent.supervise(leg, "whisper")
    await rig.hear(people, *both, *heard, (agent, boss))
    with_agent.supervise(leg, "barge")
    await rig.hear(people, *both, *heard, (agent, boss), (caller, boss))
    with_agent.supervise(leg, "monitor")
    await rig.hear(people, *both, *heard)
    assert not rig.all(CommandFailed)


async def test_a_supervisor_who_hangs_up_leaves_the_conversation_as_it_is(rig: Rig) -> None:
    with_agent = await talk(rig)
    boss, leg = await another(rig, "s")
    with_agent.supervise(leg, "whisper")
    await rig.hear((with_agent.agent, boss), (with_agent.agent, boss), (boss, with_agent.agent))
    await boss.hang_up()
    await rig.gone(leg)
    await with_agent.both_hear()
    assert len(rig.all(LegEnded)) == 1


async def test_supervision_ends_with_the_conversation_and_goes_on_with_the_next(rig: Rig) -> None:
    with_agent = await talk(rig)
    boss, leg = await another(rig, "s")
    with_agent.supervise(leg, "monitor")
    await rig.hear((with_agent.caller, boss), (boss, with_agent.caller))
    with_agent.do(Hangup(leg=with_agent.inbound), Unbridge(bridge=with_agent.bridge))
    await rig.gone(with_agent.inbound)
    await rig.hear((with_agent.agent, boss))
    following, inbound = await answered_caller(rig)
    with_agent.inbound, with_agent.bridge = inbound, bridge_of(rig, "next")
    with_agent.do(Join(bridge=with_agent.bridge, legs=(inbound, with_agent.leg)))
    with_agent.supervise(leg, "monitor")
    people = following, with_agent.agent, boss
    await rig.hear(
        people,
        (following, with_agent.agent),
        (with_agent.agent, following),
        (boss, following),
        (boss, with_agent.agent),
    )
    assert {found.leg for found in await rig.switch.legs()} == {inbound, with_agent.leg, leg}
    assert not rig.all(CommandFailed)


async def test_a_supervisor_hears_who_is_there_at_the_moment(rig: Rig) -> None:
    """Who is held is not heard; who comes to the conversation is."""
    with_agent = await talk(rig)
    caller, agent = with_agent.caller, with_agent.agent
    boss, leg = await another(rig, "s")
    with_agent.supervise(leg, "monitor")
    with_agent.do(Hold(leg=with_agent.inbound))
    third, other = await another(rig, "b")
    with_agent.do(Join(bridge=with_agent.bridge, legs=(with_agent.leg, other)))
    await rig.hear(
        (caller, agent, third, boss), (agent, third), (third, agent), (boss, agent), (boss, third)
    )


# -- recordings ----------------------------------------------------------------------------------


async def test_a_conversation_is_recorded_until_it_is_told_to_stop(rig: Rig) -> None:
    with_agent = await talk(rig)
    record = RecordBridge(bridge=with_agent.bridge, recording=_name(rig))
    stop = StopBridgeRecording(bridge=with_agent.bridge, recording=_name(rig))
    with_agent.do(record, record)
    await with_agent.both_hear()
    await another_call(rig)
    with_agent.do(stop, stop)
    ended = await rig.wait(BridgeRecorded)
    assert (ended.bridge, ended.recording) == (with_agent.bridge, _name(rig))
    assert ended.end == "stopped"
    assert ended.seconds > 0
    await with_agent.both_hear()
    await another_call(rig)
    assert len(rig.all(BridgeRecorded)) == 1
    assert not rig.all(CommandFailed)


async def test_a_recording_ends_with_its_bridge(rig: Rig) -> None:
    with_agent = await talk(rig)
    with_agent.do(RecordBridge(bridge=with_agent.bridge, recording=_name(rig)))
    await with_agent.both_hear()
    await another_call(rig)
    with_agent.do(Hangup(leg=with_agent.leg), Unbridge(bridge=with_agent.bridge))
    ended = await rig.wait(BridgeRecorded, recording=_name(rig))
    assert ended.end == "stopped"
    assert ended.seconds > 0


async def test_a_recording_pauses_and_goes_on(rig: Rig) -> None:
    with_agent = await talk(rig)
    pause = PauseBridgeRecording(bridge=with_agent.bridge, recording=_name(rig))
    go_on = PauseBridgeRecording(bridge=with_agent.bridge, recording=_name(rig), paused=False)
    with_agent.do(RecordBridge(bridge=with_agent.bridge, recording=_name(rig)))
    await with_agent.both_hear()
    await another_call(rig)
    with_agent.do(pause, pause)
    await with_agent.both_hear()
    with_agent.do(go_on, go_on)
    await another_call(rig)
    with_agent.do(StopBridgeRecording(bridge=with_agent.bridge, recording=_name(rig)))
    assert (await rig.wait(BridgeRecorded, recording=_name(rig))).seconds > 0
    assert not rig.all(CommandFailed)


async def test_a_conversation_that_is_not_there_cannot_be_recorded(rig: Rig) -> None:
    bridge = bridge_of(rig, "nowhere")
    rig.switch.execute(RecordBridge(bridge=bridge, recording=_name(rig)))
    failed = await rig.wait(CommandFailed)
    assert failed.command == RecordBridge(bridge=bridge, recording=_name(rig))
    rig.switch.execute(StopBridgeRecording(bridge=bridge, recording=_name(rig)))
    await another_call(rig)
    assert not rig.all(BridgeRecorded)


# -- who answers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("does", ["answers", "machine"])
async def test_a_machine_that_answers_is_told_from_a_person(
    rig: Rig, does: Literal["answers", "machine"]
) -> None:
    """Whoever cannot be told apart counts as a person."""
    await rig.outside.number("+48221234569", does)
    leg = f"{rig.switch.name}/o1"
    rig.switch.execute(
        Dial(leg=leg, call="c1", to="tel:+48221234569", caller="500100200", detect=True)
    )
    answered = await rig.wait(LegAnswered, leg=leg)
    assert (answered.by == "machine") == (does == "machine")
    assert len(rig.all(LegAnswered)) == 1


async def test_nothing_is_said_of_who_answers_where_it_was_not_asked(rig: Rig) -> None:
    await rig.outside.number("+48221234570")
    leg = dial(rig, "o1", "tel:+48221234570")
    assert (await rig.wait(LegAnswered, leg=leg)).by == ""


def _name(rig: Rig) -> str:
    return f"conversation-{rig.agent}"
