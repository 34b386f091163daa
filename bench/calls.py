"""How long a call takes from the caller's INVITE to the agent's ear, beside Asterisk's app_queue.

Both are measured on the same Asterisk in one run, in turns (`bench.stage`). `calls.setup`: from the
caller's INVITE (SIPp) until both parties are in one bridge (AMI ``BridgeEnter``).
`calls.agent_invite`: until the agent's INVITE (SIPp). `calls.pop`: from the offer until the pop has
come to a client of the event stream, held against the time until the INVITE has come to the agent's
phone. `calls.setup_5000_members`: as `calls.setup`, where most of the queue's members are away.
`calls.persistent_leg`: as `calls.setup`, with agents whose phones stay on the line; each of the two
without the other's agents.
`calls.max_rate`: the most calls a second of which none is lost: each caller meets an agent within
ten seconds and stays until the agent, after a short talk, hangs up.
"""

import asyncio
import contextlib
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import aiohttp
import msgspec

from bench.ami import Ami
from bench.results import Result, held_against
from bench.sipp import Sipp, user
from bench.stage import CONTEXTS, Staff, Stage, staged

NAMES = ("calls.setup", "calls.agent_invite", "calls.pop")
MEMBERS, SEATS, RATE = ("calls.setup_5000_members",), ("calls.persistent_leg",), ("calls.max_rate",)

#: Who takes the calls of each turn. The first of each is for warming up and does not count.
TURNS = ("app_queue", "ringdesk") * 3
#: With phones that stay on the line neither has any use of the other's agents, who would only be a
#: burden; so each has an Asterisk to itself, in turns. A minute at most: SIPp's phones send no
#: sound, and Asterisk gives a phone up for dead after that.
ALONE = (("app_queue", Staff(phones=400)), ("ringdesk", Staff(phones=400, seats=400))) * 2
#: Rates that are tried, calls a second, and for how many seconds; each has one more try.
LADDER = (40, 60, 80, 100, 115, 130, 150, 170, 195, 225, 260, 300)
BURST, TRIES = 20.0, 2
#: Seconds that agents talk meanwhile: so briefly that there are always some left.
TALK = 1.5


@dataclass
class Times:
    """By caller's number, seconds since the epoch."""

    invited: dict[str, float] = field(default_factory=dict)
    rung: dict[str, float] = field(default_factory=dict)
    joined: dict[str, float] = field(default_factory=dict)
    offered: dict[str, float] = field(default_factory=dict)
    popped: dict[str, float] = field(default_factory=dict)


# --- what is measured


def run() -> list[Result]:
    """`calls.setup` and what belongs to it: 400 agents, 40 calls a second."""
    return asyncio.run(_setup())


def many_members() -> list[Result]:
    """5,000 in the queue, of whom 4,950 are away; 20 calls a second: app_queue follows no more."""
    return asyncio.run(_many_members())


def seats() -> list[Result]:
    """400 agents whose phones stay on the line against 400 of app_queue's; 40 calls a second."""
    return asyncio.run(_seats())


def max_rate() -> list[Result]:
    """400 agents; both climb the ladder until they lose a call twice running."""
    return asyncio.run(_max_rate())


async def _setup() -> list[Result]:
    async with staged(Staff(phones=400)) as stage:
        times = await _turns(stage, rate=40, calls=400, talk=5.0, most=400)
    ours = times["ringdesk"]
    counted = f"median of {len(ours.invited)} calls at 40/s with 400 agents"
    joined = {system: _took(got.joined, got.invited) for system, got in times.items()}
    rung = {system: _took(got.rung, got.invited) for system, got in times.items()}
    return [
        _compared("calls.setup", counted, joined),
        _compared("calls.agent_invite", counted, rung),
        held_against(
            "calls.pop",
            statistics.median(_took(ours.popped, ours.offered)),
            "ms",
            "offer to the phone's INVITE",
            statistics.median(_took(ours.rung, ours.offered)),
        ),
    ]


async def _many_members() -> list[Result]:
    async with staged(Staff(phones=50, away=4950)) as stage:
        times = await _turns(stage, rate=20, calls=150, talk=2.0, most=50)
    counted = f"median of {len(times['ringdesk'].invited)} calls at 20/s, 4950 of 5000 members away"
    joined = {system: _took(got.joined, got.invited) for system, got in times.items()}
    return [_compared(MEMBERS[0], counted, joined)]


async def _seats() -> list[Result]:
    took: dict[str, list[float]] = {system: [] for system in CONTEXTS}
    for system, staff in ALONE:
        async with staged(staff) as stage:
            turns = (system,) * 3
            times = await _turns(stage, rate=40, calls=200, talk=5.0, most=400, turns=turns)
            took[system] += _took(times[system].joined, times[system].invited)
    counted = f"median of {len(took['ringdesk'])} calls at 40/s with 400 agents"
    return [_compared(SEATS[0], counted, took)]


async def _max_rate() -> list[Result]:
    held = dict.fromkeys(CONTEXTS, 0.0)
    climbing = set(CONTEXTS)
    async with staged(Staff(phones=400, talk=TALK)) as stage:
        for rate in LADDER:
            for system in sorted(climbing):
                if await _holds(stage, system, rate):
                    held[system] = rate
                else:
                    climbing.discard(system)
    return [
        held_against(
            RATE[0], held["ringdesk"], "calls/s", "app_queue, no call lost", held["app_queue"]
        )
    ]


async def _holds(stage: Stage, system: str, rate: float) -> bool:
    """Whether no call of a burst is lost: refused, not answered, or without an agent."""
    for _ in range(TRIES):
        calls = int(rate * BURST)
        before = len(stage.ami.entered)
        callers, failed = await stage.turn(system, rate=rate, calls=calls, talk=0.0, most=calls)
        times = Times(joined=_joined(stage.ami, before))
        _note_callers(times, callers)
        if not failed and len(times.invited.keys() & times.joined.keys()) == calls:
            return True
    return False


async def _turns(
    stage: Stage,
    *,
    rate: float,
    calls: int,
    talk: float,
    most: int,
    turns: Sequence[str] = TURNS,
) -> dict[str, Times]:
    times = {system: Times() for system in CONTEXTS}
    async with _listening(stage.web, times["ringdesk"]):
        for turn, system in enumerate(turns):
            callers, failed = await stage.turn(system, rate=rate, calls=calls, talk=talk, most=most)
            if failed:
                raise RuntimeError(f"{failed} of {calls} calls to {system} failed")
            if system in turns[:turn]:
                _note_callers(times[system], callers)
    joined = _joined(stage.ami)
    for got in times.values():
        got.joined = joined
    _note_agents(list(times.values()), stage.agents)
    for system, got in times.items():
        missing = len(got.invited.keys() - got.joined.keys())
        if missing > 0.01 * len(got.invited):
            raise RuntimeError(f"{missing} of {len(got.invited)} calls to {system} met no agent")
    return times


# --- what is seen


#: The facts that are measured; what else comes is only skipped.
_READ = (b'"CallArrived"', b'"OfferMade"', b'"TicketPopped"')


@contextlib.asynccontextmanager
async def _listening(web: aiohttp.ClientSession, times: Times) -> AsyncIterator[None]:
    listening = asyncio.create_task(_listen(web, times))
    try:
        yield
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


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
            times.invited.setdefault(user(seen.header(b"P-Asserted-Identity")), seen.at)


def _note_agents(times: Sequence[Times], agents: Sipp) -> None:
    for seen in agents.seen():
        if not seen.sent and seen.text.startswith(b"INVITE"):
            for got in times:
                got.rung.setdefault(user(seen.header(b"From")), seen.at)


def _joined(ami: Ami, since: int = 0) -> dict[str, float]:
    """When each caller and an agent were in one bridge, by the caller's number.

    A seat is in its bridge before its callers are, and an agent that was dialled after them.
    """
    waiting: dict[str, str] = {}
    joined: dict[str, float] = {}
    for block in ami.entered[since:]:
        bridge, number = block["BridgeUniqueid"], block["CallerIDNum"]
        others = int(block["BridgeNumChannels"]) - 1
        if number.startswith("9"):
            waiting[bridge] = number
        if others and bridge in waiting:
            joined.setdefault(waiting[bridge], float(block["Timestamp"]))
    return joined


# --- what comes of it


def _compared(name: str, counted: str, took: dict[str, list[float]]) -> Result:
    """`took`: milliseconds of all calls, by system."""
    ours, theirs = (statistics.median(took[system]) for system in ("ringdesk", "app_queue"))
    return held_against(name, ours, "ms", f"app_queue, {counted}", theirs)


def _took(ends: dict[str, float], begins: dict[str, float]) -> list[float]:
    """In milliseconds, of the calls that have both."""
    return [1000 * (ends[n] - begins[n]) for n in begins if n in ends]
