"""Runs of scenarios, side by side: a run needs nothing of the others, so each may have a core."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from engine.compiled import in_use
from engine.simulation.beginning import begin
from engine.simulation.outcome import Outcome
from engine.simulation.run import run
from engine.simulation.scenario import Scenario


def outcomes(
    runs: Sequence[tuple[Scenario, str]], tell: Callable[[float], None], jobs: int
) -> list[Outcome]:
    """What comes of each run, in their order: of scenarios and their seeds, in up to `jobs`
    processes. `tell` is told the share that is done."""
    if min(jobs, len(runs)) == 1:
        return list(_one_by_one(runs, tell))
    # Spawned, not forked: whoever shows the progress may have threads.
    pool = ProcessPoolExecutor(min(jobs, len(runs)), get_context("spawn"), begin, (in_use(),))
    try:
        futures = [pool.submit(run, scenario, seed) for scenario, seed in runs]
        for done, future in enumerate(as_completed(futures), 1):
            future.result()  # raises at once what a run has raised
            tell(done / len(futures))
        return [future.result() for future in futures]
    finally:
        pool.shutdown(cancel_futures=True)


def _one_by_one(
    runs: Iterable[tuple[Scenario, str]], tell: Callable[[float], None]
) -> Iterator[Outcome]:
    parts = list(runs)
    for number, (scenario, seed) in enumerate(parts):

        def tell_all(share: float, before: int = number) -> None:
            tell((before + share) / len(parts))

        yield run(scenario, seed, tell_all)
        tell_all(1.0)
