"""The page's scripts: `npm ci` and `npm run build` in ``web/frontend``, when something changed.

The result, ``web/static/build``, is never kept in the repository.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from calls.errors import PartMissing
from engine.parts.node import find_node
from engine.parts.progress import Progress, Silent

_ROOT = Path(__file__).resolve().parents[2]
FRONTEND = _ROOT / "web" / "frontend"
BUILT = _ROOT / "web" / "static" / "build"
_MODULES = "node_modules"
#: In the built folder: of which sources it was made. In the modules: of which lock file.
_STAMP = ".made-from"


def build(progress: Progress | None = None, frontend: Path = FRONTEND, built: Path = BUILT) -> bool:
    """Build the scripts if their sources have changed since; whether there was anything to do.

    Raises `PartMissing` with the end of what npm said.
    """
    wanted = _digest(path for path in frontend.rglob("*") if _MODULES not in path.parts)
    if _made_from(built) == wanted:
        return False
    with (frontend / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _made_from(built) == wanted:
            return False
        with (progress or Silent()).step("Building the page's scripts") as step:
            _install(frontend)
            step.advance(0.7)
            shutil.rmtree(built, ignore_errors=True)
            _npm(frontend, "run", "build")
        (built / _STAMP).write_text(wanted)
    return True


def _install(frontend: Path) -> None:
    modules = frontend / _MODULES
    lock = _digest([frontend / "package-lock.json"])
    if _made_from(modules) != lock:
        # No package's own scripts: nothing that is fetched runs here before it is asked to.
        _npm(frontend, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        modules.mkdir(exist_ok=True)  # npm makes none where there is nothing to install
        (modules / _STAMP).write_text(lock)


def _npm(frontend: Path, *arguments: str) -> None:
    node = find_node()
    path = f"{node.folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    ran = subprocess.run(
        [*node.npm, *arguments],
        cwd=frontend,
        # The wheel's Node knows only its own certificates; behind a proxy the system's are needed.
        env={"NODE_USE_SYSTEM_CA": "1", **os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        said = "\n".join(f"  {line}" for line in ran.stdout.strip().splitlines()[-25:])
        raise PartMissing(
            f"the page's scripts cannot be built: 'npm {arguments[0]}' failed in {frontend}\n"
            f"{said}\n"
            "Remedy: mend what it says (often there is no network), then start again."
        )


def _made_from(folder: Path) -> str | None:
    try:
        return (folder / _STAMP).read_text()
    except OSError:
        return None


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in paths if path.is_file()):
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
