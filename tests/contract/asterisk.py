"""People around a real Asterisk: scripted SIP phones."""

import itertools
from contextlib import AsyncExitStack

from calls.port import Phone as PhoneAccount
from calls.port import Switch
from engine.phones import hearing, wav
from engine.phones.phone import Manner, Phone, Phones
from engine.phones.phonecall import PhoneCall, PhoneFailed
from tests.center.decliner import declining
from tests.contract.rig import Does, Party
from tests.phones.voices import babble

MANNERS = {
    "answers": Manner("answer", after=0.2),
    "obeys": Manner("obey"),
    "ignores": Manner("ignore"),
    "busy": Manner("busy"),
    "machine": Manner("answer", after=0.2, say=babble(3, 20.0)),
}
#: Seconds until what somebody says must have been heard by whoever hears them.
HEARD_WITHIN = 1.2

_seeds = itertools.count(100)


class SipParty:
    """Somebody with a SIP phone."""

    async def talk(self) -> PhoneCall:
        """The call that this person is in."""
        raise NotImplementedError

    async def press(self, digits: str) -> None:
        await (await self.talk()).press(digits)

    async def hears(self, other: Party) -> bool:
        """The other one makes a sound that nobody has made before."""
        assert isinstance(other, SipParty)
        listening, speaking = await self.talk(), await other.talk()
        sound = babble(next(_seeds), 0.4)
        before = max(0, len(listening.heard) - wav.RATE)
        speaking.say(sound)
        try:
            await listening.hearing(
                lambda heard: hearing.score(heard[before:], sound) == 1, HEARD_WITHIN
            )
        except PhoneFailed:
            return False
        return True


class SipCaller(SipParty):
    def __init__(self, call: PhoneCall) -> None:
        self._call = call

    async def talk(self) -> PhoneCall:
        await self._call.answered(within=10)
        return self._call

    async def speak(self) -> None:
        (await self.talk()).say(babble(1, 10.0), repeat=True)

    async def hang_up(self) -> None:
        await self._call.hang_up()
        await self._call.ended(within=10)


class SipAgent(SipParty):
    def __init__(self, phone: Phone) -> None:
        self._phone = phone

    async def talk(self) -> PhoneCall:
        call = self._phone.calls[-1]
        await call.answered(within=10)
        return call

    async def speak(self) -> None:
        (await self.talk()).say(babble(2, 10.0), repeat=True)

    async def hang_up(self) -> None:
        await self._phone.calls[-1].hang_up()


class NoParty:
    """A phone that never has a call."""

    async def press(self, digits: str) -> None:
        raise AssertionError("there is no call")

    async def speak(self) -> None:
        raise AssertionError("there is no call")

    async def hears(self, other: Party) -> bool:
        raise AssertionError("there is no call")

    async def hang_up(self) -> None:
        raise AssertionError("there is no call")


class SipOutside:
    """The people around the Asterisk of `switch`, which listens at `server` (``host:port``)."""

    def __init__(self, switch: Switch, phones: Phones, server: str) -> None:
        self._switch = switch
        self._phones = phones
        self._server = server
        self._registered: dict[str, Phone] = {}
        self.stack = AsyncExitStack()

    async def call(self, number: str, caller: str) -> Party:
        phone = await self._phones.add(caller, server=self._server)
        return SipCaller(await phone.dial(number))

    async def phone(self, name: str, does: Does = "answers") -> Party:
        password = f"password of {name}"
        await self._switch.provision([PhoneAccount(name=name, password=password, browser=False)])
        if does == "declines":
            await self.stack.enter_async_context(declining(name, password, self._server))
            return NoParty()
        phone = await self._phones.add(name, password=password, server=self._server)
        phone.manner = MANNERS[does]
        await phone.register()
        self._registered[name] = phone
        return SipAgent(phone)

    async def number(self, number: str, does: Does = "answers") -> Party:
        phone = await self._phones.add(number)
        phone.manner = MANNERS[does]
        return SipAgent(phone)

    async def unregister(self, name: str) -> None:
        await self._registered.pop(name).unregister()
