"""Make the compiled build: ``python -m engine.compiling``. See `engine.compiled`."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import click

from calls.errors import PartMissing, RingdeskError
from engine import compiled
from engine.parts.progress import Progress, progress_on

#: After about so many seconds it is half done: for the progress bar, which nobody else tells.
_HALF_DONE = 40.0
#: What compiles the files that are given after a folder to work in.
_SCRIPT = """\
import sys
from mypyc.build import mypycify
from setuptools import setup

work, *files = sys.argv[1:]
modules = mypycify(files, opt_level="3", debug_level="0", target_dir=f"{work}/c")
places = ["--build-lib", f"{work}/made", "--build-temp", f"{work}/o"]
setup(name="compiled", packages=[], ext_modules=modules, script_args=["build_ext", *places])
"""
#: How the folders of compilers at work begin; no compiler works for longer than so many seconds.
_WORK, _LONGEST = ".", 3600.0
#: Numbers come out as in the sources (no fused multiplications); nobody replaces our functions.
_FLAGS = "-ffp-contract=off -fno-semantic-interposition -fno-plt"
#: The last lines of a compiler's complaint that are shown.
_LINES = 15


class BuildFailed(RingdeskError):
    """The compiler did not take the sources. The text says why."""


def build(progress: Progress) -> Path:
    """The folder of the compiled build of these sources, made if there is none; older ones go.

    Raises `PartMissing`, whose text says what to install, and `BuildFailed`.
    """
    folder = compiled.folder()
    if not folder.is_dir():
        _require_tools()
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=_WORK, dir=folder.parent) as work:
            made = _compile(Path(work), progress)
            if compiled.folder() != folder:
                raise BuildFailed("the sources were changed meanwhile: compile them once more")
            _tidy(folder.parent)
            try:
                made.rename(folder)
            except OSError:
                if not folder.is_dir():
                    raise  # else somebody else was faster
    return folder


def _require_tools() -> None:
    compiler = (os.environ.get("CC") or str(sysconfig.get_config_var("CC"))).split()[0]
    if shutil.which(compiler) is None:
        raise PartMissing(f"there is no C compiler {compiler!r}.\nRemedy: install gcc.")
    header = Path(sysconfig.get_path("include")) / "Python.h"
    if not header.exists():
        raise PartMissing(f"there is no {header}.\nRemedy: install python3-dev.")


def _compile(work: Path, progress: Progress) -> Path:
    """Compile in a process of its own, out of the sources and into `work`."""
    made, log = work / "made", work / "log"
    flags = f"{os.environ.get('CFLAGS', '')} {_FLAGS}"
    environment = {**os.environ, "MYPY_CACHE_DIR": str(work / "mypy"), "CFLAGS": flags}
    command = [sys.executable, "-c", _SCRIPT, str(work), *compiled.files()]
    with log.open("wb") as said, progress.step("compiling the pure rooms") as step:
        process = subprocess.Popen(
            command, cwd=compiled.ROOT, env=environment, stdout=said, stderr=said
        )
        begun = time.monotonic()
        while process.poll() is None:
            seconds = time.monotonic() - begun
            step.advance(seconds / (seconds + _HALF_DONE))
            time.sleep(0.2)
    if process.returncode != 0:
        end = log.read_text(errors="replace").splitlines()[-_LINES:]
        raise BuildFailed("\n".join(["the pure rooms cannot be compiled:", *end]))
    return made


def _tidy(builds: Path) -> None:
    """Remove builds of other sources, and what a killed compiler has left. Whoever runs a build
    has it in memory; where another compiler is at work, it is let alone."""
    for old in builds.iterdir():
        left = old.name.startswith(_WORK) and time.time() - old.stat().st_mtime < _LONGEST
        if not left:
            shutil.rmtree(old, ignore_errors=True)


def main() -> int:
    try:
        folder = build(progress_on())
    except RingdeskError as error:
        click.echo(f"ringdesk: {error}", err=True)
        return 2
    click.echo(f"compiled: {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
