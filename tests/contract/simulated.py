"""People around a simulated switch."""

from functools import partial

from switch.simulated.driver import SimulatedSwitch
from switch.simulated.scripts import Answering, Caller
from switch.simulated.world import World
from tests.contract.rig import Does, Party


class Hearing:
    """A party who hears those of their legs that are in the same conversation."""

    _switch: SimulatedSwitch

    async def legs(self) -> list[str]:
        raise NotImplementedError

    async def hears(self, other: Party) -> bool:
        assert isinstance(other, Hearing)
        ears, mouths = await self.legs(), await other.legs()
        return any(
            self._switch.act(partial(_hears, ear, mouth)) for ear in ears for mouth in mouths
        )


class SimulatedCaller(Hearing):
    def __init__(self, switch: SimulatedSwitch, leg: str) -> None:
        self._switch = switch
        self._leg = leg

    async def legs(self) -> list[str]:
        return [self._leg]

    async def press(self, digits: str) -> None:
        self._switch.act(lambda world, now: world.press(self._leg, digits, now))

    async def speak(self) -> None:
        self._switch.act(lambda world, _: world.speak(self._leg, 1e9))

    async def hang_up(self) -> None:
        self._switch.act(lambda world, now: world.hang_up(self._leg, now))


class SimulatedPhone(Hearing):
    """A phone, or somebody at a number outside; `address` is what is dialled."""

    def __init__(self, switch: SimulatedSwitch, address: str) -> None:
        self._switch = switch
        self._address = address

    async def press(self, digits: str) -> None:
        for leg in await self.legs():
            self._switch.act(partial(_press, leg, digits))

    async def speak(self) -> None:
        raise AssertionError("only callers are recorded")

    async def hang_up(self) -> None:
        for leg in await self.legs():
            self._switch.act(partial(_hang_up, leg))

    async def legs(self) -> list[str]:
        return [leg.leg for leg in await self._switch.legs() if leg.called == self._address]


def _hears(listener: str, speaker: str, world: World, _now: float) -> bool:
    return world.hears(listener, speaker)


def _press(leg: str, digits: str, world: World, now: float) -> None:
    world.press(leg, digits, now)


def _hang_up(leg: str, world: World, now: float) -> None:
    world.hang_up(leg, now)


class SimulatedOutside:
    def __init__(self, switch: SimulatedSwitch) -> None:
        self._switch = switch

    async def call(self, number: str, caller: str) -> Party:
        person = Caller(number=caller, dials=number, speaks=0.0)
        return SimulatedCaller(self._switch, self._switch.act(partial(_call, person)))

    async def phone(self, name: str, does: Does = "answers") -> Party:
        answering = _answering(does)
        self._switch.act(lambda world, now: world.register(name, now, answering))
        return SimulatedPhone(self._switch, f"phone:{name}")

    async def number(self, number: str, does: Does = "answers") -> Party:
        answering = _answering(does)
        self._switch.act(lambda world, _: world.set_answering(number, answering))
        return SimulatedPhone(self._switch, f"tel:{number}")

    async def unregister(self, name: str) -> None:
        self._switch.act(lambda world, now: world.unregister(name, now))


def _answering(does: Does) -> Answering:
    """Who obeys answers only a call that asks for it, as every phone here does then."""
    if does == "machine":
        return Answering(after=0.2, machine=True)
    return Answering(does="ignores" if does == "obeys" else does, after=0.2)


def _call(person: Caller, world: World, now: float) -> str:
    return world.call(person, now)
