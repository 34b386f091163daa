"""What we ask a store. Each is answered by one event that carries the same request id."""

from typing import TypeAlias

from calls.base import AgentId, CallId, QueueId, Word


class IdentifyCaller(Word):
    """Who has this number, what is open for them, when did they last call?"""

    request: str
    call: CallId
    caller: str


class DraftTicket(Word):
    """Make a ticket for a call that matches none. Made once for each call, however often asked."""

    request: str
    call: CallId
    caller: str
    contact: int | None
    queue: QueueId
    agent: AgentId


Request: TypeAlias = IdentifyCaller | DraftTicket
