"""A real center in a process of its own: `ringdesk run --demo` on free ports, in its own folder."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import msgspec

from calls.config import Queue
from engine import configuration, users
from engine import settings as settings_module
from engine.phones.client import Center
from engine.settings import Settings
from engine.storage import Database

PASSWORD = "a-password-for-tests"
_ROOT = Path(__file__).resolve().parents[2]
_RINGDESK = [sys.executable, "-c", "from engine.cli import main; main()"]
#: Seconds until a started center must be ready (prompts may have to be rendered), and until an
#: interrupted one must have gone.
START_LIMIT, STOP_LIMIT = 90.0, 20.0


class RunningCenter:
    """One center. `start` and `stop` may be repeated; the folder and the ports stay."""

    arguments: tuple[str, ...] = ("run", "--demo")

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("RINGDESK_")},
            **_ports(),
            "RINGDESK_HOME": str(home),
            "RINGDESK_PARTS": os.environ.get("RINGDESK_PARTS", str(_ROOT / "var" / "parts")),
            "RINGDESK_DEMO_PASSWORD": PASSWORD,
            # Sound is listened to while many tests keep the machine busy.
            "RINGDESK_ASTERISK_PRIORITY": "realtime",
        }
        self._share_voices()
        self.settings: Settings = settings_module.load(self.environment)
        self.database = Database(self.settings.database_url)
        self.server = f"127.0.0.1:{self.settings.sip_port}"
        self.url = self.settings.http.url
        self._process: subprocess.Popen[bytes] | None = None
        self._token = ""

    def _share_voices(self) -> None:
        """Rendered prompts are named by their content: centers of tests need not render each for
        themselves, nor once more in the next run."""
        shared = Path(self.environment["RINGDESK_PARTS"]).parent / "test-voices"
        shared.mkdir(parents=True, exist_ok=True)
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.home / "voices").symlink_to(shared)

    # --- the process

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.launch()
        self.wait_ready()

    def launch(self) -> None:
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [*_RINGDESK, *self.arguments],
                cwd=_ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait_ready(self) -> None:
        until = time.monotonic() + START_LIMIT
        while not self.is_ready():
            assert self._process is not None
            assert self._process.poll() is None, f"the center has ended\n{self.log()}"
            assert time.monotonic() < until, f"the center is not ready\n{self.log()}"
            time.sleep(0.1)

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as response:  # noqa: S310
                return bool(response.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def kill(self) -> None:
        """Kill it as a crash does (SIGKILL): Asterisk stays."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def interrupt(self) -> int:
        """Ctrl-C; returns the exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise AssertionError(f"Ctrl-C did not end the center\n{self.log()}") from None

    def close(self) -> None:
        """End it by Ctrl-C, or start it again first after a crash, so that Asterisk goes too."""
        assert self._process is not None
        if self._process.poll() is not None:
            self.start()
        status = self.interrupt()
        self.database.engine.dispose()
        left = list(processes_of(self.home))
        assert not left, f"left running: {left}\n{self.log()}"
        assert status in (0, 130), f"exit status {status}\n{self.log()}"

    @property
    def log_file(self) -> Path:
        return self.home.with_suffix(".log")

    def log(self) -> str:
        """The end of what it printed."""
        return self.log_file.read_text(errors="replace")[-6000:]

    # --- what it holds

    def token(self, role: str = "supervisor") -> str:
        with self.database.session() as session:
            return users.create_token(session, "tests", role)

    def client(self) -> Center:
        """The API, as a supervisor. To be used as an async context manager."""
        self._token = self._token or self.token()
        return Center(self.url, self._token)

    def sip_secret(self, user: str) -> str:
        with self.database.session() as session:
            return users.get_user(session, user).sip_secret

    def change_queue(self, name: str, **fields: object) -> Queue:
        """Change a queue in the database; the running center takes it over by itself."""
        with self.database.session() as session:
            queue = configuration.read(session).queues[name]
            changed: Queue = msgspec.structs.replace(queue, **fields)
            configuration.save_queue(session, changed)
        return changed

    def command(self, *arguments: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Run another `ringdesk` command with this center's settings."""
        return subprocess.run(
            [*_RINGDESK, *arguments],
            cwd=_ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )


def processes_of(home: Path) -> Iterator[str]:
    """What runs with this folder in its command line or environment: ``pid command``."""
    mark = str(home).encode()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            command = (folder / "cmdline").read_bytes()
            if command and (mark in command or mark in (folder / "environ").read_bytes()):
                yield f"{folder.name} {command.replace(bytes(1), b' ').decode(errors='replace')}"


def _ports() -> dict[str, str]:
    """Free ports for everything that a center listens on."""
    http, sip, ari, ami, rtp = _free_ports(5)
    return {
        "RINGDESK_HTTP": f"127.0.0.1:{http}",
        "RINGDESK_SIP_PORT": str(sip),
        "RINGDESK_ASTERISK_HTTP_PORT": str(ari),
        "RINGDESK_AMI_PORT": str(ami),
        # Outside of where scripted phones take theirs; an occupied one is passed over.
        "RINGDESK_RTP_PORTS": f"{10000 + rtp % 80 * 100}-{10000 + rtp % 80 * 100 + 99}",
    }


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        found = []
        for _ in range(count):
            probe = held.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            found.append(int(probe.getsockname()[1]))
        return found
