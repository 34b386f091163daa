"""The live view: what supervisors and the API see of the state."""

from collections.abc import Mapping

from acd.acd import Acd
from calls.base import CallId, Instant
from calls.views import CallView, LiveView
from engine.center.state import CallState, CenterState
from ivr.session import Session


def live(
    state: CenterState, acd: Acd, sessions: Mapping[CallId, Session], now: Instant
) -> LiveView:
    """A copy that is safe to hand to other threads."""
    return LiveView(
        at=now,
        journal=0,
        queues=acd.queue_views(now),
        agents=acd.agent_views(),
        calls=tuple(_call(call, acd, sessions.get(call.call)) for call in state.calls.values()),
        switches=dict(state.switches),
    )


def _call(call: CallState, acd: Acd, session: Session | None) -> CallView:
    flow, version = _flow_of(call, session) if session else ("", 0)
    phase = {"calling": "ringing", "outside": "talking"}.get(call.phase, call.phase)
    return CallView(
        call=call.call,
        caller=call.caller,
        caller_name=call.who.name if call.who else "",
        called=call.called,
        phase="ringing" if call.ringing else phase,
        arrived=call.arrived,
        since=call.since,
        queued=call.queued,
        queue=call.queue,
        agent=call.transfer.to if call.transfer and call.phase == "outside" else call.agent,
        language=call.language,
        position=acd.position(call.call) if call.phase == "waiting" else None,
        ticket=call.ticket.id if call.ticket else None,
        flow=flow,
        version=version,
        node=call.node if call.phase == "menu" else "",
        virtual=call.virtual,
    )


def _flow_of(call: CallState, session: Session) -> tuple[str, int]:
    """The innermost flow that a caller is in."""
    inside = session.snapshot().inside
    return (inside[-1].flow, inside[-1].version) if inside else (call.flow, call.version)
