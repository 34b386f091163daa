"""The tasks around the loop: a fault in one round does not end them."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from calls.errors import SwitchUnreachable
from calls.events import LegArrived, LegEnded, SwitchUp
from calls.port import Phone
from engine import configuration, projections, settings
from engine.running import Running
from engine.storage import Database
from tests.engine.conftest import FLOW, Told


class Still(Told):
    """A switch that never says anything by itself."""

    async def run(self, deliver: object) -> None:
        await asyncio.Event().wait()


async def test_records_are_folded_again_after_a_fault(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed, folded = asyncio.Event(), asyncio.Event()
    aio = asyncio.get_running_loop()
    real = projections.catch_up

    def fail_once(database: Database, region: str) -> int:
        if not failed.is_set():
            aio.call_soon_threadsafe(failed.set)
            raise ValueError("a fault of ours")
        taken = real(database, region)
        aio.call_soon_threadsafe(folded.set)
        return taken

    monkeypatch.setattr(projections, "catch_up", fail_once)
    center = Running(settings.load({"RINGDESK_HOME": str(tmp_path)}), database, [Still()])
    await center.start()
    for leg, seen in (("told/1", failed), ("told/2", folded)):
        center.loop.deliver(LegArrived(leg=leg, switch="told", caller="", called=""))
        center.loop.deliver(LegEnded(leg=leg, cause="hangup"))
        await asyncio.wait_for(seen.wait(), 10)
    await center.stop()


async def test_phones_that_a_switch_refused_are_made_again(
    database: Database, tmp_path: Path
) -> None:
    made = asyncio.Event()

    class RefusesOnce(Still):
        refused = False

        async def provision(self, phones: Sequence[Phone], removed: Sequence[str] = ()) -> None:
            if not self.refused:
                self.refused = True
                raise SwitchUnreachable("not now")
            made.set()

    center = Running(settings.load({"RINGDESK_HOME": str(tmp_path)}), database, [RefusesOnce()])
    await center.start()
    center.loop.deliver(SwitchUp(switch="told"))
    await asyncio.wait_for(made.wait(), 10)
    async with asyncio.timeout(10):
        while not center.phones_known:
            await asyncio.sleep(0)
    await center.stop()


async def test_what_a_new_flow_says_is_got_ready(database: Database, tmp_path: Path) -> None:
    ready: list[str] = []

    def prepare(known: configuration.Configuration) -> None:
        ready.append(known.flows["direct"].source)

    home = settings.load({"RINGDESK_HOME": str(tmp_path)})
    center = Running(home, database, [Still()], prepare)
    await center.start()
    for source in (FLOW, FLOW + "# again\n"):
        with database.session() as session:
            configuration.publish_flow(session, "direct", source, "ann")
        await center.reload()
        await center.reload()
    await center.stop()
    assert ready == [FLOW, FLOW + "# again\n"]
