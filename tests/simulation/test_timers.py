"""How long simulated people wait and stay away: each timer ends with its reason."""

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select

from calls.codec import decode_fact
from calls.events import Tick
from calls.facts import (
    AgentStateChanged,
    CallArrived,
    CallEnded,
    CallLeftQueue,
    CallQueued,
    Fact,
    NodeEntered,
)
from calls.views import Published
from engine.journal import Entry, Journal
from engine.models import facts
from engine.simulation import loading
from engine.simulation import run as running
from engine.simulation.results import Results, simulate
from engine.simulation.tally import CENTER
from engine.storage import opened
from tests.simulation.recording import record
from tests.simulation.scenes import mean, write


def sent_on(folder: Path, patience: str, there: str, limit: int = 30) -> Results:
    """Callers whom nobody answers, sent to another queue where nobody is before 05:00."""
    text = (
        f"{{length: 4h, queues: {{line: {{talk: 60, patience: {patience}, "
        f"overflow: [{{when: waited, limit: {limit}, to: queue, target: rest}}]}}, "
        f"rest: {{announce_every: 0, talk: 1, patience: {there}}}}}, "
        "agents: {one: {queues: {line: 1}, shifts: ['23:58-23:59']}, "
        "many: {count: 500, queues: {rest: 1}, shifts: ['05:00-05:30']}}, "
        "numbers: {'1': {queue: line}}, callers: {all: {dial: '1', rate: 500 per hour}}}"
    )
    return simulate(loading.load(write(folder, text)), runs=1, seed=1)


def test_who_is_sent_on_has_the_patience_of_the_other_queue(tmp_path: Path) -> None:
    patient = sent_on(tmp_path, patience="60", there="2d")
    assert mean(patient, "overflowed") == mean(patient, "answered", "rest") > 1500
    assert mean(patient, "abandoned", "rest") == 0
    for there in (20, 45, 90):
        waits = sent_on(tmp_path, patience="60", there=str(there)).waits["rest"]
        assert set(waits.abandoned) == {there}, "from there on"


def test_who_is_sent_on_has_the_rest_of_the_same_patience(tmp_path: Path) -> None:
    waits = sent_on(tmp_path, patience="60", there="60", limit=40).waits["rest"]
    assert set(waits.abandoned) == {20}


@pytest.mark.parametrize("there", [45, 300])
def test_who_is_sent_on_is_as_patient_as_others_there(tmp_path: Path, there: int) -> None:
    """Half give up before. The others are those of more patience, but no more than any in a queue
    of another one; exponential patience forgets what has been waited."""
    results = sent_on(tmp_path, patience="{exponential: 45}", there=f"{{exponential: {there}}}")
    assert mean(results, "overflowed") / mean(results, "offered") == pytest.approx(0.51, abs=0.03)
    waited = results.waits["rest"].abandoned
    assert waited.total() > 900
    # Whole seconds, rounded down.
    found = sum(second * count for second, count in waited.items()) / waited.total() + 0.5
    assert found == pytest.approx(there, rel=0.1)


def run(folder: Path, scenario: str) -> list[tuple[float, Fact]]:
    """What happens in one run of a scenario, and when (seconds)."""
    with opened(f"sqlite:///{folder / 'center.db'}") as database:
        record(database, loading.load(write(folder, scenario)), "1")
        with database.session() as session:
            found = session.execute(select(facts.c.at, facts.c.body).order_by(facts.c.seq))
            return [(at, decode_fact(body)) for at, body in found]


def test_who_missed_a_call_is_away_for_as_long_as_said(tmp_path: Path) -> None:
    """Also where each call is followed by a rest, which ends by itself."""
    text = (
        "{length: 8h, queues: {line: {talk: 50, rest: 5, patience: 30}}, "
        "agents: {one: {queues: {line: 1}, misses: 50%, returns: 10m}}, "
        "numbers: {'1': {queue: line}}, callers: {all: {dial: '1', rate: 60 per hour}}}"
    )
    states = [(at, fact) for at, fact in run(tmp_path, text) if isinstance(fact, AgentStateChanged)]
    away: dict[str, list[float]] = {}
    for (at, state), (until, after) in pairwise(states):
        if state.state == "not_ready":
            assert after.state == "ready"
            away.setdefault(state.reason, []).append(until - at)
    assert {round(seconds, 6) for seconds in away.pop("rest")} == {5.0}
    [missed] = away.values()
    assert {round(seconds, 6) for seconds in missed} == {600.0}
    assert len(missed) > 20


def test_who_rests_when_a_shift_ends_and_the_next_begins_comes_back(tmp_path: Path) -> None:
    text = (
        "{begins: '08:00', length: 4h, queues: {line: {talk: 60, rest: 60, patience: 300}}, "
        "agents: {one: {count: 5, queues: {line: 1}, shifts: ['08:00-10:00', '10:00-12:00']}}, "
        "numbers: {'1': {queue: line}}, callers: {all: {dial: '1', rate: 400 per hour}}}"
    )
    rows = run(tmp_path, text)
    later = rows[0][0] + 2.5 * 3600
    talked = {
        fact.agent
        for at, fact in rows
        if isinstance(fact, AgentStateChanged) and fact.state == "talking" and at > later
    }
    assert len(talked) == 5


def test_recorded_callers_who_hung_up_in_the_menu_after_a_queue_do_so_again(
    tmp_path: Path,
) -> None:
    """One was sent from the queue to a menu and left it; the menu would have ended the call."""
    text = """\
length: 1h
day: 2025-11-17
queues:
  line: {talk: 60, overflow: [{when: waited, limit: 30, to: flow, target: later}]}
agents:
  one: {queues: {line: 1}, shifts: ["22:00-23:00"]}
numbers:
  "1": {queue: line}
flows:
  later: |
    flow: later
    languages: [en]
    start: sorry
    operator: bye
    nodes:
      sorry:
        kind: menu
        text: {en: "Nobody is here. To hear that again, press one."}
        keys: {1: sorry}
        no_match: {text: {en: No.}}
        no_input: {text: {en: Please do.}}
      bye: {kind: hangup}
callers:
  past: {recorded: center.db}
"""
    told: list[tuple[float, Fact]] = [
        (0, CallArrived(call="a", leg="x/1", caller="1", called="1")),
        (0, CallQueued(call="a", queue="line", position=1)),
        (30, CallLeftQueue(call="a", queue="line", outcome="overflowed", waited=30)),
        (30, NodeEntered(call="a", node="sorry", kind="menu")),
        (33, CallEnded(call="a", outcome="abandoned_menu", cause="hangup", lasted=33)),
    ]
    begins = datetime(2025, 11, 17, tzinfo=UTC).timestamp()
    with opened(f"sqlite:///{tmp_path / 'center.db'}") as database:
        Journal(database).append(
            [
                Entry(n, begins + at, Tick(), [Published(seq=n, at=begins + at, fact=fact)])
                for n, (at, fact) in enumerate(told, 1)
            ]
        )
    found = running.run(loading.load(write(tmp_path, text)), "1").figures
    assert found["line"]["overflowed"].part == 1
    assert found[CENTER]["left_menu"].part == 1
