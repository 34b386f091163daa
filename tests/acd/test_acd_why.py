"""Why a caller waited and why that agent: the whole text, for stories told by a real Acd."""

from textwrap import dedent, fill

import pytest
from msgspec.structs import replace

from acd.messages import (
    Accept,
    Enqueue,
    KeepPlace,
    Reached,
    Reject,
    Release,
    TakeOver,
    Unreached,
    Withdraw,
)
from acd.why import History, explain
from acd.why.telling import clock
from calls.actions import DeclineOffer, FinishWrapUp, SetAgentState
from calls.base import Instant
from calls.events import PhoneChanged
from calls.facts import CallQueued, CallTransferred, Fact
from tests.acd.driving import Driven

POLISH = {"lang:pl": 5}


class Told(Driven):
    """Remembers all facts, with their times."""

    def __init__(self) -> None:
        super().__init__()
        self.facts: list[tuple[Instant, Fact]] = []

    def do(self, message: object, after: float = 0.0) -> list[Fact]:  # type: ignore[override]
        said = [one for one in super().do(message, after) if isinstance(one, Fact)]  # type: ignore[arg-type]
        self.facts += [(self.now, fact) for fact in said]
        return said

    def until(self, seconds: float) -> None:
        """Let time pass, with all that becomes due."""
        end = self.now + seconds
        while (due := self.acd.deadline()) is not None and due <= end:
            self.tick(due - self.now)
        self.now = end

    def why(self, call: str = "c", *, known: bool = True) -> str:
        """One line for each reason, its time counted from when the call was queued first."""
        start = next(
            at for at, fact in self.facts if isinstance(fact, CallQueued) and fact.call == call
        )
        history = History(call=call, facts=self.facts, until=self.now, known=known)
        lines = []
        for reason in explain(history):
            begin = clock(reason.begin - start)
            end = "..." if reason.end is None else clock(reason.end - start)
            span = begin if reason.end == reason.begin else f"{begin}-{end}"
            lines.append(fill(f"{span} {reason.text}", 88, subsequent_indent="  "))
        return "\n".join(lines)


def text(told: str) -> str:
    return dedent(told).strip()


@pytest.fixture
def acd() -> Told:
    """Support, which needs Polish; Bea and Jan know it well, Ola a little."""
    told = Told()
    told.queue(title="Support", skills=POLISH, wrap_up=30.0)
    told.agent("bea", title="Bea Kowalska", skills={"lang:pl": 9})
    told.agent("jan", title="Jan", skills={"lang:pl": 6})
    told.agent("ola", title="Ola", skills={"lang:pl": 3})
    return told


def sign_in(acd: Told, *names: str) -> None:
    for name in names:
        acd.do(PhoneChanged(phone=name, online=True))
        acd.do(SetAgentState(agent=name, state="ready"))


def accept(acd: Told, call: str = "c", after: float = 3.0) -> None:
    acd.now += after
    acd.do(Accept(offer=acd.offer_for(call)))


def talk(acd: Told, *calls: str) -> None:
    """Each answered at once by whoever is next."""
    for call in calls:
        acd.call(call)
        accept(acd, call, after=0)


def test_nobody_was_signed_in(acd: Told) -> None:
    sign_in(acd, "ola")
    acd.call("c")
    acd.until(130)
    sign_in(acd, "jan")
    accept(acd)
    assert acd.why() == text("""
        0:00 queued for Support at place 1; needs Polish >= 5
        0:00-2:10 no agent with Polish >= 5 was signed in (Bea Kowalska and Jan); Ola was ready
          but lacked Polish >= 5
        2:10-2:13 offered to Jan, who had just become ready; answered after 3 s
        2:13 connected to Jan
    """)


def test_all_talked(acd: Told) -> None:
    sign_in(acd, "bea", "jan")
    talk(acd, "x", "y")
    acd.call("z", after=60)
    acd.call("c", after=30)
    acd.do(Release(call="x", by="caller"), after=100)
    acd.until(30)
    accept(acd, "z")
    acd.do(Release(call="y", by="caller"), after=20)
    acd.do(FinishWrapUp(agent="jan"), after=10)
    accept(acd)
    assert acd.why() == text("""
        0:00 queued for Support at place 2; needs Polish >= 5
        0:00-2:43 both who fitted (Bea Kowalska and Jan) were talking; meanwhile a caller who
          came before went first
        2:43-2:46 offered to Jan, who was free again; answered after 3 s
        2:46 connected to Jan
    """)


def test_after_call_work(acd: Told) -> None:
    sign_in(acd, "bea")
    talk(acd, "x")
    acd.do(Release(call="x", by="caller"), after=10)
    acd.call("c", after=5)
    acd.until(25)
    accept(acd)
    assert acd.why() == text("""
        0:00 queued for Support at place 1; needs Polish >= 5
        0:00-0:25 Bea Kowalska, the only one there who fitted, was in after-call work
        0:25-0:28 offered to Bea Kowalska, who was free again; answered after 3 s
        0:28 connected to Bea Kowalska
    """)


def test_on_a_break(acd: Told) -> None:
    sign_in(acd, "bea", "jan")
    acd.do(SetAgentState(agent="bea", state="not_ready", reason="lunch"))
    acd.do(SetAgentState(agent="jan", state="not_ready", reason="break"))
    acd.call("c")
    acd.do(SetAgentState(agent="jan", state="ready"), after=45)
    accept(acd)
    assert acd.why() == text("""
        0:00 queued for Support at place 1; needs Polish >= 5
        0:00-0:45 Bea Kowalska was not ready (lunch) and Jan not ready (break)
        0:45-0:48 offered to Jan, who had just become ready; answered after 3 s
        0:48 connected to Jan
    """)


def test_no_answer_then_declined_then_busy(acd: Told) -> None:
    sign_in(acd, "bea")
    acd.now += 60
    sign_in(acd, "jan")
    acd.now += 60
    acd.agent("ola", title="Ola", skills={"lang:pl": 7})
    sign_in(acd, "ola")
    acd.call("c", after=12)
    acd.until(15)
    acd.do(DeclineOffer(agent="jan"), after=4)
    acd.do(Reject(offer=acd.offer_for("c"), outcome="busy"), after=1)
    acd.do(SetAgentState(agent="bea", state="ready"), after=20)
    accept(acd)
    assert acd.why() == text("""
        0:00 queued for Support at place 1; needs Polish >= 5
        0:00-0:15 offered to Bea Kowalska, longest idle (2:12) of 3 who fitted; no answer for 15
          s
        0:15-0:19 offered to Jan, longest idle (1:27) of 2 who fitted; declined after 4 s
        0:19-0:20 offered to Ola, the only one free who fitted (idle 0:31); the phone was busy
        0:20-0:40 Bea Kowalska was not ready (no answer), Jan not ready (declined) and Ola not
          ready (busy)
        0:40-0:43 offered to Bea Kowalska, who had just become ready; answered after 3 s
        0:43 connected to Bea Kowalska
    """)


def test_needs_relaxed_step_by_step(acd: Told) -> None:
    acd.queue("sales", title="Sales")
    acd.agent("sam", title="Sam", queues={"sales": 1})
    acd.queue(
        title="Support",
        skills=POLISH | {"tax": 2},
        relaxation=[
            {"after": 60, "skills": {"lang:pl": 4}},
            {"after": 120, "skills": {"tax": 0}},
            {"after": 180, "queues": ["sales"], "skills": {"lang:pl": 0}},
        ],
    )
    sign_in(acd, "ola", "sam")
    acd.do(SetAgentState(agent="ola", state="not_ready", reason="break"))
    acd.call("c")
    acd.until(185)
    accept(acd)
    assert acd.why() == text("""
        0:00 queued for Support at place 1; needs Polish >= 5 and tax >= 2
        0:00-1:00 there was no agent with Polish >= 5 and tax >= 2
        1:00 needs lowered to Polish >= 4
        1:00-2:00 there was no agent with Polish >= 4 and tax >= 2
        2:00 tax not needed any more
        2:00-3:00 no agent with Polish >= 4 was signed in (Bea Kowalska and Jan)
        3:00 Polish not needed any more; agents of Sales may take it as well
        3:00-3:08 offered to Sam, the only one free who fitted (idle 3:00); answered after 8 s
        3:08 connected to Sam
    """)


def test_an_agent_who_was_asked_for_has_a_name_and_no_skill(acd: Told) -> None:
    acd.queue(title="Support")
    sign_in(acd, "bea", "jan")
    talk(acd, "x")
    acd.call("c", agent="bea", agent_for=3620, skills={"agent:bea": 10})
    acd.do(Release(call="x", by="caller"), after=20)
    acd.do(FinishWrapUp(agent="bea"))
    accept(acd)
    assert acd.why() == text("""
        0:00 queued for Support at place 1; for Bea Kowalska, who was asked for
        0:00-0:20 kept for Bea Kowalska alone, who was talking; Jan was ready but was not asked
        0:20-0:23 offered to Bea Kowalska, for whom it was kept; answered after 3 s
        0:23 connected to Bea Kowalska
    """)


def test_who_is_passed_on_is_told_by_whom_and_how(acd: Told) -> None:
    acd.queue(title="Support")
    sign_in(acd, "bea", "jan")
    acd.call("c")
    accept(acd)
    acd.now += 10
    acd.do(Enqueue(call="x", queue="support", agent="jan", agent_for=60, asked_by="bea"))
    accept(acd, "x")
    acd.now += 10
    passed = CallTransferred(call="c", agent="bea", to="agent:jan", kind="warm")
    acd.facts.append((acd.now, passed))
    acd.do(Release(call="c", by="agent"))
    acd.do(TakeOver(call="c", consult="x"))
    acd.do(FinishWrapUp(agent="bea"))
    acd.now += 10
    acd.facts.append((acd.now, replace(passed, agent="jan", to="queue:support", kind="blind")))
    acd.do(Release(call="c", by="agent"))
    acd.call("c")
    assert acd.why() == text("""
        0:00 queued for Support at place 1
        0:00-0:03 offered to Bea Kowalska, longest idle (0:00) of 2 who fitted; answered after 3
          s
        0:03 connected to Bea Kowalska
        0:26 Bea Kowalska passed the caller on to Jan, after asking
        0:26 connected to Jan, who was asked
        0:36 Jan passed the caller on to Support, without asking
        0:36 queued for Support at place 1
        0:36-... offered to Bea Kowalska, the only one free who fitted (idle 0:10); it still
          rings
    """)


def test_whoever_passed_the_caller_on_was_asked_last(acd: Told) -> None:
    acd.queue(title="Support", skills=POLISH, wrap_up=0.0, strategy="in_order")
    sign_in(acd, "bea", "jan")
    talk(acd, "c")
    acd.now += 30
    acd.facts.append(
        (acd.now, CallTransferred(call="c", agent="bea", to="queue:support", kind="blind"))
    )
    acd.do(Release(call="c", by="agent"))
    acd.call("c", passed_by="bea")
    accept(acd)
    *_, first, rest, connected = acd.why().splitlines()
    told = f"{first} {rest.strip()}"
    assert (told, connected) == (
        "0:30-0:33 offered to Jan, the only one free who fitted beside Bea Kowalska (idle 0:30);"
        " answered after 3 s",
        "0:33 connected to Jan",
    )


def test_who_becomes_known_while_waiting_has_not_gone_anywhere(acd: Told) -> None:
    acd.queue(title="Support")
    sign_in(acd, "bea")
    talk(acd, "x")
    acd.call("c")
    acd.do(Withdraw(call="c", outcome="moved"), after=3)
    acd.call("c", credit=3.0, priority=60.0)
    acd.do(Release(call="x", by="caller"), after=7)
    acd.do(FinishWrapUp(agent="bea"))
    accept(acd)
    assert acd.why() == text("""
        0:00 queued for Support at place 1
        0:00-0:03 Bea Kowalska, the only one there who fitted, was talking
        0:03 it became known who calls: now in Support at place 1; a head start of 60 s; 0:03 of
          waiting counted before, brought along
        0:03-0:10 Bea Kowalska, the only one there who fitted, was talking
        0:10-0:13 offered to Bea Kowalska, who was free again; answered after 3 s
        0:13 connected to Bea Kowalska
    """)


def test_rings_open_one_after_another(acd: Told) -> None:
    acd.queue(title="Support", ring=1, relaxation=[{"after": 30, "ring": 0}])
    acd.agent("ola", title="Ola", queues={"support": 2})
    sign_in(acd, "bea", "ola")
    talk(acd, "x")
    acd.call("c")
    acd.until(31)
    accept(acd)
    assert acd.why() == text("""
        0:00 queued for Support at place 1
        0:00-0:30 Bea Kowalska, the only one there who fitted, was talking; Ola was ready but
          was in a later ring
        0:30 agents of all rings may take it
        0:30-0:34 offered to Ola, the only one free who fitted (idle 0:30); answered after 4 s
        0:34 connected to Ola
    """)


def test_all_rang_and_one_answered(acd: Told) -> None:
    acd.queue(title="Support", skills=POLISH, strategy="ring_all")
    sign_in(acd, "bea", "jan")
    acd.call("c", after=10)
    acd.do(Accept(offer=acd.acd.offers_for_call("c")[1]), after=4)
    assert acd.why() == text("""
        0:00 queued for Support at place 1; needs Polish >= 5
        0:00-0:04 rang for Bea Kowalska and Jan at once; Jan answered after 4 s
        0:04 connected to Jan
    """)


def test_who_began_to_ring_later_did_not_ring_at_once(acd: Told) -> None:
    acd.queue(title="Support", strategy="ring_all")
    sign_in(acd, "bea")
    acd.call("c", after=10)
    acd.now += 10
    sign_in(acd, "jan", "ola")
    acd.do(Accept(offer=acd.acd.offers_for_call("c")[1]), after=4)
    assert acd.why() == text("""
        0:00 queued for Support at place 1
        0:00-0:14 rang for Bea Kowalska, after 10 s for Jan and Ola too; Jan answered after 4 s
        0:14 connected to Jan
    """)


def test_kept_for_the_last_agent(acd: Told) -> None:
    sign_in(acd, "bea", "jan")
    talk(acd, "x")
    acd.call("c", agent="bea", agent_for=40)
    acd.until(41)
    accept(acd)
    assert acd.why() == text("""
        0:00 queued for Support at place 1; needs Polish >= 5; kept for Bea Kowalska alone for
          up to 40 s
        0:00-0:40 kept for Bea Kowalska alone, who was talking; Jan was ready but was not asked
        0:40 not kept for Bea Kowalska alone any more
        0:40-0:44 offered to Jan, the only one free who fitted (idle 0:40); answered after 4 s
        0:44 connected to Jan
    """)


def test_the_last_agent_came_free_in_time(acd: Told) -> None:
    sign_in(acd, "bea", "jan")
    talk(acd, "x")
    acd.call("c", agent="bea", agent_for=40)
    acd.do(Release(call="x", by="caller"), after=5)
    acd.do(FinishWrapUp(agent="bea"), after=5)
    accept(acd)
    assert acd.why() == text("""
        0:00 queued for Support at place 1; needs Polish >= 5; kept for Bea Kowalska alone for
          up to 40 s
        0:00-0:10 kept for Bea Kowalska alone, who was talking or in after-call work; Jan was
          ready but was not asked
        0:10-0:13 offered to Bea Kowalska, for whom it was kept; answered after 3 s
        0:13 connected to Bea Kowalska
    """)


def test_sent_elsewhere_by_a_rule(acd: Told) -> None:
    acd.queue("sales", title="Sales")
    acd.queue(
        title="Support",
        overflow=[{"when": "waited", "limit": 60, "to": "queue", "target": "sales"}],
    )
    acd.agent("sam", title="Sam", queues={"sales": 1})
    acd.call("c")
    acd.until(60)
    acd.call("c", queue="sales", credit=60)
    acd.until(10)
    sign_in(acd, "sam")
    accept(acd)
    assert acd.why() == text("""
        0:00 queued for Support at place 1
        0:00-1:00 no agent of Support was signed in (Bea Kowalska, Jan and Ola)
        1:00 sent to Sales, since it had waited 1:00
        1:00 queued for Sales at place 1; 1:00 of waiting counted before, brought along
        1:00-1:10 no agent of Sales was signed in (Sam)
        1:10-1:13 offered to Sam, who had just become ready; answered after 3 s
        1:13 connected to Sam
    """)


def test_not_let_in(acd: Told) -> None:
    acd.queue(title="Support", closed=True)
    acd.call("c")
    assert acd.why() == text("""
        0:00 queued for Support at place 1
        0:00 not let in, since Support was closed
    """)


def test_a_place_kept_without_the_line(acd: Told) -> None:
    acd.queue(title="Support", skills=POLISH, callback_retry=120.0)
    sign_in(acd, "bea")
    talk(acd, "x")
    acd.call("c")
    acd.do(KeepPlace(call="c", number="+48221230102"), after=40)
    acd.do(Release(call="x", by="caller"), after=60)
    acd.do(FinishWrapUp(agent="bea"), after=10)
    accept(acd, after=2)
    acd.do(Unreached(call="c", outcome="no_answer"), after=25)
    acd.until(120)
    accept(acd, after=2)
    acd.do(Reached(call="c"), after=8)
    assert acd.why() == text("""
        0:00 queued for Support at place 1; needs Polish >= 5
        0:00-0:40 Bea Kowalska, the only one there who fitted, was talking
        0:40 the caller hung up and kept the place; to be called at +48221230102
        0:40-1:50 Bea Kowalska, the only one there who fitted, was talking
        1:50-1:52 offered to Bea Kowalska, who was free again; answered after 2 s
        1:52-2:17 Bea Kowalska was kept free while the caller was called back
        2:17 attempt 1 to call back for Bea Kowalska: no answer; again in 2:00
        2:17-4:17 waited for the next attempt to call back
        4:17-4:19 offered to Bea Kowalska, the only one free who fitted (idle 2:00); answered
          after 2 s
        4:19-4:27 Bea Kowalska was kept free while the caller was called back
        4:27 the caller was called back for Bea Kowalska: answered
        4:27 connected to Bea Kowalska
    """)


def test_an_old_place_given_back_goes_first(acd: Told) -> None:
    sign_in(acd, "bea")
    talk(acd, "x")
    acd.call("c", after=10)
    acd.call("old", after=20, credit=300)
    acd.call("vip", after=1, priority=60)
    acd.do(Release(call="x", by="caller"), after=5)
    for call in ("old", "vip"):
        acd.do(FinishWrapUp(agent="bea"), after=5)
        accept(acd, call, after=2)
        acd.do(Release(call=call, by="caller"), after=30)
    acd.do(FinishWrapUp(agent="bea"), after=5)
    accept(acd)
    assert acd.why() == text("""
        0:00 queued for Support at place 1; needs Polish >= 5
        0:00-1:45 Bea Kowalska, the only one there who fitted, was talking; meanwhile a caller
          with an old place and a caller with a head start of 60 s went first
        1:45-1:48 offered to Bea Kowalska, who was free again; answered after 3 s
        1:48 connected to Bea Kowalska
    """)
    assert acd.why("old") == text("""
        0:00 queued for Support at place 1; needs Polish >= 5; 5:00 of waiting counted before,
          as the old place is given back
        0:00-0:11 Bea Kowalska, the only one there who fitted, was talking or in after-call work
        0:11-0:13 offered to Bea Kowalska, who was free again; before a caller who came earlier,
          thanks to an old place; answered after 2 s
        0:13 connected to Bea Kowalska
    """)


def test_another_queue_is_served_first(acd: Told) -> None:
    acd.queue("sales", title="Sales")
    acd.agent("jan", title="Jan", skills=POLISH, queues={"sales": 1, "support": 2})
    sign_in(acd, "jan")
    talk(acd, "x")
    acd.call("c")
    acd.call("s", queue="sales", after=20)
    acd.do(Release(call="x", by="caller"), after=5)
    acd.do(FinishWrapUp(agent="jan"), after=5)
    accept(acd, "s", after=1)
    assert acd.why() == text("""
        0:00 queued for Support at place 1; needs Polish >= 5
        0:00-... Jan, the only one there who fitted, was talking; meanwhile a caller of Sales
          (served first by Jan) went first
    """)


def test_who_may_be_taken_for_another_queue_is_served_first(acd: Told) -> None:
    acd.queue(title="Support", skills=POLISH, relaxation=[{"after": 30, "queues": ["sales"]}])
    acd.queue("sales", title="Sales")
    acd.agent("jan", title="Jan", skills=POLISH, queues={"sales": 1, "support": 2})
    sign_in(acd, "jan")
    talk(acd, "x")
    acd.call("a")
    acd.until(40)
    acd.call("c", credit=100.0)
    acd.do(Release(call="x", by="caller"), after=5)
    acd.do(FinishWrapUp(agent="jan"), after=5)
    accept(acd, "a", after=1)
    *_, told = acd.why().partition("meanwhile ")
    assert " ".join(told.split()) == (
        "a caller who could be taken for Sales by then (served first by Jan) went first"
    )


def test_who_is_rung_for_already_is_not_passed_over(acd: Told) -> None:
    acd.queue(title="Support", skills=POLISH, wrap_up=0.0)
    sign_in(acd, "bea", "jan")
    talk(acd, "x", "y")
    acd.call("a")
    acd.call("c", after=5)
    acd.do(Release(call="x", by="caller"), after=5)
    acd.do(Release(call="y", by="caller"), after=5)
    assert "0:10-... offered to Jan, who was free again; it still rings" in acd.why()


def test_the_caller_gave_up_while_a_phone_rang(acd: Told) -> None:
    sign_in(acd, "bea")
    acd.call("c", after=100)
    acd.do(Withdraw(call="c", outcome="abandoned"), after=6)
    assert acd.why() == text("""
        0:00 queued for Support at place 1; needs Polish >= 5
        0:00-0:06 offered to Bea Kowalska, the only one free who fitted (idle 1:40); withdrawn
          after 6 s
        0:06 the caller gave up
    """)


def test_changes_while_a_caller_waits(acd: Told) -> None:
    acd.queue(title="Support", skills={"lang:pl": 10})
    sign_in(acd, "bea")
    acd.call("c")
    acd.now += 30
    acd.queue(title="Support", skills={"lang:pl": 10, "tax": 1})
    acd.now += 30
    acd.agent("bea", title="Bea Kowalska", skills={"lang:pl": 10, "tax": 3})
    accept(acd)
    assert acd.why() == text("""
        0:00 queued for Support at place 1; needs Polish >= 10
        0:00-0:30 there was no agent with Polish >= 10; Bea Kowalska was ready but lacked Polish
          >= 10
        0:30 Support was changed: it needs Polish >= 10 and tax >= 1 now
        0:30-1:00 there was no agent with Polish >= 10 and tax >= 1; Bea Kowalska was ready but
          lacked Polish >= 10 and tax >= 1
        1:00 Bea Kowalska was changed, and fits now
        1:00-1:03 offered to Bea Kowalska, the only one free who fitted (idle 1:00); answered
          after 3 s
        1:03 connected to Bea Kowalska
    """)


def test_chosen_by_preference_and_by_skill(acd: Told) -> None:
    acd.queue(title="Support", skills=POLISH, strategy="best_skill")
    acd.agent("jan", title="Jan", skills={"lang:pl": 8}, queues={"support": 2})
    acd.agent("ola", title="Ola", skills={"lang:pl": 6})
    sign_in(acd, "jan", "ola", "bea")
    acd.call("c", after=10)
    acd.agent("jan", title="Jan", skills={"lang:pl": 8}, queues={"support": 1})
    acd.agent("bea", title="Bea Kowalska", skills={"lang:pl": 9}, queues={"support": 2})
    acd.do(Withdraw(call="c", outcome="abandoned"))
    acd.agent("ola", title="Ola", skills={"lang:pl": 6}, queues={"support": 2})
    acd.call("d", after=10)
    assert acd.why() == text("""
        0:00 queued for Support at place 1; needs Polish >= 5
        0:00 offered to Bea Kowalska, best in the skills needed of 2 with preference 1;
          withdrawn after 0 s
        0:00 the caller gave up
    """)
    assert acd.why("d") == text("""
        0:00 queued for Support at place 1; needs Polish >= 5
        0:00-... offered to Jan, whose preference for it (1) was the first of 3 who fitted; it
          still rings
    """)


def test_among_equals_in_skill_the_longest_idle_is_chosen(acd: Told) -> None:
    acd.queue(title="Support", strategy="best_skill")
    sign_in(acd, "ola", "bea")
    acd.call("c", after=10)
    assert "offered to Ola, longest idle (0:10) of 2 who fitted" in acd.why()


def flat(told: str) -> str:
    """Each reason in one line."""
    return told.replace("\n  ", " ")


def test_a_changed_queue_relaxes_as_the_acd_does(acd: Told) -> None:
    """A step that asks for more than what is needed already, or for a narrower ring, asks for
    nothing."""
    acd.agent("jan", title="Jan", skills={"lang:pl": 6}, queues={"support": 2})
    sign_in(acd, "jan")
    talk(acd, "x")
    acd.call("c")
    steps = [{"after": 20, "skills": {"lang:pl": 7}, "ring": 1}]
    acd.now += 30
    acd.queue(title="Support", skills={"lang:pl": 4}, ring=2, relaxation=steps)
    acd.do(Release(call="x", by="caller"), after=10)
    acd.do(FinishWrapUp(agent="jan"))
    accept(acd)
    assert acd.why() == text("""
        0:00 queued for Support at place 1; needs Polish >= 5
        0:00-0:30 Jan, the only one there who fitted, was talking
        0:30 Support was changed: it needs Polish >= 4 now
        0:30-0:40 Jan, the only one there who fitted, was talking
        0:40-0:43 offered to Jan, who was free again; answered after 3 s
        0:43 connected to Jan
    """)


def chosen(acd: Told, call: str = "c") -> str:
    """What is said of the first offer of a call."""
    told = next(
        line for line in " ".join(acd.why(call).split("\n  ")).split("\n") if "offer" in line
    )
    return told.partition("offered to ")[2].partition(";")[0]


@pytest.mark.parametrize(
    ("strategy", "told"),
    [
        ("fewest_calls", "Jan, longest idle (1:10) of 2 with the fewest calls taken (0)"),
        ("least_occupied", "Jan, longest idle (1:10) of 2 least occupied"),
        ("best_skill", "Bea Kowalska, best in the skills needed of 3 who fitted"),
        ("round_robin", "Jan, longest idle (1:10) of 2 without a turn before"),
        ("in_order", "Bea Kowalska, first in the order of 3 who fitted"),
    ],
)
def test_what_a_strategy_leaves_open_the_idle_time_decides(
    acd: Told, strategy: str, told: str
) -> None:
    """Bea has taken a call, Jan and Ola none."""
    acd.queue(title="Support", skills={"lang:pl": 1}, wrap_up=0.0, strategy=strategy)
    sign_in(acd, "bea")
    talk(acd, "x")
    acd.do(Release(call="x", by="caller"), after=100)
    sign_in(acd, "jan")
    acd.now += 60
    sign_in(acd, "ola")
    acd.call("c", after=10)
    assert chosen(acd) == told


@pytest.mark.parametrize(
    ("strategy", "alike"),
    [
        ("fewest_calls", "both with 0 calls taken"),
        ("least_occupied", "both equally occupied"),
        ("round_robin", "both without a turn before"),
    ],
)
def test_a_strategy_by_which_all_are_alike_has_not_decided(
    acd: Told, strategy: str, alike: str
) -> None:
    acd.queue(title="Support", strategy=strategy)
    sign_in(acd, "jan", "bea")
    acd.call("c", after=70)
    assert chosen(acd) == f"Jan, longest idle (1:10) of 2 who fitted, {alike}"


def test_the_strategies_count_from_the_sign_in_and_forget_with_time(acd: Told) -> None:
    acd.queue(title="Support", wrap_up=0.0, strategy="fewest_calls")
    sign_in(acd, "bea")
    talk(acd, "x")
    acd.do(Release(call="x", by="caller"), after=100)
    acd.do(SetAgentState(agent="bea", state="logged_out"))
    sign_in(acd, "jan", "bea")
    acd.call("c", after=10)
    assert chosen(acd) == "Jan, longest idle (0:10) of 2 who fitted, both with 0 calls taken"


def test_who_has_a_chat_does_not_fit_a_call_by_voice(acd: Told) -> None:
    acd.queue(title="Support")
    acd.agent("bea", title="Bea Kowalska", capacity={"chat": 2, "email": 1})
    sign_in(acd, "bea")
    for call, channel in (("x", "chat"), ("y", "email")):
        acd.call(call, channel=channel)
        accept(acd, call)
    sign_in(acd, "jan")
    acd.call("c", after=60)
    assert chosen(acd) == (
        "Jan, the only one free who fitted (idle 1:00), while Bea Kowalska had a chat and an e-mail"
    )


def test_a_chat_goes_to_whom_has_the_fewest(acd: Told) -> None:
    acd.queue(title="Support")
    for name in ("bea", "jan", "ola"):
        acd.agent(name, capacity={"chat": 3})
    sign_in(acd, "bea")
    acd.call("x", channel="chat")
    accept(acd, "x")
    acd.now += 60
    sign_in(acd, "jan")
    acd.call("c", channel="chat", after=10)
    assert chosen(acd) == "jan, with the fewest contacts (0) of 2 who fitted"
    acd.now += 20
    sign_in(acd, "ola")
    acd.call("d", channel="chat")
    acd.call("e", channel="chat")
    assert chosen(acd, "d") == "ola, with the fewest contacts (0) of 3 who fitted"
    assert chosen(acd, "e") == "bea, ready for longest (1:33) of 3 who fitted"


def test_a_chat_waits_until_somebody_has_room(acd: Told) -> None:
    acd.queue(title="Support", wrap_up=0.0)
    acd.agent("bea", title="Bea Kowalska", capacity={"chat": 1})
    sign_in(acd, "bea")
    acd.call("x", channel="chat")
    accept(acd, "x")
    acd.call("c", channel="chat")
    acd.do(Release(call="x", by="caller"), after=20)
    accept(acd)
    assert acd.why() == text("""
        0:00 queued for Support at place 1
        0:00-0:20 Bea Kowalska, the only one who fitted, was busy with other contacts
        0:20-0:23 offered to Bea Kowalska, who had room again; answered after 3 s
        0:23 connected to Bea Kowalska
    """)


def test_a_chat_beside_another_takes_nothing_from_who_waits_for_a_call(acd: Told) -> None:
    acd.queue(title="Support")
    acd.agent("bea", title="Bea Kowalska", capacity={"chat": 2})
    sign_in(acd, "bea")
    acd.call("x", channel="chat")
    accept(acd, "x")
    acd.call("c")
    acd.call("y", channel="chat", after=5)
    accept(acd, "y")
    assert acd.why() == text("""
        0:00 queued for Support at place 1
        0:00-... Bea Kowalska, the only one there who fitted, was busy with other contacts
    """)


def test_who_did_not_answer_is_asked_last(acd: Told) -> None:
    """Also where the strategy would choose them; the caller looks around first."""
    acd.queue(title="Support", strategy="in_order")
    acd.agent("bea", title="Bea Kowalska", rona_limit=3)
    sign_in(acd, "bea", "jan", "ola")
    acd.call("c")
    acd.until(15)
    *_, last = flat(acd.why()).splitlines()
    assert last == (
        "0:15-... offered to Jan, first in the order of 2 who fitted beside Bea Kowalska;"
        " it still rings"
    )


def test_whoever_passed_the_caller_on_is_asked_like_others_later(acd: Told) -> None:
    acd.queue(title="Support", wrap_up=0.0)
    sign_in(acd, "bea", "jan", "ola")
    talk(acd, "c")
    acd.facts.append(
        (acd.now, CallTransferred(call="c", agent="bea", to="queue:support", kind="blind"))
    )
    acd.do(Release(call="c", by="agent"), after=30)
    acd.call("c", passed_by="bea")
    acd.do(DeclineOffer(agent="jan"), after=5)
    *_, last = acd.why().splitlines()
    assert "longest idle (0:35) of 2 who fitted" in last


def test_agents_of_the_own_queue_go_before_those_of_another(acd: Told) -> None:
    acd.queue(title="Support", ring=1, relaxation=[{"after": 0, "queues": ["sales"]}])
    acd.agent("sam", queues={"sales": 1})
    acd.agent("jan", title="Jan", queues={"support": 1})
    acd.agent("ola", title="Ola", queues={"support": 2, "sales": 3})
    sign_in(acd, "ola", "sam", "jan")
    acd.call("c", after=10)
    assert chosen(acd) == "Jan, the only one of Support of 3 who fitted"
    acd.call("d", after=10)
    assert chosen(acd, "d") == "sam, whose preference for it (1) was the first of 2 who fitted"


def test_who_waits_too_long_like_the_other_is_served_by_waiting(acd: Told) -> None:
    acd.queue(title="Support", skills=POLISH, overdue=20.0)
    acd.queue("sales", title="Sales", overdue=20.0)
    acd.agent("jan", title="Jan", skills=POLISH, queues={"sales": 1, "support": 2})
    sign_in(acd, "jan")
    talk(acd, "x")
    acd.call("s", queue="sales")
    acd.call("c", after=5)
    acd.do(Release(call="x", by="caller"), after=30)
    acd.do(FinishWrapUp(agent="jan"), after=5)
    assert "meanwhile a caller of Sales who came before went first" in acd.why().replace(
        "\n  ", " "
    )


def test_who_is_called_back_just_now_is_not_passed_over(acd: Told) -> None:
    acd.queue(title="Support", wrap_up=0.0)
    sign_in(acd, "bea", "jan")
    talk(acd, "x", "y")
    acd.call("k")
    acd.do(KeepPlace(call="k", number="+48221230102"))
    acd.do(Release(call="x", by="caller"), after=5)
    accept(acd, "k")
    acd.call("c", after=5)
    acd.do(Release(call="y", by="caller"), after=5)
    assert "Jan, who was free again; it still rings" in flat(acd.why())


def test_who_waits_for_voice_is_not_passed_over_by_who_has_a_chat(acd: Told) -> None:
    acd.queue(title="Support", wrap_up=0.0)
    acd.agent("bea", title="Bea Kowalska", capacity={"chat": 2})
    sign_in(acd, "bea")
    acd.call("x", channel="chat")
    accept(acd, "x")
    acd.do(SetAgentState(agent="bea", state="not_ready", reason="break"))
    acd.call("v")
    acd.call("c", channel="chat", after=5)
    acd.do(SetAgentState(agent="bea", state="ready"), after=5)
    assert "Bea Kowalska, who had just become ready; it still rings" in flat(acd.why())


def test_where_waiting_counts_for_nothing_an_old_place_does_not_either(acd: Told) -> None:
    acd.queue(title="Support", slope=0.0)
    sign_in(acd, "bea")
    talk(acd, "x")
    acd.call("a")
    acd.call("c", credit=100.0, priority=30.0, after=5)
    acd.do(Release(call="x", by="caller"), after=5)
    acd.do(FinishWrapUp(agent="bea"))
    told = "before a caller who came earlier, thanks to a head start of 30 s"
    assert told in flat(acd.why())
    assert "meanwhile a caller with a head start of 30 s went first" in flat(acd.why("a"))


def test_of_a_time_whose_settings_are_not_known(acd: Told) -> None:
    sign_in(acd, "bea")
    talk(acd, "x")
    acd.call("c")
    acd.do(Release(call="x", by="caller"), after=50)
    acd.do(FinishWrapUp(agent="bea"), after=5)
    accept(acd)
    assert acd.why(known=False) == text("""
        0:00 queued for Support at place 1; needs Polish >= 5
        0:00-0:55 it is not known who fitted: the settings of that time were not kept
        0:55-0:58 offered to Bea Kowalska; answered after 3 s
        0:58 connected to Bea Kowalska
    """)


def test_still_waiting(acd: Told) -> None:
    acd.call("c")
    acd.until(70)
    assert acd.why() == text("""
        0:00 queued for Support at place 1; needs Polish >= 5
        0:00-... no agent with Polish >= 5 was signed in (Bea Kowalska and Jan)
    """)


def test_a_call_that_never_waited(acd: Told) -> None:
    assert explain(History(call="c", until=acd.now, facts=acd.facts)) == []
