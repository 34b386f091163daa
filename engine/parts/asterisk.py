"""Which Asterisk to start: one of 20 or newer on PATH, else the unpacked one."""

import re
import shutil
import subprocess
from pathlib import Path

import msgspec

from calls.errors import PartMissing
from engine.parts.apt import triplet
from engine.parts.catalogue import RECIPES
from engine.parts.finding import unpacked
from engine.parts.progress import Progress

#: What Ringdesk needs; ARI's requests over the WebSocket came with 22.3.
LEAST = 20


class AsteriskProgram(msgspec.Struct, frozen=True):
    """An Asterisk to start. `shared` has its documentation and sounds."""

    path: Path
    modules: Path
    shared: Path


def find_asterisk(parts: Path, progress: Progress | None = None) -> AsteriskProgram:
    """Raises `PartMissing`, whose text says what to install."""
    own = on_path()
    if own is not None:
        return _program(own, Path("/"))
    part = unpacked("asterisk", parts, progress)
    if (version(part.path) or 0) < LEAST:
        raise PartMissing(
            f"this system's own Asterisk is older than {LEAST}.\n"
            f"Remedy: {RECIPES['asterisk'].remedy}."
        )
    return _program(part.path, part.root or Path("/"))


def on_path() -> Path | None:
    """The system's own, if it is new enough."""
    found = shutil.which("asterisk")
    return Path(found) if found and (version(Path(found)) or 0) >= LEAST else None


def version(program: Path) -> int | None:
    """Its major version; None if it does not say."""
    try:
        said = subprocess.run(
            [program, "-V"], capture_output=True, text=True, check=False, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"Asterisk (?:certified/)?(\d+)\.", said.stdout)
    return int(found[1]) if found else None


def _program(path: Path, root: Path) -> AsteriskProgram:
    """Where this Asterisk has its modules and shared files: as Debian does, or as built by hand."""
    prefix = path.parent.parent
    libraries = (root / "usr/lib" / triplet(), root / "usr/lib", prefix / "lib", root / "usr/lib64")
    modules = [folder / "asterisk/modules" for folder in libraries]
    shared = [root / "usr/share/asterisk", root / "var/lib/asterisk", prefix / "var/lib/asterisk"]
    return AsteriskProgram(
        path,
        _first(modules, "chan_pjsip.so", path),
        _first(shared, "documentation", path),
    )


def _first(folders: list[Path], content: str, program: Path) -> Path:
    for folder in folders:
        if (folder / content).exists():
            return folder
    raise PartMissing(
        f"{program} has no {content} in any of {', '.join(map(str, folders))}.\n"
        "Remedy: install Asterisk with its PJSIP modules and documentation."
    )
