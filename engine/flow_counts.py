"""How callers went through flows today: folded from the journal, a little at a time."""

import datetime
import threading
import zoneinfo
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import select

from calls.base import CallId, Instant
from calls.codec import decode_fact
from calls.facts import CallEnded, Fact, FlowStarted, NodeEntered, NodeLeft
from engine import history
from engine.figures import midnight
from engine.flows import compiled
from engine.models import facts
from engine.storage import Database

_KINDS = tuple(kind.__name__ for kind in (FlowStarted, NodeEntered, NodeLeft, CallEnded))

#: Calls that began so many seconds before midnight are still known after it.
BEFORE = 3600.0


class ExitTraffic(msgspec.Struct, frozen=True):
    """`share`: of the callers who came to the node today, 0..1."""

    exit: str
    to: str
    left: int
    share: float | None


class NodeTraffic(msgspec.Struct, frozen=True):
    """`inside`: callers who are there now; `entered`: who came today."""

    node: str
    title: str
    kind: str
    inside: int
    entered: int
    exits: list[ExitTraffic]


@dataclass
class NodeCount:
    """Of one node: callers who came, and who left by each exit."""

    entered: int = 0
    left: Counter[str] = field(default_factory=Counter)


def traffic(
    flow: str, source: str, counts: Mapping[str, NodeCount], here: Mapping[str, int]
) -> list[NodeTraffic]:
    """The nodes of a flow in its order. `here`: callers who are at a node now."""
    found = compiled(flow, source)
    if found is None:
        return []
    nodes = []
    for name, node in found.nodes.items():
        count = counts.get(name, NodeCount())
        targets = found.targets[name]
        exits = [
            ExitTraffic(
                exit,
                targets.get(exit, ""),
                count.left[exit],
                count.left[exit] / count.entered if count.entered else None,
            )
            for exit in dict.fromkeys((*targets, *count.left))
        ]
        nodes.append(
            NodeTraffic(
                name, node.title or name, node.kind, here.get(name, 0), count.entered, exits
            )
        )
    return nodes


class FlowCounts:
    """The counts of the day in the center's time zone. Any thread.

    Nothing is counted while nobody looks; whoever looks reads what has come since.
    """

    def __init__(self, database: Database, zone: zoneinfo.ZoneInfo) -> None:
        self._database = database
        self._zone = zone
        self._lock = threading.Lock()
        self._day: datetime.date | None = None

    def today(self, flow: str, version: int, now: Instant) -> dict[str, NodeCount]:
        """By node, of one version of a flow; nodes where nobody came are left out."""
        with self._lock:
            day = datetime.datetime.fromtimestamp(now, self._zone).date()
            if day != self._day:
                self._begin(day)
            self._catch_up()
            nodes: dict[str, NodeCount] = self._counts.get((flow, version), defaultdict(NodeCount))
            return {
                name: NodeCount(count.entered, Counter(count.left)) for name, count in nodes.items()
            }

    def _begin(self, day: datetime.date) -> None:
        self._day = day
        self._midnight = midnight(day, self._zone)
        self._last = 0
        #: Where each call is: flow and version.
        self._walks: dict[CallId, tuple[str, int]] = {}
        self._counts: dict[tuple[str, int], defaultdict[str, NodeCount]] = {}

    def _catch_up(self) -> None:
        since = self._midnight - BEFORE
        with self._database.session() as session:
            # By number: SQLite would go through the facts of all the years for the time alone.
            last = self._last or history.last_before(session, since)
            wanted = (
                select(facts.c.seq, facts.c.at, facts.c.body)
                .where(facts.c.seq > last, facts.c.at >= since)
                .where(facts.c.kind.in_(_KINDS))
                .order_by(facts.c.seq)
            )
            for seq, at, body in session.execute(wanted).yield_per(1000):
                self._add(decode_fact(body), at)
                self._last = seq

    def _add(self, fact: Fact, at: Instant) -> None:
        match fact:
            case FlowStarted(call=call, flow=flow, version=version):
                self._walks[call] = (flow, version)
            case CallEnded(call=call):
                self._walks.pop(call, None)
            case NodeEntered(call=call, node=node) if (counts := self._of(call, at)) is not None:
                counts[node].entered += 1
            case NodeLeft(call=call, node=node, exit=exit) if (
                counts := self._of(call, at)
            ) is not None:
                counts[node].left[exit] += 1
            case _:
                pass

    def _of(self, call: CallId, at: Instant) -> defaultdict[str, NodeCount] | None:
        """The counts of the flow that a call is in; None for what does not count today."""
        walked = self._walks.get(call)
        if walked is None or at < self._midnight:
            return None
        return self._counts.setdefault(walked, defaultdict(NodeCount))
