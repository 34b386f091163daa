"""What is heard and kept on a real Asterisk: recordings, tones, seats, the outside line."""

import asyncio
import wave
from pathlib import Path

import numpy as np
import pytest
import structlog.testing

from calls.commands import Beep, Dial, Hangup, Join, Record, Unbridge
from calls.events import (
    CommandFailed,
    LegAnswered,
    LegArrived,
    LegEnded,
    LegRinging,
    PhoneChanged,
    RecordingEnded,
)
from calls.port import Phone as Account
from engine.phones import hearing, wav
from engine.phones.phone import Manner
from engine.phones.phonecall import PhoneCall
from engine.phones.wav import Sound
from switch.asterisk import provisioning
from switch.asterisk.ari import Answer, AriLink
from switch.asterisk.requests import Request
from tests.switch_asterisk.place import PASSWORD, Place, beep
from tests.switch_asterisk.ringer import ringing
from tests.switch_asterisk.test_asterisk_driver import hears

pytestmark = [pytest.mark.center, pytest.mark.xdist_group("asterisk-driver")]

#: The tone of a `Beep`, hertz.
TONE = 1000.0


def tones(sound: Sound) -> int:
    """How many 50 ms pieces are hardly anything but the tone."""
    pieces = [sound[at : at + 400] for at in range(0, len(sound) - 400, 400)]
    return sum(hearing.tone(piece, TONE) > 0.9 for piece in pieces)


def recording(place: Place, name: str) -> Path:
    return place.folder / "recordings" / f"{name}.wav"


# -- recordings


async def test_what_the_caller_said_is_in_the_file_and_the_tone_is_not(place: Place) -> None:
    call, leg = await place.calling()
    place.driver.execute(Record(leg=leg, recording="c1-5.voicemail", silence=2))
    await call.hearing(lambda sound: tones(sound) > 0, 5)
    call.say(beep("voicemail"[:5]))
    ended = await place.wait(RecordingEnded)
    kept = wav.read(recording(place, "c1-5.voicemail"))
    assert ended.end == "silence"
    assert ended.seconds == pytest.approx(len(kept) / wav.RATE)
    assert hearing.score(kept, beep("voice")) >= 0.8
    assert tones(kept) == 0


async def test_the_file_is_whole_when_it_is_told_also_after_a_hang_up(place: Place) -> None:
    call, leg = await place.calling()
    place.driver.execute(Record(leg=leg, recording="cut", beep=False))
    call.say(beep("abcdefgh"))
    await asyncio.sleep(2.5)
    await call.hang_up()
    ended = await place.wait(RecordingEnded)
    with wave.open(str(recording(place, "cut"))) as file:
        assert file.getnframes() / file.getframerate() == pytest.approx(ended.seconds)
    assert ended.end == "hangup"
    assert ended.seconds > 1.5
    await place.wait(LegEnded)
    assert [path.name for path in recording(place, "x").parent.iterdir()] == ["cut.wav"]


async def test_our_own_hang_up_keeps_the_recording_too(place: Place) -> None:
    call, leg = await place.calling()
    place.driver.execute(Record(leg=leg, recording="ours", beep=False))
    call.say(beep("abcd"))
    await asyncio.sleep(1.0)
    place.driver.execute(Hangup(leg=leg))
    assert (await place.wait(LegEnded)).cause == "withdrawn"
    assert (await place.wait(RecordingEnded)).end == "hangup"
    assert recording(place, "ours").exists()


@pytest.mark.parametrize("name", ["../evil", "a/b", ".hidden", ""])
async def test_a_name_that_is_no_file_name_fails(place: Place, name: str) -> None:
    _, leg = await place.calling()
    place.driver.execute(Record(leg=leg, recording=name))
    assert (await place.wait(RecordingEnded)).end == "failed"


async def test_a_second_recording_on_a_leg_fails_and_the_first_goes_on(place: Place) -> None:
    _, leg = await place.calling()
    place.driver.execute(Record(leg=leg, recording="one", silence=1))
    place.driver.execute(Record(leg=leg, recording="two", silence=1))
    assert (await place.wait(RecordingEnded, recording="two")).end == "failed"
    assert (await place.wait(RecordingEnded, recording="one")).end == "silence"


async def test_what_a_killed_driver_recorded_is_dropped_and_begun_again(place: Place) -> None:
    call, leg = await place.calling()
    call.say(beep("abcdefghijkl"))
    place.driver.execute(Record(leg=leg, recording="again", beep=False))
    await asyncio.sleep(1.0)
    await place.new_driver()
    place.driver.execute(Record(leg=leg, recording="again", beep=False, max_seconds=2))
    assert (await place.wait(RecordingEnded)).end == "full"
    assert len(wav.read(recording(place, "again"))) / wav.RATE == pytest.approx(2.5, abs=1.0)


async def test_a_folder_that_cannot_be_written_fails_the_recording(place: Place) -> None:
    _, leg = await place.calling()
    recording(place, "x").parent.write_text("a file where the folder should be")
    place.driver.execute(Record(leg=leg, recording="x", silence=1))
    assert (await place.wait(RecordingEnded)).end == "failed"


# -- tones and seats


async def test_a_tone_is_heard_by_its_leg_alone_and_the_talk_goes_on(place: Place) -> None:
    caller, _, agent, leg = await place.talking()
    caller.say(beep("question"), repeat=True)
    agent.say(beep("answer"), repeat=True)
    await agent.hearing(lambda sound: len(sound) > 8000, 10)
    place.driver.execute(Beep(leg=leg))
    heard = await agent.hearing(lambda sound: tones(sound) > 0, 5)
    await agent.hearing(lambda sound: hears("question")(sound[len(heard) :]), 20)
    await caller.hearing(hears("answer"), 20)
    assert tones(caller.heard) == 0


async def test_a_join_does_not_wait_for_the_tone_given_before_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    send = AriLink.send

    def note(link: AriLink, lane: int, request: Request) -> Answer:
        answer = send(link, lane, request)
        answer.add_done_callback(lambda _: asked.append(request.uri))
        return answer

    _, inbound = await place.calling()
    agent = await place.registered("anna")
    seat = place.dial(f"phone:{agent.name}")
    call = await agent.rung()
    await call.answered(within=10)
    monkeypatch.setattr(AriLink, "send", note)
    place.driver.execute(Beep(leg=seat))
    place.driver.execute(Join(bridge="asterisk/b-beep", legs=(inbound, seat)))
    await call.hearing(lambda sound: tones(sound) > 0, 5)
    assert {item.bridge for item in await place.driver.legs()} == {"asterisk/b-beep"}
    played = next(uri for uri in asked if "/play" in uri)
    added = [uri for uri in asked if "addChannel" in uri]
    assert len(added) == 2
    assert asked.index(played) > max(map(asked.index, added))


async def test_callers_and_a_seat_hear_one_another_one_after_another(place: Place) -> None:
    agent = await place.registered("anna")
    seat = place.dial(f"phone:{agent.name}", bridge=place_bridge(place))
    await place.wait(LegAnswered, leg=seat)
    call = await agent.rung()
    await call.answered(within=10)
    place.driver.execute(Join(bridge=place_bridge(place), legs=(seat,)))
    for word in ("first", "other"):
        caller, inbound = await place.calling()
        place.driver.execute(Join(bridge=place_bridge(place), legs=(inbound, seat)))
        await both_hear(caller, call, word)
        await caller.hang_up()
        await place.wait(LegEnded, leg=inbound)
    place.driver.execute(Unbridge(bridge=place_bridge(place)))
    caller, inbound = await place.calling()
    place.driver.execute(Join(bridge="asterisk/b-next", legs=(inbound, seat)))
    await both_hear(caller, call, "third")
    assert call.state == "talking"
    assert not place.all(LegEnded, leg=seat)


async def test_a_bridge_can_be_made_again_as_soon_as_it_is_removed(place: Place) -> None:
    """Asterisk says that one is gone a moment before it is."""
    caller, inbound, agent, seat = await place.talking()
    bridge = f"asterisk/b-{place._tag}"
    again = Join(bridge=bridge, legs=(inbound, seat))
    for _ in range(250):
        for commands, expected in (([Unbridge(bridge=bridge)] * 2, None), ([again], bridge)):
            for command in commands:
                place.driver.execute(command)
            async with asyncio.timeout(5):
                while {leg.bridge for leg in await place.driver.legs()} != {expected}:
                    await asyncio.sleep(0)
    assert not place.all(CommandFailed)
    await both_hear(caller, agent, "third")


def place_bridge(place: Place) -> str:
    return f"asterisk/b-{place.named('seat')}"


async def both_hear(caller: PhoneCall, agent: PhoneCall, word: str) -> None:
    caller.say(beep(f"{word}?"), repeat=True)
    agent.say(beep(f"{word}!"), repeat=True)
    await agent.hearing(hears(f"{word}?"), 20)
    await caller.hearing(hears(f"{word}!"), 20)


# -- phones


async def test_a_phone_that_lost_the_race_shows_no_missed_call(place: Place) -> None:
    name = place.named("anna")
    await place.driver.provision([Account(name=name, password=PASSWORD, browser=False)])
    async with ringing(name, PASSWORD, place.server) as phone:
        await place.wait(PhoneChanged, phone=name, online=True)
        leg = place.dial(f"phone:{name}")
        await place.wait(LegRinging, leg=leg)
        place.driver.execute(Hangup(leg=leg, reason="answered_elsewhere"))
        cancel = await asyncio.wait_for(phone.cancelled.get(), 10)
    assert 'Reason: SIP;cause=200;text="Call completed elsewhere"' in cancel


async def test_a_phone_that_died_is_gone_within_a_minute(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert provisioning.QUALIFY_EVERY <= 60
    monkeypatch.setattr(provisioning, "QUALIFY_EVERY", 1)
    name = place.named("anna")
    await place.driver.provision([Account(name=name, password=PASSWORD, browser=False)])
    async with ringing(name, PASSWORD, place.server) as phone:
        await place.wait(PhoneChanged, phone=name, online=True)
        phone.pull_the_plug()
        await place.wait(PhoneChanged, phone=name, online=False)


# -- the outside line


async def test_a_carrier_hears_who_calls_and_both_hear_one_another(place: Place) -> None:
    person = await (await place.phones()).add("+48221234567")
    person.manner = Manner("answer")
    leg = place.dial("tel:+48221234567")
    await place.wait(LegAnswered, leg=leg)
    outside = await person.rung()
    assert "500@" in outside.peer
    caller, inbound = await place.calling()
    place.driver.execute(Join(bridge="asterisk/b-out", legs=(inbound, leg)))
    await both_hear(caller, outside, "hello")


async def test_without_a_trunk_nobody_outside_is_reached_and_the_log_says_why(
    place: Place,
) -> None:
    place.driver._exchange._routes._trunk = ""
    with structlog.testing.capture_logs() as logs:
        leg = place.dial("tel:+48221234567")
    assert (await place.wait(LegEnded, leg=leg)).cause == "unreachable"
    [entry] = logs
    assert "RINGDESK_TRUNK" in entry["remedy"]


async def test_the_same_leg_is_not_dialled_twice_outside(place: Place) -> None:
    person = await (await place.phones()).add("48221234567")
    leg = place.dial("tel:48221234567")
    place.driver.execute(Dial(leg=leg, call="c", to="tel:48221234567", caller="500"))
    await person.rung()
    await place.wait(LegRinging, leg=leg)
    place.driver.execute(Hangup(leg=leg))
    assert (await place.wait(LegEnded, leg=leg)).cause == "withdrawn"
    assert len(person.calls) == 1
    assert not place.all(LegArrived)


def test_the_tone_is_what_the_tests_listen_for() -> None:
    at = np.arange(4000) / wav.RATE
    assert tones((8000 * np.sin(2 * np.pi * TONE * at)).astype(np.int16)) == 9
