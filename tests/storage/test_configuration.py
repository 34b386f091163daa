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
from calls.config import Agent, Number, Queue
from calls.errors import FlowInvalid, InputInvalid
from engine import configuration, meta, users
from engine.configuration import Configuration
from engine.storage import Database

SUPPORT = Queue(name="support", title="Support", skills={"support": 2}, wrap_up=5.0)
ANNA = Agent(name="anna", title="Anna", skills={"lang:en": 9, "support": 3}, queues={"support": 1})
FLOW = """\
flow: main
title: Main
languages: [en]
start: ask
operator: ask
nodes:
  ask: {kind: queue, queue: support}
"""


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
        ]
        assert (
            phones[0].password == phones[1].password == users.get_user(session, "anna").sip_secret
        )
        users.create_user(session, "boss", "admin", None)
        users.change_user(session, "anna", active=False)
        assert configuration.actions(first, configuration.read(session)) == [
            RemoveAgent(agent="anna")
        ]
        assert configuration.phones(session) == []


def test_each_change_is_noticed(database: Database) -> None:
    with database.session() as session:
        fill(session)
    changes: list[Callable[[Session], object]] = [
        lambda session: configuration.save_queue(session, SUPPORT),
        lambda session: configuration.save_agent(session, ANNA),
        lambda session: configuration.save_number(session, Number(number="1", flow="main")),
        lambda session: configuration.remove_number(session, "1"),
        lambda session: configuration.publish_flow(session, "main", FLOW + "# 2\n", "test"),
        lambda session: configuration.remove_queue(session, "support"),
    ]
    for change in changes:
        with database.session() as session:
            before = meta.configuration_version(session)
            change(session)
        with database.session() as session:
            assert meta.configuration_version(session) > before


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
    ],
)
def test_unfit_queue_is_refused_by_field(database: Database, queue: Queue, problem: str) -> None:
    with pytest.raises(InputInvalid, match=problem), database.session() as session:
        configuration.save_queue(session, queue)
    with database.session() as session:
        assert configuration.read(session).queues == {}


@pytest.mark.parametrize(
    ("agent", "problem"),
    [
        (Agent(name="zoe"), "no user 'zoe'"),
        (Agent(name="anna", queues={"sales": 1}), "no queue 'sales'"),
        (Agent(name="anna", queues={"support": 0}), "queues.support: a preference is 1 to 99"),
        (Agent(name="anna", skills={"x": 0}), "skills.x: a level is 1 to 10"),
        (Agent(name="anna", rona_limit=0), "rona_limit: must be 1 to 100"),
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
