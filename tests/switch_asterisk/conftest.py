"""One Asterisk for all tests of a worker; a driver and people with phones for each."""

import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from engine.asterisk_server import AsteriskServer
from engine.settings import Settings
from tests.parts.centers import free_ports, settings
from tests.switch_asterisk.place import Place

_tags = itertools.count(1)


@pytest.fixture(scope="session")
def center(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    [carrier] = free_ports(1)
    return settings(tmp_path_factory.mktemp("asterisk"), RINGDESK_TRUNK=f"sip:127.0.0.1:{carrier}")


@pytest.fixture(scope="session")
def server(center: Settings) -> Iterator[AsteriskServer]:
    server = AsteriskServer(center)
    yield server
    server.stop()


@pytest.fixture
async def place(center: Settings, server: AsteriskServer, tmp_path: Path) -> AsyncIterator[Place]:
    """A connected driver; no calls."""
    place = Place(center, server.ensure(), tmp_path, f"t{next(_tags)}")
    await place.connect()
    try:
        yield place
        await place.close()
    finally:
        await place.disconnect()
