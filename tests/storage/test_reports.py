"""Figures over a period, from facts in a real database, against what was worked out by hand."""

import datetime
import zoneinfo
from collections.abc import Iterable
from typing import Any

import pytest

from calls.base import AgentState, Instant, QueueOutcome
from calls.config import Queue
from calls.errors import InputInvalid
from calls.events import CallerIdentified, Tick
from calls.facts import (
    AgentStateChanged,
    CallerKnown,
    CallLeftQueue,
    CallQueued,
    CallTransferred,
    ConversationEnded,
    Fact,
    OfferEnded,
    OfferMade,
    WrapUpEnded,
)
from calls.views import Published
from engine import configuration, reports, users
from engine.journal import Entry, Journal
from engine.reports import By, Report, Row
from engine.storage import Database

ZONE = zoneinfo.ZoneInfo("Europe/Warsaw")
DAY = datetime.datetime(2026, 10, 20, tzinfo=ZONE).timestamp()
NINE = DAY + 9 * 3600


class Story:
    """Facts written down one after another."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._journal = Journal(database)
        self._seq = 0

    def tell(self, at: Instant, *happened: Fact) -> None:
        self._seq += 1
        first = self._journal.end().fact + 1
        facts = [Published(seq=first + n, at=at, fact=fact) for n, fact in enumerate(happened)]
        self._journal.append([Entry(self._seq, at, Tick(), facts)])

    def state(self, at: Instant, agent: str, state: AgentState) -> None:
        self.tell(at, AgentStateChanged(agent=agent, state=state))

    def visit(
        self,
        at: Instant,
        call: str,
        outcome: QueueOutcome,
        waited: float,
        *,
        queue: str = "support",
        skills: dict[str, int] | None = None,
    ) -> None:
        self.tell(at, CallQueued(call=call, queue=queue, position=1, skills=skills or {}))
        left = CallLeftQueue(call=call, queue=queue, outcome=outcome, waited=waited)
        self.tell(at + waited, left)

    def answered(
        self, at: Instant, call: str, agent: str, waited: float = 10, talked: float = 60
    ) -> None:
        """With ten seconds of after-call work."""
        about: dict[str, Any] = {"call": call, "agent": agent, "queue": "support"}
        made = OfferMade(offer="o", **about, waited=0, until=at + 15)
        ended = OfferEnded(offer="o", **about, outcome="accepted", lasted=5)
        self.tell(at, CallQueued(call=call, queue="support", position=1), made)
        left = CallLeftQueue(call=call, queue="support", outcome="connected", waited=waited)
        self.tell(at + waited, ended, left)
        talk = ConversationEnded(**about, talked=talked, by="caller")
        self.tell(at + waited + talked, talk)
        self.tell(at + waited + talked + 10, WrapUpEnded(**about, lasted=10, by="timeout"))

    def report(self, by: By = "queue", begin: Instant = DAY, days: float = 1) -> Report:
        end = begin + days * 86400
        with self.database.session() as session:
            return reports.report(session, ZONE, begin=begin, end=end, by=by, now=end)


@pytest.fixture
def story(database: Database) -> Story:
    with database.session() as session:
        configuration.save_queue(session, Queue(name="support", title="Support desk"))
        configuration.save_queue(
            session,
            Queue(name="sales", service_level=60.0, service_level_variant="answered"),
        )
    return Story(database)


def rows(report: Report) -> dict[str, Row]:
    return {row.key: row for row in report.rows}


def test_by_queue_each_judged_by_its_own_time_and_variant(story: Story) -> None:
    story.visit(NINE, "a", "connected", 19)
    story.visit(NINE, "b", "connected", 50)
    story.visit(NINE, "c", "abandoned", 50)
    story.visit(NINE, "d", "connected", 50, queue="sales")
    story.visit(NINE, "e", "abandoned", 50, queue="sales")
    found = story.report()
    support, sales = rows(found)["support"], rows(found)["sales"]
    assert (support.title, support.offered, support.answered) == ("Support desk", 3, 2)
    assert support.service_level == pytest.approx(1 / 3)
    assert (support.service_level_variant, support.service_level_seconds) == ("standard", 20)
    assert sales.service_level == 1.0
    assert (sales.service_level_variant, sales.service_level_seconds) == ("answered", 60)
    total = found.total
    assert (total.offered, total.answered_in_time, total.abandoned) == (5, 2, 2)
    assert total.service_level == pytest.approx(2 / 5)
    assert total.service_level_seconds is None
    assert total.asa == pytest.approx((19 + 50 + 50) / 3)


def test_holds_and_transfers_count_for_the_queue_and_the_agent(story: Story) -> None:
    about: dict[str, Any] = {"call": "c", "agent": "anna"}
    story.visit(NINE, "c", "connected", 10)
    for kind in ("blind", "warm"):
        story.tell(NINE + 50, CallTransferred(**about, to="queue:sales", kind=kind))
    talk = ConversationEnded(**about, queue="support", talked=40, by="agent", held=15)
    story.tell(NINE + 50, talk)
    story.visit(NINE + 50, "c", "abandoned", 30, queue="sales")
    story.tell(NINE + 60, WrapUpEnded(**about, queue="support", lasted=10, by="agent"))
    wanted: tuple[tuple[By, str], ...] = (("queue", "support"), ("agent", "anna"))
    for by, key in wanted:
        row = next(row for row in story.report(by).rows if row.key == key)
        assert (row.talked, row.held, row.hold_time, row.aht) == (40, 15, 15, 50)
        assert (row.transferred_blind, row.transferred_warm, row.transfer_rate) == (1, 1, 2.0)


def test_a_variant_can_be_asked_for(story: Story) -> None:
    story.visit(NINE, "a", "connected", 19)
    story.visit(NINE, "b", "abandoned", 10)
    with story.database.session() as session:
        found = reports.report(
            session, ZONE, begin=DAY, end=NINE, by="queue", now=NINE, variant="abandoned_late"
        )
    assert found.total.service_level_variant == "abandoned_late"
    assert found.total.service_level is None  # nobody came before nine
    found = story.report()
    assert found.total.service_level == pytest.approx(1 / 2)


def test_a_visit_counts_in_the_day_in_which_it_began(story: Story) -> None:
    midnight = DAY + 86400
    story.answered(midnight - 20, "a", "ann", waited=30, talked=100)
    first, second = story.report(), story.report(begin=midnight)
    assert (first.total.offered, first.total.answered, first.total.handled) == (1, 1, 1)
    assert first.total.aht == pytest.approx(110)
    assert (second.total.offered, second.total.answered, second.total.handled) == (0, 0, 0)
    both = story.report(days=2)
    assert (both.total.offered, both.total.handled) == (1, 1)


def test_a_call_that_comes_back_the_next_day_is_another_visit(story: Story) -> None:
    story.visit(DAY + 86390, "a", "moved", 5)
    story.visit(DAY + 86401, "a", "connected", 5)
    assert story.report().total.answered == 0
    assert story.report(begin=DAY + 86400).total.answered == 1


def test_an_agents_work_counts_in_the_day_in_which_the_visit_began(story: Story) -> None:
    """Also where the caller was in another queue the day before."""
    midnight = DAY + 86400
    story.visit(midnight - 20, "a", "overflowed", 30, queue="sales")
    story.answered(midnight + 10, "a", "ann")
    first, second = story.report("agent"), story.report("agent", begin=midnight)
    assert (first.total.offered, first.total.overflowed, first.rows) == (1, 0, [])
    assert (second.total.offered, rows(second)["ann"].handled) == (1, 1)


def test_by_agent_with_time_from_before_the_period(story: Story) -> None:
    """Bob has a user and does nothing; Ann's user has been removed since."""
    with story.database.session() as session:
        users.create_user(session, "bob", "agent", None, "Bob")
    story.state(DAY - 5000, "ann", "ready")
    story.state(DAY - 4000, "bob", "not_ready")
    story.state(DAY - 3000, "cyd", "ready")
    story.state(DAY - 2000, "cyd", "logged_out")
    story.state(DAY + 3600, "ann", "talking")
    story.state(DAY + 5400, "ann", "ready")
    story.answered(NINE, "a", "ann", talked=50)
    found = rows(story.report("agent"))
    ann, bob = found["ann"], found["bob"]
    assert (ann.offers, ann.accepted, ann.handled, ann.aht) == (1, 1, 1, 60)
    assert ann.talking_seconds == 1800
    assert ann.ready_seconds == 86400 - 1800
    assert ann.occupancy == pytest.approx(1800 / 86400)
    assert ann.utilisation == pytest.approx(1800 / 86400)
    assert (bob.not_ready_seconds, bob.occupancy, bob.utilisation) == (86400, None, 0)
    assert set(found) == {"ann", "bob"}


def test_by_hour_where_the_clock_is_put_back(story: Story) -> None:
    """On 25 October 2026 the hour from two to three comes twice."""
    day = datetime.datetime(2026, 10, 25, tzinfo=ZONE).timestamp()
    for n in range(4):
        story.visit(day + n * 3600 + 60, f"c{n}", "connected", 5)
    story.state(day + 1.5 * 3600, "ann", "ready")
    story.state(day + 3.5 * 3600, "ann", "logged_out")
    found = rows(story.report("hour", begin=day, days=25 / 24))
    assert list(found) == [
        "2026-10-25T00:00+02:00",
        "2026-10-25T01:00+02:00",
        "2026-10-25T02:00+02:00",
        "2026-10-25T02:00+01:00",
    ]
    assert [row.offered for row in found.values()] == [1, 1, 1, 1]
    assert [row.ready_seconds for row in found.values()] == [0, 1800, 3600, 1800]


def test_by_skill_a_call_counts_for_each(story: Story) -> None:
    story.visit(NINE, "a", "connected", 5, skills={"tax": 3, "lang:pl": 5})
    story.visit(NINE, "b", "connected", 5, skills={"tax": 9})
    story.visit(NINE, "c", "abandoned", 9)
    found = story.report("skill")
    assert {key: row.offered for key, row in rows(found).items()} == {
        "": 1,
        "lang:pl": 1,
        "tax": 2,
    }
    assert found.total.offered == 3


def test_by_organisation_also_where_it_is_known_late(story: Story) -> None:
    story.tell(NINE, CallQueued(call="a", queue="support", position=1))
    who = CallerIdentified(request="r", call="a", contact=1, organisation="Northwind")
    story.tell(NINE + 1, CallerKnown(call="a", who=who))
    left = CallLeftQueue(call="a", queue="support", outcome="connected", waited=3)
    story.tell(NINE + 3, left)
    story.visit(NINE, "b", "abandoned", 9)
    found = rows(story.report("organisation"))
    assert (found["Northwind"].answered, found[""].abandoned) == (1, 1)


@pytest.mark.parametrize(("begin", "end"), [(DAY, DAY), (DAY, DAY - 1), (DAY, DAY + 401 * 86400)])
def test_a_period_that_is_none(database: Database, begin: float, end: float) -> None:
    with database.session() as session, pytest.raises(InputInvalid, match="from: "):
        reports.report(session, ZONE, begin=begin, end=end, by="queue", now=end)


def total(parts: Iterable[Report], name: str) -> float:
    return float(sum(getattr(part.total, name) for part in parts))


def test_days_add_up_to_the_week(story: Story) -> None:
    with story.database.session() as session:
        users.create_user(session, "ann", "agent", None)
    story.state(DAY + 100, "ann", "ready")
    for n in range(60):
        at = DAY + n * 10_000
        story.answered(at, f"c{n}", "ann", waited=n % 40)
    days = [story.report(begin=DAY + n * 86400) for n in range(7)]
    week = story.report(days=7)
    for name in ("offered", "answered", "answered_in_time", "handled", "talked", "ready_seconds"):
        assert total(days, name) == pytest.approx(total([week], name)), name
