"""The heap against a sorted list."""

from hypothesis import given
from hypothesis import strategies as st

from acd.heap import Heap

ITEMS = st.sampled_from("abcdefgh")
STEPS = st.lists(st.tuples(st.booleans(), ITEMS, st.integers(0, 50)), max_size=120)


@given(steps=STEPS)
def test_the_first_is_always_the_least_that_is_left(steps: list[tuple[bool, str, int]]) -> None:
    heap: Heap[tuple[int, str], str] = Heap()
    left: dict[str, tuple[int, str]] = {}
    for put, item, number in steps:
        if put:
            heap.push((number, item), item)
            left[item] = (number, item)
        else:
            heap.discard(item)
            left.pop(item, None)
        assert len(heap) == len(left)
        assert heap.first() == min(((key, item) for item, key in left.items()), default=None)


def test_dead_entries_do_not_pile_up() -> None:
    heap: Heap[tuple[int, str], str] = Heap()
    heap.push((0, "head"), "head")
    for number in range(1, 10_000):
        heap.push((number, "a"), "a")
        heap.discard("a")
    assert len(heap._entries) < 50
    assert heap.first() == ((0, "head"), "head")
