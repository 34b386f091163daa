"""The program is killed in the middle of everything; whoever talks or waits does not notice."""

import asyncio

import pytest

from engine.phones.phone import Manner
from tests.center.scene import Scene
from tests.phones.voices import babble

pytestmark = [pytest.mark.center, pytest.mark.timeout(240)]


async def test_pairs_talk_on_and_waiting_callers_keep_their_places(own_scene: Scene) -> None:
    scene = own_scene
    agent = await scene.agent("agent1", Manner("answer"))
    talking = await scene.call("1001")
    await scene.phase(talking, "talking")
    first = await scene.waiting("1001")
    second = await scene.waiting("1001")

    await asyncio.to_thread(scene.center.kill)
    # Asterisk goes on by itself: the pair hears each other while nobody is there to decide.
    await scene.talk(talking, agent, seed=1)
    await asyncio.to_thread(scene.center.start)

    assert (await scene.phase(talking, "talking")).agent == "agent1"
    await scene.talk(talking, agent, seed=2)
    assert (await scene.phase(first, "waiting")).position == 1
    assert (await scene.phase(second, "waiting")).position == 2
    await talking.hang_up()
    await agent.calls[-1].ended(10)
    await scene.agent_state("agent1", "wrap_up")
    await scene.api.post("agents/agent1/wrap-up")
    await scene.phase(first, "talking")
    await scene.talk(first, agent, seed=3)
    assert (await scene.phase(second, "waiting")).position == 1


async def test_whoever_hangs_up_meanwhile_leaves_no_ghost(own_scene: Scene) -> None:
    scene = own_scene
    agent = await scene.agent("agent1", Manner("answer"))
    talking = await scene.call("1001")
    await scene.phase(talking, "talking")
    waiting = await scene.waiting("1001")
    staying = await scene.waiting("1001")

    await asyncio.to_thread(scene.center.kill)
    await talking.hang_up()
    await waiting.hang_up()
    await asyncio.to_thread(scene.center.start)

    # The agent, left alone in the bridge, is let go; the caller who stayed moves up.
    await agent.calls[-1].ended(30)
    await scene.gone(talking)
    await scene.gone(waiting)
    assert (await scene.phase(staying, "waiting")).position == 1
    await scene.agent_state("agent1", "wrap_up")
    await scene.api.post("agents/agent1/wrap-up")
    await scene.phase(staying, "talking")
    live = await scene.live()
    assert len(live.calls) == 1
    assert (await scene.record(talking))["outcome"] == "handled"
    assert (await scene.record(waiting))["outcome"] == "abandoned_queue"


async def test_a_new_caller_is_kept_and_taken_in_when_the_center_is_back(
    own_scene: Scene,
) -> None:
    scene = own_scene
    hold = scene.prompt("system.please-hold", "en")
    await asyncio.to_thread(scene.center.kill)
    call = await scene.call("1001")
    await scene.hears(call, hold)
    await scene.hears_music(call)
    await asyncio.to_thread(scene.center.start)
    await scene.phase(call, "waiting")
    agent = await scene.agent("agent1", Manner("answer", say=babble(5, 3)))
    await scene.phase(call, "talking")
    await scene.talk(call, agent, seed=6)


async def test_a_caller_in_the_menu_is_asked_again(own_scene: Scene) -> None:
    scene = own_scene
    call = await scene.call("1000")
    await scene.phase(call, "menu")
    await scene.hears(call, scene.prompt("main.language.en", "en"))
    await asyncio.to_thread(scene.center.kill)
    await asyncio.to_thread(scene.center.start)
    await scene.phase(call, "menu")
    await call.press("2")
    await scene.hears(call, scene.prompt("main.greeting", "pl"))
    await scene.hears(call, scene.prompt("main.menu", "pl")[: 8000 * 3])
    await call.press("2")
    await scene.phase(call, "waiting")


async def test_a_phone_that_rings_through_the_restart_may_still_be_answered(
    own_scene: Scene,
) -> None:
    scene = own_scene
    scene.center.change_queue("support", offer_timeout=60.0)
    phone = await scene.agent("agent1")
    call = await scene.call("1001")
    rung = await phone.rung()
    await asyncio.to_thread(scene.center.kill)
    await asyncio.to_thread(scene.center.start)
    assert rung.state == "ringing"
    await rung.answer()
    await scene.phase(call, "talking")
    await scene.talk(call, phone, seed=9)


async def test_an_offer_whose_time_was_over_meanwhile_goes_to_the_next_agent(
    own_scene: Scene,
) -> None:
    scene = own_scene
    phone = await scene.agent("agent1")
    call = await scene.call("1001")
    rung = await phone.rung()
    await asyncio.to_thread(scene.center.kill)
    await asyncio.sleep(6)  # the offer's time, which nobody counts now
    await asyncio.to_thread(scene.center.start)
    await rung.ended(20)
    await scene.agent_state("agent1", "not_ready", "no answer")
    agent = await scene.agent("agent2", Manner("answer"))
    await scene.phase(call, "talking")
    await scene.talk(call, agent, seed=10)
