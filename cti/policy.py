"""Which ticket a caller's call is about."""

from calls.events import CallerIdentified, KnownTicket


def choose_ticket(who: CallerIdentified) -> KnownTicket | None:
    """The contact's newest open ticket; None means that one should be drafted for the call."""
    if who.contact is None or not who.tickets:
        return None
    return who.tickets[0]
