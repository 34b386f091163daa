"""`sim.calls_per_s`: calls through the real flow, the real Acd and the simulated switch, in jump
time, in one process on one core: `SCENARIO` once, from its first caller to its last. Callers who
reached a queue are counted; all of them press a key. The time is the processor's: others on the
machine do not count."""

import time
from pathlib import Path

from bench.results import Result, held_against
from engine.simulation.loading import load
from engine.simulation.run import run

SCENARIO = Path(__file__).parent / "scenarios" / "day.yaml"
#: A million calls in a minute.
WANTED = 1_000_000 / 60


def calls_per_second() -> list[Result]:
    scenario = load(SCENARIO)
    begun = time.process_time()
    outcome = run(scenario, "bench")
    took = time.process_time() - begun
    calls = sum(one.offered for queue in outcome.intervals.values() for one in queue)
    return [
        held_against(
            "sim.calls_per_s",
            calls / took,
            "calls/s",
            "a million in a minute",
            WANTED,
            more_is_better=True,
            detail={"calls": calls},
        )
    ]
