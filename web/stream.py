"""The event stream's text, and which facts an agent may see. Pure."""

import msgspec

from calls.base import AgentId, CallId, Instant
from calls.facts import (
    CallConnected,
    CallEnded,
    ConsultJoined,
    Fact,
    OfferEnded,
    OfferMade,
    SupervisionEnded,
    SupervisionStarted,
    WrapUpEnded,
)
from calls.views import LiveView

#: Sent when nothing happens, so that a dead connection is noticed on both sides. Seconds.
HEARTBEAT = 15.0


class StreamEvent(msgspec.Struct):
    """The data of one server-sent event; its id is the same number."""

    number: int
    #: Seconds since the epoch, UTC.
    at: float
    fact: Fact


_encoder = msgspec.json.Encoder()


def event(number: int, at: Instant, fact: Fact) -> bytes:
    return b"id: %d\ndata: %b\n\n" % (number, _encoder.encode(StreamEvent(number, at, fact)))


def heartbeat(last: int | None) -> bytes:
    """A comment, and the number reached: what was filtered out need not be read again."""
    return b": still here\n\n" if last is None else b": still here\nid: %d\n\n" % last


class AgentFilter:
    """What one agent may see: facts about them, and about calls offered or connected to them.

    Of a call that rang at several and that another one took, also who that was; and who consults
    them about a caller. Whoever listens to them unheard is not told: a supervisor who goes on
    unheard seems to leave.
    """

    def __init__(self, agent: AgentId, live: LiveView) -> None:
        self._agent = agent
        self._calls: set[CallId] = {call.call for call in live.calls if call.agent == agent}
        self._calls |= {a.call for a in live.agents if a.name == agent and a.call is not None}
        #: Calls that rang here too when somebody else answered: the agent is told who.
        self._lost: set[CallId] = set()
        #: Supervisors whom the agent can hear.
        self._heard: set[AgentId] = {
            name
            for one in live.agents
            if one.name == agent
            for name, mode in one.supervisors.items()
            if mode != "monitor"
        }

    def seen(self, fact: Fact) -> Fact | None:
        """The fact as the agent may see it; None where it is not for them."""
        agent = getattr(fact, "agent", None)
        call = getattr(fact, "call", None)
        if agent:
            mine = bool(agent == self._agent)
            if isinstance(fact, CallConnected) and fact.call in self._lost:
                self._lost.discard(fact.call)
                self._calls.discard(fact.call)
                return fact
            asked = isinstance(fact, ConsultJoined) and fact.other == self._agent
            return self._about_me(fact) if mine else fact if asked else None
        if call not in self._calls:
            return None
        if isinstance(fact, CallEnded):
            self._calls.discard(fact.call)
        return fact

    def _about_me(self, fact: Fact) -> Fact | None:
        """Follows which calls are the agent's from now on, and who listens."""
        match fact:
            case OfferMade(call=call):
                self._calls.add(call)
            case OfferEnded(call=call, outcome="answered_elsewhere"):
                self._lost.add(call)
            case WrapUpEnded(call=call):
                self._calls.discard(call)
            case SupervisionStarted(supervisor=supervisor, mode="monitor"):
                return self._unheard(
                    supervisor, SupervisionEnded(supervisor=supervisor, agent=self._agent)
                )
            case SupervisionStarted(supervisor=supervisor):
                self._heard.add(supervisor)
            case SupervisionEnded(supervisor=supervisor):
                return self._unheard(supervisor, fact)
            case _:
                pass
        return fact

    def _unheard(self, supervisor: AgentId, ended: SupervisionEnded) -> Fact | None:
        if supervisor not in self._heard:
            return None
        self._heard.discard(supervisor)
        return ended
