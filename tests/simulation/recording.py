"""A run of a scenario whose facts are kept, as a center's journal keeps them."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from unittest.mock import patch

from calls.events import Tick
from calls.facts import Fact
from calls.messages import Message, Output
from calls.views import Published
from engine import compiled
from engine.center import CallCenter
from engine.journal import Entry, Journal
from engine.simulation import run as running
from engine.simulation.outcome import Outcome
from engine.simulation.scenario import Scenario
from engine.storage import Database


def record(database: Database, scenario: Scenario, seed: str) -> Outcome:
    """Run a scenario into the journal of a database.

    Compiled code cannot be given another center to run; what runs there is run by the sources, in
    a process of its own.
    """
    if compiled.in_use():
        with ProcessPoolExecutor(1, get_context("spawn")) as sources:
            outcome, entries = sources.submit(_run, scenario, seed).result()
    else:
        outcome, entries = _run(scenario, seed)
    Journal(database).append(entries)
    return outcome


def _run(scenario: Scenario, seed: str) -> tuple[Outcome, list[Entry]]:
    entries: list[Entry] = []

    class Recording(CallCenter):
        def handle(self, message: Message, now: float) -> list[Output]:
            outputs = super().handle(message, now)
            facts = [output for output in outputs if isinstance(output, Fact)]
            seq = sum(len(entry.facts) for entry in entries[-1:]) + (
                entries[-1].facts[-1].seq if entries else 0
            )
            if facts:
                published = [Published(seq=seq + n, at=now, fact=f) for n, f in enumerate(facts, 1)]
                entries.append(Entry(len(entries) + 1, now, Tick(), published))
            return outputs

    with patch.object(running, "CallCenter", Recording):
        return running.run(scenario, seed), entries
