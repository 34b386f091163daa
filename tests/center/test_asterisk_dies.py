"""Asterisk dies under a running center: no call stays a ghost, and the next caller is served."""

import os
import signal

import pytest

from engine.asterisk_server import AsteriskServer
from engine.phones.phone import Manner
from tests.center.scene import Scene

pytestmark = [pytest.mark.center, pytest.mark.timeout(240)]


async def test_a_dead_asterisk_is_started_again_and_its_calls_are_over(own_scene: Scene) -> None:
    scene = own_scene
    phone = await scene.agent("agent1", Manner("answer"))
    talking = await scene.call("1001")
    await scene.phase(talking, "talking")
    waiting = await scene.waiting("1001")
    asterisk = AsteriskServer(scene.center.settings)
    died = asterisk.running()
    assert died is not None

    os.kill(died, signal.SIGKILL)

    await scene.gone(talking)
    await scene.gone(waiting)
    assert asterisk.running() not in (None, died)
    assert (await scene.record(talking))["outcome"] == "handled"
    assert (await scene.record(waiting))["outcome"] == "abandoned_queue"
    await scene.agent_state("agent1", "wrap_up")
    await scene.api.post("agents/agent1/wrap-up")
    # Nobody tells a phone that its registrar has been away: as phones do, it registers again.
    await phone.register()
    await scene.until(lambda live: live.agents[0].phone_online, "agent1's phone online")
    await scene.set_state("agent1", "ready")
    again = await scene.call("1001")
    await scene.phase(again, "talking")
    await scene.talk(again, phone, seed=21)
