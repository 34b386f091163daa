"""``ringdesk run``: the center and everything it needs, until Ctrl-C."""

import asyncio
import contextlib
import fcntl
import gc
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import structlog
import uvicorn
import uvloop
from uvicorn.importer import import_from_string

from calls.errors import InputInvalid, RingdeskError, SettingInvalid
from engine import configuration, demo, logs, settings
from engine.parts import frontend
from engine.parts.progress import progress_on
from engine.ports import require_free
from engine.running import running
from engine.secrets import secret
from engine.service import Service
from engine.settings import Settings
from engine.storage import Database
from engine.wiring import SwitchKind, Wired, wire

log = structlog.get_logger()

#: The panel is in a room above this one, so it is named as servers name applications.
PANEL = "web.asgi:create_asgi"
#: Seconds that the switch may take to be up before the welcome is shown without it.
SWITCH_PATIENCE = 10.0
#: Seconds that requests under way may take to finish at the end.
GRACE = 3


@click.command()
@click.option(
    "--demo", "with_demo", is_flag=True, help="Load the demo center into an empty database."
)
@click.option(
    "--switch",
    "kinds",
    type=click.Choice(["asterisk", "twilio", "simulated"]),
    multiple=True,
    default=["asterisk"],
    show_default=True,
    help="What moves the media.",
)
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A settings file; ringdesk.toml by default.",
)
def command(with_demo: bool, kinds: tuple[SwitchKind, ...], config_file: Path | None) -> None:
    """Start the center and everything it needs; Ctrl-C stops all of it.

    Killed, it leaves Asterisk and its calls up, and the next start finds them again.
    """
    interruption = Interruption()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, interruption.take)
    kind = only_switch(kinds)
    chosen = settings.load(file=config_file)
    logs.set_up(chosen.log_format)
    progress = progress_on()
    with only_one(chosen.home):
        require_free("http", chosen.http.host, chosen.http.port, "tcp")
        frontend.build(progress)
        database = Database(chosen.database_url)
        if database.upgrade():
            progress.note("The database is up to date.")
        logins = _load(database, chosen, with_demo=with_demo)
        wired = wire(kind, chosen, database, progress)
        leave_up = False
        try:
            interruption.check()
            # The loop must get the interpreter back quickly from the threads of the panel.
            sys.setswitchinterval(0.0001)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(_serve(chosen, database, wired, logins))
        except Exception as error:
            # A fault of ours is as bad as a kill, and no worse: calls stay up for the next start.
            leave_up = not isinstance(error, RingdeskError)
            raise
        finally:
            if not leave_up:
                wired.stop()
            database.close()


def only_switch(kinds: tuple[SwitchKind, ...]) -> SwitchKind:
    """Raises `InputInvalid` where several are named."""
    if len(set(kinds)) > 1:
        raise InputInvalid(
            f"--switch {' and '.join(kinds)}: a center runs on one switch. A caller on one could "
            "not be joined with an agent on another.\n"
            "Remedy: name one. Numbers of Twilio's reach an Asterisk by a SIP trunk of Twilio's; "
            "SIP phones reach Twilio as agents' outside phones."
        )
    return kinds[0]


def _spare_the_collector() -> None:
    """What has been loaded stays: looking through all of it again and again, as Python's collector
    does by default, would stop every call for a tenth of a second each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


class Interruption:
    """Ctrl-C or SIGTERM until the loop runs: what is begun is undone on the way out.

    Python drops an exception that is raised inside a weak reference's callback, as imports have
    them; so it is remembered, too.
    """

    def __init__(self) -> None:
        self._come = False

    def take(self, _signal: int, _frame: object) -> None:
        self._come = True
        raise KeyboardInterrupt

    def check(self) -> None:
        """Raise it again if it was dropped."""
        if self._come:
            raise KeyboardInterrupt


@contextlib.contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Two centers must not share a state folder. The lock goes with the process."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened = (home / "ringdesk.lock").open("a+")
    except OSError as error:
        raise SettingInvalid(
            f"setting 'home': the state folder {home} cannot be used: {error.strerror}.\n"
            "Remedy: name a folder that you may write to (RINGDESK_HOME)."
        ) from None
    with opened as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise RingdeskError(
                f"another ringdesk (pid {lock.read().strip()}) runs with the state folder {home}.\n"
                "Remedy: stop it, or choose another folder and other ports (RINGDESK_HOME, "
                "RINGDESK_HTTP, RINGDESK_SIP_PORT, RINGDESK_ASTERISK_HTTP_PORT, RINGDESK_AMI_PORT, "
                "RINGDESK_RTP_PORTS)."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _load(database: Database, chosen: Settings, *, with_demo: bool) -> list[demo.Login]:
    if with_demo:
        return demo.load(database, chosen)
    with database.session() as session:
        configuration.publish_folder(session, chosen.flows)
    return []


class _Server(uvicorn.Server):
    """Signals are ours: Ctrl-C must also end the center behind the server."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(
    chosen: Settings, database: Database, wired: Wired, logins: list[demo.Login]
) -> None:
    stopped = asyncio.Event()
    aio = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        aio.add_signal_handler(sign, stopped.set)
    key = secret(chosen.home, "service").encode()
    async with running(
        chosen, database, [wired.switch], wired.phones, key, wired.twilio, wired.prepare
    ) as service:
        config = uvicorn.Config(
            import_from_string(PANEL)(service),
            host=chosen.http.host,
            port=chosen.http.port,
            log_config=None,
            access_log=False,
            lifespan="off",
            # Wrong passwords are counted by where they come from, which anybody can claim in a
            # header. Who runs a proxy in front names it, in uvicorn's own variable.
            proxy_headers="FORWARDED_ALLOW_IPS" in os.environ,
            timeout_graceful_shutdown=GRACE,
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve())
        keeping = asyncio.ensure_future(wired.keep())
        await _until_up(service, serving, stopped)
        _spare_the_collector()
        if not stopped.is_set():
            _welcome(chosen, wired, logins)
        waiting = asyncio.create_task(stopped.wait())
        await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        keeping.cancel()
        click.echo("Stopping ...", err=True)
        service.stream.close()
        server.should_exit = True
        await serving


async def _until_up(
    service: Service, serving: "asyncio.Task[None]", stopped: asyncio.Event
) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SWITCH_PATIENCE):
            while not serving.done() and not stopped.is_set():
                ready = await asyncio.to_thread(service.readiness)
                if all(ready.values()):
                    return
                await asyncio.sleep(0.02)
            return
    log.warning("switch.not_up", remedy="see `ringdesk doctor`")


def _welcome(chosen: Settings, wired: Wired, logins: list[demo.Login]) -> None:
    url = chosen.http.url
    lines = [
        "",
        f"Ringdesk is up: {url}",
        f"  agents       {url}/agent",
        f"  supervisors  {url}/supervisor",
        f"  admin        {url}/admin",
        f"  calls        {wired.place}",
    ]
    if logins:
        lines += ["", "Log-ins:"]
        lines += [
            f"  {login.name:<12} {login.password or '(changed since)':<20} {login.role}"
            for login in logins
        ]
        lines += [
            "",
            "Numbers: 1000 (menu in English, Polish, Ukrainian), 1001 (straight to support), "
            "1002 (opening hours, tickets, callback, voicemail, survey), "
            "1900 (recording of prompts)",
        ]
    if wired.dial_in:
        lines += [
            "Be the caller:",
            f"  in a browser      {url}/call",
            f"  with a SIP phone  sip:1000@127.0.0.1:{chosen.sip_port}",
            "  from a script     .venv/bin/ringdesk call 1000 --press 1,2",
        ]
    click.echo("\n".join([*lines, "", "Ctrl-C stops everything."]))
