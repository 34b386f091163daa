"""Queues, agents, numbers and flows in the database, and what the machine is told of changes."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from calls.actions import (
    ConfigureAgent,
    ConfigureNumber,
    ConfigureQueue,
    PublishFlow,
    RemoveAgent,
    RemoveNumber,
    RemoveQueue,
)
from calls.config import Agent, Number, Overflow, Queue, Relaxation
from calls.errors import FlowInvalid, InputInvalid
from calls.hours import Hours
from engine import configuration, meta, models, users
from engine.configuration import Configuration
from engine.storage import Database

SUPPORT = Queue(name="support", title="Support", skills={"support": 2}, wrap_up=5.0)
ANNA = Agent(name="anna", title="Anna", skills={"lang:en": 9, "support": 3}, queues={"support": 1})
BUSY_BEA = Agent(
    name="bea",
    title="Bea",
    skills={"support": 3},
    queues={"support": 2},
    rona_limit=3,
    auto_answer=True,
    persistent=True,
    capacity={"chat": 3, "email": 1},
    phone="sip:bea@example.org",
)
FLOW = """\
flow: main
title: Main
languages: [en]
start: ask
operator: ask
nodes:
  ask: {kind: queue, queue: support}
"""


#: Every field is another than its default.
RULED = Queue(
    name="vip",
    title="VIP",
    strategy="ring_all",
    skills={"support": 3},
    offer_timeout=12.0,
    wrap_up=10.0,
    slope=2.0,
    priority=30.0,
    service_level=10.0,
    music="calm",
    music_by_language={"pl": "spokój"},
    announce_every=45.0,
    announce_position=False,
    announce_wait=False,
    messages={"en": ("Our site has answers too.", "Thank you for waiting.")},
    relaxation=(
        Relaxation(after=30.0, skills={"support": 1}),
        Relaxation(after=60.0, skills={"support": 0}, queues=("support",), ring=0),
    ),
    ring=1,
    overflow=(
        Overflow(when="closed", to="flow", target="main"),
        Overflow(when="length", limit=5.0, to="queue", target="support"),
        Overflow(when="waited", limit=300.0, to="number", target="+48221230199"),
        Overflow(when="nobody_signed_in", to="flow", target="main.ask"),
    ),
    limit=40,
    closed=True,
    hours=Hours(
        zone="Europe/Kyiv",
        weekly={"mon": ("09:00-12:30", "13:00-17:00")},
        country="UA",
        exceptions={"2026-12-24": ()},
    ),
    overdue=120.0,
    last_agent=20.0,
    last_agent_within=86400.0,
    reconnect=600.0,
    vip_priority=90.0,
    wrap_up_manual=True,
    wrap_up_extension=15.0,
    wrap_up_extensions=2,
    rest=5.0,
    ring_limit=4,
    callback_attempts=2,
    callback_retry=60.0,
    service_level_variant="answered",
    record=True,
    callback_detect=True,
)


def fill(session: Session) -> None:
    configuration.save_queue(session, SUPPORT)
    users.create_user(session, "anna", "agent", None)
    users.create_user(session, "root", "admin", None)
    session.flush()
    configuration.save_agent(session, ANNA)
    configuration.publish_flow(session, "main", FLOW, "test")
    configuration.save_number(session, Number(number="1000", flow="main", language="en"))


def test_what_was_saved_is_read(database: Database) -> None:
    with database.session() as session:
        fill(session)
    with database.session() as session:
        assert configuration.read(session) == Configuration(
            queues={"support": SUPPORT},
            agents={"anna": ANNA},
            numbers={"1000": Number(number="1000", flow="main", language="en")},
            flows={"main": PublishFlow(flow="main", version=1, source=FLOW)},
        )


def test_every_rule_of_queues_and_agents_is_kept(database: Database) -> None:
    for word in (RULED, BUSY_BEA):
        defaults = type(word)(name=word.name)
        same = [f for f in word.__struct_fields__ if getattr(word, f) == getattr(defaults, f)]
        assert same == ["name"], "a new field needs a value in this test"
    with database.session() as session:
        fill(session)
        users.create_user(session, "bea", "agent", None)
        session.flush()
        configuration.save_queue(session, RULED)
        configuration.save_agent(session, BUSY_BEA)
    with database.session() as session:
        read = configuration.read(session)
        assert read.queues["vip"] == RULED
        assert read.agents["bea"] == BUSY_BEA
        configuration.save_queue(session, Queue(name="vip"))
        configuration.save_agent(session, Agent(name="bea", title="bea"))
    with database.session() as session:
        read = configuration.read(session)
        assert read.queues["vip"] == Queue(name="vip")
        assert read.agents["bea"] == Agent(name="bea", title="bea")


def test_what_another_ringdesk_kept_is_named(database: Database) -> None:
    with database.session() as session:
        fill(session)
        session.get_one(models.Queue, "support").rules = '{"ring": "round"}'
    with (
        pytest.raises(InputInvalid, match="queue 'support' as kept in the database: ring: "),
        database.session() as session,
    ):
        configuration.read(session)


def test_a_queue_that_is_named_elsewhere_stays(database: Database) -> None:
    with database.session() as session:
        fill(session)
        configuration.save_queue(session, RULED)

    def remove(queue: str) -> str:
        with pytest.raises(InputInvalid) as refused, database.session() as session:
            configuration.remove_queue(session, queue)
        return str(refused.value)

    named = remove("support")
    for use in ("queue vip (relaxation.2)", "queue vip (overflow.2)", "flow main (node ask)"):
        assert use in named
    assert remove("nowhere") == "there is no queue 'nowhere'"
    with database.session() as session:
        configuration.remove_queue(session, "vip")
        # No caller comes into the flow any more.
        configuration.remove_number(session, "1000")
        configuration.remove_queue(session, "support")
        assert configuration.read(session).queues == {}
        assert configuration.read(session).agents["anna"].queues == {}


def test_machine_is_told_only_the_difference(database: Database) -> None:
    with database.session() as session:
        fill(session)
        first = configuration.read(session)
    assert [type(action) for action in configuration.actions(None, first)] == [
        ConfigureQueue,
        ConfigureAgent,
        PublishFlow,
        ConfigureNumber,
    ]
    assert configuration.actions(first, first) == []
    with database.session() as session:
        configuration.save_queue(session, Queue(name="sales", title="Sales"))
        configuration.save_agent(session, Agent(name="anna", title="Anna", queues={"sales": 2}))
        configuration.remove_number(session, "1000")
        configuration.remove_queue(session, "support")
        second = configuration.read(session)
    assert configuration.actions(first, second) == [
        ConfigureQueue(queue=Queue(name="sales", title="Sales")),
        ConfigureAgent(agent=Agent(name="anna", title="Anna", queues={"sales": 2})),
        RemoveNumber(number="1000"),
        RemoveQueue(queue="support"),
    ]


def test_inactive_agents_are_removed_with_their_phones(database: Database) -> None:
    with database.session() as session:
        fill(session)
        first = configuration.read(session)
        phones = configuration.phones(session)
        assert [(phone.name, phone.browser) for phone in phones] == [
            ("anna", False),
            ("anna-web", True),
            ("root", False),
            ("root-web", True),
        ], "who watches listens in by a phone"
        assert (
            phones[0].password == phones[1].password == users.get_user(session, "anna").sip_secret
        )
        users.change_user(session, "anna", active=False)
        assert configuration.actions(first, configuration.read(session)) == [
            RemoveAgent(agent="anna")
        ]
        assert [phone.name for phone in configuration.phones(session)] == ["root", "root-web"]


def test_each_change_is_noticed(database: Database) -> None:
    with database.session() as session:
        fill(session)
    changes: list[Callable[[Session], object]] = [
        lambda session: configuration.save_queue(session, SUPPORT),
        lambda session: configuration.save_agent(session, ANNA),
        lambda session: configuration.save_number(session, Number(number="1", flow="main")),
        lambda session: configuration.remove_number(session, "1"),
        lambda session: configuration.publish_flow(session, "main", FLOW + "# 2\n", "test"),
        lambda session: configuration.remove_number(session, "1000"),
        lambda session: configuration.remove_queue(session, "support"),
    ]
    for change in changes:
        with database.session() as session:
            before = meta.configuration_version(session)
            change(session)
        with database.session() as session:
            assert meta.configuration_version(session) > before


def queue_with(*rules: Relaxation | Overflow) -> Queue:
    """A queue with these rules."""
    return Queue(
        name="q",
        relaxation=tuple(rule for rule in rules if isinstance(rule, Relaxation)),
        overflow=tuple(rule for rule in rules if isinstance(rule, Overflow)),
    )


@pytest.mark.parametrize(
    ("queue", "problem"),
    [
        (Queue(name=""), "name: '' must be"),
        (Queue(name="a b"), "name: 'a b' must be"),
        (Queue(name="q", strategy="magic"), "strategy: 'magic' is none of longest_idle"),  # type: ignore[arg-type]
        (Queue(name="q", offer_timeout=0), "offer_timeout: must be 1 to 300 seconds, not 0"),
        (Queue(name="q", wrap_up=-1), "wrap_up: must be 0 to 3600 seconds, not -1"),
        (Queue(name="q", wrap_up=float("nan")), "wrap_up: .* not nan"),
        (Queue(name="q", slope=0), "slope: must be above 0"),
        (Queue(name="q", priority=float("inf")), "priority: must be within"),
        (Queue(name="q", skills={"x": 11}), "skills.x: a level is 1 to 10, not 11"),
        (Queue(name="q", announce_every=1), "announce_every: must be 0 .never. or at least 5"),
        (Queue(name="q", ring_limit=0), "ring_limit: must be 1 to 1000, not 0"),
        (Queue(name="q", rest=-1), "rest: must be 0 to 3600 seconds, not -1"),
        (Queue(name="q", callback_retry=0), "callback_retry: must be 1 to 86400 seconds, not 0"),
        (Queue(name="q", service_level_variant="mine"), "service_level_variant: 'mine' is none"),  # type: ignore[arg-type]
        (Queue(name="q", music_by_language={"Polish": "x"}), "music_by_language: 'Polish' is no"),
        (Queue(name="q", messages={"en": ("Hello.", " ")}), "messages.en.2: must not be empty"),
        (queue_with(Relaxation(after=-1, ring=2)), "relaxation.1.after: must be 0 to 86400"),
        (queue_with(Relaxation(after=1, skills={"x": 11})), "relaxation.1.skills.x: a level is 0"),
        (
            queue_with(Relaxation(after=1, ring=1), Relaxation(after=2, queues=("q",))),
            "relaxation.2.queues: there is no other queue 'q'",
        ),
        (queue_with(Relaxation(after=9)), "relaxation.1: it changes nothing"),
        (
            queue_with(Overflow(when="never", to="queue", target="q")),  # type: ignore[arg-type]
            "overflow.1.when: 'never' is none of waited, length",
        ),
        (
            queue_with(Overflow(when="full", to="mars", target="q")),  # type: ignore[arg-type]
            "overflow.1.to: 'mars' is none of queue, number, flow",
        ),
        (
            queue_with(Overflow(when="full", limit=-2, to="number", target="12")),
            "overflow.1.limit: must be 0 to 100000, not -2",
        ),
        (
            queue_with(Overflow(when="full", to="queue", target="sales")),
            "overflow.1.target: there is no other queue 'sales'",
        ),
        (
            queue_with(Overflow(when="full", to="number", target="call me")),
            "overflow.1.target: 'call me' is no number",
        ),
        (
            queue_with(Overflow(when="full", to="flow", target="night.ask")),
            "overflow.1.target: there is no flow 'night'",
        ),
        (Queue(name="q", hours=Hours(zone="Mars")), "hours.zone: 'Mars' is no time zone"),
        (
            Queue(name="q", hours=Hours(weekly={"mon": ("9-17",)})),
            "hours.weekly.mon: '9-17' is no span",
        ),
    ],
)
def test_unfit_queue_is_refused_by_field(database: Database, queue: Queue, problem: str) -> None:
    with pytest.raises(InputInvalid, match=problem), database.session() as session:
        configuration.save_queue(session, queue)
    with database.session() as session:
        assert configuration.read(session).queues == {}


def test_an_overflow_into_a_flow_names_a_node_of_it(database: Database) -> None:
    with database.session() as session:
        fill(session)
        rule = Overflow(when="closed", to="flow", target="main.voicemail")
        problem = "overflow.1.target: flow 'main' has no node 'voicemail'; it has ask"
        with pytest.raises(InputInvalid, match=problem):
            configuration.save_queue(session, queue_with(rule))


@pytest.mark.parametrize(
    ("agent", "problem"),
    [
        (Agent(name="zoe"), "no user 'zoe'"),
        (Agent(name="anna", queues={"sales": 1}), "no queue 'sales'"),
        (Agent(name="anna", queues={"support": 0}), "queues.support: a preference is 1 to 99"),
        (Agent(name="anna", skills={"x": 0}), "skills.x: a level is 1 to 10"),
        (Agent(name="anna", rona_limit=0), "rona_limit: must be 1 to 100"),
        (Agent(name="anna", capacity={"voice": 1}), "capacity.voice: a call takes the agent"),
        (Agent(name="anna", capacity={"fax": 1}), "capacity: 'fax' is none of voice, chat"),  # type: ignore[dict-item]
        (Agent(name="anna", capacity={"chat": 51}), "capacity.chat: must be 0 to 50, not 51"),
    ],
)
def test_unfit_agent_is_refused_by_field(database: Database, agent: Agent, problem: str) -> None:
    with database.session() as session:
        fill(session)
    with pytest.raises(InputInvalid, match=problem), database.session() as session:
        configuration.save_agent(session, agent)
    with database.session() as session:
        assert configuration.read(session).agents == {"anna": ANNA}


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        (Number(number=" ", flow="main"), "number: ' ' is not"),
        (Number(number="1", flow="none"), "flow: there is no flow 'none'"),
        (Number(number="1", flow="main", entry="side"), "entry: flow 'main' has no entry 'side'"),
        (Number(number="1", flow="main", language=""), "language: must not be empty"),
    ],
)
def test_unfit_number_is_refused_by_field(database: Database, number: Number, problem: str) -> None:
    with database.session() as session:
        fill(session)
    with pytest.raises(InputInvalid, match=problem), database.session() as session:
        configuration.save_number(session, number)


def test_broken_flow_is_not_published(database: Database) -> None:
    with pytest.raises(FlowInvalid, match=r"menu\.yaml"), database.session() as session:
        configuration.publish_flow(session, "main", "flow: main\n", "test", "menu.yaml")
    with pytest.raises(FlowInvalid, match="named 'main', not 'other'"), database.session() as s:
        configuration.publish_flow(s, "other", FLOW, "test")


def test_folder_s_flows_are_published_when_their_files_change(
    database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "flows"
    folder.mkdir()
    (folder / "main.yaml").write_text(FLOW)

    def publish() -> tuple[list[str], PublishFlow]:
        with database.session() as session:
            done = configuration.publish_folder(session, folder)
            return done, configuration.read(session).flows["main"]

    assert publish() == (["main"], PublishFlow(flow="main", version=1, source=FLOW))
    assert publish()[0] == []
    with database.session() as session:
        assert configuration.publish_flow(session, "main", FLOW + "# by hand\n", "admin") == 2
    done, newest = publish()
    assert (done, newest.version) == ([], 2)
    (folder / "main.yaml").write_text(FLOW + "# new file\n")
    done, newest = publish()
    assert (done, newest.version, newest.source) == (["main"], 3, FLOW + "# new file\n")
