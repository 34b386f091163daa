"""Commit first, then act; and what a restart makes of the journal."""

import asyncio
import time
from pathlib import Path

import msgspec
import pytest

from calls.actions import (
    ConfigureNumber,
    ConfigureQueue,
    PublishFlow,
    RemoveQueue,
    SetAgentState,
)
from calls.commands import Answer, Command, Dial, Join, StartMusic
from calls.config import Number, Queue
from calls.errors import ActionRefused
from calls.events import LegAnswered, LegArrived, LegEnded, LiveLeg, SwitchUp
from calls.facts import AgentStateChanged, CallConnected, CallEnded, OfferEnded, OfferMade
from calls.views import Published
from engine.journal import Entry, Journal
from engine.loop import Loop
from engine.storage import Database
from tests.engine.conftest import Told, configured, nobody

LED = """\
flow: led
languages: [en]
start: maybe
entries: [always, maybe]
operator: line
nodes:
  line: {kind: queue, queue: support}
  always: {kind: branch, cases: [{if: queues.support.waiting > 5, next: line}], else: tagged}
  tagged: {kind: set, tags: [a], next: line}
  maybe: {kind: branch, cases: [{if: vip, next: line}], else: away}
  away: {kind: hangup}
"""


async def talking(loop: Loop, told: Told, leg: str = "told/1") -> Dial:
    """A caller joined with ann."""
    await loop.act(SetAgentState(agent="ann", state="ready"))
    loop.deliver(LegArrived(leg=leg, switch="told", caller="+48123", called="1001"))
    dial = await told.wait_for(Dial)
    assert isinstance(dial, Dial)
    loop.deliver(LegAnswered(leg=dial.leg))
    await told.wait_for(Join)
    return dial


def state(loop: Loop) -> bytes:
    return msgspec.json.encode(loop.center.snapshot(), order="deterministic")


async def test_killed_while_it_tells_a_switch_something_the_journal_gives_the_same_state_and_facts(
    loop: Loop, told: Told, database: Database, tmp_path: Path
) -> None:
    """The facts of what has just been told may not be there yet: the replay makes them."""
    made: list[tuple[str, list[Published]]] = []
    states: list[tuple[bytes, bytes]] = []

    def look(command: Command) -> None:
        copy = tmp_path / f"{len(made)}.db"
        with database.engine.connect() as connection:
            connection.exec_driver_sql(f"VACUUM INTO '{copy}'")
        killed = Database(f"sqlite:///{copy}")
        again = Loop.restore(Journal(killed), "t")
        states.append((state(again), state(loop)))
        made.append((type(command).__name__, Journal(killed).facts(0)))
        killed.close()

    told.on_execute = look
    await talking(loop, told)
    told.on_execute = lambda _: None
    await loop.act(SetAgentState(agent="ann", state="not_ready", reason="lunch"))
    assert len(states) > 3
    assert all(again == then for again, then in states)
    facts = Journal(database).facts(0)
    assert [(one.seq, one.at) for one in facts] == sorted((one.seq, one.at) for one in facts)
    for _, known in made:
        assert known == facts[: len(known)]
    by_command = {name: {type(one.fact).__name__ for one in known} for name, known in made}
    assert "OfferMade" in by_command["Dial"]
    assert "CallConnected" in by_command["Join"]


async def test_who_asked_for_something_finds_the_facts_of_it(
    loop: Loop, told: Told, database: Database
) -> None:
    """And all before them, whoever waits to be put through."""
    loop.deliver(LegArrived(leg="told/1", switch="told", caller="", called="1001"))
    await loop.act(SetAgentState(agent="ann", state="ready"))
    assert any(isinstance(command, Dial) for command in told.commands)
    found = [type(one.fact).__name__ for one in Journal(database).facts(0)]
    assert found.index("CallQueued") < found.index("OfferMade")


async def test_facts_are_there_and_shown_soon(loop: Loop, told: Told, database: Database) -> None:
    await loop.act(SetAgentState(agent="ann", state="ready"))
    shown = asyncio.Event()

    def show(heard: Published) -> None:
        if isinstance(heard.fact, OfferMade):
            assert heard in Journal(database).facts(heard.seq - 1)
            shown.set()

    loop.listeners.append(show)
    loop.deliver(LegArrived(leg="told/1", switch="told", caller="", called="1001"))
    await asyncio.wait_for(shown.wait(), 10)


def answered(told: Told) -> list[str]:
    return [command.leg for command in told.commands if isinstance(command, Answer)]


@pytest.mark.parametrize(
    ("called", "at_once"), [("1001", True), ("1002", True), ("1003", False), ("9999", True)]
)
async def test_who_is_answered_in_any_case_is_answered_before_the_rest_is_worked_out(
    loop: Loop, told: Told, called: str, at_once: bool
) -> None:
    """And after it, as ever: a switch may have lost the first, and twice is safe."""
    await loop.act(PublishFlow(flow="led", version=1, source=LED))
    loop.deliver(LegArrived(leg="told/0", switch="told", caller="+48123", called="9999"))
    assert answered(told) == []  # there is no such number yet
    for number, entry in (("1002", "always"), ("1003", "maybe"), ("*", "always")):
        await loop.act(ConfigureNumber(number=Number(number=number, flow="led", entry=entry)))
    begun: list[int] = []
    told.on_execute = lambda _: begun.append(len(loop.view().calls))
    loop.deliver(LegArrived(leg="told/1", switch="told", caller="+48123", called=called))
    assert answered(told) == ["told/1"] * at_once
    assert begun == [0] * at_once
    for leg in ("told/1", "told/0"):  # told again that they have come, one being hung up
        loop.deliver(LegArrived(leg=leg, switch="told", caller="+48123", called=called))
    assert answered(told) == ["told/1"] * at_once


async def test_while_nothing_can_be_committed_nobody_is_answered_into_silence(
    loop: Loop, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    await loop.act(SetAgentState(agent="ann", state="ready"))
    monkeypatch.setattr(loop.journal, "append_now", lambda *_, **__: False)
    monkeypatch.setattr(loop.journal, "append", _full)
    monkeypatch.setattr("engine.loop.RETRY_AFTER", 0.01)
    loop.deliver(LegArrived(leg="told/1", switch="told", caller="", called="1001"))
    async with asyncio.timeout(10):
        while loop.healthy:
            await asyncio.sleep(0.005)
    loop.deliver(LegArrived(leg="told/2", switch="told", caller="", called="1001"))
    assert "told/2" not in answered(told)
    monkeypatch.undo()
    async with asyncio.timeout(10):
        while "told/2" not in answered(told):
            told.arrived.clear()
            await told.arrived.wait()


async def test_a_fault_in_what_is_foreseen_costs_nobody_their_call(
    loop: Loop, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise ValueError("a fault of ours")

    monkeypatch.setattr(loop.center, "foreseen", fail)
    await talking(loop, told)
    assert answered(told) == ["told/1"]


def _full(*_: object, **__: object) -> None:
    raise OSError("No space left on device")


async def test_facts_that_had_to_wait_for_another_writer_are_shown(
    loop: Loop, told: Told, database: Database
) -> None:
    await loop.act(SetAgentState(agent="ann", state="ready"))
    shown: asyncio.Queue[Published] = asyncio.Queue()
    loop.listeners.append(shown.put_nowait)
    with database.engine.connect() as other:
        loop.deliver(LegArrived(leg="told/1", switch="told", caller="", called="1001"))
        await told.wait_for(Dial)  # its message is committed, its facts are not
        other.exec_driver_sql("INSERT INTO meta (key, value) VALUES ('held', '')")
        for _ in range(20):
            await asyncio.sleep(0.005)
        assert shown.empty()
        other.commit()
    async with asyncio.timeout(10):
        while not isinstance((await shown.get()).fact, OfferMade):
            pass


async def test_while_another_writes_commands_wait_and_the_loop_does_not(
    loop: Loop, told: Told, database: Database
) -> None:
    await loop.act(SetAgentState(agent="ann", state="ready"))
    told.commands.clear()
    with database.engine.connect() as other:
        other.exec_driver_sql("INSERT INTO meta (key, value) VALUES ('held', '')")
        loop.deliver(LegArrived(leg="told/1", switch="told", caller="", called="1001"))
        loop.deliver(LegArrived(leg="told/2", switch="told", caller="", called="1001"))
        for _ in range(20):
            await asyncio.sleep(0.005)
        assert len(loop.view().calls) == 2
        assert told.commands == [Answer(leg="told/1")]  # foreseen, before anybody had to wait
        other.commit()
    await told.wait_for(Dial)
    assert answered(told) == ["told/1", "told/1", "told/2"]


async def test_facts_are_published_in_the_order_of_their_numbers(loop: Loop, told: Told) -> None:
    heard: list[Published] = []
    ended = asyncio.Event()

    def listen(published: Published) -> None:
        heard.append(published)
        if isinstance(published.fact, CallEnded):
            ended.set()

    loop.listeners.append(listen)
    await talking(loop, told)
    loop.deliver(LegEnded(leg="told/1", cause="hangup"))
    await asyncio.wait_for(ended.wait(), 10)
    numbers = [published.seq for published in heard]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert any(isinstance(published.fact, CallConnected) for published in heard)


async def test_an_action_answers_with_its_facts_or_the_refusal(loop: Loop) -> None:
    facts = await loop.act(SetAgentState(agent="ann", state="ready"))
    assert [fact.state for fact in facts if isinstance(fact, AgentStateChanged)] == ["ready"]
    with pytest.raises(ActionRefused, match="nobody"):
        await loop.act(SetAgentState(agent="nobody", state="ready"))


async def test_killed_the_journal_gives_the_same_state(
    loop: Loop, told: Told, database: Database
) -> None:
    await talking(loop, told)
    await loop.act(SetAgentState(agent="ann", state="not_ready", reason="lunch"))
    # No stop, no snapshot: what a killed process leaves.
    again = Loop.restore(Journal(database), "t")
    before = msgspec.json.encode(loop.center.snapshot(), order="deterministic")
    assert msgspec.json.encode(again.center.snapshot(), order="deterministic") == before


async def test_after_a_stop_the_snapshot_alone_gives_the_same_state(
    database: Database, told: Told
) -> None:
    loop = Loop.restore(Journal(database), "t")
    loop.start([told], nobody)
    await configured(loop)
    await talking(loop, told)
    await loop.stop()
    journal = Journal(database)
    kept, end = journal.snapshot(), journal.end()
    assert kept is not None
    assert kept.message == end.message
    again = Loop.restore(journal, "t")
    before = msgspec.json.encode(loop.center.snapshot(), order="deterministic")
    assert msgspec.json.encode(again.center.snapshot(), order="deterministic") == before


async def test_restarted_the_pair_still_talks_and_a_lost_caller_frees_the_agent(
    loop: Loop, told: Told, database: Database
) -> None:
    dial = await talking(loop, told)
    again = Loop.restore(Journal(database), "t")
    switch = Told()
    again.start([switch], nobody)
    both = (
        LiveLeg(leg="told/1", inbound=True, up=True, bridge="told/b-t-1"),
        LiveLeg(leg=dial.leg, inbound=False, up=True, bridge="told/b-t-1"),
    )
    again.deliver(SwitchUp(switch="told", legs=both, phones=("ann",)))
    view = again.view()
    assert [(call.phase, call.agent) for call in view.calls] == [("talking", "ann")]
    assert not any(isinstance(command, Join) for command in switch.commands)

    again.deliver(SwitchUp(switch="told", legs=both[1:], phones=("ann",)))
    view = again.view()
    assert view.calls == ()
    assert [agent.state for agent in view.agents] == ["ready"]
    await again.stop()


async def test_calls_of_a_switch_that_is_not_run_on_any_more_are_over(
    loop: Loop, told: Told, database: Database
) -> None:
    await talking(loop, told)
    again = Loop.restore(Journal(database), "t")
    other = Told()
    other.name = "other"
    again.start([other], nobody)
    view = again.view()
    assert view.calls == ()
    assert [agent.state for agent in view.agents] == ["ready"]
    assert view.switches == {"other": False}
    await again.stop()


async def test_an_entry_committed_twice_is_there_once(database: Database) -> None:
    journal = Journal(database)
    arrived = LegArrived(leg="told/1", switch="told", caller="", called="1001")
    entry = Entry(1, 1.0, arrived)
    journal.append([entry])
    journal.append([entry, Entry(2, 2.0, arrived)], again=True)
    assert [kept.at for kept in journal.messages(0)] == [1.0, 2.0]


async def test_a_queue_with_callers_cannot_be_removed(loop: Loop, told: Told) -> None:
    loop.deliver(LegArrived(leg="told/9", switch="told", caller="", called="1001"))
    with pytest.raises(ActionRefused, match="wait"):
        await loop.act(RemoveQueue(queue="support"))


async def test_deadlines_come_though_the_clock_is_set_back(
    loop: Loop, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    await loop.act(ConfigureQueue(queue=Queue(name="support", offer_timeout=1.0)))
    await loop.act(SetAgentState(agent="ann", state="ready"))
    ended = asyncio.Event()
    loop.listeners.append(lambda heard: ended.set() if isinstance(heard.fact, OfferEnded) else None)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 3600.0)
    before = loop.view().at
    loop.deliver(LegArrived(leg="told/1", switch="told", caller="", called="1001"))
    await asyncio.wait_for(ended.wait(), 10)
    assert before < loop.view().at < before + 10


async def test_a_listener_that_fails_costs_nobody_else_their_news(loop: Loop) -> None:
    heard: asyncio.Queue[Published] = asyncio.Queue()

    def fail(_: Published) -> None:
        raise ValueError("a fault of ours")

    loop.listeners += [fail, heard.put_nowait]
    await loop.act(SetAgentState(agent="ann", state="ready"))
    async with asyncio.timeout(5):
        while not isinstance((await heard.get()).fact, AgentStateChanged):
            pass


async def test_a_driver_that_fails_costs_nobody_else_their_commands(loop: Loop, told: Told) -> None:
    def fail_on_music(command: Command) -> None:
        if isinstance(command, StartMusic):
            raise ValueError("a fault of ours")

    told.on_execute = fail_on_music
    await talking(loop, told)
