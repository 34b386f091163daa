"""What we believe against what is really up.

Every busy state is a lease on a leg. `switch_up` compares all at once, because nothing was told
to us while the link was down; `surveyed` compares in passing while events flow, so it believes a
difference only when it sees it twice running. Each repair is a fact.
"""

from typing import TYPE_CHECKING

from calls.base import EndCause, Instant, LegId
from calls.commands import (
    Command,
    Dial,
    Hangup,
    Hold,
    Join,
    Mute,
    PauseBridgeRecording,
    Prompt,
    Record,
    RecordBridge,
    StopBridgeRecording,
    Supervise,
    Unbridge,
)
from calls.events import (
    CommandFailed,
    LegAnswered,
    LegArrived,
    LegEnded,
    LiveLeg,
    PhoneChanged,
    PromptEnded,
    RecordingEnded,
    Surveyed,
    SwitchDown,
    SwitchRemoved,
    SwitchUp,
)
from calls.facts import CommandRefused, Repaired, SwitchChanged
from calls.port import switch_of
from engine.center import (
    consulting,
    life,
    recalls,
    recordings,
    ringing,
    seats,
    supervision,
    talking,
    transfers,
    treatment,
)
from engine.center.live import Leg

if TYPE_CHECKING:
    from engine.center.center import CallCenter


def switch_down(center: "CallCenter", down: SwitchDown, _: Instant) -> None:
    """The link is lost. Calls may well go on: nothing is given up."""
    if center.state.switches.get(down.switch) is not False:
        center.state.switches[down.switch] = False
        center.emit(SwitchChanged(switch=down.switch, up=False))


def switch_removed(center: "CallCenter", removed: SwitchRemoved, now: Instant) -> None:
    """Nobody will ever tell how its legs ended: they are over. Nobody can be called back there."""
    switch = removed.switch
    if center.state.switches.pop(switch, False):
        center.emit(SwitchChanged(switch=switch, up=False))
    for leg in _ours(center, switch):
        known = center.legs.get(leg)  # one may have ended with the leg before it
        if known is not None:
            _gone(center, leg, known, now)
    for leg in [leg for leg in center.state.closing if switch_of(leg) == switch]:
        del center.state.closing[leg]
    recordings.switch_removed(center, switch, now)
    left = [call for call in center.calls.values() if call.switch == switch]
    for call in sorted(left, key=lambda call: (call.arrived, call.call)):
        life.give_up(center, call, "lost", now)


def switch_up(center: "CallCenter", up: SwitchUp, now: Instant) -> None:
    """The link is back: mend every difference, say again what callers should hear."""
    center.state.switches[up.switch] = True
    center.emit(SwitchChanged(switch=up.switch, up=True))
    unanswered = list(center.state.pending)
    live = {leg.leg: leg for leg in up.legs}
    for leg in _ours(center, up.switch):
        if leg not in live and leg in center.legs:
            _lost(center, leg, now)
    for leg in [leg for leg in center.state.closing if switch_of(leg) == up.switch]:
        if leg in live:
            center.emit(Hangup(leg=leg))
        else:
            del center.state.closing[leg]
    for found in up.legs:
        if found.leg in center.legs:
            _still_there(center, found, now)
        elif found.leg not in center.state.closing:
            _stranger(center, found, up.switch, now)
    _apart(center, live, believed=1)
    _again(center, up.switch, now)
    _phones(center, up, now)
    for name in sorted(center.persistent):
        seats.look(center, name, now)
    for request in unanswered:
        if request in center.state.pending:
            center.emit(center.state.pending[request])
    center.state.strangers = []


def surveyed(center: "CallCenter", survey: Surveyed, now: Instant) -> None:
    """Compare in passing; act on what two surveys running agree on."""
    live = {leg.leg: leg for leg in survey.legs}
    for leg in _ours(center, survey.switch):
        known = center.legs.get(leg)
        if known is None:
            continue
        known.missed = 0 if leg in live else known.missed + 1
        if known.missed >= 2:
            _gone(center, leg, known, now)
    _apart(center, live, believed=2)
    for found in survey.legs:
        if found.leg in center.legs and found.bridge is not None:  # else it may be on its way
            seats.astray(center, found)
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
        if found.leg not in center.legs and found.leg not in center.state.closing
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
    if isinstance(command, RecordBridge | PauseBridgeRecording | StopBridgeRecording):
        recordings.failed(center, command, failed.detail, now)
        return
    legs = _legs_of(command)
    known = next((center.legs[leg] for leg in legs if leg in center.legs), None)
    if known is None or isinstance(command, Hangup | Unbridge):
        center.late["CommandFailed"] += 1
        return
    name = type(command).__name__
    center.emit(CommandRefused(call=known.call or None, command=name, detail=failed.detail))
    match command:
        case Dial(leg=leg):
            cause: EndCause = "unreachable" if failed.gone else "failed"
            life.leg_ended(center, LegEnded(leg=leg, cause=cause), now)
        case Join():  # of two legs one may be gone: its LegEnded is on its way
            if not failed.gone:
                _not_joined(center, command, now)
        case Hold() | Mute(muted=True) if not failed.gone:
            talking.failed(center, center.calls[known.call], command, now)
        case Supervise(whom=whom) if not failed.gone:
            if whom in center.legs:  # else the conversation is over
                supervision.end(center, known.agent, now)
        case _ if failed.gone:
            life.leg_ended(center, LegEnded(leg=legs[0], cause="hangup"), now)
        case Prompt(leg=leg, prompt=prompt):
            treatment.heard(center, PromptEnded(leg=leg, prompt=prompt, end="failed"), now)
        case Record(leg=leg, recording=recording):
            ended = RecordingEnded(leg=leg, recording=recording, end="failed")
            treatment.heard(center, ended, now)
        case _:  # music that does not play: the caller is still in line
            pass


def _not_joined(center: "CallCenter", join: Join, now: Instant) -> None:
    """These legs cannot be joined: the call that they were to talk in does not begin. One leg may
    have been about to wait there; then it was not for a call, though one may have come meanwhile.
    Legs that were to be put aside are looked for by surveys."""
    known = [center.legs[leg] for leg in join.legs if leg in center.legs]
    for leg in known:
        if leg.bridge == join.bridge:
            leg.bridge = ""
    calls = [center.calls[leg.call] for leg in known if leg.call]
    calls = [call for call in calls if call.bridge == join.bridge]
    if not calls:
        return
    call = next((call for call in calls if call.about), calls[0])
    if len(join.legs) < 2:
        if call.phase == "talking":
            center.emit(Join(bridge=call.bridge, legs=consulting.pair(center, call)))
    elif call.about:
        consulting.give_up(center, call, "failed", now)
    elif call.phase == "outside":
        transfers.not_joined(center, call, now)
    else:
        life.conversation_over(center, call, "system", "failed", now)


def _legs_of(command: Command) -> tuple[LegId, ...]:
    match command:
        case Join(legs=legs):
            return legs
        case Unbridge() | RecordBridge() | PauseBridgeRecording() | StopBridgeRecording():
            return ()
        case _:
            return (command.leg,)


def _ours(center: "CallCenter", switch: str) -> list[LegId]:
    """Legs on that switch, the oldest first: snapshots do not keep the order of what is by name."""
    ours = [(known.since, leg) for leg, known in center.legs.items()]
    return [leg for _, leg in sorted(ours) if switch_of(leg) == switch]


def _lost(center: "CallCenter", leg: LegId, now: Instant) -> None:
    """A leg that a crash may have come before: what was decided is committed, and perhaps never
    told to the switch. Such phones ring now; callers who kept the place are never rung twice."""
    known = center.legs[leg]
    offer = center.acd.offer(known.offer) if known.offer else None
    if known.role == "seat" and not known.up:
        repaired = Repaired(what="offer_lost", detail=leg, agent=known.agent)
        center.emit(repaired)
        center.emit(seats.dial(leg, known.agent))
    elif offer is not None and offer.until > now:
        call = center.calls[known.call]
        repaired = Repaired(what="offer_lost", detail=leg, call=call.call, agent=known.agent)
        center.emit(repaired)
        center.emit(ringing.dial(center, call, leg, known.agent, offer.until - now))
    else:
        # An offer whose time was over meanwhile: the phone has rung for long enough.
        _gone(center, leg, known, now, "no_answer" if offer is not None else "lost")


def _gone(
    center: "CallCenter", leg: LegId, known: Leg, now: Instant, cause: EndCause = "lost"
) -> None:
    center.emit(Repaired(what="leg_lost", detail=leg, call=known.call or None))
    life.leg_ended(center, LegEnded(leg=leg, cause=cause), now)


def _still_there(center: "CallCenter", found: LiveLeg, now: Instant) -> None:
    known = center.legs[found.leg]
    known.missed = 0
    call = center.calls.get(known.call)
    talking.tell_again(center, found.leg, known)
    seats.astray(center, found)  # the end of its conversation may have been lost
    if not found.inbound and found.up and not known.up:
        life.leg_answered(center, LegAnswered(leg=found.leg), now)
    elif call is None or call.phase == "talking":
        return
    elif known.role != "caller":
        if call.phase == "calling":
            recalls.show_progress(center, call)
    elif call.phase == "outside":
        transfers.resume(center, call)
    elif call.phase in ("menu", "waiting"):
        center.emit(Repaired(what="reprompted", detail=found.leg, call=call.call))
        treatment.resume(center, call, now)


def _apart(center: "CallCenter", live: dict[LegId, LiveLeg], believed: int) -> None:
    """Join the pairs of whom one was not in their bridge as many times running as are `believed`:
    they talk into silence."""
    for call in center.calls.values():
        other = call.other_leg
        if other is None or call.phase not in ("talking", "outside"):
            continue
        if center.legs[other].up:
            legs = consulting.pair(center, call)
            loose = [leg for leg in legs if leg in live and live[leg].bridge != call.bridge]
            call.apart = call.apart + 1 if loose else 0
            if call.apart >= believed:
                call.apart = 0
                center.emit(Repaired(what="rejoined", detail=loose[0], call=call.call))
                center.emit(Join(bridge=call.bridge, legs=legs))


def _again(center: "CallCenter", switch: str, now: Instant) -> None:
    """What goes on in conversations, told to a switch that may not have been told."""
    recordings.switch_up(center, switch, now)
    supervision.switch_up(center, switch)


def _stranger(center: "CallCenter", found: LiveLeg, switch: str, now: Instant) -> None:
    if not found.inbound:
        center.emit(Repaired(what="leg_unknown", detail=found.leg))
        center.state.closing[found.leg] = now
        center.emit(Hangup(leg=found.leg))
        return
    center.emit(Repaired(what="caller_adopted", detail=found.leg))
    life.arrive(
        center,
        LegArrived(leg=found.leg, switch=switch, caller=found.caller, called=found.called),
        now,
    )


def _phones(center: "CallCenter", up: SwitchUp, now: Instant) -> None:
    for name in sorted({*center.acd.agents(), *center.acd.phones(), *up.phones}):
        online = name in up.phones
        if online != (name in center.acd.phones()):
            center.acd_does(PhoneChanged(phone=name, online=online), now)
