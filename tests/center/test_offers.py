"""Whatever an agent's phone does, the caller keeps their place and the agent's state is true."""

import asyncio

import pytest

from engine.phones.phone import Manner
from tests.center.decliner import declining
from tests.center.scene import Scene

pytestmark = [pytest.mark.center, pytest.mark.timeout(180)]


async def test_no_answer_goes_to_the_next_agent_and_the_place_is_kept(scene: Scene) -> None:
    before = (await scene.queue()).today
    silent = await scene.agent("agent1", Manner("ignore"))
    call = await scene.call("1001")
    rung = await silent.rung()
    behind = await scene.call("1001")
    await scene.phase(behind, "waiting")
    assert await rung.ended(15)
    assert rung.at("answered") is None
    await scene.agent_state("agent1", "not_ready", "no answer")
    assert (await scene.phase(call, "waiting")).position == 1

    await scene.agent("agent2", Manner("answer"))
    await scene.phase(call, "talking")
    assert (await scene.phase(behind, "waiting")).position == 1
    assert (await scene.queue()).today.rona == before.rona + 1


async def test_a_busy_phone_sends_the_caller_on(scene: Scene) -> None:
    await scene.agent("agent1", Manner("busy"))
    call = await scene.call("1001")
    await scene.agent_state("agent1", "not_ready", "busy")
    assert (await scene.phase(call, "waiting")).position == 1
    await scene.agent("agent2", Manner("answer"))
    await scene.phase(call, "talking")
    await call.hang_up()


async def test_an_agent_who_declines_is_not_ready_and_the_phone_stops_ringing(
    scene: Scene,
) -> None:
    before = (await scene.queue()).today
    phone = await scene.agent("agent1")
    call = await scene.call("1001")
    rung = await phone.rung()
    await scene.api.post("agents/agent1/decline")
    await rung.ended(10)
    await scene.agent_state("agent1", "not_ready", "declined")
    assert (await scene.phase(call, "waiting")).position == 1
    assert (await scene.queue()).today.declined == before.declined + 1
    await call.hang_up()


async def test_a_phone_that_declines_sends_the_caller_on(scene: Scene) -> None:
    secret = scene.center.sip_secret("agent1")
    async with declining("agent1", secret, scene.center.server) as phone:
        await scene.until(
            lambda live: any(a.name == "agent1" and a.phone_online for a in live.agents),
            "agent1 online",
        )
        await scene.set_state("agent1", "ready")
        call = await scene.call("1001")
        await scene.agent_state("agent1", "not_ready", "declined")
        assert phone.declined == 1
        assert (await scene.phase(call, "waiting")).position == 1


async def test_an_agent_whose_phone_goes_is_not_offered_calls(scene: Scene) -> None:
    phone = await scene.agent("agent1")
    await scene.agent_state("agent1", "ready")
    await phone.unregister()
    await scene.agent_state("agent1", "not_ready", "phone gone")
    call = await scene.waiting("1001")
    assert not phone.calls
    await scene.agent("agent1", Manner("answer"))
    await scene.phase(call, "talking")


async def test_a_caller_who_hangs_up_while_it_rings_frees_the_agent(scene: Scene) -> None:
    before = (await scene.queue()).today
    phone = await scene.agent("agent1")
    call = await scene.call("1001")
    rung = await phone.rung()
    await call.hang_up()
    await rung.ended(10)
    assert rung.at("answered") is None
    await scene.agent_state("agent1", "ready")
    assert (await scene.record(call))["outcome"] == "abandoned_ringing"
    assert (await scene.queue()).today.abandoned == before.abandoned + 1


async def test_a_caller_who_hangs_up_in_the_queue_counts_as_abandoned(scene: Scene) -> None:
    before = (await scene.queue()).today
    call = await scene.waiting("1001")
    await call.hang_up()
    assert (await scene.record(call))["outcome"] == "abandoned_queue"
    queue = await scene.queue()
    assert queue.waiting == 0
    assert queue.today.abandoned == before.abandoned + 1
    assert queue.today.offered == before.offered + 1


async def test_a_caller_who_hangs_up_in_the_menu_belongs_to_no_queue(scene: Scene) -> None:
    before = (await scene.queue()).today
    call = await scene.call("1000")
    await scene.phase(call, "menu")
    await call.hang_up()
    record = await scene.record(call)
    assert (record["outcome"], record["queue"]) == ("abandoned_menu", "")
    assert (await scene.queue()).today.offered == before.offered


async def test_a_caller_who_gives_up_before_the_agent_counts_as_answered_once(
    scene: Scene,
) -> None:
    """The agent answers in the very moment the caller hangs up: no ghost on either side."""
    for _ in range(3):
        phone = await scene.agent("agent1")
        call = await scene.call("1001")
        rung = await phone.rung()
        await asyncio.gather(rung.answer(), call.hang_up())
        await scene.gone(call)
        await rung.ended(10)
        state = (
            await scene.until(
                lambda live: (
                    next(
                        a
                        for a in live.agents
                        if a.name == "agent1" and a.state in ("ready", "wrap_up")
                    )
                    if any(
                        a.name == "agent1" and a.state in ("ready", "wrap_up") for a in live.agents
                    )
                    else None
                ),
                "agent1 free",
            )
        ).agents
        if any(a.name == "agent1" and a.state == "wrap_up" for a in state):
            await scene.api.post("agents/agent1/wrap-up")


async def test_a_wrong_key_and_silence_lead_to_the_operator_not_to_a_dead_end(
    scene: Scene,
) -> None:
    call = await scene.call("1000")
    await call.press("1")
    await scene.hears(call, scene.prompt("main.greeting", "en"))
    for _ in range(3):
        await scene.hears(call, scene.prompt("main.menu", "en")[: 8000 * 3])
        await call.press("7")
        await asyncio.sleep(1)
    waiting = await scene.phase(call, "waiting", within=60)
    assert waiting.queue == "support"
