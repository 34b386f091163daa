"""`ringdesk doctor`: what is missing or misconfigured, and the remedy, a line each."""

import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import msgspec

from calls.errors import RingdeskError
from engine import compiled
from engine.asterisk_server import AsteriskServer
from engine.parts.asterisk import find_asterisk, on_path, version
from engine.parts.catalogue import RECIPES
from engine.parts.finding import is_unpacked
from engine.parts.node import find_node
from engine.ports import Protocol, holder, is_free
from engine.settings import Settings, load
from engine.storage import Database
from engine.voices.defaults import engines

#: Free space below this is a fault: Asterisk's parts need half of it, the rest is for records.
_SPACE = 600 * 2**20
_LANGUAGES = ("en", "pl", "uk")


class Finding(msgspec.Struct, frozen=True):
    """What one check found. `remedy` is empty where all is well."""

    subject: str
    detail: str
    remedy: str = ""


@click.command("doctor")
def command() -> None:
    """Say what is missing or misconfigured, and the remedy, a line each.

    Changes nothing and fetches nothing. Exit status 1 if something is wrong.
    """
    wrong = False
    for finding in _findings():
        wrong = wrong or bool(finding.remedy)
        click.echo(_line(finding))
    sys.exit(1 if wrong else 0)


def _line(finding: Finding) -> str:
    mark = click.style("wrong", fg="red") if finding.remedy else click.style("ok   ", fg="green")
    remedy = f"  Remedy: {finding.remedy}" if finding.remedy else ""
    return f"{mark} {finding.subject:<18} {' '.join(finding.detail.split())}{remedy}"


def _findings() -> Iterator[Finding]:
    try:
        settings = load()
    except RingdeskError as error:
        yield Finding("settings", str(error), "correct or remove it")
        return
    yield Finding("settings", f"state folder {settings.home}")
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _folder,
        _asterisk,
        _ports,
        _database,
        _voices,
        _node,
        _build,
    )
    for check in checks:
        yield from check(settings)


def _folder(settings: Settings) -> Iterator[Finding]:
    existing = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    detail = f"{free / 2**30:.1f} GiB free in {existing}"
    yield Finding("disk", detail, "" if free >= _SPACE else "free some space: 0.6 GiB are needed")


def _asterisk(settings: Settings) -> Iterator[Finding]:
    server = AsteriskServer(settings)
    pid = server.running()
    try:
        if settings.asterisk_url:
            endpoint = server.ensure()
            yield Finding("asterisk", f"{endpoint.version} at {endpoint.ari_url}")
        elif pid is not None:
            yield Finding("asterisk", f"{server.answer().version} runs (pid {pid})")
        elif on_path() or is_unpacked("asterisk", settings.parts):
            program = find_asterisk(settings.parts)
            yield Finding("asterisk", f"version {version(program.path)} ready: {program.path}")
        elif shutil.which("apt-get"):
            yield Finding("asterisk", "not there yet; the first start fetches it (80 MB)")
        else:
            yield Finding("asterisk", "there is none", RECIPES["asterisk"].remedy)
    except RingdeskError as error:
        text, _, remedy = str(error).partition("Remedy: ")
        yield Finding("asterisk", text, remedy or RECIPES["asterisk"].remedy)


def _ports(settings: Settings) -> Iterator[Finding]:
    asterisk = AsteriskServer(settings).running()
    if not settings.asterisk_url:
        ours: tuple[tuple[str, int, Protocol], ...] = (
            ("sip_port", settings.sip_port, "udp"),
            ("sip_port", settings.sip_port, "tcp"),
            ("asterisk_http_port", settings.asterisk_http_port, "tcp"),
            ("ami_port", settings.ami_port, "tcp"),
        )
        for name, port, protocol in ours:
            yield _port(name, "127.0.0.1", port, protocol, ours=asterisk)
    http = settings.http
    if _is_ringdesk(settings):
        yield Finding("http", f"Ringdesk answers at {http.url}")
    else:
        yield _port("http", http.host, http.port, "tcp", ours=None)


def _port(name: str, host: str, port: int, protocol: Protocol, *, ours: int | None) -> Finding:
    where = f"{protocol.upper()} port {port} of {host}"
    if is_free(host, port, protocol):
        return Finding(name, f"{where} is free")
    owner = holder(port, protocol)
    if owner is not None and owner.pid == ours:
        return Finding(name, f"{where} is our Asterisk's")
    remedy = f"end that program, or choose another port (RINGDESK_{name.upper()})"
    return Finding(name, f"{where} is in use by {owner or 'another program'}", remedy)


def _is_ringdesk(settings: Settings) -> bool:
    try:
        with urllib.request.urlopen(f"{settings.http.url}/healthz", timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (OSError, ValueError) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        return False


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        database = Database(settings.database_url)
        if database.sqlite and not Path(str(database.url.database)).exists():
            yield Finding("database", f"{database}: not there yet; the first start makes it")
            return
        database.ping()
        database.close()
        yield Finding("database", str(database))
    except RingdeskError as error:
        yield Finding("database", str(error), "correct RINGDESK_DATABASE_URL, or start the server")


def _voices(settings: Settings) -> Iterator[Finding]:
    found = engines(settings)
    mute = [code for code in _LANGUAGES if not any(engine.voice(code) for engine in found)]
    names = ", ".join(f"{engine.name} {engine.version}" for engine in found)
    detail = f"{names or 'none'}{f'; nothing speaks {mute}' if mute else ''}"
    yield Finding("voices", detail, "install espeak-ng 1.52 or newer" if mute else "")


def _node(_: Settings) -> Iterator[Finding]:
    node = find_node()
    remedy = "" if node.version else "install Node 20 or newer, or say 'make clean run'"
    yield Finding("node", f"{node.version or 'does not start'} in {node.folder}", remedy)


def _build(_: Settings) -> Iterator[Finding]:
    slow = "interpreted; `make compiled` makes a build that is twice as fast"
    yield Finding("build", "compiled" if compiled.in_use() else slow)
