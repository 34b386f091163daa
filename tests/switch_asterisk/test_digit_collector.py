"""The digit collector: when it stops the playing, when it is complete, when it gives up."""

from hypothesis import given
from hypothesis import strategies as st

from calls.media import DigitRule
from switch.collector import Collector

RULE = DigitRule(max_digits=3, terminators="#", first_timeout=5.0, inter_timeout=3.0)


def played(rule: DigitRule | None, keys: str = "", *, barge_in: bool = False) -> Collector:
    """A prompt that played for 10 s, the keys pressed at second 1, 2, ..."""
    collector = Collector(rule, barge_in=barge_in)
    for second, key in enumerate(keys, 1):
        collector.press(key, float(second))
    collector.silent(10.0)
    return collector


def test_an_announcement_is_over_when_it_was_played() -> None:
    collector = Collector(None, barge_in=True)
    assert collector.deadline() is None
    assert collector.outcome(1000.0) is None
    collector.silent(10.0)
    assert collector.outcome(10.0) == "completed"


def test_a_key_cuts_an_announcement_short_without_being_taken() -> None:
    collector = Collector(None, barge_in=True)
    assert not collector.press("1", 1.0)
    assert collector.interrupted


def test_the_first_key_interrupts_only_where_barge_in_is_allowed() -> None:
    assert played(RULE, "1", barge_in=True).interrupted
    assert not played(RULE, "1", barge_in=False).interrupted


def test_silence_is_no_input_after_the_first_timeout() -> None:
    collector = played(RULE)
    assert collector.deadline() == 15.0
    assert collector.outcome(14.9) is None
    assert collector.outcome(15.0) == "no_input"


def test_a_pause_after_a_digit_completes() -> None:
    collector = played(RULE)
    collector.press("7", 12.0)
    assert collector.deadline() == 15.0
    assert collector.outcome(15.0) == "digits"
    assert collector.digits == "7"


def test_the_pause_counts_from_the_end_of_the_playing() -> None:
    assert played(RULE, "7").deadline() == 13.0


def test_a_terminator_completes_and_is_not_a_digit() -> None:
    collector = played(RULE, "12#")
    assert collector.outcome(10.0) == "digits"
    assert collector.digits == "12"


def test_a_lone_terminator_is_an_answer_without_digits() -> None:
    collector = played(RULE, "#")
    assert collector.outcome(10.0) == "digits"
    assert collector.digits == ""


def test_what_comes_after_the_last_digit_is_left_for_others() -> None:
    collector = played(RULE, "123")
    assert not collector.press("4", 10.0)
    assert collector.digits == "123"


def test_keys_typed_ahead_are_taken_up_to_the_rule() -> None:
    collector = Collector(RULE, barge_in=True)
    assert collector.type_ahead("12#45", 0.0) == "45"
    assert collector.interrupted
    assert collector.digits == "12"


def test_an_announcement_leaves_what_was_typed_ahead() -> None:
    collector = Collector(None, barge_in=True)
    assert collector.type_ahead("12", 0.0) == "12"
    assert not collector.interrupted


rules = st.none() | st.builds(
    DigitRule,
    max_digits=st.integers(1, 6),
    terminators=st.sampled_from(["", "#", "#*"]),
    first_timeout=st.floats(0.1, 10.0),
    inter_timeout=st.floats(0.1, 10.0),
)
#: (seconds since the last thing, a key, or "" for the end of the playing)
histories = st.lists(st.tuples(st.floats(0.0, 20.0), st.sampled_from([*"0123456789*#", ""])))


@given(rule=rules, barge_in=st.booleans(), ahead=st.text("0123456789*#"), history=histories)
def test_every_prompt_ends_once_it_is_silent(
    rule: DigitRule | None, barge_in: bool, ahead: str, history: list[tuple[float, str]]
) -> None:
    collector = Collector(rule, barge_in=barge_in)
    left = collector.type_ahead(ahead, 0.0)
    assert ahead.endswith(left)
    now, silent, taken = 0.0, False, len(ahead) - len(left)
    for gap, key in history:
        now += gap
        if collector.outcome(now) is not None:
            break
        if key == "":
            silent = True
            collector.silent(now)
        elif collector.press(key, now):
            taken += 1
        deadline = collector.deadline()
        assert (deadline is None) == (not silent)
        assert deadline is None or deadline >= 0.0
    collector.silent(now)
    deadline = collector.deadline()
    assert deadline is not None
    assert collector.outcome(max(now, deadline)) is not None
    assert len(collector.digits) <= (rule.max_digits if rule else 0)
    assert len(collector.digits) <= taken
    assert rule is None or not set(rule.terminators) & set(collector.digits)


@given(rule=rules.filter(lambda rule: rule is not None), now=st.floats(0.0, 100.0))
def test_a_key_never_brings_no_input(rule: DigitRule, now: float) -> None:
    collector = Collector(rule, barge_in=True)
    collector.press("5", now)
    collector.silent(now)
    deadline = collector.deadline()
    assert deadline is not None
    assert collector.outcome(deadline) == "digits"


def test_where_it_is_known_when_the_playing_ends_a_key_before_that_interrupts_it() -> None:
    collector = Collector(DigitRule(max_digits=2, inter_timeout=3), barge_in=True)
    collector.silent(10.0)
    assert collector.deadline() == 10.0 + DigitRule(max_digits=2).first_timeout
    collector.press("1", 4.0)
    assert collector.interrupted
    collector.silent(4.0)
    assert collector.deadline() == 7.0
    collector.silent(9.0)
    assert collector.deadline() == 7.0
