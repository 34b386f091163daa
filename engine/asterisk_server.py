"""Our own Asterisk: started in a session of its own, found again, stopped.

It outlives a killed Ringdesk on purpose: talking pairs and waiting callers stay up, and the next
start finds it by ``<home>/asterisk/running.json``.
"""

import fcntl
import hashlib
import os
import select
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from calls.errors import SwitchUnreachable
from engine.asterisk_config import Folders, render
from engine.parts.asterisk import AsteriskProgram, find_asterisk
from engine.parts.progress import Progress, Silent
from engine.ports import require_free
from engine.secrets import secret
from engine.settings import Settings
from engine.voices.music import write_music
from engine.voices.sound import tone, write_wav

#: Seconds until a started Asterisk must answer, and until one told to stop must be gone.
START_LIMIT = 20.0
STOP_LIMIT = 5.0
#: Starts a program in a session of its own: output file, file for its process id, command.
_DETACH = 'pid=$1; shift; setsid "$@" >"$0" 2>&1 </dev/null & echo $! >"$pid"'


class AsteriskEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """How to talk to an Asterisk. `started`: it was not running before."""

    ari_url: str
    ari_user: str
    ari_password: str
    ami_host: str
    ami_port: int
    ami_user: str
    ami_password: str
    #: Where browser phones connect.
    ws_url: str
    version: str = ""
    started: bool = False


class _Running(msgspec.Struct, frozen=True):
    """What is kept about the one that we started."""

    pid: int
    configuration: str
    endpoint: AsteriskEndpoint


class AsteriskServer:
    """One center's Asterisk. Its methods block; call them outside the loop.

    `announcements`: by language, the WAV file (8 kHz mono) that asks a caller to hold while
    Ringdesk is down. `bench` adds the benchmark's baseline to the dialplan.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        announcements: Mapping[str, Path] | None = None,
        bench: bool = False,
        progress: Progress | None = None,
    ) -> None:
        self._settings = settings
        self._announcements = dict(announcements or {})
        self._bench = bench
        self._progress = progress or Silent()
        self._folders = Folders.of(settings.home)
        self._state_file = settings.home / "asterisk" / "running.json"

    def ensure(self) -> AsteriskEndpoint:
        """An Asterisk that answers: the configured one, the running one, or one started now.

        One that runs with another configuration is restarted if no call is up; else it stays
        as it is, which is said. Raises `PartMissing` (there is no Asterisk), `SettingInvalid`
        (a port is in use), `SwitchUnreachable` (it does not answer).
        """
        if self._settings.asterisk_url:
            return self._remote()
        with self._alone():
            program = find_asterisk(self._settings.parts, self._progress)
            files = self._render(program)
            identity = msgspec.json.encode([str(program.path), files])
            configuration = hashlib.sha256(identity).hexdigest()
            running = self._running()
            if running is not None:
                if running.configuration == configuration or self._is_busy(running):
                    self._announce()
                    return self._answering(running, STOP_LIMIT)
                self._stop(running.pid)
            return self._start(program, files, configuration)

    def running(self) -> int | None:
        """The process id of our Asterisk, if it is alive."""
        running = self._running()
        return running.pid if running else None

    def answer(self) -> AsteriskEndpoint:
        """Our running Asterisk, if it answers now. Raises `SwitchUnreachable`."""
        running = self._running()
        if running is None:
            raise SwitchUnreachable("our Asterisk does not run")
        return self._answering(running, 0.0)

    def stop(self) -> None:
        """End our Asterisk and all its calls; nothing if there is none, or it is a remote one."""
        running = self._running()
        if running is not None:
            self._stop(running.pid)

    def log_file(self) -> Path:
        """Where Asterisk writes its notices, warnings and errors."""
        return self._folders.log / "messages"

    # --- one that we start

    def _render(self, program: AsteriskProgram) -> dict[str, str]:
        names = ("ari", "ami", "caller_web")
        return render(
            self._settings,
            program,
            {name: secret(self._settings.home, name) for name in names},
            announcements=sorted(self._announcements),
            bench=self._bench,
        )

    def _start(
        self, program: AsteriskProgram, files: Mapping[str, str], configuration: str
    ) -> AsteriskEndpoint:
        self._require_ports()
        self._folders.make()
        self._fill_data(program)
        self._announce()
        for old in self._folders.etc.glob("*.conf"):
            old.unlink()
        for name, text in files.items():
            path = self._folders.etc / name
            path.touch(mode=0o600)
            path.write_text(text, encoding="utf-8")
        started = self._folders.run / "started"
        started.unlink(missing_ok=True)
        try:
            self._launch(program, started)
            running = _Running(int(started.read_text()), configuration, self._endpoint())
            _write(self._state_file, msgspec.json.encode(running))
            return msgspec.structs.replace(self._answering(running, START_LIMIT), started=True)
        except BaseException:  # Ctrl-C too must leave none behind
            if started.exists():
                self._stop(int(started.read_text()))
            raise

    def _launch(self, program: AsteriskProgram, started: Path) -> None:
        output = self._folders.log / "output"
        command = [str(program.path), "-f", "-C", str(self._conf())]
        shell = ["sh", "-c", _DETACH, str(output), str(started), *command]
        # In a session of its own, Ctrl-C does not end the shell before the id is written.
        subprocess.run(shell, check=True, start_new_session=True)

    def _conf(self) -> Path:
        return self._folders.etc / "asterisk.conf"

    def _fill_data(self, program: AsteriskProgram) -> None:
        link = self._folders.data / "documentation"
        link.unlink(missing_ok=True)
        link.symlink_to(program.shared / "documentation")
        music = self._folders.data / "moh" / "ringdesk.wav"
        if not music.exists():
            write_music(music)
        beep = self._folders.data / "sounds" / "en" / "beep.wav"
        if not beep.exists():
            write_wav(beep, tone(1000, 150))

    def _announce(self) -> None:
        """Put the announcements where the dialplan looks for them."""
        folder = self._folders.data / "sounds" / "ringdesk"
        folder.mkdir(parents=True, exist_ok=True)
        for language, sound in self._announcements.items():
            _write(folder / f"please-hold-{language}.wav", sound.read_bytes())

    def _require_ports(self) -> None:
        settings = self._settings
        require_free("sip_port", "127.0.0.1", settings.sip_port, "udp")
        require_free("sip_port", "127.0.0.1", settings.sip_port, "tcp")
        require_free("asterisk_http_port", "127.0.0.1", settings.asterisk_http_port, "tcp")
        require_free("ami_port", "127.0.0.1", settings.ami_port, "tcp")

    def _endpoint(self) -> AsteriskEndpoint:
        settings = self._settings
        return AsteriskEndpoint(
            ari_url=f"http://127.0.0.1:{settings.asterisk_http_port}",
            ari_user="ringdesk",
            ari_password=secret(settings.home, "ari"),
            ami_host="127.0.0.1",
            ami_port=settings.ami_port,
            ami_user="ringdesk",
            ami_password=secret(settings.home, "ami"),
            ws_url=f"ws://127.0.0.1:{settings.asterisk_http_port}/ws",
        )

    # --- one that runs

    def _running(self) -> _Running | None:
        try:
            running = msgspec.json.decode(self._state_file.read_bytes(), type=_Running)
            arguments = Path(f"/proc/{running.pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, msgspec.DecodeError):
            return None
        # Another process may have got the number of one that died.
        return running if bytes(self._conf()) in arguments else None

    def _answering(self, running: _Running, limit: float) -> AsteriskEndpoint:
        """Its endpoint, as soon as it answers."""
        deadline = time.monotonic() + limit
        with _process(running.pid) as process:
            while True:
                try:
                    info = _ari(running.endpoint, "asterisk/info?only=system")
                    version = info["system"]["version"]
                    return msgspec.structs.replace(running.endpoint, version=version)
                except SwitchUnreachable as error:
                    ended = _ended(process, 0.02)
                    if not ended and time.monotonic() < deadline:
                        continue
                    what = "ended at once" if ended else "does not answer"
                    raise SwitchUnreachable(
                        f"Asterisk (pid {running.pid}) {what}: {error}\n{self._last_words()}"
                        f"Remedy: see {self.log_file()}; end that process if it still runs, and "
                        "start again."
                    ) from None

    def _last_words(self) -> str:
        lines = []
        for path in (self._folders.log / "output", self.log_file()):
            if path.exists():
                lines += path.read_text(errors="replace").splitlines()[-5:]
        return "".join(f"  {line}\n" for line in lines)

    def _is_busy(self, running: _Running) -> bool:
        """Whether it has calls, so that it must not be restarted; says so."""
        try:
            channels = len(_ari(running.endpoint, "channels"))
        except SwitchUnreachable:
            return False
        if channels:
            self._progress.note(
                f"Asterisk's settings have changed, but {channels} legs are up in the running one "
                f"(pid {running.pid}): it goes on as it is until a start finds it without calls."
            )
        return channels > 0

    def _stop(self, pid: int) -> None:
        with _process(pid) as process:
            for order in (signal.SIGTERM, signal.SIGKILL):
                if process is None or _ended(process, 0.0):
                    break
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(process, order)
                _ended(process, STOP_LIMIT)
        self._state_file.unlink(missing_ok=True)
        shutil.rmtree(self._folders.run, ignore_errors=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time looks for it and starts it."""
        self._state_file.parent.mkdir(parents=True, exist_ok=True)
        with (self._state_file.parent / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    # --- one elsewhere

    def _remote(self) -> AsteriskEndpoint:
        settings = self._settings
        url = urllib.parse.urlsplit(settings.asterisk_url)
        password = settings.asterisk_password or ""
        endpoint = AsteriskEndpoint(
            ari_url=settings.asterisk_url,
            ari_user=settings.asterisk_user,
            ari_password=password,
            ami_host=url.hostname or "",
            ami_port=settings.ami_port,
            ami_user=settings.asterisk_user,
            ami_password=password,
            ws_url=f"ws{settings.asterisk_url.removeprefix('http')}/ws",
        )
        try:
            version = _ari(endpoint, "asterisk/info?only=system")["system"]["version"]
        except SwitchUnreachable as error:
            raise SwitchUnreachable(
                f"the Asterisk of setting 'asterisk_url' ({settings.asterisk_url}): {error}.\n"
                "Remedy: check asterisk_url, asterisk_user and asterisk_password, and that its "
                "http.conf and ari.conf let us in."
            ) from None
        return msgspec.structs.replace(endpoint, version=version)


def _ari(endpoint: AsteriskEndpoint, path: str) -> Any:
    """The answer to one ARI request. Raises `SwitchUnreachable`."""
    login = b64encode(f"{endpoint.ari_user}:{endpoint.ari_password}".encode()).decode()
    request = urllib.request.Request(  # noqa: S310 - the settings allow http and https only
        f"{endpoint.ari_url}/ari/{path}", headers={"Authorization": f"Basic {login}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=STOP_LIMIT) as answer:  # noqa: S310
            return msgspec.json.decode(answer.read())
    except urllib.error.HTTPError as error:
        error.close()
        wrong = "it refuses the user or password" if error.code == 401 else f"it says {error}"
        raise SwitchUnreachable(wrong) from None
    except (OSError, msgspec.DecodeError) as error:
        raise SwitchUnreachable(str(getattr(error, "reason", error))) from None


@contextmanager
def _process(pid: int) -> Iterator[int | None]:
    """A handle on a process that stays its own when the number is given to another one."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        yield None
        return
    try:
        yield handle
    finally:
        os.close(handle)


def _ended(process: int | None, within: float) -> bool:
    """Whether it ends within that many seconds."""
    if process is None:
        return True
    watch = select.poll()
    watch.register(process, select.POLLIN)
    return bool(watch.poll(within * 1000))


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all; readable by the owner alone."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.touch(mode=0o600)
    scratch.write_bytes(data)
    scratch.replace(path)
