"""One rig for each driver."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from calls.commands import Hangup
from engine.asterisk_server import AsteriskEndpoint, AsteriskServer
from engine.phones.phone import Phones
from engine.settings import Settings
from engine.voices import default_voices
from engine.wiring import asterisk
from switch.simulated.driver import SimulatedSwitch
from tests.contract.asterisk import SipOutside
from tests.contract.rig import Rig
from tests.contract.simulated import SimulatedOutside
from tests.contract.twilio import TwilioOutside
from tests.parts import centers
from tests.switch_twilio.cloud import Cloud
from tests.switch_twilio.front import Front

#: Twilio hears no keys in a conference, nor while a prompt plays that keys must not stop.
IMPOSSIBLE = {
    ("test_digits_in_a_conversation_are_told", "twilio"),
    ("test_without_barge_in_the_prompt_plays_to_its_end", "twilio"),
}


@pytest.fixture(
    params=[
        "simulated",
        "twilio",
        pytest.param(
            "asterisk", marks=[pytest.mark.center, pytest.mark.xdist_group("contract-asterisk")]
        ),
    ]
)
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    """A connected switch without calls, and the people around it."""
    if request.param == "simulated":
        switch = SimulatedSwitch()
        async with _connected(Rig(switch, SimulatedOutside(switch))) as rig:
            yield rig
    elif request.param == "twilio":
        folder = request.getfixturevalue("tmp_path")
        async with _twilio(folder) as rig:
            yield rig
    else:
        settings, endpoint = request.getfixturevalue("asterisk_server")
        async with _asterisk(settings, endpoint) as rig:
            yield rig


@pytest.fixture(scope="session")
def asterisk_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Settings, AsteriskEndpoint]]:
    [carrier] = centers.free_ports(1)
    settings = centers.settings(
        Path(tmp_path_factory.mktemp("contract")), RINGDESK_TRUNK=f"sip:127.0.0.1:{carrier}"
    )
    server = AsteriskServer(settings)
    try:
        yield settings, server.ensure()
    finally:
        server.stop()


@contextlib.asynccontextmanager
async def _asterisk(settings: Settings, endpoint: AsteriskEndpoint) -> AsyncIterator[Rig]:
    switch = asterisk(endpoint, default_voices(settings), settings)
    server = f"127.0.0.1:{settings.sip_port}"
    assert settings.trunk is not None
    async with Phones(port=settings.trunk.port) as phones:
        outside = SipOutside(switch, phones, server)
        async with _connected(Rig(switch, outside)) as rig, outside.stack:
            yield rig


@contextlib.asynccontextmanager
async def _twilio(folder: Path) -> AsyncIterator[Rig]:
    async with Cloud() as cloud, Front(cloud, folder) as front:
        rig = Rig(front.switch, TwilioOutside(front), hears_all_keys=False)
        async with _connected(rig):
            yield rig
        assert not cloud.faults


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What the wire of a switch does not have cannot be asked of its driver."""
    items[:] = [
        item for item in items if (item.name.partition("[")[0], _switch(item)) not in IMPOSSIBLE
    ]


def _switch(item: pytest.Item) -> str:
    return item.callspec.params.get("rig", "") if hasattr(item, "callspec") else ""


@contextlib.asynccontextmanager
async def _connected(rig: Rig) -> AsyncIterator[Rig]:
    """Connected for the block; nothing is left up afterwards."""
    await rig.connect()
    try:
        yield rig
        async with asyncio.timeout(10):
            while legs := await rig.switch.legs():
                for leg in legs:
                    rig.switch.execute(Hangup(leg=leg.leg))
                await asyncio.sleep(0.05)
    finally:
        await rig.disconnect()
