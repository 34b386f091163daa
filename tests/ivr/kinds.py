"""What the tests of single node kinds share: a flow around them, and what callers hear of it."""

from calls.commands import Prompt
from calls.events import CallerIdentified, KnownTicket, StoreEvent, TicketDrafted
from ivr.flow import Flow
from ivr.loading import load
from ivr.messages import Queued
from ivr.surroundings import QueueNow
from tests.ivr.flows import around
from tests.ivr.walk import CALL, Walk

#: Tuesday 24 November 2026, 12:00 in Warsaw.
NOON = 1_795_518_000.0

ADA = CallerIdentified(
    request="r",
    call=CALL,
    contact=3,
    name="Ada",
    organisation="Byron",
    vip=True,
    tickets=(KnownTicket(id=9, number="INC-1009", title="Router", priority=2),),
)
ENDS = "\n".join(f"{name}: {{kind: queue, queue: {name}}}" for name in ("sales", "support"))


def flow(nodes: str, start: str, languages: str = "en") -> Flow:
    return load(around(f"{nodes.strip()}\n{ENDS}", start=start, languages=languages,
                       entries="sales, support"))  # fmt: skip


def queue_of(walk: Walk) -> str:
    assert isinstance(walk.said[-1], Queued), walk.said
    return walk.said[-1].queue


def texts(walk: Walk) -> list[str]:
    prompt = walk.said[-1]
    assert isinstance(prompt, Prompt)
    return [getattr(media, "text", "") for media in prompt.media]


class Center:
    """One queue, and flows by name."""

    def __init__(self, waiting: int = 0, **flows: Flow) -> None:
        self.waiting = waiting
        self.flows = flows

    def newest(self, name: str) -> int | None:
        return 4 if name in self.flows else None

    def flow(self, name: str, version: int) -> Flow:
        assert version == 4
        return self.flows[name]

    def queue(self, name: str) -> QueueNow | None:
        return QueueNow(waiting=self.waiting) if name == "support" else None


def drafted(request: str) -> StoreEvent:
    ticket = KnownTicket(id=12, number="INC-1012", title="Message")
    return TicketDrafted(request=request, call=CALL, ticket=ticket)
