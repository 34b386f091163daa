"""A running center: the loop with its switches, stores and housekeeping around it."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeAlias

import structlog

from calls.actions import PublishFlow
from calls.errors import ActionRefused, DatabaseUnreachable, RingdeskError, SwitchUnreachable
from calls.events import Surveyed, SwitchEvent
from calls.facts import SwitchChanged
from calls.port import Phone, Switch
from calls.views import Published
from engine import configuration, meta, projections
from engine.answering import Answering
from engine.journal import Journal
from engine.loop import Loop
from engine.service import Phones, Service, Webhooks
from engine.settings import Settings
from engine.storage import Database

log = structlog.get_logger()

#: Seconds between two batches of call records; under load longer, since many cost little more than
#: one: so many times as long as the last batch took, but no longer than this.
PROJECT_EVERY, REST, LONGEST_REST = 0.2, 30.0, 1.0
#: Seconds between two looks for legs that we and a switch disagree about.
SURVEY_EVERY = 15.0
#: Seconds between two looks for configuration that another process has changed.
RELOAD_EVERY = 1.0

#: Gets ready what callers will hear by a configuration. Called in a thread; nobody waits for it.
Prepare: TypeAlias = Callable[[configuration.Configuration], None]


class Running:
    """All tasks of one center. On the loop's thread."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        switches: Sequence[Switch],
        prepare: Prepare | None = None,
    ) -> None:
        self._settings = settings
        self._database = database
        self._switches = list(switches)
        self._prepare = prepare
        self._answering = Answering(settings, database)
        self._aio = asyncio.get_running_loop()
        self._tasks: list[asyncio.Task[None]] = []
        self._reloading = asyncio.Lock()
        self._seen_version = -1
        self._provisioned: dict[str, Phone] | None = None
        self._reload_wanted = asyncio.Event()
        self._projecting = asyncio.Event()
        self.loop = Loop.restore(Journal(database), _center_name(database))

    async def start(self) -> None:
        """Load the configuration into the machine, then let the switches speak."""
        self.loop.listeners.append(self._committed)
        self.loop.start(self._switches, self._answering.ask)
        await self.reload()
        self._tasks = [
            self._aio.create_task(work, name=name)
            for name, work in (
                *((switch.name, self._drive(switch)) for switch in self._switches),
                ("survey", self._survey()),
                ("reload", self._watch_configuration()),
                ("projections", self._project()),
            )
        ]
        self._projecting.set()

    async def stop(self) -> None:
        """End the tasks, commit what is handled, keep a snapshot."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._answering.close()
        await self.loop.stop()
        await asyncio.to_thread(projections.catch_up, self._database, self._settings.region)

    # --- switches

    async def _drive(self, switch: Switch) -> None:
        while True:
            try:
                await switch.run(self._deliver)
            except Exception:  # a fault of a driver must not end the center
                log.exception("switch.failed", switch=switch.name)
            await asyncio.sleep(1.0)

    def _deliver(self, event: SwitchEvent) -> None:
        self.loop.deliver(event)

    async def _survey(self) -> None:
        while True:
            await asyncio.sleep(SURVEY_EVERY)
            for switch in self._switches:
                if self.loop.center.state.switches.get(switch.name):
                    try:
                        legs = tuple(await switch.legs())
                        self.loop.deliver(Surveyed(switch=switch.name, legs=legs))
                    except SwitchUnreachable:
                        pass  # the driver says so itself
                    except Exception:  # a fault of ours must not end the looking
                        log.exception("survey.failed", switch=switch.name)

    def _committed(self, published: Published) -> None:
        self._projecting.set()
        match published.fact:
            case SwitchChanged(up=True):
                self._seen_version = -1
                self._reload_wanted.set()
            case _:
                pass

    async def _project(self) -> None:
        """Fold committed facts into call records and ticket notes, a little behind the calls."""
        while True:
            await self._projecting.wait()
            self._projecting.clear()
            begun = self._aio.time()
            try:
                await asyncio.to_thread(projections.catch_up, self._database, self._settings.region)
            except DatabaseUnreachable as error:
                log.error("projections.waiting", error=str(error))
                self._projecting.set()
            except Exception:  # a fault of ours: tried again with the next facts
                log.exception("projections.failed")
            took = self._aio.time() - begun
            await asyncio.sleep(min(max(PROJECT_EVERY, REST * took), LONGEST_REST))

    # --- configuration

    async def _watch_configuration(self) -> None:
        while True:
            try:
                if await asyncio.to_thread(self._version) != self._seen_version:
                    await self.reload()
            except RingdeskError as error:
                log.error("configuration.not_loaded", error=str(error))
            except Exception:  # a fault of ours must not end the looking
                log.exception("configuration.not_loaded")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._reload_wanted.wait(), RELOAD_EVERY)
            self._reload_wanted.clear()

    @property
    def phones_known(self) -> bool:
        """The switches know every agent's phone, so that it can register."""
        return self._provisioned is not None

    async def reload(self) -> None:
        """Bring the machine and the phones in line with the database.

        What the machine refuses now (a queue removed while callers wait in it) is tried again.
        """
        async with self._reloading:
            version, wanted, phones = await asyncio.to_thread(self._read)
            settled = True
            changes = configuration.actions(self._present(), wanted)
            for action in changes:
                try:
                    await self.loop.act(action)
                except ActionRefused as error:
                    settled = False
                    log.warning("configuration.refused", error=str(error))
            if self._prepare and any(isinstance(change, PublishFlow) for change in changes):
                await asyncio.to_thread(self._prepare, wanted)
            settled = await self._provision(phones) and settled
            self._seen_version = version if settled else -1

    def _present(self) -> configuration.Configuration:
        state = self.loop.center.state
        newest = [state.flows[f"{flow}@{version}"] for flow, version in state.newest.items()]
        return configuration.Configuration(
            queues=dict(self.loop.center.acd.queues()),
            agents=self.loop.center.acd.agents(),
            numbers=dict(state.numbers),
            flows={
                known.flow: PublishFlow(flow=known.flow, version=known.version, source=known.source)
                for known in newest
            },
        )

    def _version(self) -> int:
        with self._database.session() as session:
            return meta.configuration_version(session)

    def _read(self) -> tuple[int, configuration.Configuration, list[Phone]]:
        with self._database.session() as session:
            version = meta.configuration_version(session)
            return version, configuration.read(session), configuration.phones(session)

    async def _provision(self, phones: list[Phone]) -> bool:
        """Tell the switches of phones; False if it has to be tried again."""
        wanted = {phone.name: phone for phone in phones}
        before = self._provisioned or {}
        changed = [phone for name, phone in wanted.items() if before.get(name) != phone]
        removed = [name for name in before if name not in wanted]
        for switch in self._switches:
            if not self.loop.center.state.switches.get(switch.name):
                return True  # `SwitchChanged` asks again
            try:
                await switch.provision(changed, removed)
            except SwitchUnreachable as error:
                log.warning("phones.not_provisioned", error=str(error))
                return False
        self._provisioned = wanted
        return True


@contextlib.asynccontextmanager
async def running(
    settings: Settings,
    database: Database,
    switches: Sequence[Switch],
    phones: Phones,
    secret: bytes,
    twilio: Webhooks | None = None,
    prepare: Prepare | None = None,
) -> AsyncIterator[Service]:
    """Run a center for the length of the block."""
    center = Running(settings, database, switches, prepare)
    service = Service(
        settings,
        database,
        center.loop,
        secret=secret,
        phones=phones,
        center=center,
        twilio=twilio,
    )
    await center.start()
    try:
        yield service
    finally:
        service.stream.close()
        await center.stop()


def _center_name(database: Database) -> str:
    """Begins all ids of this center; made with the database, so that no two centers share one."""
    with database.session() as session:
        name = meta.read(session, "center")
        if name is None:
            name = f"c{int(time.time()) % 36**4:x}"
            meta.write(session, "center", name)
    return name
