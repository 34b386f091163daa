"""The Acd against a router that looks at everybody: a million messages, answered alike."""

import msgspec
import pytest

import acd.index
import acd.rows
import acd.signatures
import acd.timers
from acd.messages import AcdMessage
from calls.base import Instant
from tests.acd.comparing import Pair, compare, live

#: Histories are short, so that many centers are tried; a block of them is one test.
STEPS, HISTORIES, BLOCKS = 400, 52, 50


def test_it_is_a_million_messages() -> None:
    assert STEPS * HISTORIES * BLOCKS >= 1_000_000


@pytest.mark.parametrize("block", range(BLOCKS))
def test_random_histories_are_routed_alike(block: int) -> None:
    compared = sum(compare(f"{block}/{number}", STEPS) for number in range(HISTORIES))
    assert compared >= STEPS * HISTORIES


@pytest.mark.parametrize("seed", range(4))
def test_a_long_history_is_routed_alike(seed: int) -> None:
    assert compare(f"long/{seed}", 10_000) >= 10_000


@pytest.mark.parametrize("seed", range(40))
def test_what_is_tidied_up_changes_nothing(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for room, name in (
        (acd.index, "KEPT"),
        (acd.signatures, "DEMANDS"),
        (acd.rows, "FEW"),
        (acd.timers, "_FEW"),
    ):
        monkeypatch.setattr(room, name, 1)
    compare(f"tidied/{seed}", STEPS)


@pytest.mark.parametrize("seed", range(20))
def test_restored_from_json_at_any_moment_it_goes_on_the_same(seed: int) -> None:
    lived, restored = Pair(), Pair(restart=True)
    live(lived, f"restored/{seed}", STEPS)
    live(restored, f"restored/{seed}", STEPS)
    assert msgspec.json.encode(lived.real.snapshot()) == msgspec.json.encode(
        restored.real.snapshot()
    )


@pytest.mark.parametrize("seed", range(20))
def test_a_snapshot_is_not_changed_by_what_happens_later(seed: int) -> None:
    kept = []

    class Keeping(Pair):
        def give(self, message: AcdMessage, now: Instant) -> None:
            if len(self.log) % 10 == 0:
                snapshot = self.real.snapshot()
                kept.append((snapshot, msgspec.json.encode(snapshot)))
            super().give(message, now)

    live(Keeping(), f"kept/{seed}", STEPS)
    assert all(msgspec.json.encode(snapshot) == before for snapshot, before in kept)
