"""What is done with a conversation: hold, mute, pass on, record, follow.

An agent does it with their own, a supervisor with anybody's; whom a supervisor follows hears of it
only where they can be heard.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from calls.actions import (
    CancelTransfer,
    CompleteTransfer,
    HoldCall,
    MuteAgent,
    RecordCall,
    StopSupervising,
    SuperviseAgent,
    TransferCall,
)
from calls.views import AgentView
from web import auth
from web.api.center import agent_view, themself_or_supervisor
from web.api.endpoint import SUPERVISORS, api

#: Letters and digits enough for any queue, user name or number, and no spaces.
_Target = Annotated[str, Meta(pattern=r"^(queue|agent|tel|ext):\S+$", max_length=90)]


class Holding(msgspec.Struct, forbid_unknown_fields=True):
    """`hold` false: the caller is back in the conversation."""

    hold: bool = True


class Muting(msgspec.Struct, forbid_unknown_fields=True):
    """`muted` false: the agent is heard again."""

    muted: bool = True


class Transfer(msgspec.Struct, forbid_unknown_fields=True):
    """`to`: ``queue:support``, ``agent:anna``, ``tel:+48221230101`` or ``ext:1001``. `kind`:
    ``blind`` passes the caller on at once, ``warm`` holds them while the other side is asked."""

    to: _Target
    kind: Literal["blind", "warm"] = "blind"


class Recording(msgspec.Struct, forbid_unknown_fields=True):
    """``pause`` while a card number is said, ``resume`` after it."""

    do: Literal["start", "pause", "resume", "stop"]


class Supervision(msgspec.Struct, forbid_unknown_fields=True):
    """``monitor``: nobody hears the supervisor; ``whisper``: the agent does; ``barge``: all do."""

    mode: Literal["monitor", "whisper", "barge"] = "monitor"


@api.post("/agents/<agent>/hold")
def hold(agent: str, body: Holding) -> AgentView:
    """Let the caller of an agent's conversation hear music, or bring them back."""
    themself_or_supervisor(agent)
    auth.service().act(HoldCall(agent=agent, hold=body.hold))
    return agent_view(agent)


@api.post("/agents/<agent>/mute")
def mute(agent: str, body: Muting) -> AgentView:
    """Nobody hears the agent until told otherwise, or the conversation ends."""
    themself_or_supervisor(agent)
    auth.service().act(MuteAgent(agent=agent, muted=body.muted))
    return agent_view(agent)


@api.post("/agents/<agent>/transfer")
def transfer(agent: str, body: Transfer) -> AgentView:
    """Pass the caller on, at once or after asking the other side."""
    themself_or_supervisor(agent)
    auth.service().act(TransferCall(agent=agent, to=body.to, kind=body.kind))
    return agent_view(agent)


@api.post("/agents/<agent>/transfer/complete")
def complete_transfer(agent: str) -> AgentView:
    """Join the caller with the side that was asked. Refused until it has answered."""
    themself_or_supervisor(agent)
    auth.service().act(CompleteTransfer(agent=agent))
    return agent_view(agent)


@api.post("/agents/<agent>/transfer/cancel")
def cancel_transfer(agent: str) -> AgentView:
    """Let go of the side that was asked, and go on with the caller."""
    themself_or_supervisor(agent)
    auth.service().act(CancelTransfer(agent=agent))
    return agent_view(agent)


@api.post("/agents/<agent>/recording")
def record(agent: str, body: Recording) -> AgentView:
    """Record the agent's conversation, pause, go on, or end the recording."""
    themself_or_supervisor(agent)
    auth.service().act(RecordCall(agent=agent, do=body.do, by=auth.me().name))
    return agent_view(agent)


@api.post("/agents/<agent>/supervision", SUPERVISORS)
def supervise(agent: str, body: Supervision) -> AgentView:
    """Follow an agent's conversations with my phone; again: another agent, or in another mode."""
    agent_view(agent)
    auth.service().act(SuperviseAgent(by=auth.me().name, agent=agent, mode=body.mode))
    return agent_view(agent)


@api.delete("/me/supervision", SUPERVISORS)
def stop_supervising() -> None:
    """Follow nobody any more; my phone is hung up."""
    auth.service().act(StopSupervising(by=auth.me().name))
