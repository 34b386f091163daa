"""What is gathered for an explanation: the settings and states of then, however long ago."""

import msgspec
import pytest
from sqlalchemy import update

from acd.acd import Acd
from acd.messages import Accept, AcdMessage, Enqueue, Release
from calls.actions import ConfigureAgent, ConfigureQueue, SetAgentState
from calls.codec import encode
from calls.config import Agent, Queue
from calls.events import PhoneChanged, Tick
from calls.facts import ConfigurationChanged, Fact
from calls.views import Published
from engine.center.state import CenterState
from engine.journal import Entry, Journal, Snapshot
from engine.models import facts
from engine.storage import Database
from engine.why import because

START = 1_792_454_400.0
WEEK = 7 * 86400.0


class Center:
    """A real Acd whose facts are journalled."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.journal = Journal(database)
        self.acd = Acd()
        self.now = START
        self._seq = 0

    def do(self, message: AcdMessage, after: float = 0.0) -> list[Fact]:
        self.now += after
        said = [one for one in self.acd.handle(message, self.now) if isinstance(one, Fact)]
        self._seq += 1
        first = self.journal.end().fact + 1
        told = [Published(seq=first + n, at=self.now, fact=fact) for n, fact in enumerate(said)]
        self.journal.append([Entry(self._seq, self.now, Tick(), told)])
        return said

    def agent(self, name: str, **fields: int) -> None:
        agent = Agent(name=name, title=name.title(), queues={"support": 1}, skills=fields)
        self.do(ConfigureAgent(agent=agent))

    def ready(self, name: str) -> None:
        self.do(PhoneChanged(phone=name, online=True))
        self.do(SetAgentState(agent=name, state="ready"))

    def accept(self, call: str, after: float = 0.0) -> None:
        offer = self.acd.offer_for_call(call)
        assert offer is not None
        self.do(Accept(offer=offer), after)

    def why(self, call: str = "c") -> list[str]:
        return [f"{one.when} {one.text}" for one in because(self.database, call, self.now)]

    def save(self) -> None:
        """A snapshot, as the loop keeps them."""
        state = CenterState(center="c1", acd=self.acd.snapshot())
        end = self.journal.end()
        self.journal.save(Snapshot(end.message, end.fact, self.now, msgspec.json.encode(state)))


@pytest.fixture
def center(database: Database) -> Center:
    center = Center(database)
    center.do(ConfigureQueue(queue=Queue(name="support", title="Support", skills={"tax": 5})))
    center.agent("ann", tax=7)
    center.agent("bob", tax=6)
    return center


def waited(center: Center) -> None:
    """Ann talks, Bob is away since a week; the caller waits 100 s for Ann."""
    center.ready("bob")
    center.do(SetAgentState(agent="bob", state="not_ready", reason="leave"))
    center.now += WEEK
    center.ready("ann")
    center.do(Enqueue(call="x", queue="support"))
    center.accept("x")
    center.do(Enqueue(call="c", queue="support"), after=20)
    center.do(Release(call="x", by="caller"), after=70)
    center.do(Tick(), after=30)
    center.accept("c", after=2)


STORY = [
    "0:00 queued for Support at place 1; needs tax >= 5",
    "0:00-1:40 Ann was talking or in after-call work and Bob not ready (leave)",
    "1:40-1:42 offered to Ann, who was free again; answered after 2 s",
    "1:42 connected to Ann",
]


def test_a_call_of_now(center: Center) -> None:
    waited(center)
    assert center.why() == STORY


def test_a_call_of_long_ago_is_told_with_the_settings_of_then(center: Center) -> None:
    waited(center)
    center.now += 4 * WEEK
    center.do(ConfigureQueue(queue=Queue(name="support", title="Helpdesk")))
    center.agent("ann")
    center.agent("eve", tax=9)
    assert center.why() == STORY


def test_who_was_ahead_came_before(center: Center) -> None:
    center.ready("ann")
    for call in ("x", "y", "c"):
        center.do(Enqueue(call=call, queue="support"), after=10)
    center.accept("x")
    center.do(Release(call="x", by="caller"), after=40)
    center.do(Tick(), after=30)
    center.accept("y")
    told = center.why()
    assert told[0].startswith("0:00 queued for Support at place 3")
    assert told[-1].endswith("meanwhile a caller who came before went first")
    assert told[-1].startswith("0:00- ")


def test_a_call_that_never_waited_has_no_story(center: Center) -> None:
    assert center.why("nothing") == []


def forget_values(center: Center) -> None:
    """As facts were before they held what was configured."""
    with center.database.session() as session:
        rows = session.execute(
            facts.select().where(facts.c.kind == "ConfigurationChanged")
        ).fetchall()
        for row in rows:
            fact = msgspec.json.decode(row.body, type=ConfigurationChanged)
            body = encode(msgspec.structs.replace(fact, value=None)).decode()
            session.execute(update(facts).where(facts.c.seq == row.seq).values(body=body))


def test_old_facts_are_filled_from_the_snapshot_where_nothing_has_changed(center: Center) -> None:
    waited(center)
    forget_values(center)
    center.now += WEEK
    center.save()
    assert center.why() == STORY


def test_what_old_facts_do_not_tell_is_not_made_up(center: Center) -> None:
    waited(center)
    forget_values(center)
    center.agent("bob", tax=1)
    center.save()
    told = center.why()
    assert told[1] == (
        "0:00-1:40 it is not known who fitted: the settings of that time were not kept"
    )
    assert told[2] == "1:40-1:42 offered to Ann; answered after 2 s"
