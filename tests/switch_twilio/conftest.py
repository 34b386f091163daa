"""The stand-in of Twilio: alone, with a driver, and with a whole center."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.contract.rig import Rig
from tests.contract.twilio import TwilioOutside
from tests.switch_twilio.center import Day, TwilioCenter
from tests.switch_twilio.cloud import Cloud
from tests.switch_twilio.front import Front


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    """Without any fault at the end."""
    async with Cloud() as cloud:
        yield cloud
        assert not cloud.faults


@pytest.fixture
async def front(cloud: Cloud, tmp_path: Path) -> AsyncIterator[Front]:
    async with Front(cloud, tmp_path) as front:
        yield front


@pytest.fixture
async def rig(front: Front) -> AsyncIterator[Rig]:
    """A connected driver without calls."""
    rig = Rig(front.switch, TwilioOutside(front), hears_all_keys=False)
    await rig.connect()
    yield rig
    await rig.disconnect()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Day]:
    """A center on the stand-in."""
    async with Cloud() as cloud:
        cloud.speed = 20.0
        center = TwilioCenter(Path(tmp_path_factory.mktemp("twilio")) / "home", cloud.url)
        await asyncio.to_thread(center.start)
        async with center.client() as api:
            yield Day(cloud, center, api)
        await asyncio.to_thread(center.close)


@pytest_asyncio.fixture(loop_scope="module")
async def day(running: Day) -> AsyncIterator[Day]:
    """A center without calls, whose agents are all away; without any fault at the end."""
    yield running
    await running.over()
    assert not running.cloud.faults
