"""One rig for each driver."""

from collections.abc import AsyncIterator

import pytest

from switch.simulated.driver import SimulatedSwitch
from tests.contract.rig import Rig
from tests.contract.simulated import SimulatedOutside


@pytest.fixture(params=["simulated"])
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    switch = SimulatedSwitch()
    made = Rig(switch, SimulatedOutside(switch))
    await made.connect()
    yield made
    await made.disconnect()
