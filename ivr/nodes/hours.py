"""Ask the clock whether somebody is there."""

from collections.abc import Sequence

from calls.hours import Hours, fault, is_open
from ivr.fields import Next
from ivr.node import Edge, Fault, Leave, Node, Step
from ivr.visit import Visit


class HoursNode(Node, frozen=True, kw_only=True):
    """Lead callers one way within opening hours, and another way outside of them.

    .. code-block:: yaml

        hours:
          kind: hours
          zone: Europe/Warsaw
          weekly:                        # a day that is missing is closed
            mon: ["09:00-12:30", "13:00-17:00"]
            fri: ["09:00-15:00"]
          country: PL                    # closed on public holidays
          exceptions:                    # win over both; no span: closed
            "2026-12-24": ["09:00-12:00"]
            "2026-12-31": []
          open: menu
          closed: sales
    """

    leads_on = True

    zone: str = "Europe/Warsaw"
    weekly: dict[str, tuple[str, ...]]
    country: str = ""
    exceptions: dict[str, tuple[str, ...]] = {}
    open: Next
    closed: Next

    def hours(self) -> Hours:
        return Hours(
            zone=self.zone,
            weekly=self.weekly,
            country=self.country,
            exceptions=self.exceptions,
        )

    def enter(self, visit: Visit) -> Step:
        return Leave(exit="open" if is_open(self.hours(), visit.now) else "closed")

    def edges(self) -> Sequence[Edge]:
        return (
            Edge(exit="open", target=self.open, path=("open",)),
            Edge(exit="closed", target=self.closed, path=("closed",)),
        )

    def faults(self) -> Sequence[Fault]:
        wrong = fault(self.hours())
        if wrong is None:
            return ()
        return (Fault(tuple(wrong.partition(":")[0].split(".")), wrong),)
