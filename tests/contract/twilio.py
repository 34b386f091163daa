"""People around a stand-in of Twilio."""

from calls.port import Phone as PhoneAccount
from tests.contract.rig import Does, Party
from tests.switch_twilio.cloud import Person
from tests.switch_twilio.front import Front


class TwilioAgent:
    """The browser of an agent."""

    def __init__(self, person: Person) -> None:
        self._person = person

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
        return self._front.cloud.call(caller, number, f"{url}/twilio/voice", f"{url}/twilio/status")

    async def phone(self, name: str, does: Does = "answers") -> Party:
        person = Person(does)
        self._front.cloud.people[f"client:{name}"] = person
        await self._front.switch.provision([PhoneAccount(name=name, password="", browser=True)])
        return TwilioAgent(person)

    async def number(self, number: str, does: Does = "answers") -> Party:
        person = Person(does)
        self._front.cloud.people[number] = person
        return TwilioAgent(person)

    async def unregister(self, name: str) -> None:
        del self._front.cloud.people[f"client:{name}"]
        await self._front.switch.provision([], removed=[name])
