"""Scripted phones call one another directly: real SIP and RTP, no server."""

import asyncio

import pytest

from engine.phones import hearing
from engine.phones.phone import Manner, Phones
from engine.phones.phonecall import NotAnswered, PhoneCall, PhoneFailed
from tests.phones.voices import babble


async def test_both_hear_what_the_other_says() -> None:
    ours, theirs = babble(1, 4), babble(2, 4)
    async with Phones() as phones:
        alice, bob = await phones.add("alice"), await phones.add("bob")
        bob.manner = Manner("answer", say=theirs)
        call = await alice.dial(bob.address)
        await call.answered(within=10)
        call.say(ours)
        answered = await bob.rung()
        await call.hearing(lambda sound: hearing.score(sound, theirs) >= 0.8, 15)
        await answered.hearing(lambda sound: hearing.score(sound, ours) >= 0.8, 15)
        assert hearing.score(call.heard, ours) < 0.3
        await call.hang_up()
        assert await answered.ended() == "far end hung up"
        assert await call.ended() == "hung up"
        assert call.duration > 0


async def test_several_calls_at_once_do_not_disturb_each_other() -> None:
    async with Phones() as phones:
        talks = []
        for seed in range(1, 5):
            callee = await phones.add(f"callee{seed}")
            callee.manner = Manner("answer", say=babble(seed, 3))
            talks.append((seed, await (await phones.add(f"caller{seed}")).dial(callee.address)))

        async def listen(seed: int, call: PhoneCall) -> float:
            await call.answered(within=10)
            own = babble(seed, 3)
            await call.hearing(lambda sound: hearing.score(sound, own) >= 0.8, 20)
            return max(hearing.score(call.heard, babble(o, 3)) for o in range(1, 5) if o != seed)

        assert max(await asyncio.gather(*(listen(*talk) for talk in talks))) < 0.3


async def test_pressed_digits_arrive_once_and_in_order() -> None:
    async with Phones() as phones:
        alice, bob = await phones.add("alice"), await phones.add("bob")
        bob.manner = Manner("answer")
        call = await alice.dial(bob.address)
        await call.answered(within=10)
        answered = await bob.rung()
        await answered.answered()
        await call.press("2#0")
        assert await answered.digits_pressed(3) == "2#0"


async def test_a_busy_phone_refuses_and_the_caller_is_told() -> None:
    async with Phones() as phones:
        alice, bob = await phones.add("alice"), await phones.add("bob")
        bob.manner = Manner("busy")
        call = await alice.dial(bob.address)
        with pytest.raises(NotAnswered, match="486"):
            await call.answered(within=10)


async def test_a_phone_that_nobody_answers_rings_until_the_caller_gives_up() -> None:
    async with Phones() as phones:
        alice, bob = await phones.add("alice"), await phones.add("bob")
        call = await alice.dial(bob.address)
        rung = await bob.rung()
        await call.wait_for(lambda: call.at("ringing") is not None, 5, "ringing")
        with pytest.raises(NotAnswered, match="no answer within"):
            await call.answered(within=0.2)
        await call.hang_up()
        await rung.ended()
        assert rung.at("answered") is None


async def test_the_phone_that_answers_may_hang_up_first() -> None:
    async with Phones() as phones:
        alice, bob = await phones.add("alice"), await phones.add("bob")
        bob.manner = Manner("answer", talk=0.3)
        call = await alice.dial(bob.address)
        await call.answered(within=10)
        assert await call.ended() == "far end hung up"


async def test_nobody_at_the_other_end_is_not_answered() -> None:
    async with Phones() as phones:
        alice = await phones.add("alice")
        call = await alice.dial("sip:1000@127.0.0.1:9")
        with pytest.raises(NotAnswered):
            await call.answered(within=1)


async def test_registering_at_nothing_says_which_phone_and_where() -> None:
    async with Phones() as phones:
        phone = await phones.add("agent1", password="secret", server="127.0.0.1:9")
        with pytest.raises(PhoneFailed, match=r"agent1 at 127\.0\.0\.1:9"):
            await phone.register(within=2)
