"""A simulated center that is alive by itself."""

import asyncio
from itertools import islice

from calls.events import LegArrived, PhoneChanged, SwitchEvent, SwitchUp
from calls.port import Phone
from switch.simulated.driver import SimulatedSwitch
from switch.simulated.traffic import Traffic, callers

BUSY = Traffic(numbers=("1000", "1001"), per_minute=60_000)


def test_the_same_seed_gives_the_same_callers() -> None:
    first = list(islice(callers(BUSY), 50))
    assert first == list(islice(callers(BUSY), 50))
    other = Traffic(numbers=("1000", "1001"), per_minute=60_000, seed=2)
    assert first != list(islice(callers(other), 50))


def test_callers_come_as_often_as_asked_and_dial_every_number() -> None:
    some = list(islice(callers(Traffic(numbers=("1000", "1001"), per_minute=30)), 2000))
    mean = sum(gap for gap, _ in some) / len(some)
    assert 1.8 < mean < 2.2
    dialled = [caller.dials for _, caller in some]
    assert 900 < dialled.count("1000") < 1100


async def test_callers_arrive_and_the_phones_of_agents_are_online() -> None:
    told: asyncio.Queue[SwitchEvent] = asyncio.Queue()
    switch = SimulatedSwitch("sim", traffic=BUSY)
    running = asyncio.create_task(switch.run(told.put_nowait))
    assert isinstance(await told.get(), SwitchUp)
    plain = Phone(name="anna", password="", browser=False)
    browser = Phone(name="anna-web", password="", browser=True)
    await switch.provision([plain, browser])
    arrived = 0
    phones: list[PhoneChanged] = []
    while arrived < 20 or not phones:
        match await told.get():
            case LegArrived():
                arrived += 1
            case PhoneChanged() as changed:
                phones.append(changed)
    assert phones == [PhoneChanged(phone="anna", online=True)]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
