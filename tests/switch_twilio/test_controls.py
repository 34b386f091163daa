"""What agents and supervisors do in a conversation, over the API of a running center on Twilio."""

import wave

import pytest

from calls.facts import ConversationEnded, ConversationRecorded
from engine import users
from engine.phones.client import Center
from tests.switch_twilio.center import Day
from tests.switch_twilio.cloud import Person
from tests.switch_twilio.line import Line

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("twilio-center"),
]


async def talk(day: Day) -> tuple[Line, Line]:
    """A caller and agent1."""
    agent = await day.agent("agent1")
    line = await day.waiting()
    await day.until(lambda live: day.phase(live, line) == "talking")
    await day.together(line, agent.lines[-1])
    return line, agent.lines[-1]


async def test_an_agent_holds_the_caller_and_mutes_the_microphone(day: Day) -> None:
    line, agent = await talk(day)
    await day.api.post("agents/agent1/hold", hold=True)
    await day.until(lambda _: line.on_hold and not line.hears(agent))
    await day.until(lambda _: "default.wav" in line.heard[-1])
    await day.api.post("agents/agent1/hold", hold=False)
    await day.api.post("agents/agent1/mute", muted=True)
    await day.until(lambda _: agent.hears(line) and not line.hears(agent))
    await day.api.post("agents/agent1/mute", muted=False)
    await day.until(lambda _: line.hears(agent))
    await line.hang_up()
    await day.gone(line)
    [ended] = await day.facts(line, ConversationEnded)
    assert ended.held > 0


async def test_a_conversation_is_recorded_without_its_pause(day: Day) -> None:
    line, _ = await talk(day)
    await day.api.post("agents/agent1/recording", do="start")
    await day.until(lambda _: bool(line.tapes) and line.tapes[-1].status == "in-progress")
    await day.api.post("agents/agent1/recording", do="pause")
    await day.until(lambda _: line.tapes[-1].status == "paused")
    await day.api.post("agents/agent1/recording", do="resume")
    await day.until(lambda _: line.tapes[-1].status == "in-progress")
    await line.hang_up()
    await day.gone(line)
    await day.until(lambda _: not line.tapes[-1].runs)
    folder = day.center.settings.home / "recordings"
    await day.until(lambda _: any(folder.glob("*.wav")))
    [file] = folder.glob("*.wav")
    with wave.open(str(file)) as sound:
        assert sound.getnframes()
    [recorded] = await day.facts(line, ConversationRecorded)
    assert recorded.seconds >= 1


async def test_a_caller_is_passed_on_after_asking_a_number_outside(day: Day) -> None:
    line, agent = await talk(day)
    expert = day.cloud.people["+48221234567"] = Person()
    await day.api.post("agents/agent1/transfer", to="tel:+48221234567", kind="warm")
    await day.until(lambda _: bool(expert.lines) and agent.hears(expert.lines[-1]))
    assert not line.hears(expert.lines[-1])
    await day.api.post("agents/agent1/transfer/complete")
    await day.until(lambda _: line.hears(expert.lines[-1]) and expert.lines[-1].hears(line))
    await day.until(lambda _: agent.status == "completed")
    await expert.lines[-1].hang_up()
    await day.gone(line)


async def supervise(day: Day, mode: str) -> None:
    """As the user ``supervisor``, on their phone."""
    with day.center.database.session() as session:
        token = users.create_token(session, "supervisor", "supervisor")
    async with Center(day.center.url, token) as api:
        await api.post("agents/agent1/supervision", mode=mode)


async def test_a_supervisor_listens_whispers_and_joins_in(day: Day) -> None:
    line, agent = await talk(day)
    boss = day.cloud.people["client:supervisor"] = Person()
    await supervise(day, "monitor")
    await day.until(lambda _: bool(boss.lines) and boss.lines[-1].hears(line))
    phone = boss.lines[-1]
    assert not agent.hears(phone)
    await supervise(day, "whisper")
    await day.until(lambda _: agent.hears(phone) and not line.hears(phone))
    await supervise(day, "barge")
    await day.until(lambda _: agent.hears(phone) and line.hears(phone))
    await phone.hang_up()
    await day.until(lambda _: agent.hears(line) and line.hears(agent))
    await line.hang_up()
    await day.gone(line)
