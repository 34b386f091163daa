"""What the Acd costs: one decision, one message, one agent, one waiting call.

Two things are timed. The *core* is what decides: the index finds the call for an agent who becomes
ready (``ready``), or the agent for a call that arrives (``arrive``), and notes what was decided. A
*message* is all of `acd.acd.Acd.handle`: the core, the agents' states, the timers, the facts.

The center (`bench.acd_world`) has `QUEUES`, `SKILLS`, `AGENTS` and all strategies, and is measured
twice: with `WAITING` calls in it, when agents become ready one by one; and with half of its agents
idle, when calls come one by one. Times are single ones, the clock's own time included: 50 and 99
stand for the median and the 99th percentile in microseconds. Rates of the core and what it is held
against are of the processor's time, so that they are the same on a busy machine. What is wanted is
twice the rate of the first trial of this structure, and its times.
"""

import gc
import tracemalloc
from collections.abc import Callable
from time import process_time

import msgspec

from bench.acd_core import Core
from bench.acd_messages import Messages
from bench.acd_scans import GlobalScan, QueueScan
from bench.acd_world import START, STEP, RandomCenter
from bench.results import Result, held_against
from calls.config import Agent

QUEUES, SKILLS, AGENTS, WAITING = 200, 50, 10_000, 10_000
#: Where few queues are long ones.
BIG_QUEUES = 5
ROUNDS = 20_000
#: With a router that scans.
SCAN_ROUNDS = 60

#: Microseconds of the trial (median), and its events per second.
READY, ARRIVE, EVENTS = 5.2, 1.0, 481_000
#: How many times as fast as a search it should be at least.
OVER_GLOBAL_SCAN, OVER_QUEUE_SCAN, OVER_BIG_QUEUES = 130, 12, 350
#: How many times the cost of 1,000 agents 100,000 may have at most.
GROWTH = 4
#: Bytes that an agent and a waiting call may take.
AGENT_BYTES, CONTACT_BYTES = 3072, 512

COST_NAMES = ("acd.ready_us", "acd.arrive_us", "acd.events_per_s")
SCAN_NAMES = ("acd.vs_global_scan", "acd.vs_queue_scan", "acd.vs_big_queues")
MEMORY_NAMES = ("acd.bytes_per_agent", "acd.bytes_per_contact")


def center(queues: int = QUEUES, agents: int = AGENTS) -> RandomCenter:
    return RandomCenter(queues, SKILLS, agents)


def costs() -> list[Result]:
    busy, idle = Core(center()), Core(center())
    busy.fill(WAITING)
    busy.take_turns(ROUNDS)
    idle.make_idle(AGENTS // 2)
    idle.take_turns(ROUNDS)
    messages, idle_messages = Messages(center()), Messages(center())
    messages.fill(WAITING)
    messages.take_turns(ROUNDS)
    idle_messages.make_idle(AGENTS // 2)
    idle_messages.take_turns(ROUNDS)
    ready = busy.ready.told("") | idle.ready.told("idle agents ")
    ready |= messages.ready.told("message ") | idle_messages.ready.told("idle agents, message ")
    arrive = busy.arrive.told("") | idle.arrive.told("idle agents ")
    arrive |= messages.arrive.told("message ") | idle_messages.arrive.told("idle agents, message ")
    told = "the trial, callers waiting"
    rates = {
        "idle agents": idle.per_second(ROUNDS),
        "messages": messages.per_second,
        "idle agents, messages": idle_messages.per_second,
    }
    return [
        held_against("acd.ready_us", busy.ready.at(0.5), "us", told, READY, detail=ready),
        held_against("acd.arrive_us", busy.arrive.at(0.5), "us", told, ARRIVE, detail=arrive),
        held_against(
            "acd.events_per_s",
            busy.per_second(ROUNDS),
            "/s",
            "twice the trial",
            2 * EVENTS,
            more_is_better=True,
            detail=rates,
        ),
    ]


def scans() -> list[Result]:
    """One arrival and one agent who becomes ready, in one run with routers that search."""
    results = []
    for name, queues, router, wanted in (
        ("acd.vs_global_scan", QUEUES, GlobalScan, OVER_GLOBAL_SCAN),
        ("acd.vs_queue_scan", QUEUES, QueueScan, OVER_QUEUE_SCAN),
        ("acd.vs_big_queues", BIG_QUEUES, QueueScan, OVER_BIG_QUEUES),
    ):
        ours = Core(center(queues))
        ours.fill(WAITING)
        chosen = ours.take_turns(ROUNDS)
        messages = Messages(center(queues))
        messages.fill(WAITING)
        messages.take_turns(ROUNDS)
        theirs, same = scan(router, queues)
        if chosen[: len(same)] != same:
            raise RuntimeError(f"{name}: {router.__name__} does not choose as the Acd does")
        index = 2e6 / ours.per_second(ROUNDS)
        whole = messages.ready.at(0.5) + messages.arrive.at(0.5)
        detail = {"index us": index, "scan us": theirs, "whole messages, times": theirs / whole}
        results.append(
            held_against(
                name, theirs / index, "times", "wanted", wanted, more_is_better=True, detail=detail
            )
        )
    return results


def scan(router: type[GlobalScan] | type[QueueScan], queues: int) -> tuple[float, list[str | None]]:
    """Mean microseconds of one arrival and one agent who becomes ready, of the processor's time,
    and the calls chosen."""
    random = center(queues)
    scanning, now = router(random.queues), START
    for _ in range(WAITING):
        now += STEP
        scanning.arrive(random.call(), now)
    took, chosen = 0.0, []
    for agent in random.agents[:SCAN_ROUNDS]:
        now += STEP
        message = random.call()
        begun = process_time()
        scanning.arrive(message, now)
        chosen.append(scanning.ready(agent, now))
        took += process_time() - begun
    return 1e6 * took / SCAN_ROUNDS, chosen


def growth() -> list[Result]:
    """One arrival and one agent who becomes ready, with as many calls waiting as there are agents,
    and with half of the agents idle; the worse of the two counts."""
    few, many = (
        {"calls wait": _waiting(agents), "agents idle": _idle(agents)} for agents in (1000, 100_000)
    )
    grown = {setting: many[setting] / few[setting] for setting in few}
    detail = {f"{setting}: us at 1,000": few[setting] for setting in few}
    detail |= {f"{setting}: us at 100,000": many[setting] for setting in many}
    worst = max(grown.values())
    return [
        held_against("acd.growth_1k_100k", worst, "times", "at most", GROWTH, detail=detail | grown)
    ]


def _waiting(agents: int) -> float:
    core = Core(center(agents=agents))
    core.fill(agents)
    core.take_turns(ROUNDS)
    return core.ready.at(0.5) + core.arrive.at(0.5)


def _idle(agents: int) -> float:
    core = Core(center(agents=agents))
    core.make_idle(agents // 2)
    core.take_turns(ROUNDS)
    return core.ready.at(0.5) + core.arrive.at(0.5)


def memory() -> list[Result]:
    """What a whole Acd takes for each agent who has signed in and is ready, and for each call that
    waits, its words included."""
    random = center()
    words = [msgspec.json.encode(agent) for agent in random.agents]
    messages = Messages(random, agents=[])
    for_agents = _allocated(
        lambda: messages.sign_in(msgspec.json.decode(word, type=Agent) for word in words)
    )
    waiting = Messages(random)
    waiting.fill(WAITING)
    for_calls = _allocated(lambda: waiting.fill(WAITING))
    agents, contacts = for_agents / AGENTS, for_calls / WAITING
    return [
        held_against("acd.bytes_per_agent", agents, "bytes", "at most", AGENT_BYTES),
        held_against("acd.bytes_per_contact", contacts, "bytes", "at most", CONTACT_BYTES),
    ]


def _allocated(act: Callable[[], None]) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        act()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
