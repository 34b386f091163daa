"""All benchmarks.

A benchmark is a function that gives its results; `BENCHMARKS` has them by the names they report.
"""

import argparse
import sys
from collections.abc import Callable

import msgspec

from bench import acd, calls, ivr, simulation, start, twilio
from bench.results import Result, table
from calls.errors import RingdeskError

BENCHMARKS: dict[Callable[[], list[Result]], tuple[str, ...]] = {
    acd.costs: acd.COST_NAMES,
    acd.scans: acd.SCAN_NAMES,
    acd.growth: ("acd.growth_1k_100k",),
    acd.memory: acd.MEMORY_NAMES,
    simulation.calls_per_second: ("sim.calls_per_s",),
    ivr.run: ivr.NAMES,
    calls.run: calls.NAMES,
    calls.many_members: calls.MEMBERS,
    calls.seats: calls.SEATS,
    calls.max_rate: calls.RATE,
    twilio.run: twilio.NAMES,
    start.start: ("run.start",),
    start.first_start: ("run.first_start",),
}


def main(arguments: list[str]) -> int:
    """Measure what the command's arguments ask for."""
    names = sorted(name for reported in BENCHMARKS.values() for name in reported)
    parser = argparse.ArgumentParser(
        prog="bench", description="Measure, one JSON object a line, then a table."
    )
    parser.add_argument("--only", choices=names, metavar="NAME", help=", ".join(names))
    only = parser.parse_args(arguments).only
    found: list[Result] = []
    for measure, reported in BENCHMARKS.items():
        if only and only not in reported:
            continue
        try:
            results = measure()
        except RingdeskError as error:
            print(f"bench: {', '.join(reported)}: {error}", file=sys.stderr)
            return 1
        for result in results:
            if only in (None, result.name):
                print(msgspec.json.encode(result).decode(), flush=True)
                found.append(result)
    print(f"\n{table(found)}")
    return 0
