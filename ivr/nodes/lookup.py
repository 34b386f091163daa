"""Ask our own stores who calls, or which ticket it is about."""

from collections.abc import Sequence
from typing import Literal

from calls.events import StoreEvent, TicketFound
from calls.requests import FindTicket
from ivr.fields import Next, Template
from ivr.node import Ask, Edge, Fault, Formula, Leave, Node, Step
from ivr.visit import Visit


class LookupNode(Node, frozen=True, kw_only=True):
    """Find the caller's contact by the number that calls, or a ticket by its number. What was
    found is known as ``contact`` or ``ticket`` from here on.

    .. code-block:: yaml

        ticket:
          kind: lookup
          find: ticket
          number: "{{ entered }}"   # its digits are enough
          found: menu
          not_found: sales
    """

    find: Literal["contact", "ticket"]
    number: Template = "{{ ticket.number }}"
    found: Next
    not_found: Next

    def enter(self, visit: Visit) -> Step:
        if self.find == "contact":  # the session has waited for the look-up
            return Leave(exit="found" if visit.evaluate("contact.known") else "not_found")
        contact = visit.who.contact if visit.who else None
        return Ask(
            request=FindTicket(
                request=visit.request(),
                call=visit.call,
                number=visit.text(self.number),
                contact=contact,
            )
        )

    def answered(self, visit: Visit, answer: StoreEvent) -> Step:  # noqa: ARG002
        ticket = answer.ticket if isinstance(answer, TicketFound) else None
        return Leave(exit="found" if ticket else "not_found", ticket=ticket)

    def edges(self) -> Sequence[Edge]:
        return (
            Edge(exit="found", target=self.found, path=("found",)),
            Edge(exit="not_found", target=self.not_found, path=("not_found",)),
        )

    def formulas(self) -> Sequence[Formula]:
        if self.find == "contact":
            return (Formula(source="contact.known", path=("find",)),)
        return (Formula(source=self.number, path=("number",), template=True),)

    def faults(self) -> Sequence[Fault]:
        if self.find == "contact" or self.number != "{{ ticket.number }}":
            return ()
        return (Fault((), "looks for a ticket, but lacks 'number'"),)
