"""A real center for tests, started once in each worker, and a scene around it for each test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from engine.phones.phone import Phones
from tests.center.running import RunningCenter
from tests.center.scene import Scene

#: Shorter than in real life, so that tests need not wait.
QUICK = {"offer_timeout": 5.0, "wrap_up": 30.0, "announce_every": 8.0}


@pytest.fixture(scope="session")
def shared_center(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCenter]:
    yield from _center(tmp_path_factory.mktemp("center"))


@pytest.fixture
def center(shared_center: RunningCenter) -> RunningCenter:
    """A running center, shared with other tests."""
    return shared_center


@pytest.fixture
def own_center(tmp_path: Path) -> Iterator[RunningCenter]:
    """A running center that a test may kill."""
    yield from _center(tmp_path)


@pytest.fixture
async def scene(center: RunningCenter) -> AsyncIterator[Scene]:
    async for scene in _scene(center):
        yield scene


@pytest.fixture
async def own_scene(own_center: RunningCenter) -> AsyncIterator[Scene]:
    async for scene in _scene(own_center):
        yield scene


def _center(folder: Path) -> Iterator[RunningCenter]:
    center = RunningCenter(folder / "home")
    center.start()
    for queue in ("sales", "support"):
        center.change_queue(queue, **QUICK)
    try:
        yield center
    finally:
        center.close()


async def _scene(center: RunningCenter) -> AsyncIterator[Scene]:
    async with center.client() as api:
        async with Phones() as phones:
            scene = Scene(center, phones, api)
            yield scene
        await scene.reset()
