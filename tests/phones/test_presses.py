"""How the keys to press are written."""

import pytest

from engine.phones.presses import Press, PressesInvalid, parse


def test_keys_may_wait_for_prompts_or_for_a_time() -> None:
    assert parse("2,1") == [Press("2"), Press("1")]
    assert parse(" 2@3.5, 12#@7 ") == [Press("2", 3.5), Press("12#", 7.0)]
    assert parse("") == []


@pytest.mark.parametrize("text", ["a", "2,,1", "2@", "2@soon", "2@-1", "@3", "2@nan", "2@inf"])
def test_what_is_no_key_is_named(text: str) -> None:
    with pytest.raises(PressesInvalid, match=r"2@3\.5"):
        parse(text)
