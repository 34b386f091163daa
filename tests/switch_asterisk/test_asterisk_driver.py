"""The driver on a real Asterisk, beyond what every switch is held to in ``tests/contract``."""

import asyncio
from collections.abc import Callable

import aiohttp
import msgspec
import pytest

from calls.commands import (
    Dial,
    Hangup,
    Join,
    Prompt,
    StartMusic,
    StopMusic,
    StopPrompt,
    Unbridge,
)
from calls.errors import SwitchUnreachable
from calls.events import (
    CommandFailed,
    LegAnswered,
    LegArrived,
    LegEnded,
    LegRinging,
    PhoneChanged,
    PromptEnded,
    SwitchDown,
    SwitchUp,
)
from calls.media import DigitRule
from calls.port import Phone as Account
from engine.asterisk_server import AsteriskServer
from engine.phones import hearing
from engine.phones.phone import Manner
from engine.phones.wav import Sound
from switch.asterisk import ari, codec, dials, lanes, requests
from tests.switch_asterisk.place import PASSWORD, Place, beep, driver, say

pytestmark = [pytest.mark.center, pytest.mark.xdist_group("asterisk-driver")]


def hears(text: str) -> Callable[[Sound], bool]:
    return lambda sound: hearing.score(sound, beep(text)) >= 0.8


async def ari_get(place: Place, path: str) -> list[dict[str, object]]:
    auth = aiohttp.encode_basic_auth(place.endpoint.ari_user, place.endpoint.ari_password)
    async with (
        aiohttp.ClientSession(headers={"Authorization": auth}) as http,
        http.get(f"{place.endpoint.ari_url}/ari/{path}") as response,
    ):
        return msgspec.json.decode(await response.read(), type=list[dict[str, object]])


async def bridge_ids(place: Place) -> set[str]:
    return {str(bridge["id"]) for bridge in await ari_get(place, "bridges")}


async def bridges(place: Place) -> set[str]:
    """Their names, without the number of their making."""
    return {bridge.partition("~")[0] for bridge in await bridge_ids(place)}


# -- prompts and music


async def test_a_caller_hears_the_parts_of_a_prompt_in_order(place: Place) -> None:
    call, leg = await place.calling()
    place.driver.execute(Prompt(leg=leg, prompt="p", media=(say("abcd"), say("efgh"))))
    assert (await place.wait(PromptEnded, prompt="p")).end == "completed"

    def both(sound: Sound) -> bool:
        return hears("abcd")(sound) and hears("efgh")(sound)

    sound = await call.hearing(both, 5)
    first, second = (hearing.correlation(sound, beep(text)) for text in ("abcd", "efgh"))
    assert first.argmax() < second.argmax()


async def test_a_key_silences_the_prompt_at_once(place: Place) -> None:
    call, leg = await place.calling()
    rule = DigitRule(max_digits=1, first_timeout=30)
    place.driver.execute(Prompt(leg=leg, prompt="long", media=(say("a" * 20),), digits=rule))
    place.driver.execute(Prompt(leg=leg, prompt="next", media=(say("wxyz"),)))
    await call.hearing(lambda sound: len(sound) > 8000, 5)
    await call.press("7")
    ended = await place.wait(PromptEnded, prompt="long")
    assert (ended.end, ended.digits) == ("digits", "7")
    await place.wait(PromptEnded, prompt="next", end="completed")
    await call.hearing(hears("wxyz"), 5)


async def test_what_no_voice_can_say_fails_and_the_next_prompt_plays(place: Place) -> None:
    _, leg = await place.calling()
    place.driver.execute(Prompt(leg=leg, prompt="p1", media=(say("missing"),)))
    place.driver.execute(Prompt(leg=leg, prompt="p2", media=(say("b"),)))
    assert (await place.wait(PromptEnded, prompt="p1")).end == "failed"
    assert (await place.wait(PromptEnded, prompt="p2")).end == "completed"


async def test_a_sound_file_that_is_not_there_fails(place: Place) -> None:
    _, leg = await place.calling()
    sound = await place.driver.voice.sound(say("c"))
    (place.folder / "beep-c.wav").rename(place.folder / "beep-moved.wav")

    class Stale:
        async def sound(self, _: object) -> str:
            return sound

    place.driver._exchange._legs[leg].voice = Stale()
    place.driver.execute(Prompt(leg=leg, prompt="p", media=(say("c"),)))
    assert (await place.wait(PromptEnded, prompt="p")).end == "failed"


async def test_a_prompt_over_music_is_heard_clean_and_the_music_comes_back(place: Place) -> None:
    call, leg = await place.calling()
    place.driver.execute(StartMusic(leg=leg))
    await call.hearing(lambda sound: abs(sound[-4000:].astype(int)).max(initial=0) > 500, 5)
    place.driver.execute(Prompt(leg=leg, prompt="p", media=(say("pos"),)))
    await place.wait(PromptEnded, prompt="p")
    sound = await call.hearing(hears("pos"), 5)
    place.driver.execute(StartMusic(leg=leg))
    await call.hearing(
        lambda now: (
            len(now) > len(sound) + 8000 and abs(now[-4000:].astype(int)).max(initial=0) > 500
        ),
        5,
    )
    place.driver.execute(StopMusic(leg=leg))
    assert not place.all(CommandFailed)


async def test_music_asked_for_during_a_prompt_follows_it(place: Place) -> None:
    call, leg = await place.calling()
    place.driver.execute(Prompt(leg=leg, prompt="p", media=(say("pos"),)))
    place.driver.execute(StartMusic(leg=leg))
    await place.wait(PromptEnded, prompt="p")
    sound = await call.hearing(hears("pos"), 5)
    await call.hearing(
        lambda now: (
            len(now) > len(sound) + 8000 and abs(now[-4000:].astype(int)).max(initial=0) > 500
        ),
        5,
    )


async def test_joining_in_the_middle_of_a_prompt_does_not_wait_for_its_end(place: Place) -> None:
    _, leg = await place.calling()
    agent = await place.registered("anna")
    dialled = place.dial(f"phone:{agent.name}")
    place.driver.execute(Prompt(leg=leg, prompt="p", media=(say("z" * 20),)))
    await place.wait(LegAnswered, leg=dialled)
    place.driver.execute(Join(bridge="asterisk/b-mid", legs=(leg, dialled)))
    assert (await place.wait(PromptEnded, prompt="p")).end == "stopped"
    place.driver.execute(StopPrompt(leg=leg, prompt="p"))

    async def joined() -> bool:
        return {item.bridge for item in await place.driver.legs()} == {"asterisk/b-mid"}

    async with asyncio.timeout(5):
        while not await joined():
            await asyncio.sleep(0.02)
    assert not place.all(CommandFailed)
    assert len(place.all(PromptEnded)) == 1


# -- dialling


async def test_the_agent_sees_who_calls(place: Place) -> None:
    agent = await place.registered("anna", Manner("ignore"))
    leg = f"asterisk/{place.named('x')}"
    place.driver.execute(
        Dial(
            leg=leg,
            call="c",
            to=f"phone:{agent.name}",
            caller="+48500",
            caller_name='Jan "J" Nowak',
        )
    )
    call = await agent.rung()
    await place.wait(LegRinging, leg=leg)
    assert "+48500@" in call.peer


async def test_a_dial_given_twice_rings_once(place: Place) -> None:
    agent = await place.registered("anna", Manner("ignore"))
    leg = place.dial(f"phone:{agent.name}")
    place.driver.execute(Dial(leg=leg, call="c", to=f"phone:{agent.name}", caller="500"))
    await place.wait(LegRinging, leg=leg)
    await place.new_driver()
    place.driver.execute(Dial(leg=leg, call="c", to=f"phone:{agent.name}", caller="500"))
    place.driver.execute(Hangup(leg=leg))
    assert (await place.wait(LegEnded, leg=leg)).cause == "withdrawn"
    assert len(agent.calls) == 1


async def test_a_crowd_that_is_dialled_and_withdrawn_is_gone_without_a_trace(place: Place) -> None:
    agent = await place.registered("anna", Manner("ignore"))
    legs = [place.dial(f"phone:{agent.name}") for _ in range(3 * dials.AT_ONCE)]
    for leg in legs:
        place.driver.execute(Hangup(leg=leg))
    for leg in legs:
        assert (await place.wait(LegEnded, leg=leg)).cause == "withdrawn"
    later = place.dial(f"phone:{agent.name}")
    await place.wait(LegRinging, leg=later)
    assert [leg.leg for leg in await place.driver.legs()] == [later]
    assert len(place.all(LegEnded)) == len(legs)


async def test_a_phone_that_asterisk_has_forgotten_is_unreachable(place: Place) -> None:
    ghost = place.named("ghost")
    place.driver._phones.now_online(frozenset({ghost}))
    leg = place.dial(f"phone:{ghost}")
    assert (await place.wait(LegEnded, leg=leg)).cause == "unreachable"
    assert await place.driver.legs() == ()


async def test_the_bridge_is_there_before_the_answer_and_gone_without_one(place: Place) -> None:
    agent = await place.registered("anna", Manner("ignore"))
    bridge = place.named("b")
    leg = place.dial(f"phone:{agent.name}", bridge=f"asterisk/{bridge}")
    await place.wait(LegRinging, leg=leg)
    assert bridge in await bridges(place)
    place.driver.execute(Hangup(leg=leg, reason="answered_elsewhere"))
    assert (await place.wait(LegEnded, leg=leg)).cause == "withdrawn"
    async with asyncio.timeout(5):
        while bridge in await bridges(place):
            await asyncio.sleep(0.02)


async def test_both_parties_hear_one_another(place: Place) -> None:
    caller, _, agent, _ = await place.talking()
    caller.say(beep("question"), repeat=True)
    agent.say(beep("answer"), repeat=True)
    await agent.hearing(hears("question"), 20)
    await caller.hearing(hears("answer"), 20)


# -- the link


async def test_a_new_driver_takes_over_what_the_killed_one_left(place: Place) -> None:
    caller, inbound, agent, dialled = await place.talking()
    waiting, waiter = await place.calling()
    rule = DigitRule(max_digits=1, first_timeout=60)
    place.driver.execute(Prompt(leg=waiter, prompt="old", media=(say("o" * 20),), digits=rule))
    await waiting.hearing(lambda sound: len(sound) > 8000, 10)
    await place.new_driver()
    up = place.all(SwitchUp)[0]
    talking = {leg.leg: (leg.inbound, leg.up, leg.bridge) for leg in up.legs}
    bridge = f"asterisk/b-{place._tag}"
    assert talking == {
        inbound: (True, True, bridge),
        dialled: (False, True, bridge),
        waiter: (True, True, None),
    }
    place.driver.execute(Prompt(leg=waiter, prompt="new", media=(say("new!"),), digits=rule))
    await waiting.hearing(hears("new!"), 10)
    await waiting.press("3")
    assert (await place.wait(PromptEnded, prompt="new")).digits == "3"
    await caller.hang_up()
    assert (await place.wait(LegEnded, leg=inbound)).cause == "hangup"
    assert agent.state == "talking"
    place.driver.execute(Hangup(leg=dialled))
    place.driver.execute(Unbridge(bridge=bridge))
    assert (await place.wait(LegEnded, leg=dialled)).cause == "withdrawn"
    assert not place.all(LegArrived)


async def test_a_phone_that_rings_is_found_ringing_and_can_answer(place: Place) -> None:
    agent = await place.registered("anna", Manner("ignore"))
    leg = place.dial(f"phone:{agent.name}")
    await place.wait(LegRinging, leg=leg)
    await place.new_driver()
    up = place.all(SwitchUp)[0]
    assert [(item.leg, item.inbound, item.up) for item in up.legs] == [(leg, False, False)]
    await (await agent.rung()).answer()
    await place.wait(LegAnswered, leg=leg)
    assert not place.all(LegArrived)


async def test_a_bridge_that_lost_everybody_while_we_were_away_is_removed(place: Place) -> None:
    caller, _, agent, dialled = await place.talking()
    bridge = f"b-{place._tag}"
    await place.disconnect()
    await caller.hang_up()
    await caller.ended()
    up = await place.connect()
    alone = [leg for leg in up.legs if leg.leg == dialled]
    assert [leg.bridge for leg in alone] == [f"asterisk/{bridge}"]
    await place.disconnect()
    await agent.hang_up()
    await agent.ended()
    await place.connect()
    async with asyncio.timeout(5):
        while bridge in await bridges(place):
            await asyncio.sleep(0.02)


async def test_a_restarted_asterisk_is_found_again_empty(
    place: Place, server: AsteriskServer
) -> None:
    await place.calling()
    agent = place.named("anna")
    await place.driver.provision([Account(name=agent, password=PASSWORD, browser=False)])
    await asyncio.to_thread(server.stop)
    await place.wait(SwitchDown)
    place.driver.execute(Unbridge(bridge="asterisk/b-1"))
    failed = await place.wait(CommandFailed)
    assert not failed.gone
    with pytest.raises(SwitchUnreachable, match="down"):
        await place.driver.legs()
    place.told.clear()
    await asyncio.to_thread(server.ensure)
    up = await place.wait(SwitchUp)
    assert up.legs == ()
    await place.driver._phones.restored()
    phone = await (await place.phones()).add(agent, password=PASSWORD, server=place.server)
    await phone.register()
    await place.wait(PhoneChanged, phone=agent, online=True)


async def test_another_program_takes_over_and_we_stop_acting(place: Place) -> None:
    _, leg = await place.calling()
    other = driver(place.endpoint, place.folder)
    up = asyncio.Event()
    running = asyncio.create_task(other.run(lambda _: up.set()))
    assert place._running is not None
    with pytest.raises(SwitchUnreachable, match="taken over"):
        await place._running
    assert place.all(SwitchDown)
    await up.wait()
    place.driver.execute(Hangup(leg=leg))
    assert [item.leg for item in await other.legs()] == [leg]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    place._running = None
    await place.connect()


async def test_nobody_at_the_address_is_tried_again_until_somebody_is(place: Place) -> None:
    await place.disconnect()
    address = place.driver._address
    place.driver._address = ari.AriAddress("http://127.0.0.1:1", address.user, address.password)
    place.told.clear()
    place._running = asyncio.create_task(place.driver.run(place._deliver))
    place.driver._address = address
    await place.wait(SwitchUp)
    assert not place.all(SwitchDown)


async def test_a_wrong_password_is_named(place: Place) -> None:
    link = ari.AriLink(ari.AriAddress(place.endpoint.ari_url, "ringdesk", "wrong"), "ringdesk")
    with pytest.raises(SwitchUnreachable, match="refuses the ARI user 'ringdesk'"):
        await link.open()
    await link.close()


async def test_without_requests_over_the_websocket_http_does(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(_: object, __: requests.Request) -> "asyncio.Future[codec.Reply]":
        return asyncio.get_running_loop().create_future()

    monkeypatch.setattr(lanes.SocketLane, "send", never)
    await place.new_driver()
    caller, _, agent, _ = await place.talking()
    caller.say(beep("question"), repeat=True)
    await agent.hearing(hears("question"), 20)


# -- phones


async def test_a_removed_phone_is_gone_and_can_be_made_again(place: Place) -> None:
    agent = await place.registered("anna")
    await place.driver.provision([], removed=[agent.name])
    await place.wait(PhoneChanged, phone=agent.name, online=False)
    leg = place.dial(f"phone:{agent.name}")
    assert (await place.wait(LegEnded, leg=leg)).cause == "unreachable"


async def test_provisioning_again_leaves_a_registered_phone_alone(place: Place) -> None:
    agent = await place.registered("anna")
    for _ in range(2):
        await place.driver.provision([Account(name=agent.name, password=PASSWORD, browser=False)])
    leg = place.dial(f"phone:{agent.name}")
    await place.wait(LegAnswered, leg=leg)
    assert len(place.all(PhoneChanged, phone=agent.name)) == 1


async def test_a_phone_may_be_made_several_times_at_once(place: Place) -> None:
    account = Account(name=place.named("twin"), password=PASSWORD, browser=True)
    for _ in range(20):
        await asyncio.gather(*(place.driver.provision([account]) for _ in range(4)))
        await place.driver.provision([], removed=[account.name])


async def test_without_ami_the_phones_are_looked_up(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("switch.asterisk.phones.LOOK_EVERY", 0.05)
    await place.new_driver(with_ami=False)
    agent = await place.registered("anna")
    await agent.unregister()
    await place.wait(PhoneChanged, phone=agent.name, online=False)


# -- the dialplan


@pytest.mark.parametrize("called", ["h1", "help", "h.smith", "h_1", "HELP", "*98", "1000#"])
async def test_whatever_is_dialled_comes_to_us_once(place: Place, called: str) -> None:
    """Also what begins with the name of the extension that Asterisk runs after a hang-up."""
    call, leg = await place.calling(called)
    await call.hang_up()
    await place.wait(LegEnded, leg=leg)
    another, _ = await place.calling()
    assert [one.called for one in place.all(LegArrived)] == [called, "1000"]
    await another.hang_up()
