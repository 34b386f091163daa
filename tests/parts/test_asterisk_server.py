"""Our own Asterisk, the real program: started, found again, side by side, told apart, stopped."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from calls.errors import PartMissing, SettingInvalid, SwitchUnreachable
from calls.media import Speech
from engine.asterisk_server import AsteriskEndpoint, AsteriskServer
from engine.parts.asterisk import find_asterisk
from engine.parts.progress import Silent
from engine.phones import hearing, wav
from engine.phones.phone import Phones
from engine.settings import load
from engine.voices import default_voices, please_hold
from tests.parts.centers import environment, free_ports, settings


class Notes(Silent):
    """Remembers what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A state folder; whatever Asterisk was started in it is ended."""
    folder = tmp_path / "home"
    yield folder
    AsteriskServer(settings(folder)).stop()


def test_starts_without_complaint_and_is_found_again(home: Path) -> None:
    center = settings(home)
    endpoint = AsteriskServer(center).ensure()
    assert endpoint.started
    assert int(endpoint.version.partition(".")[0]) >= 20
    pid = AsteriskServer(center).running()

    again = AsteriskServer(center).ensure()

    assert not again.started
    assert AsteriskServer(center).running() == pid
    log = AsteriskServer(center).log_file().read_text()
    assert "NOTICE" in log
    assert "WARNING" not in log
    assert "ERROR" not in log


@pytest.mark.parametrize("priority", ["normal", "realtime"])
def test_it_runs_before_other_programs_where_that_is_wanted_and_allowed(
    home: Path, priority: str
) -> None:
    server = AsteriskServer(settings(home, RINGDESK_ASTERISK_PRIORITY=priority))
    assert server.ensure().started
    pid = server.running()
    assert pid is not None
    before_others = priority == "realtime" and os.geteuid() == 0 and _may_run_first()
    assert os.sched_getscheduler(pid) == (os.SCHED_RR if before_others else os.SCHED_OTHER)


def test_stop_leaves_no_process(home: Path) -> None:
    server = AsteriskServer(settings(home))
    server.ensure()
    pid = server.running()
    server.stop()
    assert server.running() is None
    assert not _alive(pid)
    server.stop()  # nothing to do is no error


def test_ctrl_c_while_it_starts_leaves_no_process(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = AsteriskServer(settings(home))
    started: list[int | None] = []

    def interrupted(*_: object) -> AsteriskEndpoint:
        until = time.monotonic() + 10
        # In the moment in which the shell becomes Asterisk it has no arguments to be known by.
        while (running := server.running()) is None and time.monotonic() < until:
            time.sleep(0.001)
        started.append(running)
        raise KeyboardInterrupt

    monkeypatch.setattr(server, "_answering", interrupted)
    with pytest.raises(KeyboardInterrupt):
        server.ensure()
    assert started[0] is not None
    assert not _alive(started[0])
    assert server.running() is None


def test_a_state_folder_with_a_long_path_works(home: Path) -> None:
    """A control socket's path is limited to about a hundred characters."""
    server = AsteriskServer(settings(home / ("deep" * 20) / "center"))
    try:
        assert server.ensure().started
        assert not server.ensure().started
    finally:
        server.stop()
    assert server.running() is None


def test_secrets_are_for_their_owner_only(home: Path) -> None:
    center = settings(home)
    AsteriskServer(center).ensure()
    private = [*(home / "secrets").iterdir(), *(home / "asterisk" / "etc").iterdir()]
    assert len(private) > 10
    assert {path.stat().st_mode & 0o077 for path in private} == {0}


def test_two_centers_run_side_by_side(home: Path, tmp_path: Path) -> None:
    one, other = (AsteriskServer(settings(folder)) for folder in (home, tmp_path / "other"))
    try:
        assert one.ensure().started
        assert other.ensure().started
        assert one.running() != other.running()
        other.stop()
        assert one.running() is not None
        assert one.answer().version
    finally:
        other.stop()


def test_outlives_whoever_started_it(home: Path) -> None:
    center = environment(home)
    program = (
        "import os, signal\n"
        "from engine.asterisk_server import AsteriskServer\n"
        "from engine.settings import load\n"
        "AsteriskServer(load()).ensure()\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    died = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **center}, check=False
    )
    assert died.returncode == -signal.SIGKILL

    server = AsteriskServer(load(center))
    assert server.running() is not None
    assert not server.ensure().started


def test_a_port_in_use_is_named_with_its_setting_and_owner(home: Path, tmp_path: Path) -> None:
    first = settings(home)
    AsteriskServer(first).ensure()
    second = settings(tmp_path / "other", RINGDESK_SIP_PORT=str(first.sip_port))
    with pytest.raises(SettingInvalid) as failure:
        AsteriskServer(second).ensure()
    text = str(failure.value)
    assert "'sip_port'" in text
    assert str(first.sip_port) in text
    assert f"pid {AsteriskServer(first).running()}" in text
    assert "RINGDESK_SIP_PORT" in text
    assert AsteriskServer(second).running() is None


def test_changed_settings_restart_it(home: Path) -> None:
    before = AsteriskServer(settings(home))
    before.ensure()
    pid = before.running()
    changed = settings(home)
    endpoint = AsteriskServer(changed).ensure()
    assert endpoint.started
    assert endpoint.ari_url.endswith(str(changed.asterisk_http_port))
    assert AsteriskServer(changed).running() != pid


async def test_changed_settings_wait_until_no_call_is_up(home: Path) -> None:
    center = settings(home)
    before = AsteriskServer(center).ensure()
    async with Phones() as phones:
        caller = await phones.add("caller", server=f"127.0.0.1:{center.sip_port}")
        call = await caller.dial("1000")
        await call.answered()

        notes = Notes()
        after = AsteriskServer(settings(home), progress=notes).ensure()

        assert not after.started
        assert after.ari_url == before.ari_url
        assert "settings have changed" in " ".join(notes.said)
        assert call.state == "talking"


async def test_a_caller_is_kept_while_ringdesk_is_down(home: Path) -> None:
    """Asked to hold in each language, then music; never silence, never dropped."""
    center = settings(home)
    hold = please_hold(default_voices(center))
    endpoint = AsteriskServer(center, announcements=hold).ensure()
    piece = wav.read(home / "asterisk/data/moh/ringdesk.wav")[8000:16000]
    async with Phones() as phones:
        caller = await phones.add("+48600100200", server=f"127.0.0.1:{center.sip_port}")
        call = await caller.dial("1000")
        await call.answered()

        def music_plays(heard: wav.Sound) -> bool:
            return bool(hearing.correlation(heard, piece).max(initial=0.0) > 0.9)

        heard = await call.hearing(music_plays, within=40, what="music")
        assert call.state == "talking"
        for path in hold.values():
            assert hearing.score(heard, wav.read(path)) >= 0.8
        other = Speech(name="other", language="en", text="Press one for sales, two for support.")
        stranger = default_voices(center).file(other)
        assert hearing.score(heard, wav.read(stranger)) < 0.3

        assert await _arrival(endpoint) == "1000"
        assert call.state == "talking"


def test_one_on_path_is_used_with_our_own_configuration(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Laid out as Asterisk's own `make install` does."""
    prefix = tmp_path / "opt"
    found = find_asterisk(load().parts.absolute())
    for link, target in (
        ("lib/asterisk/modules", found.modules),
        ("var/lib/asterisk", found.shared),
        ("sbin/asterisk", found.path),
    ):
        (prefix / link).parent.mkdir(parents=True)
        (prefix / link).symlink_to(target)
    monkeypatch.setenv("PATH", f"{prefix / 'sbin'}:{os.environ['PATH']}")
    assert find_asterisk(tmp_path / "no parts").path == prefix / "sbin" / "asterisk"
    server = AsteriskServer(settings(home))
    assert server.ensure().started
    log = server.log_file().read_text()
    assert "WARNING" not in log
    assert "ERROR" not in log


async def test_the_benchmark_has_asterisks_own_queue(home: Path) -> None:
    center = settings(home)
    endpoint = AsteriskServer(center, bench=True).ensure()
    async with Phones() as phones, _ari(endpoint) as ari:
        caller = await phones.add("bench-caller", server=f"127.0.0.1:{center.sip_port}")
        call = await caller.dial("2000")
        # Without an agent, the queue keeps the caller on the line, unanswered.
        async with asyncio.timeout(10):
            while "Queue" not in await _applications(ari):
                await asyncio.sleep(0.05)
        assert call.state == "ringing"


def test_no_asterisk_to_be_had_says_what_to_install(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    center = settings(home, RINGDESK_PARTS=str(tmp_path / "parts"))
    with pytest.raises(PartMissing) as failure:
        AsteriskServer(center).ensure()
    assert "Asterisk is neither on PATH nor can it be fetched" in str(failure.value)
    assert "Remedy: " in str(failure.value)
    assert "RINGDESK_ASTERISK_URL" in str(failure.value)


def test_a_remote_asterisk_is_used_as_it_is(home: Path, tmp_path: Path) -> None:
    here = AsteriskServer(settings(home))
    endpoint = here.ensure()
    center = settings(
        tmp_path / "other",
        RINGDESK_ASTERISK_URL=endpoint.ari_url,
        RINGDESK_ASTERISK_PASSWORD=endpoint.ari_password,
    )
    remote = AsteriskServer(center)
    found = remote.ensure()
    assert (found.ari_url, found.version) == (endpoint.ari_url, endpoint.version)
    assert not found.started
    remote.stop()
    assert here.running() is not None


def test_a_remote_asterisk_that_refuses_us_is_named(home: Path, tmp_path: Path) -> None:
    url = AsteriskServer(settings(home)).ensure().ari_url
    wrong = settings(tmp_path / "a", RINGDESK_ASTERISK_URL=url, RINGDESK_ASTERISK_PASSWORD="wrong")
    with pytest.raises(SwitchUnreachable, match="refuses the user or password"):
        AsteriskServer(wrong).ensure()
    nobody = settings(tmp_path / "b", RINGDESK_ASTERISK_URL=f"http://127.0.0.1:{free_ports(1)[0]}")
    with pytest.raises(SwitchUnreachable, match="Connection refused"):
        AsteriskServer(nobody).ensure()


def test_a_broken_configuration_is_shown_and_leaves_nothing_running(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.asterisk_server.render", lambda *_, **__: {"asterisk.conf": "["})
    server = AsteriskServer(settings(home))
    with pytest.raises(SwitchUnreachable, match="ended at once"):
        server.ensure()
    assert server.running() is None


def _ari(endpoint: AsteriskEndpoint) -> aiohttp.ClientSession:
    login = aiohttp.encode_basic_auth(endpoint.ari_user, endpoint.ari_password)
    return aiohttp.ClientSession(endpoint.ari_url, headers={"Authorization": login})


async def _applications(ari: aiohttp.ClientSession) -> list[str]:
    """The dialplan application that each channel is in."""
    async with ari.get("/ari/channels") as answer:
        return [channel["dialplan"]["app_name"] for channel in await answer.json()]


async def _arrival(endpoint: AsteriskEndpoint) -> str:
    """The number that the first caller dialled who comes to us when we connect."""
    async with (
        asyncio.timeout(20),
        _ari(endpoint) as ari,
        ari.ws_connect("/ari/events?app=ringdesk") as socket,
    ):
        while True:
            event = await socket.receive_json()
            if event["type"] == "StasisStart":
                return str(event["channel"]["dialplan"]["exten"])


def _may_run_first() -> bool:
    """Root in a container may not be allowed to."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        return False
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return True


def _alive(pid: int | None) -> bool:
    try:
        return bool(pid and Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False
