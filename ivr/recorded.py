"""A scenario made from what has really happened: a call's facts, up to where its flow ended."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from calls.base import Instant
from calls.events import CallerIdentified
from calls.facts import (
    AnswerMissed,
    CallArrived,
    CallEnded,
    CallerKnown,
    CallQueued,
    CallTagged,
    Fact,
    LanguageChosen,
    NodeEntered,
    NodeLeft,
    VoicemailLeft,
)
from ivr.flow import Flow
from ivr.nodes.collect import CollectNode
from ivr.nodes.voicemail import VoicemailNode

#: Kinds that ask for a key and go on without one.
_PATIENT = ("survey", "fault", "callback")


def scenario_of(facts: Iterable[Fact], at: Instant, zone: str, flow: Flow) -> str:
    """YAML to put into the file of the flow's scenarios. Answers of look-ups are not in the
    journal: they have to be filled in."""
    told: dict[str, Any] = {"name": "", "at": _clock(at, zone), "zone": zone}
    steps: list[str] = []
    expect: dict[str, Any] = {}
    passes: list[str] = []
    tags: list[str] = []
    kinds: dict[str, str] = {}
    for fact in facts:
        match fact:
            case CallArrived():
                told |= {"name": f"Call {fact.call}", "caller": fact.caller, "called": fact.called}
            case CallerKnown(who=who) if who.contact is not None:
                told["contact"] = _contact(who)
            case NodeEntered(node=node, kind=kind):
                passes.append(node)
                kinds[node] = kind
            case NodeLeft():
                steps += _left(fact, kinds.get(fact.node, ""), flow)
            case AnswerMissed(what=what, digits=digits):
                steps.append("silence" if what == "no_input" or not digits else f"press {digits}")
            case LanguageChosen(language=language):
                expect["language"] = language
            case VoicemailLeft(seconds=seconds):
                steps += _spoken(passes[-1], seconds, flow)
            case CallTagged(tag=tag):
                tags.append(tag)
            case CallQueued(queue=queue):
                expect["queue"] = queue
                break
            case CallEnded(outcome=outcome):
                if outcome == "abandoned_menu":
                    steps.append("hang up")
                expect["outcome"] = "failed" if outcome == "failed" else "completed"
                break
    expect |= {"passes": passes} | ({"tags": tags} if tags else {})
    told |= {"steps": steps, "expect": expect}
    written: str = yaml.safe_dump([told], allow_unicode=True, sort_keys=False, width=100)
    return written


def _left(left: NodeLeft, kind: str, flow: Flow) -> list[str]:
    if left.exit in ("no_match", "no_input", "error"):
        return []
    if not left.digits:
        return ["silence"] if kind in _PATIENT else []
    node = flow.nodes.get(left.node)
    confirmed = isinstance(node, CollectNode) and bool(node.confirm)
    return [f"press {left.digits}", *(["press 1"] if confirmed else [])]


def _spoken(node: str, seconds: float, flow: Flow) -> list[str]:
    known = flow.nodes.get(node)
    reviewed = isinstance(known, VoicemailNode) and bool(known.review)
    return [f"speak {seconds:g}", *(["silence"] if reviewed else [])]


def _contact(who: CallerIdentified) -> dict[str, Any]:
    known: dict[str, Any] = {"name": who.name}
    for field in ("organisation", "language", "vip"):
        if value := getattr(who, field):
            known[field] = value
    if who.tickets:
        known["tickets"] = [
            {"number": ticket.number, "title": ticket.title, "status": ticket.status}
            for ticket in who.tickets
        ]
    return known


def _clock(at: Instant, zone: str) -> str:
    return f"{datetime.fromtimestamp(at, ZoneInfo(zone)):%Y-%m-%d %H:%M}"
