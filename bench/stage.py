"""What calls are measured on: a center, an Asterisk with its own queue beside it, SIPp's phones.

Both systems run on the same Asterisk, with the same SIPp callers and the same SIPp phones. The
endpoint that a caller comes in by decides who takes the call. Callers' numbers begin with 9 and
the number of the turn.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bench import center
from bench.ami import Ami
from bench.sipp import SCENARIOS, Sipp, SippFailed
from calls.config import Agent, Number, Queue
from engine import configuration, users
from engine.asterisk_server import AsteriskEndpoint, AsteriskServer
from engine.secrets import secret
from engine.settings import Settings
from engine.storage import Database

#: The systems, and the context of the dialplan that each has its callers in.
CONTEXTS = {"app_queue": "bench", "ringdesk": "inbound"}
NUMBER = "2000"
#: There app_queue answers first, as Ringdesk always does, so that who waits hears music.
WITH_MUSIC = "2001"
#: Milliseconds that a caller waits for an answer, and one who stays for the end of the call.
PATIENCE = 10_000


@dataclass(frozen=True)
class Staff:
    """Who works. `phones`: agents with a registered phone, ready in both systems' queues.

    `away`: agents and members without a registered phone. `seats`: of the `phones`, so many belong
    to Ringdesk alone and stay on the line; the others then belong to app_queue alone. `talk`: after
    so many seconds agents hang up; 0: they leave that to the caller.
    """

    phones: int
    away: int = 0
    seats: int = 0
    talk: float = 0.0

    def names(self) -> list[str]:
        return [f"agent-b{number:04}" for number in range(1, self.phones + self.away + 1)]


@dataclass
class Stage:
    """All is up and everybody ready."""

    settings: Settings
    endpoint: AsteriskEndpoint
    ami: Ami
    web: aiohttp.ClientSession
    agents: Sipp
    #: What the callers of each turn sent, in order.
    turns: list[Sipp] = field(default_factory=list)

    async def turn(
        self, system: str, *, rate: float, calls: int, talk: float, most: int
    ) -> tuple[Sipp, int]:
        """One burst of calls, `most` at a time; gives its callers and how many of them failed.

        They hang up `talk` seconds after the answer; 0: they hear music and stay until the agent
        hangs up.
        """
        scenario, number = ("caller", NUMBER) if talk else ("patient", WITH_MUSIC)
        callers = Sipp(self.settings, scenario, self.settings.home, center.free_port())
        await callers.start(
            *("-s", number, "-r", str(rate), "-m", str(calls), "-d", str(int(talk * 1000))),
            *("-l", str(most), "-recv_timeout", str(PATIENCE)),
            keys={"endpoint": f"caller-{system}", "prefix": f"9{len(self.turns):02}"},
        )
        failed = 0
        try:
            await callers.finish()
        except SippFailed as error:
            failed = error.failed
        self.turns.append(callers)
        await asyncio.sleep(1.0)
        return callers, failed


@contextlib.asynccontextmanager
async def staged(staff: Staff) -> AsyncIterator[Stage]:
    """The stage for a block."""
    with tempfile.TemporaryDirectory(prefix="ringdesk-bench-") as folder:
        home = Path(folder)
        environ = center.environment(home)
        environ["RINGDESK_FLOWS"] = str(Path(__file__).parent / "flows")
        settings = center.settings_of(environ)
        token, passwords = await asyncio.to_thread(_configure, settings, staff)
        _one_secret(home)
        server = AsteriskServer(settings, bench=True)
        endpoint = await asyncio.to_thread(server.ensure)
        environ |= {
            "RINGDESK_ASTERISK_URL": endpoint.ari_url,
            "RINGDESK_ASTERISK_USER": endpoint.ari_user,
            "RINGDESK_ASTERISK_PASSWORD": endpoint.ari_password,
        }
        try:
            async with (
                center.running(environ),
                _peopled(settings, endpoint, token, passwords, staff) as stage,
            ):
                yield stage
        finally:
            await asyncio.to_thread(server.stop)


def _configure(settings: Settings, staff: Staff) -> tuple[str, dict[str, str]]:
    """Agents, queue and number in the database: an API token, and the phones' passwords."""
    database = Database(settings.database_url)
    database.upgrade()
    with database.session() as session:
        queue = Queue(name="bench", wrap_up=0.0, announce_every=0.0)
        configuration.save_queue(session, queue)
        passwords = {}
        for number, name in enumerate(staff.names()):
            user = users.create_user(session, name, "agent", None)
            # SIPp takes what begins with 0x for a number, and that phone could not register.
            passwords[name] = user.sip_secret = f"s{user.sip_secret}"
            seat = number < staff.seats
            ours = seat or not staff.seats
            agent = Agent(
                name=name,
                skills={"lang:en": 5},
                queues={"bench": 1} if ours else {},
                persistent=seat,
            )
            configuration.save_agent(session, agent)
        configuration.publish_folder(session, settings.flows)
        for dialled in (NUMBER, WITH_MUSIC):
            configuration.save_number(session, Number(number=dialled, flow="bench"))
        token = users.create_token(session, "bench", "supervisor")
    database.close()
    return token, passwords


def _one_secret(home: Path) -> None:
    """An Asterisk that is named by its address has one password, so ours must have."""
    secret(home, "ami")
    (home / "secrets" / "ami").write_text(secret(home, "ari") + "\n")


@contextlib.asynccontextmanager
async def _peopled(
    settings: Settings,
    endpoint: AsteriskEndpoint,
    token: str,
    passwords: Mapping[str, str],
    staff: Staff,
) -> AsyncIterator[Stage]:
    scenario = "brief" if staff.talk else "agents"
    agents = Sipp(settings, scenario, settings.home, center.free_port())
    web = aiohttp.ClientSession(
        settings.http.url, headers={"Authorization": f"Bearer {token}"}, raise_for_status=True
    )
    ami = Ami()
    await ami.connect(endpoint)
    try:
        async with web:
            stage = Stage(settings, endpoint, ami, web, agents)
            await _prepare(stage, passwords, staff)
            yield stage
    finally:
        await agents.stop()
        await ami.close()


async def _prepare(stage: Stage, passwords: Mapping[str, str], staff: Staff) -> None:
    """Callers' endpoints, registered phones, queue members, ready agents."""
    names = staff.names()
    working, ami = names[: staff.phones], stage.ami
    for system, context in CONTEXTS.items():
        await _put_caller(stage.endpoint, f"caller-{system}", context)
    await _until_provisioned(stage.endpoint, [*names, *(f"{name}-web" for name in names)])
    await _register(stage, {name: passwords[name] for name in working}, staff.talk)
    for name in names[staff.seats :]:
        await ami.act("QueueAdd", Queue="bench", Interface=f"PJSIP/{name}")
    for name in working:  # nobody answered for them for a moment
        await ami.act("PJSIPQualify", Endpoint=name)
    await _until(stage.web, lambda agent: agent["phone_online"], len(working))
    for name in working[: staff.seats or None]:
        await stage.web.post(f"/api/v1/agents/{name}/state", json={"state": "ready"})
    await _until(stage.web, lambda agent: agent["state"] == "ready", staff.seats or len(working))


async def _register(stage: Stage, passwords: Mapping[str, str], talk: float) -> None:
    settings = stage.settings
    table = settings.home / "phones.csv"
    lines = [
        f"{name};[authentication username={name} password={password}]"
        for name, password in passwords.items()
    ]
    table.write_text("\n".join(["SEQUENTIAL", *lines]) + "\n")
    # From the very port that is rung: Asterisk rewrites contacts to where they came from.
    register = Sipp(settings, "register", settings.home, stage.agents.port)
    there = ("-oocsf", str(SCENARIOS / "there.xml"))
    await register.start("-inf", str(table), "-r", "100", "-m", str(len(passwords)), *there)
    with contextlib.suppress(SippFailed):  # it counts the questions of Asterisk as calls as well
        await register.finish()
    await stage.agents.start("-d", str(int(1000 * talk)))


async def _until_provisioned(endpoint: AsteriskEndpoint, phones: Collection[str]) -> None:
    url = f"{endpoint.ari_url}/ari/endpoints/PJSIP"
    async with (
        asyncio.timeout(center.START_LIMIT),
        aiohttp.ClientSession(headers=_login(endpoint)) as session,
    ):
        while True:
            async with session.get(url) as answer:
                known = {item["resource"] for item in await answer.json()}
            if known.issuperset(phones):
                return
            await asyncio.sleep(5.0)  # Asterisk makes phones more slowly while it lists them


async def _put_caller(endpoint: AsteriskEndpoint, name: str, context: str) -> None:
    values = {
        "context": context,
        "disallow": "all",
        "allow": "ulaw",
        "direct_media": "no",
        "media_address": "127.0.0.1",
        "bind_rtp_to_media_address": "yes",
        "trust_id_inbound": "yes",
    }
    fields = [{"attribute": key, "value": value} for key, value in values.items()]
    url = f"{endpoint.ari_url}/ari/asterisk/config/dynamic/res_pjsip/endpoint/{name}"
    async with (
        aiohttp.ClientSession(headers=_login(endpoint), raise_for_status=True) as session,
        session.put(url, json={"fields": fields}),
    ):
        pass


def _login(endpoint: AsteriskEndpoint) -> dict[str, str]:
    login = aiohttp.encode_basic_auth(endpoint.ari_user, endpoint.ari_password)
    return {"Authorization": login}


async def _until(web: aiohttp.ClientSession, is_so: Callable[[Any], bool], count: int) -> None:
    for _ in range(600):
        async with web.get("/api/v1/agents") as answer:
            known = await answer.json()
        if sum(map(is_so, known["agents"])) >= count:
            return
        await asyncio.sleep(0.2)
    others = [f"{agent['name']} {agent['state']}" for agent in known["agents"] if not is_so(agent)]
    raise RuntimeError(f"agents who do not get ready: {', '.join(others)}")
