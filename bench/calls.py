"""How long a call takes from the caller's INVITE to the agent's ear, beside Asterisk's app_queue.

Both are measured on the same Asterisk in one run, in turns, with the same SIPp callers and the
same 400 SIPp phones. `calls.setup`: from the caller's INVITE (SIPp) until both parties are in one
bridge (AMI ``BridgeEnter``). `calls.agent_invite`: until the agent's INVITE (SIPp). `calls.pop`:
from the offer until the pop has come to a client of the event stream, held against the time until
the INVITE has come to the agent's phone.
"""

import asyncio
import contextlib
import statistics
import tempfile
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import msgspec

from bench import center
from bench.ami import Ami
from bench.results import Result, held_against
from bench.sipp import SCENARIOS, Sipp, SippFailed
from calls.config import Agent, Number, Queue
from engine import configuration, users
from engine.asterisk_server import AsteriskEndpoint, AsteriskServer
from engine.secrets import secret
from engine.settings import Settings
from engine.storage import Database

NAMES = ("calls.setup", "calls.agent_invite", "calls.pop")
AGENTS = 400
#: Calls a second, calls a turn, seconds of talk.
RATE, CALLS, TALK = 40, 400, 5.0
#: Who takes the calls of each turn. The first is for warming up and does not count.
TURNS = ("app_queue", "ringdesk", "app_queue", "ringdesk", "app_queue", "ringdesk")
WARM_UP = 2
#: The endpoint that a caller comes in by decides the context, hence who takes the call.
CONTEXTS = {"app_queue": "bench", "ringdesk": "inbound"}
NUMBER = "2000"


@dataclass
class Times:
    """By caller's number, seconds since the epoch."""

    invited: dict[str, float] = field(default_factory=dict)
    rung: dict[str, float] = field(default_factory=dict)
    joined: dict[str, float] = field(default_factory=dict)
    offered: dict[str, float] = field(default_factory=dict)
    popped: dict[str, float] = field(default_factory=dict)


def run() -> list[Result]:
    """Measure all three."""
    with tempfile.TemporaryDirectory(prefix="ringdesk-bench-") as folder:
        return asyncio.run(_run(Path(folder)))


async def _run(home: Path) -> list[Result]:
    environ = center.environment(home)
    environ["RINGDESK_FLOWS"] = str(Path(__file__).parent / "flows")
    settings = center.settings_of(environ)
    token, phones = await asyncio.to_thread(_configure, settings)
    _one_secret(home)
    server = AsteriskServer(settings, bench=True)
    endpoint = await asyncio.to_thread(server.ensure)
    environ |= {
        "RINGDESK_ASTERISK_URL": endpoint.ari_url,
        "RINGDESK_ASTERISK_USER": endpoint.ari_user,
        "RINGDESK_ASTERISK_PASSWORD": endpoint.ari_password,
    }
    try:
        async with center.running(environ):
            return await _measure(settings, endpoint, token, phones)
    finally:
        await asyncio.to_thread(server.stop)


def _configure(settings: Settings) -> tuple[str, dict[str, str]]:
    """Agents, queue and number in the database: an API token, and the phones' passwords."""
    database = Database(settings.database_url)
    database.upgrade()
    with database.session() as session:
        queue = Queue(name="bench", wrap_up=0.0, announce_every=0.0)
        configuration.save_queue(session, queue)
        phones = {}
        for number in range(1, AGENTS + 1):
            name = f"agent-b{number:03}"
            phones[name] = users.create_user(session, name, "agent", None).sip_secret
            configuration.save_agent(
                session, Agent(name=name, skills={"lang:en": 5}, queues={"bench": 1})
            )
        configuration.publish_folder(session, settings.flows)
        configuration.save_number(session, Number(number=NUMBER, flow="bench"))
        token = users.create_token(session, "bench", "supervisor")
    database.close()
    return token, phones


def _one_secret(home: Path) -> None:
    """An Asterisk that is named by its address has one password, so ours must have."""
    secret(home, "ami")
    (home / "secrets" / "ami").write_text(secret(home, "ari") + "\n")


async def _measure(
    settings: Settings, endpoint: AsteriskEndpoint, token: str, phones: dict[str, str]
) -> list[Result]:
    ami, agents = Ami(), Sipp(settings, "agents", settings.home, center.free_port())
    await ami.connect(endpoint)
    web = aiohttp.ClientSession(
        settings.http.url, headers={"Authorization": f"Bearer {token}"}, raise_for_status=True
    )
    times = {system: Times() for system in CONTEXTS}
    try:
        async with web:
            await _prepare(settings, endpoint, ami, web, agents, phones)
            listening = asyncio.create_task(_listen(web, times["ringdesk"]))
            for turn, system in enumerate(TURNS):
                callers = await _turn(settings, system, turn)
                if turn >= WARM_UP:
                    _note_callers(times[system], callers)
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        _note_agents(times, agents, _joined(ami))
        return _results(times)
    finally:
        await agents.stop()
        await ami.close()


async def _prepare(
    settings: Settings,
    endpoint: AsteriskEndpoint,
    ami: Ami,
    web: aiohttp.ClientSession,
    agents: Sipp,
    phones: dict[str, str],
) -> None:
    """Callers' endpoints, registered phones, queue members, ready agents."""
    for system, context in CONTEXTS.items():
        caller = {
            "context": context,
            "disallow": "all",
            "allow": "ulaw",
            "direct_media": "no",
            "trust_id_inbound": "yes",
        }
        await _put(endpoint, "endpoint", f"caller-{system}", caller)
    await _until_provisioned(endpoint, [*phones, *(f"{name}-web" for name in phones)])
    table = settings.home / "phones.csv"
    lines = [
        f"{name};[authentication username={name} password={password}]"
        for name, password in phones.items()
    ]
    table.write_text("\n".join(["SEQUENTIAL", *lines]) + "\n")
    # From the very port that is rung: Asterisk rewrites contacts to where they came from.
    register = Sipp(settings, "register", settings.home, agents.port)
    there = ("-oocsf", str(SCENARIOS / "there.xml"))
    await register.start("-inf", str(table), "-r", "100", "-m", str(len(phones)), *there)
    with contextlib.suppress(SippFailed):  # it counts the questions of Asterisk as calls as well
        await register.finish()
    await agents.start()
    for name in phones:
        await ami.act("QueueAdd", Queue="bench", Interface=f"PJSIP/{name}")
    await _until_online(web, len(phones))
    for name in phones:
        await web.post(f"/api/v1/agents/{name}/state", json={"state": "ready"})


async def _until_provisioned(endpoint: AsteriskEndpoint, phones: Collection[str]) -> None:
    url = f"{endpoint.ari_url}/ari/endpoints/PJSIP"
    async with asyncio.timeout(120), aiohttp.ClientSession(headers=_login(endpoint)) as session:
        while True:
            async with session.get(url) as answer:
                known = {item["resource"] for item in await answer.json()}
            if known.issuperset(phones):
                return
            await asyncio.sleep(0.5)


async def _put(endpoint: AsteriskEndpoint, kind: str, name: str, values: dict[str, str]) -> None:
    """Make or change a part of Asterisk's SIP configuration."""
    fields = [{"attribute": key, "value": value} for key, value in values.items()]
    url = f"{endpoint.ari_url}/ari/asterisk/config/dynamic/res_pjsip/{kind}/{name}"
    async with (
        aiohttp.ClientSession(headers=_login(endpoint), raise_for_status=True) as session,
        session.put(url, json={"fields": fields}),
    ):
        pass


def _login(endpoint: AsteriskEndpoint) -> dict[str, str]:
    login = aiohttp.encode_basic_auth(endpoint.ari_user, endpoint.ari_password)
    return {"Authorization": login}


async def _until_online(web: aiohttp.ClientSession, count: int) -> None:
    async with asyncio.timeout(60):
        while True:
            async with web.get("/api/v1/agents") as answer:
                known = await answer.json()
            if sum(agent["phone_online"] for agent in known["agents"]) >= count:
                return
            await asyncio.sleep(0.2)


async def _turn(settings: Settings, system: str, turn: int) -> Sipp:
    """One burst of calls to one of the two; callers' numbers begin with 9 and the turn."""
    callers = Sipp(settings, "caller", settings.home, center.free_port())
    await callers.start(
        *("-s", NUMBER, "-r", str(RATE), "-m", str(CALLS), "-d", str(int(TALK * 1000))),
        *("-l", str(AGENTS)),
        keys={"endpoint": f"caller-{system}", "prefix": f"9{turn:02}"},
    )
    await callers.finish()
    await asyncio.sleep(1.0)
    return callers


#: The facts that are measured; what else comes is only skipped.
_READ = (b'"CallArrived"', b'"OfferMade"', b'"TicketPopped"')


async def _listen(web: aiohttp.ClientSession, times: Times) -> None:
    """Read the event stream as a supervisor's page does."""
    number_of: dict[str, str] = {}
    timeout = aiohttp.ClientTimeout(total=None)
    async with web.get("/api/v1/events", timeout=timeout) as stream:
        async for line in stream.content:
            if not any(kind in line for kind in _READ):
                continue
            now = time.time()
            event = msgspec.json.decode(line[6:])
            fact = event["fact"]
            match fact["type"]:
                case "CallArrived":
                    number_of[fact["call"]] = fact["caller"]
                case "OfferMade":
                    times.offered.setdefault(number_of[fact["call"]], event["at"])
                case "TicketPopped":
                    times.popped.setdefault(number_of[fact["call"]], now)


def _note_callers(times: Times, callers: Sipp) -> None:
    for seen in callers.seen():
        if seen.sent and seen.text.startswith(b"INVITE"):
            times.invited.setdefault(_user(seen.header(b"P-Asserted-Identity")), seen.at)


def _note_agents(times: dict[str, Times], agents: Sipp, joined: dict[str, float]) -> None:
    for seen in agents.seen():
        if not seen.sent and seen.text.startswith(b"INVITE"):
            for got in times.values():
                got.rung.setdefault(_user(seen.header(b"From")), seen.at)
    for got in times.values():
        got.joined = joined


def _joined(ami: Ami) -> dict[str, float]:
    """When the second party came into each bridge, by the caller's number."""
    first: dict[str, str] = {}
    joined: dict[str, float] = {}
    for block in ami.entered:
        bridge, number = block["BridgeUniqueid"], block["CallerIDNum"]
        if bridge not in first:
            first[bridge] = number
            continue
        for party in (first[bridge], number):
            if party.startswith("9"):
                joined.setdefault(party, float(block["Timestamp"]))
    return joined


def _results(times: dict[str, Times]) -> list[Result]:
    ours, theirs = times["ringdesk"], times["app_queue"]
    asked = len(ours.invited)
    for system, got in times.items():
        missing = sum(n not in got.joined or n not in got.rung for n in got.invited)
        if missing > 0.01 * len(got.invited):
            raise RuntimeError(f"{missing} of {len(got.invited)} calls to {system} met no agent")
    counted = f"median of {asked} calls at {RATE}/s with {AGENTS} agents"
    return [
        held_against(
            "calls.setup",
            _median(ours.joined, ours.invited),
            "ms",
            f"app_queue, {counted}",
            _median(theirs.joined, theirs.invited),
        ),
        held_against(
            "calls.agent_invite",
            _median(ours.rung, ours.invited),
            "ms",
            f"app_queue, {counted}",
            _median(theirs.rung, theirs.invited),
        ),
        held_against(
            "calls.pop",
            _median(ours.popped, ours.offered),
            "ms",
            "offer to the phone's INVITE",
            _median(ours.rung, ours.offered),
        ),
    ]


def _median(ends: dict[str, float], begins: dict[str, float]) -> float:
    """In milliseconds, over the calls that have both."""
    return 1000 * statistics.median(ends[n] - begins[n] for n in begins if n in ends)


def _user(header: bytes) -> str:
    """The user part of a ``<sip:user@host>``."""
    return header.partition(b"sip:")[2].partition(b"@")[0].decode()
