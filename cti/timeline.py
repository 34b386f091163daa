"""What happened in one call, in plain words, from its facts."""

from collections.abc import Iterable
from typing import assert_never

from calls import facts
from calls.base import Instant, Word
from calls.facts import Fact
from cti.words import (
    CALLED_CAUSES,
    CONSULT_OUTCOMES,
    END_CAUSES,
    OFFER_OUTCOMES,
    OUTCOMES,
    OVERFLOWS,
    SUPERVISION,
    duration,
    target,
)


class Entry(Word):
    """One line of a call's timeline."""

    at: Instant
    #: Seconds since the first entry.
    after: float
    #: The fact's kind, for icons and filters: ``CallQueued``.
    kind: str
    text: str


def timeline(call_facts: Iterable[tuple[Instant, Fact]]) -> list[Entry]:
    """The entries for one call's facts, given in order; facts that say nothing new are left out."""
    entries: list[Entry] = []
    for at, fact in call_facts:
        if text := describe(fact):
            start = entries[0].at if entries else at
            entries.append(Entry(at=at, after=at - start, kind=type(fact).__name__, text=text))
    return entries


def describe(fact: Fact) -> str:
    """One fact as a sentence without a full stop; empty where it adds nothing for a reader."""
    match fact:
        case (
            facts.CallArrived()
            | facts.CallerKnown()
            | facts.FlowStarted()
            | facts.NodeEntered()
            | facts.NodeLeft()
            | facts.LanguageChosen()
        ):
            return _in_menu(fact)
        case (
            facts.AnswerMissed()
            | facts.CallTagged()
            | facts.SurveyAnswered()
            | facts.VoicemailLeft()
        ):
            return _from_caller(fact)
        case (
            facts.CallQueued()
            | facts.OfferMade()
            | facts.OfferEnded()
            | facts.CallConnected()
            | facts.CallLeftQueue()
        ):
            return _in_queue(fact)
        case facts.CallRelaxed() | facts.CallOverflowed() | facts.WaitAnnounced():
            return _by_rule(fact)
        case facts.PlaceKept() | facts.CallbackTried():
            return _without_the_line(fact)
        case facts.OutsideDialled() | facts.OutsideJoined() | facts.OutsideEnded():
            return _outside(fact)
        case (
            facts.CallHeld()
            | facts.CallResumed()
            | facts.AgentMuted()
            | facts.SupervisionStarted()
            | facts.SupervisionEnded()
        ):
            return _in_talk(fact)
        case (
            facts.ConsultStarted()
            | facts.ConsultJoined()
            | facts.ConsultEnded()
            | facts.CallTransferred()
        ):
            return _passed_on(fact)
        case facts.RecordingStarted() | facts.RecordingPaused() | facts.ConversationRecorded():
            return _recorded(fact)
        case facts.TicketPopped(agent=agent, ticket=ticket):
            shown = f"ticket {ticket.number}" if ticket else "the caller, with no open ticket"
            return f"{agent}'s page showed {shown}"
        case facts.TicketAttached(ticket=ticket, drafted=drafted):
            how = "drafted for the call" if drafted else "belongs to the call"
            return f"Ticket {ticket.number} ({ticket.title}) {how}"
        case facts.ConversationEnded(agent=agent, talked=talked, by=by, held=held):
            said = f"The {by} ended the conversation with {agent} after {duration(talked)}"
            return said + f", {duration(held)} of it on hold" * (held > 0)
        case facts.CallEnded(outcome=outcome, cause=cause, lasted=lasted):
            why = END_CAUSES[cause]
            return f"The call ended after {duration(lasted)}: {OUTCOMES[outcome]} ({why})"
        case facts.WrapUpEnded(agent=agent, lasted=lasted, by=by, code=code):
            how = "finished" if by == "agent" else "ran out of time for"
            tail = f": {code}" if code else ""
            return f"{agent} {how} after-call work after {duration(lasted)}{tail}"
        case facts.Repaired(detail=detail):
            return f"Put right after an interruption: {detail}"
        case facts.CommandRefused(command=command, detail=detail):
            return f"The switch refused {command}: {detail}"
        case (
            facts.AgentStateChanged()
            | facts.NextStateAsked()
            | facts.AgentPhoneChanged()
            | facts.SwitchChanged()
            | facts.ConfigurationChanged()
        ):
            return ""
        case _:
            assert_never(fact)


def _in_menu(
    fact: facts.CallArrived
    | facts.CallerKnown
    | facts.FlowStarted
    | facts.NodeEntered
    | facts.NodeLeft
    | facts.LanguageChosen,
) -> str:
    match fact:
        case facts.CallArrived(caller=caller, called=called):
            return f"Call from {caller or 'a withheld number'} to {called}"
        case facts.CallerKnown(who=who):
            if who.contact is None:
                return "The number belongs to no known contact"
            return f"The caller is {who.name}" + (f", {who.organisation}" * bool(who.organisation))
        case facts.FlowStarted(flow=flow, version=version):
            return f"Flow {flow}, version {version}"
        case facts.NodeEntered(node=node, title=title):
            return f"Came to {title or node}"
        case facts.NodeLeft(exit=left_by, digits=digits):
            if digits:
                return f"Pressed {digits}"
            silent = {"no_input": "Pressed nothing", "error": "The step failed"}
            return silent.get(left_by, "")
        case facts.LanguageChosen(language=language):
            return f"Chose the language {language}"
        case _:
            assert_never(fact)


def _from_caller(
    fact: facts.AnswerMissed | facts.CallTagged | facts.SurveyAnswered | facts.VoicemailLeft,
) -> str:
    match fact:
        case facts.AnswerMissed(what="no_input"):
            return "Gave no answer in time"
        case facts.AnswerMissed(digits=digits):
            return f"Pressed {digits or 'a key'}, which is no answer there"
        case facts.CallTagged(tag=tag):
            return f"Tagged: {tag}"
        case facts.SurveyAnswered(question=question, score=score):
            return f"Gave {score} for {question}"
        case facts.VoicemailLeft(seconds=seconds):
            return f"Left a message of {duration(seconds)}"
        case _:
            assert_never(fact)


def _in_queue(
    fact: facts.CallQueued
    | facts.OfferMade
    | facts.OfferEnded
    | facts.CallConnected
    | facts.CallLeftQueue,
) -> str:
    match fact:
        case facts.CallQueued(queue=queue, position=position, skills=skills):
            said = f"Queued for {queue} at position {position}"
            if f"agent:{fact.agent_only}" in skills:
                return f"Put through to {fact.agent_only}, as a call of {queue}"
            if skills:
                said += f"; needs {_levels(skills)}"
            if fact.agent_only:
                said += f"; only for {fact.agent_only} during the first {duration(fact.agent_for)}"
            return said
        case facts.OfferMade(agent=agent, waited=waited):
            return f"Offered to {agent} after {duration(waited)} of waiting"
        case facts.OfferEnded(agent=agent, outcome=outcome, lasted=lasted):
            if outcome == "rescinded":
                return f"The offer to {agent} was withdrawn after {duration(lasted)}"
            return f"{agent} {OFFER_OUTCOMES[outcome]} after {duration(lasted)}"
        case facts.CallConnected(agent=agent, waited=waited):
            return f"Talks with {agent} after {duration(waited)} of waiting"
        case facts.CallLeftQueue(queue=queue, outcome=outcome, waited=waited):
            if outcome in ("connected", "overflowed"):
                return ""  # CallConnected or CallOverflowed says it
            how = {
                "abandoned": "The caller left",
                "failed": "The call fell out of",
                "unreached": "The caller could not be reached and left",
            }
            return f"{how.get(outcome, 'Moved on from')} {queue} after {duration(waited)}"
        case _:
            assert_never(fact)


def _by_rule(fact: facts.CallRelaxed | facts.CallOverflowed | facts.WaitAnnounced) -> str:
    match fact:
        case facts.CallRelaxed(step=0, skills=skills):
            return f"No longer for one agent only; needs {_levels(skills) or 'no skill'}"
        case facts.CallRelaxed(skills=skills, queues=queues, ring=ring):
            said = f"Needs less from now on: {_levels(skills) or 'no skill'}"
            if queues:
                said += f"; agents of {', '.join(queues)} may take it as well"
            return said + (f"; rings up to {ring}" if ring else "")
        case facts.CallOverflowed(queue=queue, when=when, to=to, target=target):
            where = f"sent to {to} {target}" if to else "sent away"
            return f"{OVERFLOWS[when].capitalize()}: {where} from {queue}"
        case facts.WaitAnnounced(position=position, wait=wait):
            told = [f"position {position}"] * (position is not None)
            if wait is not None:
                told.append(f"{duration(wait[0])} to {duration(wait[1])} still to wait")
            return f"Was told: {', '.join(told)}"
        case _:
            assert_never(fact)


def _without_the_line(fact: facts.PlaceKept | facts.CallbackTried) -> str:
    match fact:
        case facts.PlaceKept(number=number):
            return f"Hung up and keeps the place, to be called at {number or 'the same number'}"
        case facts.CallbackTried(agent=agent, attempt=attempt, outcome=outcome):
            tried = f"Called back for {agent}, attempt {attempt}"
            if outcome == "answered":
                return f"{tried}: answered"
            onward = "no further attempt" if fact.retry is None else "tried again later"
            return f"{tried}: {CALLED_CAUSES[outcome]}; {onward}"
        case _:
            assert_never(fact)


def _outside(fact: facts.OutsideDialled | facts.OutsideJoined | facts.OutsideEnded) -> str:
    match fact:
        case facts.OutsideDialled(number=number):
            return f"Dialled {number} for the caller"
        case facts.OutsideJoined(number=number):
            return f"Talks with {number}"
        case facts.OutsideEnded(number=number, cause=cause, talked=None):
            return f"{number} did not come into the call: {CALLED_CAUSES[cause]}"
        case facts.OutsideEnded(number=number, talked=talked):
            return f"The conversation with {number} ended after {duration(talked or 0.0)}"
        case _:
            assert_never(fact)


def _in_talk(
    fact: facts.CallHeld
    | facts.CallResumed
    | facts.AgentMuted
    | facts.SupervisionStarted
    | facts.SupervisionEnded,
) -> str:
    match fact:
        case facts.CallHeld(agent=agent):
            return f"{agent} put the caller on hold"
        case facts.CallResumed(held=held):
            return f"The hold ended after {duration(held)}"
        case facts.AgentMuted(agent=agent, muted=muted):
            return f"{agent} {'could not be heard' if muted else 'could be heard again'}"
        case facts.SupervisionStarted(supervisor=supervisor, agent=agent, mode=mode):
            return f"{supervisor} {SUPERVISION[mode]} {agent}"
        case facts.SupervisionEnded(supervisor=supervisor, agent=agent, lasted=lasted):
            return f"{supervisor} left {agent} after {duration(lasted)}"
        case _:
            assert_never(fact)


def _passed_on(
    fact: facts.ConsultStarted | facts.ConsultJoined | facts.ConsultEnded | facts.CallTransferred,
) -> str:
    match fact:
        case facts.ConsultStarted(agent=agent, to=to):
            return f"{agent} asked {target(to)} while the caller was held"
        case facts.ConsultJoined(agent=agent, to=to, other=other):
            return f"{agent} talks with {other or target(to)}"
        case facts.ConsultEnded(agent=agent, to=to, outcome=outcome, talked=talked):
            after = "" if talked is None else f" after {duration(talked)}"
            return f"The talk of {agent} with {target(to)} {CONSULT_OUTCOMES[outcome]}{after}"
        case facts.CallTransferred(agent=agent, to=to, kind=kind):
            how = "after asking" if kind == "warm" else "without asking"
            return f"{agent} passed the caller on to {target(to)}, {how}"
        case _:
            assert_never(fact)


def _recorded(
    fact: facts.RecordingStarted | facts.RecordingPaused | facts.ConversationRecorded,
) -> str:
    match fact:
        case facts.RecordingStarted(agent=agent, by=by):
            asked = f"asked for by {by}" if by else "as the queue has it"
            return f"The conversation with {agent} was recorded from now on, {asked}"
        case facts.RecordingPaused(paused=paused, by=by):
            who = f" by {by}" * bool(by)
            return f"The recording was paused{who}" if paused else f"The recording went on{who}"
        case facts.ConversationRecorded(seconds=0):
            return "Nothing was recorded"
        case facts.ConversationRecorded(agent=agent, seconds=seconds):
            return f"Recorded {duration(seconds)} of the conversation with {agent}"
        case _:
            assert_never(fact)


def _levels(skills: dict[str, int]) -> str:
    return ", ".join(f"{skill} {level}" for skill, level in sorted(skills.items()))
