"""The configuration as one document, out and in."""

import pytest

from calls.errors import FlowInvalid, InputInvalid, RingdeskError
from engine import configuration, exchange, users
from engine.storage import Database
from tests.storage.test_configuration import BUSY_BEA, FLOW, RULED, fill

HEAD = "ringdesk: 1\n"


def test_export_goes_back_in_unchanged(database: Database) -> None:
    with database.session() as session:
        fill(session)
        text = exchange.export(session)
        before = configuration.read(session)
    with database.session() as session:
        done = exchange.load(session, text, "c.yaml", "test")
        assert configuration.read(session) == before
    assert (done.queues, done.agents, done.numbers) == (1, 1, 1)
    assert (done.flows, done.new_users) == ((), ())


def test_export_is_for_people_too(database: Database) -> None:
    with database.session() as session:
        fill(session)
        text = exchange.export(session)
    assert "  support:\n    title: Support\n" in text
    assert "  main: |\n    flow: main\n" in text
    assert "password" not in text
    assert "secret" not in text


def test_document_fills_an_empty_center(database: Database) -> None:
    with database.session() as session:
        fill(session)
        text = exchange.export(session)
        before = configuration.read(session)
        session.rollback()
    with database.session() as session:
        assert configuration.read(session).queues == {}
        done = exchange.load(session, text, "c.yaml", "test")
        assert done.new_users == ("anna",)
        assert configuration.read(session) == before
        assert users.get_user(session, "anna").password == users.LOCKED


def test_section_left_out_stays_and_entry_left_out_goes(database: Database) -> None:
    with database.session() as session:
        fill(session)
        exchange.load(session, HEAD + "numbers:\n", "c.yaml", "test")
        read = configuration.read(session)
        assert read.numbers == {}
        assert list(read.queues) == ["support"]
        exchange.load(session, HEAD + "queues: {sales: {title: Sales}}\n", "c.yaml", "test")
        read = configuration.read(session)
        assert list(read.queues) == ["sales"]
        assert list(read.flows) == ["main"]
        assert read.agents["anna"].queues == {}
        assert read.agents["anna"].skills == {"lang:en": 9, "support": 3}


def test_every_rule_goes_out_and_back_in(database: Database) -> None:
    with database.session() as session:
        fill(session)
        users.create_user(session, "bea", "agent", None)
        session.flush()
        configuration.save_queue(session, RULED)
        configuration.save_agent(session, BUSY_BEA)
        text = exchange.export(session)
        before = configuration.read(session)
        session.rollback()
    assert "type:" not in text, "the words' tags are nothing for people"
    with database.session() as session:
        exchange.load(session, text, "c.yaml", "test")
        assert configuration.read(session) == before


def test_queues_of_one_document_may_name_one_another(database: Database) -> None:
    document = (
        HEAD
        + """\
queues:
  a: {overflow: [{when: closed, to: queue, target: b}]}
  b: {relaxation: [{after: 30, queues: [a]}]}
"""
    )
    with database.session() as session:
        exchange.load(session, document, "c.yaml", "test")
        exchange.load(session, HEAD + "queues: {}\n", "c.yaml", "test")
        assert configuration.read(session).queues == {}


ROUND = """\
ringdesk: 1
queues:
  a: {overflow: [{when: full, to: number, target: "112"}, {when: waited, to: queue, target: b}]}
  b: {overflow: [{when: length, to: queue, target: c}]}
  c: {overflow: [{when: waited, limit: 0, to: queue, target: a}]}
"""


@pytest.mark.parametrize("way_out", ["limit: 30, to: queue, target: a", "to: number, target: '1'"])
def test_queues_that_send_callers_round_at_once_are_refused(
    database: Database, way_out: str
) -> None:
    round_and_round = r"c.yaml:3: queues.a.overflow.2: .* a to b to c to a; give one of the rules"
    with pytest.raises(InputInvalid, match=round_and_round), database.session() as session:
        exchange.load(session, ROUND, "c.yaml", "test")
    with database.session() as session:
        exchange.load(session, ROUND.replace("limit: 0, to: queue, target: a", way_out), "c", "t")
        exchange.load(session, "ringdesk: 1\nqueues: {}\n", "c.yaml", "test")


def test_a_queue_left_out_that_callers_come_to_is_refused(database: Database) -> None:
    with database.session() as session:
        fill(session)
    problem = r"c.yaml:2: queues: queue 'support' is still named by flow main .node ask."
    with pytest.raises(InputInvalid, match=problem), database.session() as session:
        exchange.load(session, HEAD + "queues: {sales: {}}\n", "c.yaml", "test")
    with database.session() as session:
        assert list(configuration.read(session).queues) == ["support"]


def test_agent_left_out_keeps_the_log_in_and_leaves_the_queues(database: Database) -> None:
    with database.session() as session:
        fill(session)
        exchange.load(session, HEAD + "agents: {}\n", "c.yaml", "test")
        read = configuration.read(session)
        assert read.agents["anna"].queues == {}
        assert read.agents["anna"].skills == {"lang:en": 9, "support": 3}


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("", "c.yaml: must be a document"),
        ("[1, 2]", "c.yaml: must be a document"),
        ("queues: {}\n", "c.yaml:1: ringdesk: must be 1"),
        ("ringdesk: 2\n", "c.yaml:1: ringdesk: must be 1"),
        (HEAD + "queues: {a: [}\n", "c.yaml:2: "),
        (HEAD + "que: {}\n", "c.yaml:2: que: no such section; known are ringdesk, queues"),
        (HEAD + "queues: 3\n", "c.yaml:2: queues: must hold entries"),
        (HEAD + "queues:\n  a: 3\n", "c.yaml:3: queues.a: must hold fields"),
        (
            HEAD + "queues:\n  a:\n    titel: A\n",
            "c.yaml:4: queues.a.titel: no such field; known are title, strategy",
        ),
        (
            HEAD + "queues:\n  a:\n    wrap_up: soon\n",
            "c.yaml:4: queues.a.wrap_up: expected `float`, got `str`",
        ),
        (
            HEAD + "queues:\n  a:\n    title: A\n    wrap_up: -1\n",
            "c.yaml:5: queues.a.wrap_up: must be 0 to 3600 seconds, not -1",
        ),
        (
            HEAD + "queues:\n  a:\n    skills: {x: 11}\n",
            "c.yaml:4: queues.a.skills.x: a level is 1 to 10",
        ),
        (
            HEAD + "queues:\n  a:\n    overflow:\n    - when: closed\n      to: queue\n"
            "      target: b\n",
            "c.yaml:7: queues.a.overflow.1.target: there is no other queue 'b'",
        ),
        (
            HEAD + "queues:\n  a:\n    overflow:\n    - {when: closed, to: queue, trget: b}\n",
            "c.yaml:5: queues.a.overflow.1.trget: no such field; known are when",
        ),
        (
            HEAD + "queues:\n  a:\n    relaxation:\n    - {skills: {x: 1}}\n",
            "c.yaml:5: queues.a.relaxation.1: object missing required field `after`",
        ),
        (
            HEAD + "queues:\n  a:\n    hours: {zone: Mars}\n",
            "c.yaml:4: queues.a.hours.zone: 'Mars' is no time zone",
        ),
        (
            HEAD + "queues:\n  a:\n    name: b\n",
            "c.yaml:4: queues.a.name: no such field",
        ),
        (HEAD + "queues:\n  a: {}\n  a: {}\n", "c.yaml:4: queues.a: is there twice, .* line 3"),
        (
            HEAD + "numbers:\n  1000: {flow: none}\n",
            "c.yaml:3: numbers.1000.flow: there is no flow 'none'",
        ),
        (HEAD + "numbers:\n  1000: {}\n", "c.yaml:3: numbers.1000: .*`flow`"),
        (HEAD + "agents:\n  Zoe: {}\n", "c.yaml:3: agents.Zoe: user name 'Zoe'"),
        (HEAD + "agents:\n  root: {}\n", "c.yaml:3: agents.root: user 'root' is no active agent"),
        (HEAD + "flows:\n  main: 3\n", "c.yaml:3: flows.main: must be the flow's source"),
        (HEAD + "flows:\n  main: |\n    flow: main\n", "c.yaml flows.main:1:1: "),
    ],
)
def test_mistake_is_named_with_its_line_and_nothing_changes(
    database: Database, document: str, problem: str
) -> None:
    with database.session() as session:
        fill(session)
        before = configuration.read(session)
    with pytest.raises(RingdeskError, match=problem) as caught, database.session() as session:
        exchange.load(session, document, "c.yaml", "test")
    assert "\n" not in str(caught.value) or isinstance(caught.value, FlowInvalid)
    with database.session() as session:
        assert configuration.read(session) == before


def test_changed_flow_becomes_the_next_version(database: Database) -> None:
    with database.session() as session:
        fill(session)
        text = exchange.export(session).replace("title: Main\n", "title: Other\n")
        done = exchange.load(session, text, "c.yaml", "test")
        assert done.flows == ("main",)
        flow = configuration.read(session).flows["main"]
    assert (flow.version, flow.source) == (2, FLOW.replace("title: Main", "title: Other"))
