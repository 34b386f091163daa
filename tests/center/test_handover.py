"""Agents pass callers on over a real Asterisk, also when the program is killed amid it."""

import asyncio

import pytest

from engine.phones.phone import Manner, Phone
from engine.phones.phonecall import PhoneCall
from tests.center.scene import Scene

pytestmark = [pytest.mark.center, pytest.mark.timeout(240)]


async def in_a_call(scene: Scene) -> tuple[PhoneCall, Phone, Phone]:
    """A caller who talks with agent1; agent2 is free. Both phones."""
    first = await scene.agent("agent1", Manner("answer"))
    call = await scene.call("1001")
    await scene.phase(call, "talking")
    return call, first, await scene.agent("agent2", Manner("answer"))


async def asked(scene: Scene) -> None:
    """Agent1 asks agent2, who answers."""
    await scene.api.post("agents/agent1/transfer", to="agent:agent2", kind="warm")
    await scene.until(
        lambda live: any(a.consult_answered for a in live.agents), "agent2 has answered"
    )


async def talks_with(scene: Scene, call: PhoneCall, agent: str) -> None:
    await scene.until(
        lambda live: any(c.phase == "talking" and c.agent == agent for c in live.calls),
        f"the caller talks with {agent}",
    )


async def test_a_caller_passed_on_at_once_talks_with_the_second_agent(scene: Scene) -> None:
    call, _, second = await in_a_call(scene)
    await scene.api.post("agents/agent1/transfer", to="agent:agent2")
    await talks_with(scene, call, "agent2")
    await scene.talk(call, second, seed=21)
    await scene.agent_state("agent1", "wrap_up")


async def test_killed_while_an_agent_asks_it_goes_on_where_it_was(own_scene: Scene) -> None:
    scene = own_scene
    call, first, second = await in_a_call(scene)
    await asked(scene)
    held = len(call.heard) / 8000
    await asyncio.to_thread(scene.center.kill)
    await scene.hears_music(call, after=held)
    await asyncio.to_thread(scene.center.start)
    agent = await scene.agent_state("agent1", "talking")
    assert (agent.held, agent.consults, agent.consult_answered) == (True, "agent:agent2", True)

    await scene.api.post("agents/agent1/transfer/complete")
    await talks_with(scene, call, "agent2")
    await scene.talk(call, second, seed=22)
    await first.calls[-1].ended(10)
    await scene.agent_state("agent1", "wrap_up")
    await call.hang_up()
    await scene.agent_state("agent2", "wrap_up")
