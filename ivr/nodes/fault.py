"""Tell callers of a fault that is known already."""

from collections.abc import Sequence

from calls.events import PromptEnded, StoreEvent, TicketFound
from calls.media import DigitRule
from calls.requests import FindTicket, ReportFault
from ivr.fields import Next, Template, Texts, Timeout
from ivr.node import Ask, Edge, Formula, Leave, Node, Play, Spoken, Step
from ivr.visit import Visit


class FaultNode(Node, frozen=True, kw_only=True):
    """While the fault's ticket is open, tell callers of it; who presses 1 gets a ticket of their
    own that is attached to it, and is told when it is mended. Others go on as usual.

    .. code-block:: yaml

        outage:
          kind: fault
          ticket: PRB-1001
          text:
            en: Internet is down in Kraków. To be notified when it works again, press one.
            pl: W Krakowie nie działa internet. Aby otrzymać powiadomienie, proszę wybrać jeden.
          attached: sales     # after 1
          next: menu          # no such fault now, or another key, or silence
    """

    ticket: Template
    text: Texts
    timeout: Timeout = 4.0
    attached: Next
    next: Next

    def enter(self, visit: Visit) -> Step:
        number = visit.text(self.ticket)
        return Ask(request=FindTicket(request=visit.request(), call=visit.call, number=number))

    def answered(self, visit: Visit, answer: StoreEvent) -> Step:
        if not isinstance(answer, TicketFound):  # the caller's own ticket was made
            return Leave(exit="attached", digits="1")
        if answer.ticket is None or not answer.open:
            return Leave(exit="next")
        return Play(
            media=visit.speech(self.text),
            digits=DigitRule(max_digits=1, terminators="", first_timeout=self.timeout),
        )

    def survives(self, visit: Visit) -> Step:  # noqa: ARG002
        """Callers need not know that we could not ask."""
        return Leave(exit="next")

    def heard(self, visit: Visit, end: PromptEnded) -> Step:
        if end.digits != "1":
            return Leave(exit="next", digits=end.digits)
        return Ask(
            request=ReportFault(
                request=visit.request(2),
                call=visit.call,
                fault=visit.text(self.ticket),
                caller=str(visit.value("caller")),
                contact=visit.who.contact if visit.who else None,
            )
        )

    def edges(self) -> Sequence[Edge]:
        return (
            Edge(exit="attached", target=self.attached, path=("attached",), pressed=True),
            Edge(exit="next", target=self.next, path=("next",)),
        )

    def texts(self) -> Sequence[Spoken]:
        return (Spoken(texts=self.text, path=("text",)),)

    def formulas(self) -> Sequence[Formula]:
        return (Formula(source=self.ticket, path=("ticket",), template=True),)
