"""Defects put into the Acd one at a time: the comparison with the brute-force router must notice
each of them soon, or it would not notice one that somebody makes."""

from collections.abc import Callable, Sequence

import pytest

from acd.state import AcdState
from acd.strategies import RANKS
from calls.config import Strategy
from calls.errors import UnexpectedEvent
from tests.acd.comparing import Pair, live
from tests.acd.defects import DEFECTS, RANKED

#: Messages within which a defect must be noticed, in histories of so many.
BOUND, STEPS = 40_000, 400


def noticed_after(
    make: Callable[[], Pair] = Pair, strategies: Sequence[Strategy] = (), bound: int = BOUND
) -> int:
    """Messages until the two part."""
    messages = 0
    while messages < bound:
        pair = make()
        try:
            live(pair, f"defect/{messages}", STEPS, strategies)
            pair.look()
        except (AssertionError, KeyError, IndexError, UnexpectedEvent):
            return messages + len(pair.log)
        messages += len(pair.log)
    return messages


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_seeded_defect_is_noticed(defect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    DEFECTS[defect](monkeypatch)
    assert noticed_after() < BOUND


@pytest.mark.parametrize("strategy", RANKED)
def test_a_wrong_choice_of_agents_is_noticed(
    strategy: Strategy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RANKS, strategy, RANKED[strategy])
    assert noticed_after(strategies=(strategy,)) < BOUND


#: Fields that decide something, with the value of a record that has lost them.
OF_CALLS: dict[str, object] = {
    "skills": {},
    "priority": 0.0,
    "channel": "voice",
    "credit": 0.0,
    "agent": "",
    "step": 0,
    "virtual": False,
    "attempts": 0,
    "held": None,
    "taken": "",
    "tried": 0.0,
}
OF_AGENTS: dict[str, object] = {
    "reason": "",
    "until": None,
    "next_state": "",
    "next_reason": "",
    "disposition": None,
    "idle_order": 0,
    "ronas": 0,
    "calls": 0,
    "occupancy": 0.0,
    "leaving": False,
    "offered": {},
    "joined": None,
    "extended": 0,
}
#: Messages within which a restart that loses such a field must be noticed.
RESTARTS = 40_000


class Forgetful(Pair):
    """Loses a field of all calls or agents before every message."""

    def __init__(self, field: str) -> None:
        super().__init__(restart=True)
        self.field = field

    def stored(self) -> AcdState:
        state = super().stored()
        calls, agents = state.waiting.values(), state.agents.values()
        for record in calls if self.field in OF_CALLS else agents:
            setattr(record, self.field, {**OF_CALLS, **OF_AGENTS}[self.field])
        return state


@pytest.mark.parametrize("field", [*OF_CALLS, *OF_AGENTS])
def test_what_a_restart_loses_is_noticed(field: str) -> None:
    assert noticed_after(lambda: Forgetful(field), bound=RESTARTS) < RESTARTS
