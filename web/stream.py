"""The event stream's text, and which facts an agent may see. Pure."""

import msgspec

from calls.base import AgentId, CallId
from calls.facts import CallConnected, CallEnded, Fact, OfferEnded, OfferMade, WrapUpEnded
from calls.views import LiveView, Published

#: Sent when nothing happens, so that a dead connection is noticed on both sides. Seconds.
HEARTBEAT = 15.0


class StreamEvent(msgspec.Struct):
    """The data of one server-sent event; its id is the same number."""

    number: int
    #: Seconds since the epoch, UTC.
    at: float
    fact: Fact


_encoder = msgspec.json.Encoder()


def event(published: Published) -> bytes:
    data = _encoder.encode(StreamEvent(published.seq, published.at, published.fact))
    return b"id: %d\ndata: %b\n\n" % (published.seq, data)


def heartbeat(last: int | None) -> bytes:
    """A comment, and the number reached: what was filtered out need not be read again."""
    return b": still here\n\n" if last is None else b": still here\nid: %d\n\n" % last


class AgentFilter:
    """What one agent may see: facts about them, and about calls offered or connected to them.

    Of a call that rang at several and that another one took, also who that was.
    """

    def __init__(self, agent: AgentId, live: LiveView) -> None:
        self._agent = agent
        self._calls: set[CallId] = {call.call for call in live.calls if call.agent == agent}
        self._calls |= {a.call for a in live.agents if a.name == agent and a.call is not None}
        #: Calls that rang here too when somebody else answered: the agent is told who.
        self._lost: set[CallId] = set()

    def allows(self, fact: Fact) -> bool:
        agent = getattr(fact, "agent", None)
        call = getattr(fact, "call", None)
        if agent:
            mine = bool(agent == self._agent)
            if isinstance(fact, CallConnected) and fact.call in self._lost:
                self._lost.discard(fact.call)
                self._calls.discard(fact.call)
                return True
            if mine:
                self._follow(fact)
            return mine
        if call not in self._calls:
            return False
        if isinstance(fact, CallEnded):
            self._calls.discard(fact.call)
        return True

    def _follow(self, fact: Fact) -> None:
        """A fact about the agent: which calls are theirs from now on?"""
        match fact:
            case OfferMade(call=call):
                self._calls.add(call)
            case OfferEnded(call=call, outcome="answered_elsewhere"):
                self._lost.add(call)
            case WrapUpEnded(call=call):
                self._calls.discard(call)
            case _:
                pass
