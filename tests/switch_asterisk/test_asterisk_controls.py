"""What is heard and kept on a real Asterisk while a conversation is held, followed or recorded,
beyond what every switch is held to in ``tests/contract/test_controls.py``."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import aiohttp
import numpy as np
import pytest

from calls.commands import (
    Beep,
    Dial,
    Hangup,
    Hold,
    Join,
    PauseBridgeRecording,
    RecordBridge,
    StartMusic,
    StopBridgeRecording,
    StopMusic,
    Supervise,
    Unbridge,
    Unhold,
)
from calls.events import BridgeRecorded, CommandFailed, LegAnswered, LegEnded, SwitchUp
from engine.phones import hearing, wav
from engine.phones.phone import Manner
from engine.phones.phonecall import PhoneCall
from engine.phones.wav import Sound
from tests.phones.voices import babble, quiet
from tests.switch_asterisk.place import Place, beep
from tests.switch_asterisk.test_asterisk_conversations import both_hear, tones
from tests.switch_asterisk.test_asterisk_driver import ari_get, bridge_ids, bridges

pytestmark = [pytest.mark.center, pytest.mark.xdist_group("asterisk-driver")]

#: A piece of sound that is looked for, samples.
PIECE = 1600


def scraps(sound: Sound, voice: Sound) -> int:
    """How many pieces of a fifth of a second have that voice in them, which speaks over and over,
    also where another one speaks at the same time."""
    pieces = [sound[at : at + PIECE] for at in range(0, len(sound) - PIECE + 1, PIECE)]
    speech = np.tile(voice, 2)
    return sum(hearing.correlation(speech, piece).max() > 0.45 for piece in pieces)


def loud(sound: Sound) -> float:
    """The share of pieces in which there is any sound."""
    pieces = [sound[at : at + PIECE] for at in range(0, len(sound) - PIECE + 1, PIECE)]
    return sum(int(np.abs(piece.astype(int)).max()) > 100 for piece in pieces) / max(1, len(pieces))


def speaks(text: str) -> Callable[[Sound], bool]:
    """Whoever says this is heard, maybe among others."""
    return lambda sound: scraps(sound, beep(text)) > 5


async def hears_more(call: PhoneCall, seconds: float) -> Sound:
    """What is heard in the seconds that follow."""
    before = len(call.heard)
    heard = await call.hearing(lambda sound: len(sound) >= before + seconds * wav.RATE, 20)
    return heard[before:]


def since(call: PhoneCall, condition: Callable[[Sound], bool]) -> Callable[[Sound], bool]:
    """The condition, of what is heard from now on."""
    before = len(call.heard)
    return lambda sound: condition(sound[before:])


async def listening(place: Place) -> list[object]:
    """The channels through which supervisors listen."""
    channels = await ari_get(place, "channels")
    return [one["id"] for one in channels if str(one["name"]).startswith("Snoop/")]


async def ari_delete(place: Place, path: str) -> None:
    auth = aiohttp.encode_basic_auth(place.endpoint.ari_user, place.endpoint.ari_password)
    async with (
        aiohttp.ClientSession(headers={"Authorization": auth}) as http,
        http.delete(f"{place.endpoint.ari_url}/ari/{path}") as response,
    ):
        assert response.status == 204


def bridge_of(place: Place) -> str:
    return f"asterisk/b-{place._tag}"


def kept(place: Place, recording: str) -> Path:
    return place.folder / "recordings" / f"{recording}.wav"


async def both_speak(place: Place) -> tuple[PhoneCall, str, PhoneCall, str]:
    """A caller who says ``question`` all the time and an agent who says ``answer``."""
    caller, inbound, agent, leg = await place.talking()
    caller.say(beep("question"), repeat=True)
    agent.say(beep("answer"), repeat=True)
    await agent.hearing(speaks("question"), 10)
    return caller, inbound, agent, leg


# -- hold ----------------------------------------------------------------------------------------


async def test_a_held_caller_hears_music_and_no_scrap_of_the_agent(place: Place) -> None:
    caller, inbound, agent, _ = await both_speak(place)
    place.driver.execute(Hold(leg=inbound))
    await caller.hearing(since(caller, lambda sound: loud(sound[-4000:]) == 1), 5)
    await caller.hearing(lambda sound: not scraps(sound[-2000:], beep("answer")), 5)
    music = await hears_more(caller, 3)
    assert scraps(music, beep("answer")) == 0
    assert loud(music) > 0.9
    place.driver.execute(Unhold(leg=inbound))
    await caller.hearing(since(caller, speaks("answer")), 10)
    await agent.hearing(since(agent, speaks("question")), 10)
    assert scraps((await hears_more(caller, 2)), beep("answer")) >= 8


async def test_a_line_that_waits_hears_music_and_then_the_next_caller(place: Place) -> None:
    """As an agent's does while somebody is called back who does not answer."""
    agent, seat = await place.calling()
    place.driver.execute(Join(bridge=bridge_of(place), legs=(seat,)))
    place.driver.execute(StartMusic(leg=seat))
    await agent.hearing(lambda sound: len(sound) > 4000 and loud(sound[-4000:]) == 1, 10)
    place.driver.execute(StopMusic(leg=seat))
    caller, inbound = await place.calling()
    place.driver.execute(Join(bridge=bridge_of(place), legs=(inbound,)))
    await both_hear(caller, agent, "next")
    assert not place.all(CommandFailed)


async def test_who_is_held_from_the_beginning_hears_no_scrap_at_all(place: Place) -> None:
    caller, inbound = await place.calling()
    place.driver.execute(StartMusic(leg=inbound))
    await caller.hearing(lambda sound: loud(sound[-4000:]) == 1, 10)
    agent = await place.registered("anna", Manner("answer", say=beep("answer")))
    leg = place.dial(f"phone:{agent.name}", bridge=bridge_of(place))
    place.driver.execute(Hold(leg=inbound))
    await place.wait(LegAnswered, leg=leg)
    place.driver.execute(Join(bridge=bridge_of(place), legs=(inbound, leg)))
    call = await agent.rung()
    caller.say(beep("question"), repeat=True)
    assert loud(await hears_more(caller, 4)) > 0.9
    assert scraps(caller.heard, beep("answer")) == 0
    assert scraps(call.heard, beep("question")) == 0
    place.driver.execute(Unhold(leg=inbound))
    await both_hear(caller, call, "there")


async def test_after_a_tone_the_held_caller_hears_music_again(place: Place) -> None:
    caller, inbound, _, _ = await both_speak(place)
    place.driver.execute(Hold(leg=inbound))
    await caller.hearing(lambda sound: not scraps(sound[-4000:], beep("answer")), 10)
    before = len(caller.heard)
    place.driver.execute(Beep(leg=inbound))
    await caller.hearing(since(caller, lambda sound: tones(sound) > 0), 5)
    assert loud((await hears_more(caller, 2))[4000:]) > 0.9
    assert scraps(caller.heard[before:], beep("answer")) == 0


async def test_a_seat_and_its_caller_are_held_in_turn(place: Place) -> None:
    agent = await place.registered("anna")
    seat = place.dial(f"phone:{agent.name}", bridge=bridge_of(place))
    await place.wait(LegAnswered, leg=seat)
    call = await agent.rung()
    await call.answered(within=10)
    place.driver.execute(Join(bridge=bridge_of(place), legs=(seat,)))
    for word in ("first", "other"):
        caller, inbound = await place.calling()
        place.driver.execute(Join(bridge=bridge_of(place), legs=(inbound, seat)))
        place.driver.execute(Hold(leg=seat))
        await call.hearing(since(call, lambda sound: loud(sound[-4000:]) == 1), 10)
        place.driver.execute(Hold(leg=inbound))
        place.driver.execute(Unhold(leg=seat))
        place.driver.execute(Unhold(leg=inbound))
        await both_hear(caller, call, word)
        await caller.hang_up()
        await place.wait(LegEnded, leg=inbound)
    place.driver.execute(Unbridge(bridge=bridge_of(place)))
    async with asyncio.timeout(5):
        while any(name.startswith(f"b-{place._tag}") for name in await bridges(place)):
            await asyncio.sleep(0.02)
    assert not place.all(CommandFailed)


async def test_a_new_driver_finds_who_is_held_in_their_bridge(place: Place) -> None:
    caller, inbound, agent, leg = await both_speak(place)
    place.driver.execute(Hold(leg=inbound))
    await caller.hearing(lambda sound: not scraps(sound[-4000:], beep("answer")), 10)
    await place.new_driver()
    up = place.all(SwitchUp)[0]
    assert {one.leg: one.bridge for one in up.legs} == dict.fromkeys(
        (inbound, leg), bridge_of(place)
    )
    place.driver.execute(Hold(leg=inbound))
    assert scraps(await hears_more(caller, 2), beep("answer")) == 0
    place.driver.execute(Unhold(leg=inbound))
    await both_hear(caller, agent, "there")
    assert not place.all(CommandFailed)


# -- supervision ---------------------------------------------------------------------------------


async def supervised(place: Place) -> tuple[PhoneCall, PhoneCall, str]:
    """The caller, the supervisor and the supervisor's leg, of a conversation that is followed."""
    caller, _, _, leg = await both_speak(place)
    boss = await place.registered("boss")
    follows = place.dial(f"phone:{boss.name}")
    await place.wait(LegAnswered, leg=follows)
    call = await boss.rung()
    await call.answered(within=10)
    place.driver.execute(Supervise(leg=follows, whom=leg, bridge=bridge_of(place)))
    await call.hearing(speaks("answer"), 20)
    return caller, call, follows


async def test_no_scrap_of_a_supervisor_is_heard_by_the_caller_until_barging(place: Place) -> None:
    caller, boss, follows = await supervised(place)
    leg = place.all(LegAnswered)[0].leg
    boss.say(beep("well?"), repeat=True)
    for mode in ("monitor", "whisper", "monitor"):
        place.driver.execute(Supervise(leg=follows, whom=leg, bridge=bridge_of(place), mode=mode))
        await boss.hearing(since(boss, speaks("answer")), 20)
    assert scraps(caller.heard, beep("well?")) == 0
    place.driver.execute(Supervise(leg=follows, whom=leg, bridge=bridge_of(place), mode="barge"))
    await caller.hearing(speaks("well?"), 10)
    assert {one.leg: one.bridge for one in await place.driver.legs()}[follows] is None


async def test_a_supervisor_does_not_follow_an_agent_into_another_conversation(
    place: Place,
) -> None:
    _, boss, _ = await supervised(place)
    leg = place.all(LegAnswered)[0].leg
    _, other = await place.calling()
    place.driver.execute(Join(bridge="asterisk/b-elsewhere", legs=(other, leg)))
    async with asyncio.timeout(5):
        while await listening(place):
            await asyncio.sleep(0.02)
    before = len(boss.heard)
    place.driver.execute(Join(bridge=bridge_of(place), legs=(leg,)))
    heard = await boss.hearing(since(boss, speaks("answer")), 20)
    assert len(heard) > before


async def test_a_new_driver_ends_what_nobody_follows_any_more(place: Place) -> None:
    _, boss, follows = await supervised(place)
    assert len(await listening(place)) == 1
    await place.new_driver()
    found = {one.leg: one.bridge for one in place.all(SwitchUp)[0].legs}
    assert len(found) == 3
    assert found[follows] is None
    async with asyncio.timeout(5):
        while await listening(place):
            await asyncio.sleep(0.02)
    leg = next(one.leg for one in place.all(SwitchUp)[0].legs if one.called == "s" and one.bridge)
    place.driver.execute(Supervise(leg=follows, whom=leg, bridge=bridge_of(place)))
    await boss.hearing(since(boss, speaks("answer")), 20)
    assert not place.all(CommandFailed)


async def test_who_barged_in_goes_on_with_a_new_driver(place: Place) -> None:
    _, boss, follows = await supervised(place)
    leg = place.all(LegAnswered)[0].leg
    barges = Supervise(leg=follows, whom=leg, bridge=bridge_of(place), mode="barge")
    place.driver.execute(barges)
    await boss.hearing(since(boss, speaks("question")), 20)
    await place.new_driver()
    place.driver.execute(barges)
    await boss.hearing(since(boss, speaks("question")), 20)
    place.driver.execute(Supervise(leg=follows, whom=leg, bridge=bridge_of(place)))
    await boss.hearing(since(boss, speaks("answer")), 20)
    assert not place.all(CommandFailed)
    place.driver.execute(Hangup(leg=follows))
    await place.wait(LegEnded, leg=follows)
    async with asyncio.timeout(5):
        while any("following" in name for name in await bridges(place)):
            await asyncio.sleep(0.02)


async def test_when_the_agent_has_gone_who_barged_in_is_alone(place: Place) -> None:
    caller, boss, follows = await supervised(place)
    leg = place.all(LegAnswered)[0].leg
    place.driver.execute(Supervise(leg=follows, whom=leg, bridge=bridge_of(place), mode="barge"))
    await boss.hearing(since(boss, speaks("question")), 20)
    place.driver.execute(Hangup(leg=leg))
    await place.wait(LegEnded, leg=leg)
    alone = [follows.removeprefix("asterisk/")]
    async with asyncio.timeout(5):
        while alone not in [bridge["channels"] for bridge in await ari_get(place, "bridges")]:
            await asyncio.sleep(0.02)
    assert boss.state == caller.state == "talking"
    place.driver.execute(Hangup(leg=follows))
    await place.wait(LegEnded, leg=follows)
    async with asyncio.timeout(5):
        while any("following" in name for name in await bridges(place)):
            await asyncio.sleep(0.02)


# -- recordings ----------------------------------------------------------------------------------


async def test_both_voices_are_in_the_file_and_none_while_it_is_paused(place: Place) -> None:
    caller, _, agent, _ = await both_speak(place)
    bridge = bridge_of(place)
    place.driver.execute(RecordBridge(bridge=bridge, recording="r1"))
    await hears_more(agent, 10)
    place.driver.execute(PauseBridgeRecording(bridge=bridge, recording="r1"))
    secret = babble(77, 2.0)
    caller.say(secret)
    await agent.hearing(since(agent, lambda sound: scraps(sound, secret) > 5), 10)
    caller.say(quiet(1))
    await hears_more(agent, 1)
    place.driver.execute(PauseBridgeRecording(bridge=bridge, recording="r1", paused=False))
    await hears_more(caller, 2)
    place.driver.execute(StopBridgeRecording(bridge=bridge, recording="r1"))
    ended = await place.wait(BridgeRecorded)
    sound = wav.read(kept(place, "r1"))
    assert (ended.bridge, ended.recording, ended.end) == (bridge, "r1", "stopped")
    assert ended.seconds == pytest.approx(len(sound) / wav.RATE)
    for word in ("question", "answer"):
        assert scraps(sound[:72000], beep(word)) > 15
    assert scraps(sound, secret) == 0
    assert loud(sound[:72000]) == 1
    assert loud(sound) < 0.95
    assert [path.name for path in kept(place, "x").parent.iterdir()] == ["r1.wav"]
    assert await ari_get(place, "recordings/stored") == []


async def test_a_recording_goes_on_over_a_killed_driver(place: Place) -> None:
    _, _, agent, _ = await both_speak(place)
    command = RecordBridge(bridge=bridge_of(place), recording="r2")
    place.driver.execute(command)
    await hears_more(agent, 3)
    await place.new_driver()
    place.driver.execute(command)
    await hears_more(agent, 2)
    place.driver.execute(StopBridgeRecording(bridge=bridge_of(place), recording="r2"))
    ended = await place.wait(BridgeRecorded)
    assert ended.end == "stopped"
    assert ended.seconds > 4.5
    assert not place.all(CommandFailed)


async def test_what_ended_while_the_driver_was_away_is_brought_home(place: Place) -> None:
    _, _, agent, _ = await both_speak(place)
    place.driver.execute(RecordBridge(bridge=bridge_of(place), recording="r3"))
    await hears_more(agent, 2)
    await place.disconnect()
    [bridge] = [one for one in await bridge_ids(place) if one.startswith(f"b-{place._tag}")]
    await ari_delete(place, f"bridges/{bridge}")
    await place.new_driver()
    place.driver.execute(RecordBridge(bridge=bridge_of(place), recording="r3"))
    ended = await place.wait(BridgeRecorded)
    assert (ended.bridge, ended.recording) == (bridge_of(place), "r3")
    assert len(wav.read(kept(place, "r3"))) / wav.RATE == pytest.approx(ended.seconds)
    assert ended.seconds > 1.5
    assert not place.all(CommandFailed)


@pytest.mark.parametrize("name", ["../evil", "a@b", ""])
async def test_a_conversation_is_not_kept_under_what_is_no_file_name(
    place: Place, name: str
) -> None:
    await place.talking()
    place.driver.execute(RecordBridge(bridge=bridge_of(place), recording=name))
    assert (await place.wait(BridgeRecorded)).end == "failed"


# -- who answers ---------------------------------------------------------------------------------


async def detected(place: Place, manner: Manner) -> str:
    person = await (await place.phones()).add("+48221234567")
    person.manner = manner
    leg = f"asterisk/{place.named('d')}"
    place.driver.execute(Dial(leg=leg, call="c", to="tel:+48221234567", caller="500", detect=True))
    await person.rung()
    return leg


@pytest.mark.parametrize(
    ("says", "by"),
    [
        (np.concatenate([babble(5, 0.7), quiet(30)]), "person"),
        (babble(6, 20), "machine"),
        (quiet(30), ""),
    ],
    ids=["hello", "announcement", "nothing"],
)
async def test_a_person_says_hello_and_a_machine_talks(place: Place, says: Sound, by: str) -> None:
    leg = await detected(place, Manner("answer", say=says))
    assert (await place.wait(LegAnswered, leg=leg)).by == by
    caller, inbound = await place.calling()
    place.driver.execute(Join(bridge=bridge_of(place), legs=(inbound, leg)))
    async with asyncio.timeout(5):
        while {one.bridge for one in await place.driver.legs()} != {bridge_of(place)}:
            await asyncio.sleep(0.02)
    assert caller.state == "talking"


async def test_who_hangs_up_while_it_is_found_out_was_never_answered_by_anybody(
    place: Place,
) -> None:
    leg = await detected(place, Manner("answer", talk=0.5))
    assert (await place.wait(LegEnded, leg=leg)).cause == "hangup"
    assert not place.all(LegAnswered)


async def test_a_new_driver_is_told_what_was_being_found_out(place: Place) -> None:
    leg = await detected(place, Manner("answer", say=babble(6, 20)))
    async with asyncio.timeout(10):
        while not any(
            one["state"] == "Up" and "AMD" in str(one["dialplan"])
            for one in await ari_get(place, "channels")
        ):
            await asyncio.sleep(0.01)
    await place.new_driver()
    assert [one.up for one in place.all(SwitchUp)[0].legs] == [False]
    assert (await place.wait(LegAnswered, leg=leg)).by == "machine"
