"""Where a program is: on PATH, else unpacked below the folder of parts, else fetched now."""

import fcntl
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from calls.errors import PartMissing
from engine.parts.apt import Apt, distribution, triplet
from engine.parts.catalogue import FONTS, RECIPES, Recipe
from engine.parts.progress import Progress, Silent, Step


class Part(msgspec.Struct, frozen=True):
    """A program to start: `path` is executable as it is, from any folder, by any user."""

    name: str
    path: Path
    #: The folder it was unpacked to; None for one that the system has.
    root: Path | None = None


def find(name: str, folder: Path, progress: Progress | None = None) -> Part:
    """The program `name` of the catalogue, fetched into `folder` where nobody has it.

    Waits for another process that fetches the same one. Raises `PartMissing`, whose text says
    what to install.
    """
    recipe = RECIPES[name]
    on_path = shutil.which(recipe.command)
    if on_path is not None:
        return Part(name, Path(on_path))
    return unpacked(name, folder, progress)


def unpacked(name: str, folder: Path, progress: Progress | None = None) -> Part:
    """As `find`, but never the one on PATH."""
    recipe = RECIPES[name]
    suite = _suite(recipe)
    root = _root(recipe, folder)
    if not _launcher(root, name).exists():
        try:
            _fetch(recipe, suite, root, progress or Silent())
        except (PartMissing, OSError, subprocess.SubprocessError) as error:
            raise PartMissing(
                f"{recipe.title} is neither on PATH nor can it be fetched: {error}.\n"
                f"Remedy: mend that, or {recipe.remedy}."
            ) from error
    return Part(name, _launcher(root, name), root)


def is_there(name: str, folder: Path) -> bool:
    """Whether `find` would have nothing to fetch."""
    return shutil.which(RECIPES[name].command) is not None or is_unpacked(name, folder)


def is_unpacked(name: str, folder: Path) -> bool:
    """Whether `unpacked` would have nothing to fetch."""
    return _launcher(_root(RECIPES[name], folder), name).exists()


def _root(recipe: Recipe, folder: Path) -> Path:
    release = _suite(recipe) or distribution().get("VERSION_CODENAME", "host")
    return folder / f"{recipe.name}-{release}-{platform.machine()}"


def _suite(recipe: Recipe) -> str:
    """A recipe's release if this is Debian; other relatives of Debian have only their own."""
    return recipe.suite if distribution().get("ID") == "debian" else ""


def _launcher(root: Path, name: str) -> Path:
    return root / "launch" / name


def _fetch(recipe: Recipe, suite: str, root: Path, progress: Progress) -> None:
    root.parent.mkdir(parents=True, exist_ok=True)
    with _lock(root.parent / f"{root.name}.lock", recipe.title, progress):
        if _launcher(root, recipe.name).exists():
            return
        for left in root.parent.glob(f".{root.name}-*"):  # by one that was killed
            shutil.rmtree(left, ignore_errors=True)
        with (
            tempfile.TemporaryDirectory(prefix=f".{root.name}-", dir=root.parent) as scratch,
            progress.step(f"Fetching {recipe.title}") as step,
        ):
            found = Path(scratch) / "root"
            _unpack(recipe, suite, Path(scratch) / "apt", found, step)
            shutil.rmtree(root, ignore_errors=True)
            found.rename(root)


def _unpack(recipe: Recipe, suite: str, state: Path, root: Path, step: Step) -> None:
    apt = Apt(state, suite, recipe.components)
    apt.update(step)
    if apt.candidate(recipe.packages[0]) is None:
        raise PartMissing(f"the system's apt sources have no package {recipe.packages[0]!r}")
    apt.unpack(apt.download(recipe.packages, step), root, step)
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc" / "ringdesk-fonts.conf").write_text(FONTS)
    launcher = _launcher(root, recipe.name)
    launcher.parent.mkdir()
    launcher.write_text(_script(recipe, root, own_libc=bool(suite)))
    launcher.chmod(0o755)


def _script(recipe: Recipe, root: Path, *, own_libc: bool) -> str:
    """The launcher: the folder may be moved, so everything is found from where the script is."""
    words = {"root": "$root", "triplet": triplet()}
    usual = ("{root}/usr/lib/{triplet}", "{root}/lib/{triplet}")
    libraries = ":".join((*usual, *recipe.libraries)).format(**words)
    program = f'"$root/{recipe.program}" "$@"'
    lines = ["#!/bin/sh", 'root=$(dirname "$(dirname "$(readlink -f "$0")")")']
    lines += [
        f'export {key}="{value.format(**words)}"' for key, value in recipe.environment.items()
    ]
    if own_libc:
        loader = next((root / "usr/lib" / triplet()).glob("ld-linux-*.so.*")).relative_to(root)
        lines.append(f'exec "$root/{loader}" --library-path "{libraries}" {program}')
    else:
        lines.append(f'export LD_LIBRARY_PATH="{libraries}"')
        lines.append(f"exec {program}")
    return "\n".join(lines) + "\n"


@contextmanager
def _lock(path: Path, title: str, progress: Progress) -> Iterator[None]:
    """Only one process at a time fetches a part; the lock goes with the process."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.note(f"Waiting for another process that fetches {title} ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
    # The file stays: removing it would let two processes hold different locks of one name.
