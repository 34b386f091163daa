"""Every document against the SDK's classes, whatever is asked and wherever it is asked."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.media import DigitRule
from switch.twilio import documents
from switch.twilio.codec import Manner
from switch.twilio.documents import (
    End,
    Idle,
    Links,
    Music,
    Place,
    Play,
    Recording,
    Screen,
    Talk,
    Task,
)
from tests.switch_twilio.grammar import ANNOUNCED, IN_QUEUE, faults

LINKS = Links("https://calls.example.org/desk")
SOUND = "https://calls.example.org/desk/twilio/media/x/0/en/a.wav"
KEYS = st.text("0123456789*#", max_size=4)
SECONDS = st.floats(0, 500, allow_nan=False)

rules = st.builds(
    DigitRule,
    max_digits=st.integers(1, 32),
    terminators=KEYS,
    first_timeout=SECONDS,
    inter_timeout=SECONDS,
)
tasks = st.one_of(
    st.builds(Idle),
    st.builds(
        Play,
        prompt=st.just("p"),
        urls=st.lists(st.just(SOUND), max_size=4).map(tuple),
        rule=st.none() | rules,
        barge_in=st.booleans(),
    ),
    st.builds(Music, url=st.just(SOUND)),
    st.builds(
        Recording,
        recording=st.just("c-1-r2"),
        max_seconds=st.floats(0.1, 3600),
        silence=SECONDS,
        terminators=KEYS,
        beep=st.booleans(),
    ),
    st.builds(Talk, bridge=st.just("b-c1-2")),
    st.builds(Screen),
    st.builds(End, reason=st.sampled_from(["normal", "busy", "declined"])),
)
places = st.builds(
    Place,
    leg=st.sampled_from(["CA0123456789abcdef", "c7f3-12"]),
    inbound=st.booleans(),
    queued=st.booleans(),
    no_queue=st.booleans(),
    manner=st.builds(
        Manner,
        muted=st.booleans(),
        hold=st.sampled_from(["", "default"]),
        coach=st.sampled_from(["", "CA01"]),
        ends=st.booleans(),
    ),
    supervisor=st.booleans(),
)


@given(task=tasks, place=places)
def test_no_document_has_anything_that_twilio_would_complain_of(task: Task, place: Place) -> None:
    if place.queued and not documents.allowed_in_queue(task):
        text = documents.leave()
    else:
        text = documents.document(task, "1.2", place, LINKS)
    assert faults(text, IN_QUEUE if place.queued else None) == []
    assert faults(documents.hold(LINKS, place, "1.3"), IN_QUEUE if place.queued else None) == []


def test_the_other_documents() -> None:
    assert faults(documents.hang_up()) == []
    assert faults(documents.beep(SOUND), ANNOUNCED) == []


@pytest.mark.parametrize(
    "text",
    [
        ' <?xml version="1.0"?><Response/>',
        '<?xml version="1.0"?><Answer/>',
        '<?xml version="1.0"?><Response><say>hello</say></Response>',
        '<?xml version="1.0"?><Response><Say voise="x">hello</Say></Response>',
        '<?xml version="1.0"?><Response><Gather><Dial>1</Dial></Gather></Response>',
        '<?xml version="1.0"?><Response><Play>/relative.wav</Play></Response>',
        '<?xml version="1.0"?><Response><Gather timeout="0"/></Response>',
        '<?xml version="1.0"?><Response><Hangup/><Pause/></Response>',
    ],
)
def test_the_grammar_finds_what_is_wrong(text: str) -> None:
    assert faults(text)


@given(rule=rules.filter(lambda rule: rule.max_digits > 1), taken=st.booleans())
def test_the_first_digit_has_its_own_time(rule: DigitRule, taken: bool) -> None:
    """In whole seconds, never shorter than asked, and exactly so where it is the longer."""
    play = Play("p", (SOUND,), rule, True, taken=int(taken))
    text = documents.document(play, "1", Place("CA1", True, False), LINKS)
    [gather] = ET.fromstring(text).iter("Gather")  # noqa: S314
    pause = gather.find("Pause")
    between = int(gather.attrib["timeout"])
    first = between + (int(pause.attrib["length"]) if pause is not None else 0)
    assert between >= rule.inter_timeout
    if not taken:
        assert first >= rule.first_timeout
        assert first < max(rule.first_timeout, rule.inter_timeout, 1.0) + 1


def test_who_was_not_answered_is_rejected_and_who_was_is_hung_up() -> None:
    beeps = documents.document(
        End("busy"), "1", Place("CA1", True, False, untouched=True), LINKS, (SOUND,)
    )
    assert faults(beeps) == [], "Reject comes first, also before a beep"
    untouched = Place("CA1", True, False, untouched=True)
    assert "<Reject" in documents.document(End("declined"), "1", untouched, LINKS)
    assert "<Hangup" in documents.document(End("declined"), "1", Place("CA1", True, False), LINKS)
