"""The timers against a dict in which the least is looked for."""

from hypothesis import given
from hypothesis import strategies as st

from acd.timers import AGENT, CALL, ITEM, Kind, Timer, Timers
from calls.base import Instant

KINDS: st.SearchStrategy[Kind] = st.sampled_from([AGENT, ITEM, CALL])
WHOSE = st.tuples(KINDS, st.sampled_from("abcd"))
#: Set to an instant, or unset.
STEPS = st.lists(st.tuples(WHOSE, st.none() | st.integers(0, 20)), max_size=200)


@given(steps=STEPS)
def test_the_first_is_always_the_earliest_that_holds(
    steps: list[tuple[tuple[Kind, str], int | None]],
) -> None:
    due: dict[tuple[Kind, str], Instant] = {}
    timers = Timers(lambda kind, name: due.get((kind, name)))
    for whose, at in steps:
        if at is None:
            due.pop(whose, None)
        else:
            due[whose] = float(at)
            timers.set((float(at), *whose))
        least: Timer | None = min(
            ((at, kind, name) for (kind, name), at in due.items()), default=None
        )
        assert timers.first() == least


def test_timers_that_never_come_up_do_not_pile_up() -> None:
    """Each step sets a timer for later and unsets the one before."""
    due: dict[tuple[Kind, str], Instant] = {(AGENT, "first"): 1.0}
    timers = Timers(lambda kind, name: due.get((kind, name)))
    timers.set((1.0, AGENT, "first"))
    for number in range(10_000):
        due[CALL, "c1"] = 1000.0 + number
        timers.set((due[CALL, "c1"], CALL, "c1"))
    assert timers.first() == (1.0, AGENT, "first")
    assert len(timers) < 3000
    del due[AGENT, "first"]
    assert timers.first() == (10_999.0, CALL, "c1")
