"""The live view: what supervisors and the API see of the state."""

from acd.acd import Acd
from calls.base import Instant
from calls.views import CallView, LiveView
from engine.center.state import CallState, CenterState


def live(state: CenterState, acd: Acd, now: Instant) -> LiveView:
    """A copy that is safe to hand to other threads."""
    return LiveView(
        at=now,
        journal=0,
        queues=acd.queue_views(now),
        agents=acd.agent_views(),
        calls=tuple(_call(call, acd) for call in state.calls.values()),
        switches=dict(state.switches),
    )


def _call(call: CallState, acd: Acd) -> CallView:
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
        node=call.node if call.phase == "menu" else "",
        virtual=call.virtual,
    )
