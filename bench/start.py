"""How long a newcomer waits for a center.

`run.first_start`: from ``make run`` in a fresh clone, with nothing cached, until the center is
ready: it has to fetch everything. `run.start`: ``ringdesk run --demo`` with all that in place.
Both are held against what they may take.
"""

import asyncio
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

from bench import center
from bench.results import Result, held_against

#: Seconds that they may take.
FIRST_LIMIT, LIMIT = 120.0, 5.0
#: How many starts the median is of.
STARTS = 3


def first_start() -> list[Result]:
    """A fresh clone of the last commit; needs a network."""
    with tempfile.TemporaryDirectory(prefix="ringdesk-bench-") as folder:
        clone = Path(folder) / "ringdesk"
        subprocess.run(["git", "clone", "-q", str(center.ROOT), str(clone)], check=True)
        took = asyncio.run(_first(clone, Path(folder)))
    return [held_against("run.first_start", took, "s", "the limit", FIRST_LIMIT)]


async def _first(clone: Path, folder: Path) -> float:
    environ = center.environment(clone / "var") | {
        "RINGDESK_PARTS": str(clone / "var" / "parts"),
        "PIP_NO_CACHE_DIR": "1",
        "npm_config_cache": str(folder / "npm"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        # What has been made for this checkout must not be found.
        "PATH": os.pathsep.join(
            part
            for part in os.environ["PATH"].split(os.pathsep)
            if not part.startswith(str(center.ROOT))
        ),
    }
    async with center.running(environ, "make", "run", folder=clone) as took:
        return took


def start() -> list[Result]:
    """The second and later starts with one state folder, in which the parts are fetched."""
    with tempfile.TemporaryDirectory(prefix="ringdesk-bench-") as folder:
        took = asyncio.run(_starts(center.environment(Path(folder))))
    return [held_against("run.start", statistics.median(took), "s", "the limit", LIMIT)]


async def _starts(environ: dict[str, str]) -> list[float]:
    took = []
    for _ in range(1 + STARTS):
        async with center.running(environ, *center.RUN, "--demo") as seconds:
            took.append(seconds)
    return took[1:]
