"""What is done with a conversation on the staged center: hold, mute, pass on, record, follow."""

from typing import TYPE_CHECKING, Any, TypeAlias

from calls import facts
from calls.actions import (
    CancelTransfer,
    CompleteTransfer,
    HoldCall,
    MuteAgent,
    RecordCall,
    Refused,
    StopSupervising,
    SuperviseAgent,
    TransferCall,
)
from calls.base import AgentId, CallId
from calls.errors import ActionRefused
from calls.views import AgentView

if TYPE_CHECKING:
    from tests.web.fake_service import FakeService

TalkAction: TypeAlias = (
    HoldCall
    | MuteAgent
    | TransferCall
    | CompleteTransfer
    | CancelTransfer
    | SuperviseAgent
    | StopSupervising
    | RecordCall
)


def act(center: "FakeService", action: TalkAction) -> None:
    match action:
        case HoldCall(agent=agent, hold=hold):
            set_hold(center, agent, hold)
        case MuteAgent(agent=agent, muted=muted):
            call = _talking(center, agent)
            center.change_agent(agent, muted=muted)
            center.happen(facts.AgentMuted(call=call, agent=agent, muted=muted))
        case TransferCall(agent=agent, to="queue:nobody"):
            _talking(center, agent)
            refuse("unknown", "there is no queue 'nobody'")
        case TransferCall(agent=agent, to=to, kind="warm"):
            call = _talking(center, agent)
            set_hold(center, agent, True)
            center.change_agent(agent, consults=to, consult_answered=False)
            center.happen(facts.ConsultStarted(call=call, agent=agent, to=to))
        case TransferCall(agent=agent, to=to):
            call = _talking(center, agent)
            center.happen(facts.CallTransferred(call=call, agent=agent, to=to, kind="blind"))
            center.end_call(call, by="agent")
        case CompleteTransfer(agent=agent):
            view, call = _consulting(center, agent)
            if not view.consult_answered:
                refuse("wrong_state", "they have not answered yet")
            end_consultation(center, agent, "transferred")
            transferred = facts.CallTransferred(
                call=call, agent=agent, to=view.consults, kind="warm"
            )
            center.happen(transferred)
            center.end_call(call, by="agent")
        case CancelTransfer(agent=agent):
            _consulting(center, agent)
            end_consultation(center, agent, "cancelled")
        case RecordCall():
            _record(center, action)
        case SuperviseAgent(by=by, agent=agent, mode=mode):
            _talking(center, agent)
            stop_supervising(center, by)
            followers = {**center.agent(agent).supervisors, by: mode}
            center.change_agent(agent, supervisors=followers)
            center.happen(facts.SupervisionStarted(supervisor=by, agent=agent, mode=mode))
        case StopSupervising(by=by):
            if not stop_supervising(center, by):
                refuse("wrong_state", "you follow nobody")


def set_hold(center: "FakeService", agent: AgentId, hold: bool) -> None:
    call = _talking(center, agent)
    if center.agent(agent).held == hold:
        return
    center.change_agent(agent, held=hold)
    held = facts.CallHeld(call=call, agent=agent)
    center.happen(held if hold else facts.CallResumed(call=call, agent=agent, held=5.0))


def join_consultation(center: "FakeService", agent: AgentId, other: AgentId = "") -> None:
    """The side that was asked answers."""
    view, call = _consulting(center, agent)
    center.change_agent(agent, consult_answered=True)
    center.happen(facts.ConsultJoined(call=call, agent=agent, to=view.consults, other=other))


def end_consultation(center: "FakeService", agent: AgentId, outcome: Any) -> None:
    view, call = _consulting(center, agent)
    talked = 10.0 if view.consult_answered else None
    center.change_agent(agent, consults="", consult_answered=False)
    center.happen(
        facts.ConsultEnded(call=call, agent=agent, to=view.consults, outcome=outcome, talked=talked)
    )
    set_hold(center, agent, False)


def stop_supervising(center: "FakeService", by: AgentId) -> bool:
    for agent in center.live().agents:
        if by in agent.supervisors:
            left = {name: mode for name, mode in agent.supervisors.items() if name != by}
            center.change_agent(agent.name, supervisors=left)
            center.happen(facts.SupervisionEnded(supervisor=by, agent=agent.name, lasted=3.0))
            return True
    return False


def _record(center: "FakeService", action: RecordCall) -> None:
    call = _talking(center, action.agent)
    name = f"{call}.talk-1"
    of: dict[str, Any] = {"call": call, "agent": action.agent, "recording": name}
    before = center.agent(action.agent).recording
    match action.do:
        case "start" if not before:
            center.change_agent(action.agent, recording="on")
            center.happen(facts.RecordingStarted(**of, by=action.by))
        case "pause" if before == "on":
            center.change_agent(action.agent, recording="paused")
            center.happen(facts.RecordingPaused(**of, paused=True, by=action.by))
        case "resume" if before == "paused":
            center.change_agent(action.agent, recording="on")
            center.happen(facts.RecordingPaused(**of, paused=False, by=action.by))
        case "stop" if before:
            center.change_agent(action.agent, recording="")
            center.happen(facts.ConversationRecorded(**of, seconds=7.0))
        case _:
            refuse("wrong_state", f"there is nothing to {action.do}")


def _talking(center: "FakeService", agent: AgentId) -> CallId:
    view = center.agent(agent)
    if view.state != "talking" or view.call is None:
        refuse("wrong_state", f"{agent} is in no conversation")
    assert view.call is not None
    return view.call


def _consulting(center: "FakeService", agent: AgentId) -> tuple[AgentView, CallId]:
    call = _talking(center, agent)
    view = center.agent(agent)
    if not view.consults:
        refuse("wrong_state", f"{agent} asks nobody")
    return view, call


def refuse(reason: Any, message: str) -> None:
    raise ActionRefused(Refused(reason=reason, message=message))
