"""The timers against a dict in which the least is looked for."""

from hypothesis import given
from hypothesis import strategies as st

from acd.floor import Floor
from acd.live import Caller, Seat
from acd.state import AcdState, Item
from acd.timers import AGENT, CALL, ITEM, Kind, Timer, Timers
from calls.base import Instant
from calls.config import Agent, Queue

KINDS: st.SearchStrategy[Kind] = st.sampled_from([AGENT, ITEM, CALL])
WHOSE = st.tuples(KINDS, st.sampled_from("abcd"))
#: Set to an instant, or unset.
STEPS = st.lists(st.tuples(WHOSE, st.none() | st.integers(0, 20)), max_size=200)


@given(steps=STEPS)
def test_the_first_is_always_the_earliest_that_holds(
    steps: list[tuple[tuple[Kind, str], int | None]],
) -> None:
    due: dict[tuple[Kind, str], Instant] = {}
    floor = _floor()
    timers = Timers(floor)
    for whose, at in steps:
        if at is None:
            due.pop(whose, None)
            _unset(floor, *whose)
        else:
            due[whose] = float(at)
            _set(floor, timers, *whose, float(at))
        least: Timer | None = min(
            ((at, kind, name) for (kind, name), at in due.items()), default=None
        )
        assert timers.first() == least


def test_timers_that_never_come_up_do_not_pile_up() -> None:
    """Each step sets a timer for later and unsets the one before."""
    floor = _floor()
    timers = Timers(floor)
    _set(floor, timers, AGENT, "first", 1.0)
    for number in range(10_000):
        _set(floor, timers, CALL, "c1", 1000.0 + number)
    assert timers.first() == (1.0, AGENT, "first")
    assert len(timers) < 3000
    _unset(floor, AGENT, "first")
    assert timers.first() == (10_999.0, CALL, "c1")


def _floor() -> Floor:
    floor = Floor(AcdState())
    floor.index.set_queue(Queue(name="q"))
    return floor


def _set(floor: Floor, timers: Timers, kind: Kind, name: str, at: Instant) -> None:
    """Make an agent, a contact beside others or a call for which something is due."""
    if kind == AGENT:
        agent = floor.agents[name] = Seat(Agent(name=name), 0.0)
        agent.until = at
    elif kind == ITEM:
        floor.items[name] = Item(
            offer=name,
            call="c",
            agent="a",
            queue="q",
            channel="chat",
            state="reserved",
            since=0.0,
            until=at,
        )
    else:
        call = floor.calls[name] = Caller(name, "q", {}, 0.0, 0.0, 1)
        call.held = at
    timers.set((at, kind, name))


def _unset(floor: Floor, kind: Kind, name: str) -> None:
    if kind == AGENT:
        floor.agents.pop(name, None)
    elif kind == ITEM:
        floor.items.pop(name, None)
    else:
        floor.calls.pop(name, None)
