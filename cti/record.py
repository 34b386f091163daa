"""The record of one call, folded from its facts."""

from collections.abc import Iterable

import msgspec

from calls.base import AgentId, CallId, CallOutcome, EndCause, Instant, Language, QueueId
from calls.facts import (
    CallArrived,
    CallConnected,
    CallEnded,
    CallerKnown,
    CallLeftQueue,
    CallQueued,
    ConversationEnded,
    ConversationRecorded,
    Fact,
    FlowStarted,
    LanguageChosen,
    NodeEntered,
    OfferMade,
    PlaceKept,
    TicketAttached,
    TicketPopped,
    WrapUpEnded,
)


class CallRecord(msgspec.Struct, kw_only=True):
    """One call, from its arrival to its end and the after-call work. Times are seconds."""

    call: CallId
    arrived: Instant = 0.0
    caller: str = ""
    called: str = ""
    contact: int | None = None
    name: str = ""
    organisation: str = ""
    language: Language = ""
    flow: str = ""
    #: The titles of the menu nodes walked through.
    path: list[str] = []
    #: The last queue, and the last agent who talked.
    queue: QueueId = ""
    agent: AgentId = ""
    offers: int = 0
    #: The caller kept the place without the line.
    virtual: bool = False
    #: In all queues; with all agents; after-call work of all agents.
    waited: float = 0.0
    talked: float = 0.0
    wrapped: float = 0.0
    #: Of what was talked, on hold.
    held: float = 0.0
    #: Recordings of its conversations by their names, and how long they are.
    recordings: dict[str, float] = {}
    ticket: int | None = None
    #: The wrap-up code (disposition) and note of the last agent.
    code: str = ""
    note: str = ""
    #: None while the call is up.
    outcome: CallOutcome | None = None
    cause: EndCause | None = None
    ended: Instant | None = None
    lasted: float | None = None

    def add(self, fact: Fact, at: Instant) -> None:
        """Take one more fact of this call, in order."""
        match fact:
            case CallArrived(caller=caller, called=called):
                self.arrived, self.caller, self.called = at, caller, called
            case CallerKnown(who=who) | TicketPopped(who=who):
                self.contact, self.name, self.organisation = (
                    who.contact,
                    who.name,
                    who.organisation,
                )
                if isinstance(fact, TicketPopped) and fact.ticket is not None:
                    self.ticket = fact.ticket.id
            case TicketAttached(ticket=ticket):
                self.ticket = ticket.id
            case FlowStarted(flow=flow):
                self.flow = flow
            case NodeEntered(title=title):
                if title and self.path[-1:] != [title]:
                    self.path.append(title)
            case LanguageChosen(language=language):
                self.language = language
            case CallQueued(queue=queue, language=language):
                self.queue = queue
                self.language = language or self.language
            case PlaceKept():
                self.virtual = True
            case OfferMade():
                self.offers += 1
            case CallLeftQueue(waited=waited):
                self.waited += waited
            case CallConnected(agent=agent, queue=queue):
                self.agent, self.queue = agent, queue
            case ConversationEnded(talked=talked, held=held):
                self.talked += talked
                self.held += held
            case ConversationRecorded(recording=recording, seconds=seconds) if seconds > 0:
                self.recordings[recording] = seconds
            case WrapUpEnded(lasted=lasted, code=code, note=note):
                self.wrapped += lasted
                self.code, self.note = code or self.code, note or self.note
            case CallEnded(outcome=outcome, cause=cause, lasted=lasted):
                self.outcome, self.cause = outcome, cause
                self.ended, self.lasted = at, lasted
            case _:
                pass  # offers, phones and repairs change no field of the record


def fold(call: CallId, facts: Iterable[tuple[Instant, Fact]]) -> CallRecord:
    """The record after these facts, which are all of this call's, in order."""
    record = CallRecord(call=call)
    for at, fact in facts:
        record.add(fact, at)
    return record
