"""Phones are provisioned from the database while the center runs."""

import asyncio

import pytest

from calls.config import Agent
from engine import configuration, users
from engine.phones.phone import Manner, Phone
from engine.phones.phonecall import PhoneFailed
from tests.center.panel import logged_in
from tests.center.running import PASSWORD
from tests.center.scene import Scene

pytestmark = [pytest.mark.center, pytest.mark.timeout(120)]


def add_agent(scene: Scene, name: str) -> None:
    with scene.center.database.session() as session:
        users.create_user(session, name, "agent", PASSWORD)
        configuration.save_agent(
            session, Agent(name=name, skills={"lang:en": 9, "support": 9}, queues={"support": 1})
        )


async def test_a_user_added_in_the_panel_has_a_phone_that_rings_without_a_restart(
    scene: Scene,
) -> None:
    async with logged_in(scene.center.url, "admin") as panel:
        await panel.submit(
            "/admin/users/new", {"name": "newcomer", "role": "agent", "password": PASSWORD}
        )
        await panel.submit(
            "/admin/users/newcomer",
            {
                "title": "Nina Newcomer",
                "role": "agent",
                "active": "on",
                "rona_limit": "1",
                "queue:support": "1",
                "skill:support": "9",
                "skill:lang:en": "9",
            },
        )
    agent = await scene.agent("newcomer", Manner("answer"))
    call = await scene.call("1001")
    await scene.phase(call, "talking")
    await scene.talk(call, agent, seed=8)


async def test_a_removed_user_s_phone_is_refused(scene: Scene) -> None:
    add_agent(scene, "leaver")
    await scene.until(lambda live: any(a.name == "leaver" for a in live.agents), "leaver known")
    phone = await scene.agent("leaver", ready=False)
    await phone.unregister()
    with scene.center.database.session() as session:
        users.change_user(session, "leaver", active=False)
    await scene.until(lambda live: all(a.name != "leaver" for a in live.agents), "leaver forgotten")
    with pytest.raises(PhoneFailed, match=r"leaver.*403"):
        await keep_registering(phone)


async def keep_registering(phone: Phone) -> None:
    """A phone is taken away a moment after its agent."""
    for _ in range(20):
        await phone.register(within=5)
        await asyncio.sleep(0.5)


async def test_a_wrong_sip_password_is_refused(scene: Scene) -> None:
    phone = await scene.phones.add("agent1", password="wrong", server=scene.center.server)
    with pytest.raises(PhoneFailed, match=r"40[13]"):
        await phone.register(within=5)
