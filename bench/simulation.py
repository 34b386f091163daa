"""`sim.calls_per_s`: calls through the real flow, the real Acd and the simulated switch, in jump
time, in one process on one core: `SCENARIO` once, from its first caller to its last. Callers who
reached a queue are counted; all of them press a key. The time is the processor's, the best of a few
runs, since others on the machine slow it down all the same. Beside the compiled build's figure
stands that of the interpreted one."""

import subprocess
import sys
import time
from math import inf
from pathlib import Path

import msgspec

from bench.results import Result, held_against
from engine import compiled
from engine.simulation.loading import load
from engine.simulation.run import run

SCENARIO = Path(__file__).parent / "scenarios" / "day.yaml"
#: A million calls in a minute.
WANTED = 1_000_000 / 60
_RUNS = 5


def calls_per_second() -> list[Result]:
    scenario = load(SCENARIO)
    took = inf
    for _ in range(_RUNS):
        begun = time.process_time()
        outcome = run(scenario, "bench")
        took = min(took, time.process_time() - begun)
    calls = sum(one.offered for queue in outcome.intervals.values() for one in queue)
    detail: dict[str, float] = {"calls": calls}
    if compiled.in_use():
        detail["interpreted"] = _interpreted()
    return [
        held_against(
            "sim.calls_per_s",
            calls / took,
            "calls/s",
            "a million in a minute",
            WANTED,
            more_is_better=True,
            detail=detail,
        )
    ]


def _interpreted() -> float:
    """The same of the sources as they are, in a process of its own."""
    command = [sys.executable, "-m", "bench", "--interpreted", "--only", "sim.calls_per_s"]
    said = subprocess.run(command, check=True, capture_output=True).stdout
    return msgspec.json.decode(said.splitlines()[0], type=Result).value
