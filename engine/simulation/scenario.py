"""What a scenario file says, read and checked. Times are seconds; `loading` tells the format."""

import datetime
import zoneinfo
from typing import TypeAlias

import msgspec

from calls.actions import PublishFlow
from calls.base import AgentId, Instant, QueueId
from calls.config import Agent, Number, Queue
from engine.simulation.distributions import Distribution

HOUR = 3600.0
DAY = 86400.0

#: A wrap-up that the simulated agent ends, not the center's timer.
BY_AGENT = 10 * DAY


#: The first day where none is named: a Monday that is a public holiday nowhere.
MONDAY = datetime.date(2024, 4, 22)


class Calendar(msgspec.Struct, frozen=True):
    """The first of the simulated days, and the zone whose clocks all times of day are read from."""

    day: datetime.date = MONDAY
    zone: zoneinfo.ZoneInfo = zoneinfo.ZoneInfo("UTC")

    def instant(self, seconds: float, day: int = 0) -> Instant:
        """When a clock shows so many seconds after midnight, on the day that comes so many days
        after the first."""
        midnight = datetime.datetime.combine(self.day, datetime.time())
        local = midnight + datetime.timedelta(days=day, seconds=seconds)
        return local.replace(tzinfo=self.zone).timestamp()

    def local(self, at: Instant) -> datetime.datetime:
        """What a clock shows."""
        return datetime.datetime.fromtimestamp(at, self.zone)


class QueuePlan(msgspec.Struct, frozen=True, kw_only=True):
    """A queue, and the people in it."""

    queue: Queue
    patience: Distribution
    talk: Distribution
    #: None: the center's timer (`queue.wrap_up`) ends it.
    wrap_up: Distribution | None


class Shift(msgspec.Struct, frozen=True):
    """Seconds after midnight; `until` may lie on the day after."""

    since: float
    until: float


class AgentPlan(msgspec.Struct, frozen=True, kw_only=True):
    """An agent, and how they work."""

    agent: Agent
    #: Every day; none: always there.
    shifts: tuple[Shift, ...]
    #: How long the phone rings until it is answered.
    answers: Distribution
    #: The share of calls that are not answered.
    misses: float
    #: How long after a missed call they are ready again.
    returns: float


class Poisson(msgspec.Struct, frozen=True):
    """Callers at random: calls an hour, for each hour of the day."""

    hourly: tuple[float, ...]


class RecordedCall(msgspec.Struct, frozen=True, kw_only=True):
    """A caller of the past; what is None was not to be seen."""

    #: From the start of the simulation.
    at: float
    number: str
    dials: str
    keys: tuple[str, ...]
    #: How long they stayed who hung up in the menu.
    stayed: float | None
    patience: float | None
    #: How long the caller is known to have waited at least.
    waited: float
    talk: float | None
    wrap_up: float | None


class Recorded(msgspec.Struct, frozen=True):
    calls: tuple[RecordedCall, ...]
    #: When that was.
    calendar: Calendar


Arrivals: TypeAlias = Poisson | Recorded


class Callers(msgspec.Struct, frozen=True, kw_only=True):
    """A stream of callers."""

    name: str
    arrivals: Arrivals
    #: Empty: the numbers as they were dialled (recorded).
    dial: str
    #: What they press, prompt by prompt (an empty one: nothing), with the share of each.
    keys: tuple[tuple[float, tuple[str, ...]], ...]
    #: How long after the start of a prompt they press.
    presses_after: float


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    title: str
    file: str
    calendar: Calendar
    #: Seconds after the first midnight.
    begins: float
    length: float
    warm_up: float
    queues: dict[QueueId, QueuePlan]
    agents: dict[AgentId, AgentPlan]
    numbers: tuple[Number, ...]
    flows: tuple[PublishFlow, ...]
    callers: tuple[Callers, ...]

    @property
    def start(self) -> Instant:
        return self.calendar.instant(self.begins)
