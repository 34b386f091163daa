"""Calls go elsewhere: as soon as they come, when they have waited, when nobody is left."""

import pytest

from acd.messages import Accept, KeepPlace, Reject, Release, Withdraw
from calls.actions import DeclineOffer, RemoveAgent, SetAgentState
from calls.facts import CallLeftQueue, CallOverflowed, CallQueued, CallRelaxed
from tests.acd.driving import START, Driven, kinds, one, only


def rule(when: str, limit: float = 0.0, to: str = "queue", target: str = "other") -> object:
    return {"when": when, "limit": limit, "to": to, "target": target}


def overflowing(*rules: object, **fields: object) -> Driven:
    """ann is configured, away."""
    acd = Driven()
    acd.queue(overflow=rules, **fields)
    acd.agent("ann")
    return acd


def away(agent: str = "ann", reason: str = "break") -> SetAgentState:
    return SetAgentState(agent=agent, state="not_ready", reason=reason)


# At once


def test_a_closed_queue_says_where_to_instead() -> None:
    acd = overflowing(rule("closed", to="flow", target="main.closed"), closed=True)
    said = acd.call("c1")
    assert kinds(said) == ["CallQueued", "CallOverflowed", "CallLeftQueue"]
    assert one(CallOverflowed, said) == CallOverflowed(
        call="c1", queue="support", when="closed", to="flow", target="main.closed"
    )
    left = one(CallLeftQueue, said)
    assert (left.outcome, left.waited) == ("overflowed", 0.0)
    assert acd.acd.position("c1") is None


def test_a_closed_or_full_queue_lets_nobody_in_also_without_a_rule() -> None:
    acd = overflowing(rule("waited", 5.0), limit=1)
    acd.call("c1")
    assert one(CallOverflowed, acd.call("c2")) == CallOverflowed(
        call="c2", queue="support", when="full"
    )
    acd.queue(closed=True, limit=1)
    assert one(CallOverflowed, acd.call("c3")).when == "closed"
    acd.ready("ann")
    assert acd.rings("c1") == "ann", "who is in line is served"


def test_a_queue_is_open_by_its_hours() -> None:
    """START is a Tuesday, 22:13 UTC."""
    hours: dict[str, object] = {"zone": "UTC", "weekly": {"tue": ["22:00-23:00"]}}
    acd = overflowing(hours=hours)
    acd.call("c1")
    assert acd.acd.position("c1") == 1
    assert not acd.queue_view().closed
    acd.now = START + 3600.0
    assert one(CallOverflowed, acd.call("c2")).when == "closed"
    assert acd.acd.position("c1") == 1
    assert acd.queue_view().closed


def test_longer_lines_than_that_are_not_joined() -> None:
    acd = overflowing(rule("length", 2.0))
    acd.call("c1")
    acd.call("c2")
    assert one(CallOverflowed, acd.call("c3")).when == "length"
    assert acd.acd.position("c4") is None
    said = acd.call("vip", priority=60.0)
    assert one(CallQueued, said).position == 1
    assert only(CallOverflowed, said) == [], "nobody is before this one"


def test_who_can_be_served_at_once_is_not_sent_away_for_others_in_line() -> None:
    acd = overflowing(rule("length"), rule("waited"))
    acd.call("c1", skills={"chess": 1})
    assert acd.acd.position("c1") is None
    acd.ready("ann")
    assert kinds(acd.call("c2"))[:2] == ["CallQueued", "OfferMade"]


def test_the_first_rule_that_holds_is_taken() -> None:
    acd = overflowing(
        rule("nobody_ready", 30.0, target="never"),
        rule("length", 0.0, target="first"),
        rule("closed", target="second"),
        closed=True,
    )
    assert one(CallOverflowed, acd.call("c1")).target == "first"


def test_nobody_is_asked_to_wait_where_nobody_is() -> None:
    acd = overflowing(rule("nobody_signed_in", target="a"), rule("nobody_ready", target="b"))
    assert one(CallOverflowed, acd.call("c1")).target == "a"
    acd.ready("ann")
    acd.do(away())
    assert one(CallOverflowed, acd.call("c2")).target == "b"
    acd.do(SetAgentState(agent="ann", state="ready"))
    acd.talk("c3")
    assert only(CallOverflowed, acd.call("c4")) == [], "ann talks, and will be back"


def test_a_long_expected_wait() -> None:
    acd = overflowing(rule("expected_wait", 200.0), wrap_up=0.0)
    acd.ready("ann")
    for number in range(6):
        acd.talk(f"t{number}")
        acd.do(Release(call=f"t{number}", by="caller"), after=100.0)
    acd.talk("now")
    said = acd.call("c1")
    expected = one(CallQueued, said).expected
    assert expected is not None
    assert 0.0 < expected[0] < 100.0 < expected[1] < 250.0
    view = acd.queue_view()
    assert view.expected is not None
    assert view.expected > expected, "one more is before whoever comes now"
    assert acd.acd.estimate("c1") is None, "it has not been good often enough"
    acd.call("c2")
    assert one(CallOverflowed, acd.call("c3")).when == "expected_wait"


# Later


def test_after_a_while_it_goes_elsewhere() -> None:
    acd = overflowing(rule("waited", 60.0, to="number", target="+4822"))
    acd.call("c1")
    acd.call("c2", after=10.0)
    assert acd.acd.deadline() == acd.now + 50.0
    said = acd.tick(after=50.0)
    assert kinds(said) == ["CallOverflowed", "CallLeftQueue"]
    assert one(CallOverflowed, said).target == "+4822"
    assert one(CallLeftQueue, said).waited == 60.0
    assert acd.acd.position("c2") == 1


def test_not_while_a_phone_rings_for_it_but_when_that_came_to_nothing() -> None:
    acd = overflowing(rule("waited", 10.0), offer_timeout=15.0)
    acd.ready("ann")
    acd.call("c1")
    assert acd.acd.deadline() == acd.now + 15.0
    assert acd.tick(after=10.0) == []
    acd.ready("bob")
    said = acd.do(DeclineOffer(agent="ann"))
    assert kinds(said) == ["OfferEnded", "AgentStateChanged", "CallOverflowed", "CallLeftQueue"]


def test_a_caller_who_is_answered_does_not_go_elsewhere() -> None:
    acd = overflowing(rule("waited", 10.0))
    acd.ready("ann")
    acd.call("c1")
    acd.do(Accept(offer=acd.offer_for("c1")), after=11.0)
    assert acd.tick() == []


def test_when_the_last_agent_goes_those_who_have_waited_go_too() -> None:
    acd = overflowing(rule("nobody_ready", 20.0, target="a"), rule("nobody_signed_in", 5.0))
    acd.ready("ann", skills={"none": 1})
    acd.ready("bob", skills={"none": 1})
    acd.call("early", skills={"chess": 1})
    acd.call("late", after=15.0, skills={"chess": 1})
    acd.do(away("ann"), after=10.0)
    assert acd.acd.position("early") == 1
    said = acd.do(away("bob"))
    assert [fact.call for fact in only(CallOverflowed, said)] == ["early"]
    assert one(CallOverflowed, acd.tick(after=10.0)).call == "late"
    assert acd.acd.queue_views(acd.now)[0].waiting == 0


def test_nobody_signed_in_is_not_nobody_ready() -> None:
    acd = overflowing(rule("nobody_signed_in"))
    acd.ready("ann")
    acd.call("c1", skills={"chess": 1})
    assert only(CallOverflowed, acd.do(away())) == []
    said = acd.do(SetAgentState(agent="ann", state="logged_out"))
    assert one(CallOverflowed, said).when == "nobody_signed_in"


@pytest.mark.parametrize("how", ["removed", "moved"])
def test_an_agent_who_leaves_the_queue_may_be_the_last(how: str) -> None:
    acd = overflowing(rule("nobody_ready"))
    acd.ready("ann")
    acd.call("c1", skills={"chess": 1})
    said = acd.do(RemoveAgent(agent="ann")) if how == "removed" else acd.agent("ann", queues={})
    assert one(CallOverflowed, said).call == "c1"


def test_the_caller_of_the_last_agent_who_does_not_answer() -> None:
    acd = overflowing(rule("nobody_ready"))
    acd.ready("ann")
    acd.call("c1")
    said = acd.do(Reject(offer=acd.offer_for("c1"), outcome="busy"))
    assert kinds(said) == ["OfferEnded", "AgentStateChanged", "CallOverflowed", "CallLeftQueue"]


def test_who_kept_the_place_without_the_line_is_never_sent_elsewhere() -> None:
    acd = overflowing(rule("waited", 10.0), rule("nobody_ready", 5.0))
    acd.call("c1")
    acd.do(KeepPlace(call="c1"))
    assert acd.acd.deadline() is None
    assert acd.tick(after=20.0) == []
    acd.ready("ann")
    assert acd.rings("c1") == "ann"
    said = acd.do(DeclineOffer(agent="ann"))
    assert only(CallOverflowed, said) == []
    assert acd.acd.position("c1") == 1


def test_a_new_rule_counts_at_once_for_who_waits() -> None:
    acd = overflowing()
    acd.call("c1")
    acd.call("c2", after=30.0)
    acd.now += 30.0
    said = acd.queue(overflow=[rule("waited", 60.0)])
    assert [fact.call for fact in only(CallOverflowed, said)] == ["c1"]
    assert acd.acd.deadline() == acd.now + 30.0


def test_a_call_is_relaxed_and_served_before_it_would_go_elsewhere() -> None:
    acd = overflowing(
        rule("waited", 30.0),
        skills={"chess": 9},
        relaxation=[{"after": 30.0, "skills": {"chess": 1}}],
    )
    acd.ready("ann", skills={"chess": 1})
    acd.call("c1")
    assert kinds(acd.tick(after=30.0))[:2] == ["CallRelaxed", "OfferMade"]
    acd.do(Withdraw(call="c1", outcome="abandoned"))
    acd.do(away())
    acd.call("c2")
    said = acd.tick(after=30.0)
    assert only(CallRelaxed, said)
    assert one(CallOverflowed, said).call == "c2"


def test_a_full_queue_lets_in_whom_an_agent_is_free_for() -> None:
    acd = overflowing(rule("full"), limit=1)
    acd.ready("ann")
    acd.ready("bob")
    acd.call("c1")
    acd.call("c2")
    assert (acd.rings("c1"), acd.rings("c2")) == ("ann", "bob")
    assert one(CallOverflowed, acd.call("c3")).when == "full"


@pytest.mark.parametrize(
    "fields",
    [
        {"closed": True},
        {"limit": 1},
        {"overflow": [rule("length", 1.0)]},
    ],
)
def test_who_was_let_in_before_is_not_turned_away(fields: dict[str, object]) -> None:
    acd = Driven()
    acd.queue()
    acd.call("c1")
    acd.queue(**fields)
    assert only(CallOverflowed, acd.call("c2"))
    assert not only(CallOverflowed, acd.call("c3", admitted=True))
    assert acd.acd.position("c3") is not None


def test_who_was_let_in_before_goes_elsewhere_where_nobody_is_there() -> None:
    acd = overflowing(rule("nobody_signed_in"))
    assert one(CallOverflowed, acd.call("c1", admitted=True)).when == "nobody_signed_in"


def test_a_queue_is_deserted_where_nobody_works_and_callers_go_elsewhere() -> None:
    acd = overflowing(rule("nobody_signed_in", 10.0))
    assert acd.acd.deserted("support", acd.now)
    acd.ready("ann")
    assert not acd.acd.deserted("support", acd.now)
    acd.do(away())
    assert not acd.acd.deserted("support", acd.now), "signed in, on a break"
    acd.queue(closed=True)
    assert not acd.acd.deserted("support", acd.now), "who is in line is served after the break"
    acd.do(SetAgentState(agent="ann", state="logged_out"))
    assert acd.acd.deserted("support", acd.now)
    acd.queue()
    assert not acd.acd.deserted("support", acd.now), "callers wait"


def test_who_waits_for_an_agent_they_know_is_let_in_where_another_one_is_free() -> None:
    acd = overflowing(limit=1)
    acd.ready("ann")
    acd.talk("c0")
    acd.call("c1")
    acd.ready("bob")
    acd.ready("cyd")
    assert acd.rings("c1") == "bob"
    assert not only(CallOverflowed, acd.call("known", agent="ann", agent_for=60.0))
    assert acd.acd.waits_for("known", acd.now + 20.0) == ("ann", 40.0)
    assert acd.acd.waits_for("c1", acd.now) == ("", 0.0)
