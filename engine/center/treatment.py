"""What has a caller while nobody talks with them: a flow, or the wait in a queue.

A flow puts the caller into a queue and is over then; from the queue the caller may come back into
a flow, by a key or by an overflow. Music begins when the step is over in which the caller was
queued: who is joined with somebody in the same step hears none.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast, get_args

from acd.messages import Enqueue, Withdraw
from calls.base import AgentId, CallOutcome, Instant, QueueId
from calls.events import (
    CallerIdentified,
    DigitPressed,
    PromptEnded,
    RecordingEnded,
    RequestFailed,
    ServiceAnswered,
    Tick,
    TicketDrafted,
    TicketFound,
)
from calls.facts import (
    CallQueued,
    FlowStarted,
    LanguageChosen,
    NodeEntered,
    NodeLeft,
    VoicemailLeft,
)
from calls.messages import Output
from calls.requests import Request
from cti.numbers import withheld
from engine.center import favours, life, overflow, recalls, transfers
from engine.center.live import Call
from engine.center.shelf import HOUSE_VERSION
from ivr.messages import (
    Finished,
    KeepThePlace,
    LeaveQueue,
    Queued,
    SessionOutput,
    Transferred,
    WaitingOutput,
)
from ivr.session import Session
from ivr.waiting import Waiting

if TYPE_CHECKING:
    from engine.center.center import CallCenter

Heard: TypeAlias = PromptEnded | RecordingEnded
Answered: TypeAlias = (
    CallerIdentified | TicketDrafted | TicketFound | ServiceAnswered | RequestFailed
)
#: What a flow or a wait goes on with.
Awaited: TypeAlias = Heard | DigitPressed | Tick | Answered


# --- flows


def start_flow(center: "CallCenter", call: Call, flow: str, entry: str, now: Instant) -> None:
    """Let a caller begin in the newest version of a flow."""
    call.flow, call.version, call.inside = flow, center.state.newest[flow], ()
    tidy_flows(center)
    center.emit(FlowStarted(call=call.call, flow=flow, version=call.version))
    enter_flow(center, call, entry, now)


def enter_flow(
    center: "CallCenter", call: Call, entry: str, now: Instant, *, left_by: str = ""
) -> None:
    """Let a caller begin at a node of the flow that the call walks; `left_by`: the exit of the
    node at which the call was up to now."""
    call.phase, call.since, call.call_back = "menu", now, ""
    if left_by:
        center.emit(NodeLeft(call=call.call, node=call.node, exit=left_by))
    session, outputs = Session.start(
        center.shelf.flow(call.flow, call.version),
        call=call.call,
        leg=call.leg,
        caller=call.caller,
        called=call.called,
        language=call.language,
        entry=entry,
        now=now,
        answered=call.answered,
        variables=call.variables,
        inside=call.inside,
        who=call.who,
        agent=call.agent if call.result == "handled" else "",
        surroundings=center.around,
        version=call.version,
        prompts=call.prompts,
    )
    center.sessions[call.call] = session
    flow_says(center, call, outputs, now)
    center.watch(call)


def flow_says(
    center: "CallCenter", call: Call, outputs: Sequence[SessionOutput], now: Instant
) -> None:
    """Carry out what a flow puts out."""
    for output in outputs:
        carry_out = _CARRIED_OUT.get(type(output))
        if carry_out is None:
            center.emit(cast(Output, output))  # a command or a fact
        else:
            carry_out(center, call, output, now)


def _queued(center: "CallCenter", call: Call, wants: Queued, now: Instant) -> None:
    _flow_left(center, call, wants)
    call.transfer, call.call_back = None, wants.call_back
    enqueue(center, call, wants, now)


def _transferred(center: "CallCenter", call: Call, to: Transferred, now: Instant) -> None:
    _flow_left(center, call, to)
    transfers.begin(center, call, to, now)


def _flow_left(center: "CallCenter", call: Call, left: Queued | Transferred) -> None:
    """The flow is over for now."""
    call.prompts = center.sessions.pop(call.call).prompts
    call.answered, call.variables, call.inside = True, left.variables, left.inside


def _finished(center: "CallCenter", call: Call, finished: Finished, now: Instant) -> None:
    apology = call.version == HOUSE_VERSION
    if finished.outcome == "failed" and not apology:
        call.prompts = center.sessions[call.call].prompts
        overflow.apologise(center, call, now)
    else:
        outcome: CallOutcome = "failed" if apology else "completed_menu"
        life.end(center, call, outcome, "withdrawn", now)


def _node_entered(center: "CallCenter", call: Call, fact: NodeEntered, _: Instant) -> None:
    call.node = fact.node
    if fact.title:
        call.path.append(fact.title)
    center.emit(fact)


def _language_chosen(center: "CallCenter", call: Call, fact: LanguageChosen, _: Instant) -> None:
    call.language = fact.language
    center.emit(fact)


def _voicemail_left(center: "CallCenter", call: Call, fact: VoicemailLeft, _: Instant) -> None:
    call.result = call.result or "completed_menu"  # also if the caller hangs up then
    center.emit(fact)


def _asked(center: "CallCenter", _call: Call, request: Request, _: Instant) -> None:
    center.ask(request)


#: What a flow puts out that is neither told to a switch nor only a fact.
_CARRIED_OUT: Final[dict[type[Any], Callable[["CallCenter", Call, Any, Instant], None]]] = {
    Queued: _queued,
    Transferred: _transferred,
    Finished: _finished,
    NodeEntered: _node_entered,
    LanguageChosen: _language_chosen,
    VoicemailLeft: _voicemail_left,
    **dict.fromkeys(get_args(Request), _asked),
}


def caller_gone(center: "CallCenter", call: Call, now: Instant) -> None:
    """The caller has hung up amid a flow: it says what is still to be done for them."""
    session = center.sessions.get(call.call)
    if session is not None:
        flow_says(center, call, session.gone(now), now)


def tidy_flows(center: "CallCenter") -> None:
    """Drop old versions of flows that nobody walks any more."""
    if not center.shelf.untidy:
        return
    walked = set()
    for call in center.calls.values():
        walked.add((call.flow, call.version))
        session = center.sessions.get(call.call)
        inside = session.inside if session else call.inside
        walked.update((frame.flow, frame.version) for frame in inside)
    center.shelf.tidy(walked)


# --- queues


def enqueue(
    center: "CallCenter", call: Call, wants: Queued, now: Instant, credit: float = 0.0
) -> None:
    """Put a caller into a queue; `credit`: seconds of waiting that they bring along."""
    call.wants, call.queue, call.credit = wants, wants.queue, credit
    call.language = wants.language or call.language
    if favours.worth_holding(center, call):
        # Not in line yet, nor any more, if another queue has sent them here.
        call.phase, call.held = "menu", now + favours.HELD
        center.watch(call)
    else:
        enqueue_now(center, call, now)


def enqueue_now(
    center: "CallCenter", call: Call, now: Instant, *, again: tuple[AgentId, float] | None = None
) -> None:
    """Put a caller into the queue that is chosen; `again`: they were in it a moment ago, for this
    agent only ("": for any) for so many seconds more."""
    call.phase, call.since, call.queued, call.held = "waiting", now, now, None
    assert call.wants is not None  # noqa: S101 - `enqueue` has just set it
    wants, favour = call.wants, favours.claim(center, call, now)
    agent, agent_for = again or ("", 0.0)
    call.credit += favour.credit
    known = center.acd_does(
        Enqueue(
            call=call.call,
            queue=wants.queue,
            skills=wants.skills,
            priority=wants.priority + favour.priority,
            language=call.language,
            agent=favour.agent or agent,
            agent_for=favour.agent_for or agent_for,
            credit=call.credit,
            passed_by=call.passed_by,
            admitted=again is not None or favour.admitted or transfers.alone(wants),
        ),
        now,
    )
    if not known:  # no such queue: nobody would ever come
        overflow.fall_back(center, call, "error", now)
    elif call.call_back:
        center.soon(recalls.ask_again, call, now)


def queued(center: "CallCenter", fact: CallQueued, _: Instant) -> None:
    center.newcomers.append(center.calls[fact.call])


def begin_wait(center: "CallCenter", call: Call, now: Instant) -> None:
    """The step in which a call was queued is over: if it still waits, it hears music."""
    if call.phase != "waiting" or not call.leg or call.call in center.waits:
        return
    if center.calls.get(call.call) is not call:
        return
    queue, wants = center.acd.queue(call.queue), call.wants
    assert queue is not None  # noqa: S101 - a queue in which somebody waits stays
    assert wants is not None  # noqa: S101 - that is how the call came into it
    waiting, commands = Waiting.start(
        call=call.call,
        leg=call.leg,
        queue=queue,
        language=call.language,
        now=now,
        callback_key="" if wants.callback_key and withheld(call.caller) else wants.callback_key,
        keys=wants.keys,
        told=call.told,
    )
    call.told = None
    center.waits[call.call] = waiting
    center.watch(call)
    for command in commands:
        center.emit(command)


def configured(center: "CallCenter", name: QueueId, now: Instant) -> None:
    """A queue was configured anew: who waits there hears what is asked for now."""
    queue = center.acd.queue(name)
    if queue is None:
        return
    for call_id, waiting in sorted(center.waits.items()):
        call = center.calls[call_id]
        if call.queue == name:
            for command in waiting.reconfigure(queue, now):
                center.emit(command)
            center.watch(call)


def end_wait(center: "CallCenter", call: Call) -> None:
    """What a waiting caller hears ends: they are joined, or go elsewhere."""
    waiting = center.waits.pop(call.call, None)
    if waiting is not None:
        for command in waiting.stop():
            center.emit(command)
        center.watch(call)


def _waiting_says(
    center: "CallCenter", call: Call, outputs: Sequence[WaitingOutput], now: Instant
) -> None:
    for output in outputs:
        match output:
            case LeaveQueue(digit=digit):
                _leave(center, call, digit, now)
            case KeepThePlace():
                recalls.keep(center, call, now)
            case _:
                center.emit(output)


def _leave(center: "CallCenter", call: Call, digit: str, now: Instant) -> None:
    """A waiting caller pressed a key that leads back into the flow."""
    assert call.wants is not None  # noqa: S101 - that is how the call came into the queue
    del center.waits[call.call]
    center.acd_does(Withdraw(call=call.call, outcome="moved"), now)
    enter_flow(center, call, call.wants.keys[digit], now, left_by=digit)


# --- both


def heard(center: "CallCenter", event: Heard, now: Instant) -> None:
    """A prompt or a recording on a caller's leg is over."""
    known = center.legs.get(event.leg)
    if known is None:
        center.late[type(event).__name__] += 1
    elif known.role == "caller":
        wake(center, center.calls[known.call], event, now)
    else:
        recalls.agent_heard(center, known, event)


def pressed(center: "CallCenter", event: DigitPressed, now: Instant) -> None:
    """A digit that no prompt collects: it is for the wait; a flow gets it with its next prompt."""
    known = center.legs.get(event.leg)
    if known is not None and known.role == "caller" and known.call in center.waits:
        wake(center, center.calls[known.call], event, now)


def tell(center: "CallCenter", call: Call, answer: Answered, now: Instant) -> None:
    """A store has answered: that may matter to a flow, and to who is not queued yet."""
    if call.call in center.sessions or call.held is not None:
        wake(center, call, answer, now)


def wake(center: "CallCenter", call: Call, event: Awaited, now: Instant) -> None:
    """Let whatever has the caller, its flow or its wait, go on."""
    name = call.call
    if (session := center.sessions.get(name)) is not None:
        if not isinstance(event, DigitPressed):
            flow_says(center, call, session.handle(event, now), now)
    elif call.gives_up is not None and now >= call.gives_up:
        transfers.not_reached(center, call, "no_answer", now)
    elif (waiting := center.waits.get(name)) is not None:
        if isinstance(event, PromptEnded | DigitPressed | Tick):
            position, wait = center.acd.position(name), center.acd.estimate(name)
            _waiting_says(center, call, waiting.handle(event, now, position, wait), now)
    elif call.held is not None and (now >= call.held or isinstance(event, CallerIdentified)):
        enqueue_now(center, call, now)
    center.watch(call)


def wanted(center: "CallCenter", call: Call) -> Instant | None:
    """When a call's flow or wait wants to be woken."""
    if (session := center.sessions.get(call.call)) is not None:
        return session.deadline()
    waiting = center.waits.get(call.call)
    at = waiting.deadline() if waiting is not None else None
    for other in (call.held, call.gives_up):
        if other is not None and (at is None or other < at):
            at = other
    return at


def resume(center: "CallCenter", call: Call, now: Instant) -> None:
    """Say again what the caller should be hearing, after the switch was out of reach."""
    if (session := center.sessions.get(call.call)) is not None:
        flow_says(center, call, session.resume(now), now)
    elif (waiting := center.waits.get(call.call)) is not None:
        for command in waiting.resume(now):
            center.emit(command)
    center.watch(call)
