"""What we believe against what is really up.

Every busy state is a lease on a leg. `switch_up` compares all at once, because nothing was told
to us while the link was down; `surveyed` compares in passing while events flow, so it believes a
difference only when it sees it twice running. Each repair is a fact.
"""

from typing import TYPE_CHECKING

from calls.base import Instant, LegId
from calls.commands import Command, Dial, Hangup, Join, Prompt, Unbridge
from calls.events import CommandFailed, LegArrived, LiveLeg, PromptEnded, Surveyed, SwitchUp
from calls.facts import CommandRefused, Repaired, SwitchChanged
from calls.port import switch_of

if TYPE_CHECKING:
    from engine.center.center import CallCenter


def switch_down(center: "CallCenter", switch: str) -> None:
    """The link is lost. Calls may well go on: nothing is given up."""
    if center.state.switches.get(switch) is not False:
        center.state.switches[switch] = False
        center.emit(SwitchChanged(switch=switch, up=False))


def switch_removed(center: "CallCenter", switch: str, now: Instant) -> None:
    """Nobody will ever tell how its legs ended: they are over."""
    if center.state.switches.pop(switch, False):
        center.emit(SwitchChanged(switch=switch, up=False))
    for leg in _ours(center, switch):
        known = center.state.legs.get(leg)  # one may have ended with the leg before it
        if known is not None:
            center.emit(Repaired(what="leg_lost", detail=leg, call=known.call))
            center.ended(leg, "lost", now)
    for leg in [leg for leg in center.state.closing if switch_of(leg) == switch]:
        del center.state.closing[leg]


def switch_up(center: "CallCenter", up: SwitchUp, now: Instant) -> None:
    """The link is back: mend every difference, say again what callers should hear."""
    center.state.switches[up.switch] = True
    center.emit(SwitchChanged(switch=up.switch, up=True))
    unanswered = list(center.state.pending)
    live = {leg.leg: leg for leg in up.legs}
    for leg in _ours(center, up.switch):
        if leg not in live and leg in center.state.legs:
            _lost(center, leg, now)
    for leg in [leg for leg in center.state.closing if switch_of(leg) == up.switch]:
        if leg in live:
            center.emit(Hangup(leg=leg))
        else:
            del center.state.closing[leg]
    for found in up.legs:
        if found.leg in center.state.legs:
            _still_there(center, found, now)
        elif found.leg not in center.state.closing:
            _stranger(center, found, up.switch, now)
    _apart(center, live, believed=1)
    _phones(center, up, now)
    for request in unanswered:
        if request in center.state.pending:
            center.emit(center.state.pending[request])
    center.state.strangers = []


def surveyed(center: "CallCenter", survey: Surveyed, now: Instant) -> None:
    """Compare in passing; act on what two surveys running agree on."""
    live = {leg.leg: leg for leg in survey.legs}
    for leg in _ours(center, survey.switch):
        known = center.state.legs.get(leg)
        if known is None:
            continue
        known.missed = 0 if leg in live else known.missed + 1
        if known.missed >= 2:
            center.emit(Repaired(what="leg_lost", detail=leg, call=known.call))
            center.ended(leg, "lost", now)
    _apart(center, live, believed=2)
    for leg, since in list(center.state.closing.items()):
        if switch_of(leg) == survey.switch and now - since > 60.0:
            if leg in live:
                center.state.closing[leg] = now
                center.emit(Hangup(leg=leg))
            else:
                del center.state.closing[leg]
    strangers = [
        found
        for found in survey.legs
        if found.leg not in center.state.legs and found.leg not in center.state.closing
    ]
    for found in strangers:
        if found.leg in center.state.strangers:
            _stranger(center, found, survey.switch, now)
    center.state.strangers = [found.leg for found in strangers]


def command_failed(center: "CallCenter", failed: CommandFailed, now: Instant) -> None:
    """A switch did not do something. Nobody may be left in silence because of it."""
    command = failed.command
    if not center.connected:
        return  # switch_up mends all at once
    legs = _legs_of(command)
    known = next((center.state.legs[leg] for leg in legs if leg in center.state.legs), None)
    if known is None or isinstance(command, Hangup | Unbridge):
        center.late["CommandFailed"] += 1
        return
    center.emit(
        CommandRefused(call=known.call, command=type(command).__name__, detail=failed.detail)
    )
    match command:
        case Dial(leg=leg):
            center.ended(leg, "unreachable" if failed.gone else "failed", now)
        case Join():  # of two legs one may be gone: its LegEnded is on its way
            if not failed.gone:
                center.conversation_over(center.state.calls[known.call], "system", "failed", now)
        case _ if failed.gone:
            center.ended(legs[0], "hangup", now)
        case Prompt(leg=leg, prompt=prompt):
            center.prompt_ended(PromptEnded(leg=leg, prompt=prompt, end="failed"), now)
        case _:  # music that does not play: the caller is still in line
            pass


def _legs_of(command: Command) -> tuple[LegId, ...]:
    match command:
        case Unbridge():
            return ()
        case Join(legs=legs):
            return legs
        case _:
            return (command.leg,)


def _ours(center: "CallCenter", switch: str) -> list[LegId]:
    return [leg for leg in center.state.legs if switch_of(leg) == switch]


def _lost(center: "CallCenter", leg: LegId, now: Instant) -> None:
    known = center.state.legs[leg]
    call = center.state.calls[known.call]
    if known.role == "agent" and call.phase == "waiting":
        offer = center.acd.offer(known.offer) if known.offer else None
        if offer is not None and offer.until > now:
            # The crash came between the commit and the command: the phone never rang.
            center.emit(Repaired(what="offer_lost", detail=leg, call=call.call, agent=call.agent))
            center.emit(center.dial(call, offer.until - now))
            return
    center.emit(Repaired(what="leg_lost", detail=leg, call=known.call))
    center.ended(leg, "lost", now)


def _still_there(center: "CallCenter", found: LiveLeg, now: Instant) -> None:
    known = center.state.legs[found.leg]
    known.missed = 0
    call = center.state.calls[known.call]
    if known.role == "agent":
        if call.phase == "waiting" and found.up:
            center.answered(found.leg, now)
    elif call.phase != "talking":
        center.emit(Repaired(what="reprompted", detail=found.leg, call=call.call))
        center.resume(call, now)


def _apart(center: "CallCenter", live: dict[LegId, LiveLeg], believed: int) -> None:
    """Join the pairs of whom one was not in their bridge as many times running as are `believed`:
    they talk into silence."""
    for call in center.state.calls.values():
        if call.phase == "talking" and call.agent_leg is not None:
            legs = (call.leg, call.agent_leg)
            outside = [leg for leg in legs if leg in live and live[leg].bridge != call.bridge]
            call.apart = call.apart + 1 if outside else 0
            if call.apart >= believed:
                call.apart = 0
                center.emit(Repaired(what="rejoined", detail=outside[0], call=call.call))
                center.emit(Join(bridge=call.bridge, legs=legs))


def _stranger(center: "CallCenter", found: LiveLeg, switch: str, now: Instant) -> None:
    if not found.inbound:
        center.emit(Repaired(what="leg_unknown", detail=found.leg))
        center.close(found.leg, now)
        return
    center.emit(Repaired(what="caller_adopted", detail=found.leg))
    center.arrive(
        LegArrived(leg=found.leg, switch=switch, caller=found.caller, called=found.called), now
    )


def _phones(center: "CallCenter", up: SwitchUp, now: Instant) -> None:
    for agent in center.acd.agent_views():
        online = agent.name in up.phones
        if online != agent.phone_online:
            center.phones(agent.name, online=online, now=now)
