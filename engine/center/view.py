"""The live view: what supervisors and the API see of the state."""

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec.structs import replace

from acd.acd import Acd
from calls.base import AgentId, Instant
from calls.views import AgentView, CallView, LiveView
from engine.center.live import Call
from ivr.session import Session

if TYPE_CHECKING:
    from engine.center.center import CallCenter


def live(center: "CallCenter", now: Instant) -> LiveView:
    """A copy that is safe to hand to other threads."""
    acd, sessions = center.acd, center.sessions
    return LiveView(
        at=now,
        journal=0,
        queues=acd.queue_views(now),
        agents=_agents(center),
        calls=tuple(
            _call(call, acd, sessions.get(call.call))
            for call in center.calls.values()
            if not call.about
        ),
        switches=dict(center.state.switches),
    )


def _agents(center: "CallCenter") -> tuple[AgentView, ...]:
    """As the Acd sees them, with what is done in their conversations."""
    talks = {
        call.agent: call
        for call in center.calls.values()
        if call.phase == "talking" and not call.about
    }
    followers: defaultdict[AgentId, dict[AgentId, str]] = defaultdict(dict)
    for by, known in sorted(center.state.supervisions.items()):
        if known.since is not None:
            followers[known.agent][by] = known.mode
    return tuple(
        _agent(center, view, talks.get(view.name), followers.get(view.name, {}))
        for view in center.acd.agent_views()
    )


def _agent(
    center: "CallCenter",
    view: AgentView,
    call: Call | None,
    supervisors: dict[AgentId, str],
) -> AgentView:
    if call is None:
        return replace(view, supervisors=supervisors) if supervisors else view
    consult = center.calls.get(call.consult)
    recording = center.state.recordings.get(call.recording)
    return replace(
        view,
        held=call.held_since is not None,
        muted=call.muted,
        consults=consult.asked if consult is not None else "",
        consult_answered=consult is not None and consult.phase == "talking",
        recording="" if recording is None else "paused" if recording.paused else "on",
        supervisors=supervisors,
    )


def _call(call: Call, acd: Acd, session: Session | None) -> CallView:
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


def _flow_of(call: Call, session: Session) -> tuple[str, int]:
    """The innermost flow that a caller is in."""
    inside = session.inside
    return (inside[-1].flow, inside[-1].version) if inside else (call.flow, call.version)
