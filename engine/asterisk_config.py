"""Asterisk's configuration: the templates of ``dialplans/asterisk``, filled in for one center."""

import hashlib
import os
import re
import resource
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import jinja2
import msgspec

from calls.errors import SettingInvalid
from engine.parts.asterisk import AsteriskProgram
from engine.settings import Settings

TEMPLATES = Path(__file__).resolve().parent.parent / "dialplans" / "asterisk"
#: A path of a control socket cannot be longer than this (108 bytes in Linux, with its name).
_LONGEST_RUN = 90
_MOST_FILES = 65536


class Folders(msgspec.Struct, frozen=True):
    """Where one center's Asterisk has what."""

    etc: Path
    data: Path
    db: Path
    spool: Path
    cache: Path
    run: Path
    log: Path

    @classmethod
    def of(cls, home: Path) -> "Folders":
        base = home / "asterisk"
        run = base / "run"
        if len(str(run)) > _LONGEST_RUN:
            name = hashlib.sha256(str(home).encode()).hexdigest()[:16]
            run = Path(tempfile.gettempdir()) / f"ringdesk-{name}"
        return cls(
            etc=base / "etc",
            data=base / "data",
            db=base / "db",
            spool=base / "spool",
            cache=base / "cache",
            run=run,
            log=base / "log",
        )

    def make(self) -> None:
        """Make them, for our eyes only. Raises `SettingInvalid` where another user was first."""
        for folder in msgspec.structs.astuple(self):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.run.stat().st_uid != os.geteuid():
            raise SettingInvalid(
                f"{self.run} belongs to another user.\n"
                "Remedy: remove it, or choose a state folder with a shorter path (RINGDESK_HOME)."
            )
        # Asterisk makes none of these when it needs them.
        for folder in (self.data / "keys", self.data / "moh", self.spool / "recording"):
            folder.mkdir(exist_ok=True)


def render(
    settings: Settings,
    program: AsteriskProgram,
    secrets: Mapping[str, str],
    *,
    announcements: Sequence[str] = (),
    bench: bool = False,
) -> dict[str, str]:
    """Each file of the configuration by name.

    `secrets` has ``ari``, ``ami`` and ``caller_web``; `announcements` are the languages in which a
    caller is asked to hold while Ringdesk is down; `bench` adds the benchmark's baseline.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - these are no web pages
    )
    words = {
        "settings": settings,
        "program": program,
        "secrets": secrets,
        "folders": Folders.of(settings.home),
        "addresses": _local_addresses(),
        "announcements": announcements,
        "max_files": min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], _MOST_FILES),
        "bench": bench,
    }
    files = {
        path.name: environment.get_template(path.name).render(words)
        for path in sorted(TEMPLATES.glob("*.conf"))
    }
    files["modules.conf"] = _present_modules(files["modules.conf"], program.modules)
    return files


def _present_modules(text: str, modules: Path) -> str:
    """Without the modules that this Asterisk does not have: each would be an error in its log."""
    present = {path.name for path in modules.glob("*.so")}
    lines = text.splitlines(keepends=True)
    found = (re.match(r"load => (\S+)", line) for line in lines)
    return "".join(
        line
        for line, match in zip(lines, found, strict=True)
        if match is None or match[1] in present
    )


def _local_addresses() -> list[str]:
    """The host's own IPv4 addresses except loopback, from the kernel's routing table."""
    try:
        table = Path("/proc/net/fib_trie").read_text()
    except OSError:
        return []
    found = re.findall(r"\|-- (\d+\.\d+\.\d+\.\d+)\n\s+/32 host LOCAL", table)
    return sorted({address for address in found if not address.startswith("127.")})
