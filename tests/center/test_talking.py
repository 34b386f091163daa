"""One call from the menu to the ticket, by real SIP phones and a real Asterisk."""

import pytest

from engine.phones import hearing
from engine.phones.phone import Manner
from tests.center.scene import Scene

pytestmark = [pytest.mark.center, pytest.mark.timeout(180)]

#: What to press for each language.
LANGUAGES = {"en": "1", "pl": "2", "uk": "3"}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_greeting_is_heard_in_the_chosen_language_and_no_other(
    scene: Scene, language: str
) -> None:
    call = await scene.call("1000")
    await scene.hears(call, scene.prompt("main.language.en", "en"))
    await call.press(LANGUAGES[language])
    await scene.hears(call, scene.prompt("main.greeting", language))
    for other in LANGUAGES.keys() - {language}:
        assert hearing.score(call.heard, scene.prompt("main.greeting", other)) < 0.3
    await call.hang_up()


async def test_from_the_menu_over_music_and_position_to_an_agent_and_the_ticket(
    scene: Scene,
) -> None:
    first = await scene.waiting("1001")
    call = await scene.call("1000", number="48221230102")
    await call.press("1")
    await scene.hears(call, scene.prompt("main.greeting", "en"))
    await call.press("2")
    assert (await scene.phase(call, "waiting")).position == 1, "a VIP goes before who came first"
    await scene.hears_music(call)
    await scene.hears(call, scene.prompt("waiting.ahead.0", "en"))
    await scene.hears_music(call, after=len(call.heard) / 8000)

    await first.hang_up()
    agent = await scene.agent("agent1", Manner("answer", after=0.5))
    await scene.phase(call, "talking")
    answered = await scene.talk(call, agent, seed=1)
    talking = await scene.agent_state("agent1", "talking")
    ticket = (await scene.phase(call, "talking")).ticket
    assert ticket is not None

    await call.hang_up()
    assert await answered.ended(10) == "far end hung up"
    await scene.agent_state("agent1", "wrap_up")
    await scene.api.post("agents/agent1/wrap-up", code="solved", note="It was the cable.")
    await scene.agent_state("agent1", "ready")

    record = await scene.record(call, complete=lambda record: bool(record["code"]))
    assert record["call"] == talking.call
    assert (record["outcome"], record["agent"], record["queue"]) == ("handled", "agent1", "support")
    assert (record["ticket"], record["name"]) == (ticket, "James Carter")
    assert (record["code"], record["note"]) == ("solved", "It was the cable.")
    assert record["talked"] > 2, "as long as it took to hear one another"
    assert record["waited"] > 5
    story = await scene.api.get(f"tickets/{ticket}")
    assert story["ticket"]["title"] == "No sound on the phone in room 12"
    assert any("It was the cable." in note["text"] for note in story["notes"])


async def test_the_agent_hangs_up_and_the_caller_is_not_left_alone(scene: Scene) -> None:
    agent = await scene.agent("agent1", Manner("answer"))
    call = await scene.call("1001")
    await scene.phase(call, "talking")
    answered = await scene.talk(call, agent, seed=2)
    await answered.hang_up()
    assert await call.ended(10) == "far end hung up"
    await scene.agent_state("agent1", "wrap_up")
    assert (await scene.record(call))["outcome"] == "handled"


async def test_wrap_up_ends_by_itself_and_the_next_caller_is_served(scene: Scene) -> None:
    scene.center.change_queue("support", wrap_up=3.0)
    try:
        await scene.agent("agent1", Manner("answer"))
        call, following = await scene.call("1001"), None
        await scene.phase(call, "talking")
        following = await scene.waiting("1001")
        await call.hang_up()
        await scene.agent_state("agent1", "wrap_up")
        await scene.phase(following, "talking")
    finally:
        scene.center.change_queue("support", wrap_up=30.0)


async def test_an_unknown_caller_gets_a_drafted_ticket(scene: Scene) -> None:
    await scene.agent("agent1", Manner("answer"))
    call = await scene.call("1001")
    await scene.phase(call, "talking")
    live = await scene.until(lambda live: any(c.ticket for c in live.calls), "a ticket is attached")
    (ticket,) = [c.ticket for c in live.calls]
    story = await scene.api.get(f"tickets/{ticket}")
    assert call.phone[2:] in story["ticket"]["title"].replace(" ", "")
    await call.hang_up()


async def test_two_pairs_talk_at_once_and_hear_only_each_other(scene: Scene) -> None:
    one = await scene.agent("agent1", Manner("answer"))
    first = await scene.call("1001")
    await scene.phase(first, "talking")
    two = await scene.agent("agent2", Manner("answer"))
    second = await scene.call("1001")
    await scene.phase(second, "talking")
    await scene.talk(first, one, seed=3)
    mark = len(first.heard)
    await scene.talk(second, two, seed=4)
    theirs = second.heard
    assert hearing.score(theirs, first.heard[mark : mark + 3 * 8000]) < 0.3
