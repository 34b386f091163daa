"""People around a stand-in of Twilio."""

from calls.port import Phone as PhoneAccount
from cti.numbers import normalise
from tests.contract.rig import Does, Party
from tests.switch_twilio.cloud import Person
from tests.switch_twilio.front import Front
from tests.switch_twilio.line import Line


class TwilioCaller:
    """Somebody who has dialled us."""

    def __init__(self, line: Line) -> None:
        self.line = line

    async def press(self, digits: str) -> None:
        await self.line.press(digits)

    async def speak(self) -> None:
        await self.line.speak()

    async def hears(self, other: Party) -> bool:
        return _hears(self, other)

    async def hang_up(self) -> None:
        await self.line.hang_up()


class TwilioAgent:
    """The browser of an agent, or somebody at a number outside."""

    def __init__(self, person: Person) -> None:
        self._person = person

    @property
    def line(self) -> Line | None:
        return self._person.lines[-1] if self._person.lines else None

    async def hears(self, other: Party) -> bool:
        return _hears(self, other)

    async def press(self, digits: str) -> None:
        await self._person.lines[-1].press(digits)

    async def speak(self) -> None:
        await self._person.lines[-1].speak()

    async def hang_up(self) -> None:
        await self._person.lines[-1].hang_up()


class TwilioOutside:
    def __init__(self, front: Front) -> None:
        self._front = front

    async def call(self, number: str, caller: str) -> Party:
        url = self._front.url
        line = self._front.cloud.call(caller, number, f"{url}/twilio/voice", f"{url}/twilio/status")
        return TwilioCaller(line)

    async def phone(self, name: str, does: Does = "answers") -> Party:
        person = Person(does)
        self._front.cloud.people[f"client:{name}"] = person
        await self._front.switch.provision([PhoneAccount(name=name, password="", browser=True)])
        return TwilioAgent(person)

    async def number(self, number: str, does: Does = "answers") -> Party:
        person = Person(does)
        self._front.cloud.people[normalise(number, "PL")] = person
        return TwilioAgent(person)

    async def unregister(self, name: str) -> None:
        del self._front.cloud.people[f"client:{name}"]
        await self._front.switch.provision([], removed=[name])


def _hears(one: Party, other: Party) -> bool:
    assert isinstance(one, TwilioCaller | TwilioAgent)
    assert isinstance(other, TwilioCaller | TwilioAgent)
    return one.line is not None and other.line is not None and one.line.hears(other.line)
