"""The compiled build of the pure rooms: the same decisions for less than half the time.

`make compiled` (`engine.compiling`) lets mypyc compile `MODULES` into a folder of the state
directory. The folder's name is a digest of all that the build depends on, so a build is never
stale: of other sources, or for another Python, it has another name. `use` lets Python import these
modules from there; where there is no such folder, all runs interpreted, as it is written.

What defines msgspec structs is not compiled: mypyc loses the arguments of such classes.
"""

import os
import sys
import sysconfig
from collections.abc import Sequence
from hashlib import sha256
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

#: What is compiled, by its folder.
MODULES = {
    "acd": "acd agents asked configured contacts estimates floor index kept live offers overflow"
    " parallel relaxation restoring rows signatures strategies timers views",
    "engine/center": "around center consulting favours handover house life live overflow pop"
    " recalls reconcile recordings ringing seats shelf supervision talking transfers treatment"
    " view",
    "engine/simulation": "arrivals run tally",
    "ivr": "caller live phrases session speaking values visit waiting waits",
    "switch": "collector",
    "switch/simulated": "board bridges conversations leg line phones world",
}
#: Where these are, and all that they are compiled against.
ROOT = Path(__file__).parent.parent
_AGAINST = ("acd", "calls", "cti", *MODULES)


class _Finder(MetaPathFinder):
    """Finds what was compiled, and the library that mypyc puts beside it."""

    def __init__(self, folder: Path) -> None:
        suffix = sysconfig.get_config_var("EXT_SUFFIX")
        self._files = {
            str(file.relative_to(folder)).removesuffix(suffix).replace(os.sep, "."): file
            for file in folder.rglob(f"*{suffix}")
        }

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        file = self._files.get(fullname)
        return None if file is None else spec_from_file_location(fullname, file)


def use() -> bool:
    """Import from here on what is compiled, if exactly these sources are. To be called before
    anything of the pure rooms is imported; else it is too late, and nothing changes."""
    if in_use():
        return True
    if not builds().is_dir() or any(name in sys.modules for name in names()):
        return False
    if not (build := folder()).is_dir():
        return False
    sys.meta_path.insert(0, _Finder(build))
    return True


def in_use() -> bool:
    """Whether it is the compiled build that runs."""
    return any(isinstance(finder, _Finder) for finder in sys.meta_path)


def builds() -> Path:
    """Where builds are."""
    return Path(os.environ.get("RINGDESK_HOME") or "var").absolute() / "compiled"


def folder() -> Path:
    """Where the build of exactly these sources is, or would be."""
    digest = sha256(f"{sys.version} {sysconfig.get_platform()}".encode())
    for room in _AGAINST:
        for file in sorted((ROOT / room).glob("*.py")):
            digest.update(f"\0{room}/{file.name}\0".encode() + file.read_bytes())
    for maker in ("compiled.py", "compiling.py"):
        digest.update((Path(__file__).parent / maker).read_bytes())
    return builds() / digest.hexdigest()[:16]


def names() -> list[str]:
    """The modules as they are imported."""
    return [file.removesuffix(".py").replace("/", ".") for file in files()]


def files() -> list[str]:
    """The modules as files below `ROOT`."""
    return [f"{room}/{name}.py" for room, some in MODULES.items() for name in some.split()]
