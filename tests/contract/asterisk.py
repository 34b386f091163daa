"""People around a real Asterisk: scripted SIP phones."""

from contextlib import AsyncExitStack

from calls.port import Phone as PhoneAccount
from calls.port import Switch
from engine.phones.phone import Manner, Phone, Phones
from engine.phones.phonecall import PhoneCall
from tests.center.decliner import declining
from tests.contract.rig import Does, Party
from tests.phones.voices import babble

MANNERS = {
    "answers": Manner("answer", after=0.2),
    "obeys": Manner("obey"),
    "ignores": Manner("ignore"),
    "busy": Manner("busy"),
}


class SipCaller:
    def __init__(self, call: PhoneCall) -> None:
        self._call = call

    async def press(self, digits: str) -> None:
        await self._call.answered(within=10)
        await self._call.press(digits)

    async def speak(self) -> None:
        await self._call.answered(within=10)
        self._call.say(babble(1, 10.0), repeat=True)

    async def hang_up(self) -> None:
        await self._call.hang_up()
        await self._call.ended(within=10)


class SipAgent:
    def __init__(self, phone: Phone) -> None:
        self._phone = phone

    async def press(self, digits: str) -> None:
        await self._phone.calls[-1].press(digits)

    async def speak(self) -> None:
        self._phone.calls[-1].say(babble(2, 10.0), repeat=True)

    async def hang_up(self) -> None:
        await self._phone.calls[-1].hang_up()


class NoParty:
    """A phone that never has a call."""

    async def press(self, digits: str) -> None:
        raise AssertionError("there is no call")

    async def speak(self) -> None:
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
