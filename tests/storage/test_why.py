"""What is gathered for an explanation: the settings and states of then, however long ago."""

from random import Random

import msgspec
import pytest
from sqlalchemy import update

from acd.acd import Acd
from acd.messages import Accept, AcdMessage, Enqueue, Release, Withdraw
from acd.why import History, explain
from calls.actions import ConfigureAgent, ConfigureQueue, SetAgentState
from calls.codec import encode
from calls.config import Agent, Queue, Strategy
from calls.events import PhoneChanged, Tick
from calls.facts import CallQueued, CallTransferred, ConfigurationChanged, Fact
from calls.views import Published
from engine.center.state import CenterState
from engine.journal import Entry, Journal, Snapshot
from engine.models import facts
from engine.storage import Database
from engine.why import because
from tests.acd.test_acd_why_choices import Calm, lived

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

    def rings(self, call: str) -> str:
        """The agent whose phone rings."""
        offer = self.acd.offer(self.acd.offer_for_call(call) or "")
        assert offer is not None
        return offer.agent

    def restart(self) -> None:
        self.save()
        kept = self.journal.snapshot()
        assert kept is not None
        self.acd = Acd(msgspec.json.decode(kept.state, type=CenterState).acd)

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


def rings_in_vain(center: Center, call: str, agent: str) -> None:
    """A caller who gives up while the phone rings."""
    center.do(Enqueue(call=call, queue="support"))
    assert center.rings(call) == agent
    center.do(Withdraw(call=call, outcome="abandoned"), after=5)


def test_who_was_rung_in_vain_is_idle_all_the_same(center: Center) -> None:
    """Before the call, days ago, several times, and the center was started anew since."""
    center.ready("ann")
    center.now += 100
    center.ready("bob")
    for n in range(3):
        rings_in_vain(center, f"x{n}", "ann")
        center.now += 3 * 86400.0
        center.restart()
    center.now += 60
    center.do(Enqueue(call="c", queue="support"))
    assert center.rings("c") == "ann"
    assert center.why()[1] == (
        "0:00- offered to Ann, longest idle (216:02:55) of 2 who fitted; it still rings"
    )


def test_who_did_not_answer_is_idle_from_then_on(center: Center) -> None:
    """Below the limit of offers that are not answered, agents stay ready."""
    ann = Agent(name="ann", title="Ann", queues={"support": 1}, skills={"tax": 7}, rona_limit=9)
    center.do(ConfigureAgent(agent=ann))
    center.ready("ann")
    center.do(Enqueue(call="x", queue="support"))
    center.do(Tick(), after=15)
    center.do(Withdraw(call="x", outcome="abandoned"), after=5)
    center.now += 40
    center.ready("bob")
    rings_in_vain(center, "y", "ann")
    center.do(Enqueue(call="c", queue="support"), after=4000)
    assert center.why()[1] == (
        "0:00- offered to Ann, longest idle (1:07:30) of 2 who fitted; it still rings"
    )


@pytest.mark.parametrize(
    ("strategy", "told"),
    [
        ("fewest_calls", "with the fewest calls taken (0) of 2 who fitted"),
        ("least_occupied", "least occupied of 2 who fitted"),
        ("in_order", "first in the order of 2 who fitted"),
        ("round_robin", "next in turn of 2 who fitted"),
    ],
)
def test_what_agents_did_since_they_signed_in_is_looked_up(
    center: Center, strategy: Strategy, told: str
) -> None:
    queue = Queue(name="support", title="Support", wrap_up=0.0, strategy=strategy)
    center.do(ConfigureQueue(queue=queue))
    center.ready("ann")
    center.do(Enqueue(call="x", queue="support"))
    center.accept("x")
    center.do(Release(call="x", by="caller"), after=50)
    center.ready("bob")
    center.now += 9000
    center.do(Enqueue(call="c", queue="support"))
    assert told in center.why()[1]


@pytest.mark.parametrize(
    ("strategy", "alike"),
    [("fewest_calls", "both with 1 call taken"), ("least_occupied", "both equally occupied")],
)
def test_what_agents_did_before_they_signed_in_does_not_count(
    center: Center, strategy: Strategy, alike: str
) -> None:
    queue = Queue(name="support", title="Support", wrap_up=0.0, strategy=strategy)
    center.do(ConfigureQueue(queue=queue))
    center.ready("ann")
    for call in ("x", "y"):
        center.do(Enqueue(call=call, queue="support"))
        center.accept(call)
        center.do(Release(call=call, by="caller"), after=50)
    center.do(SetAgentState(agent="ann", state="logged_out"))
    center.ready("ann")
    center.ready("bob")
    if strategy == "fewest_calls":
        for call in ("x", "y"):
            center.do(Enqueue(call=call, queue="support"))
            center.accept(call)
            center.do(Release(call=call, by="caller"), after=50)
    center.now += 9000
    center.do(Enqueue(call="c", queue="support"))
    assert center.why()[1].endswith(f"of 2 who fitted, {alike}; it still rings")


@pytest.mark.parametrize("seed", [f"read {n}" for n in range(1, 7)])
def test_what_is_read_tells_as_much_as_all_that_ever_was(database: Database, seed: str) -> None:
    """But for contacts beside others and turns, which are not looked for in all the years."""
    maker = Calm(Random(seed))
    maker.parallel = False
    maker.strategies = ("longest_idle", "least_occupied", "fewest_calls", "in_order", "ring_all")
    lived_through, _, now = lived(maker)
    known = [(at, fact) for at, fact in lived_through if not isinstance(fact, CallTransferred)]
    told = [Published(seq=seq, at=at, fact=fact) for seq, (at, fact) in enumerate(known, start=1)]
    Journal(database).append([Entry(1, START, Tick(), told)])
    calls = {fact.call for _, fact in known if isinstance(fact, CallQueued)}
    assert len(calls) > 10
    for call in calls:
        whole = explain(History(call=call, until=now, facts=known))
        read = because(database, call, now)
        assert [line.text for line in read] == [reason.text for reason in whole]


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
