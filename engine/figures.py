"""Today's figures, folded from the facts as they are committed, from midnight on."""

import datetime
import zoneinfo

import msgspec
from sqlalchemy import select

from acd.statistics import DayFigures
from calls.base import Instant
from calls.views import LiveView, Published, QueueFigures, QueueView
from engine import history
from engine.journal import Journal
from engine.models import User


class Today:
    """The figures of the day in the center's time zone."""

    def __init__(self, journal: Journal, zone: zoneinfo.ZoneInfo, now: Instant) -> None:
        self._zone = zone
        self._figures = DayFigures()
        self._begin(now)
        with journal.database.session() as session:
            agents = session.scalars(select(User.name))
            for _, known in history.states(session, self._midnight, agents):
                self._figures.state(known.agent, known.state, self._midnight)
        for published in journal.facts_since(self._midnight):
            self._figures.add(published.fact, published.at)

    def add(self, published: Published) -> None:
        """Count one committed fact; the first after midnight begins a new day."""
        if published.at >= self._next:
            self._begin(published.at)
        self._figures.add(published.fact, published.at)

    def fill(self, view: LiveView) -> LiveView:
        """The view with each queue's figures of today."""
        queues = tuple(
            msgspec.structs.replace(queue, today=self._queue(queue, view.at))
            for queue in view.queues
        )
        return msgspec.structs.replace(view, queues=queues)

    def _queue(self, queue: QueueView, now: Instant) -> QueueFigures:
        if now >= self._next:
            return QueueFigures(service_level_variant=queue.service_level_variant)
        return self._figures.figures(
            queue.name, queue.service_level_seconds, queue.service_level_variant
        )

    def _begin(self, now: Instant) -> None:
        day = datetime.datetime.fromtimestamp(now, self._zone).date()
        self._midnight = midnight(day, self._zone)
        self._next = midnight(day + datetime.timedelta(days=1), self._zone)
        self._figures.new_day(self._midnight)


def midnight(day: datetime.date, zone: zoneinfo.ZoneInfo) -> Instant:
    """When a day begins there."""
    return datetime.datetime.combine(day, datetime.time(), zone).timestamp()
