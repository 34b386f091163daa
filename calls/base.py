"""The base of every word, and the types that words are made of."""

from typing import Literal, TypeAlias, dataclass_transform

import msgspec


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Word(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """An immutable value with named fields; its class name is its JSON tag, under ``type``."""


#: The whole contact of one caller, minted by us: ``"c7f3-12"``.
CallId: TypeAlias = str
#: One party's connection. Ours when we dial (``"asterisk/c7f3-13"``), the switch's when it
#: arrives (``"asterisk/1763770000.12"``); always ``<switch name>/<id inside that switch>``.
LegId: TypeAlias = str
#: What joins legs: ``"asterisk/b-c7f3-14"``.
BridgeId: TypeAlias = str
#: A reservation of one agent for one call, minted by us.
OfferId: TypeAlias = str
#: A user name.
AgentId: TypeAlias = str
#: A queue's short name, as in a flow file: ``"support"``.
QueueId: TypeAlias = str
#: ``"en"``, ``"pl"``, ``"uk"``: ISO 639-1.
Language: TypeAlias = str
#: Seconds since the epoch, UTC.
Instant: TypeAlias = float

#: Why a leg ended. ``hangup``: its party hung up. ``no_answer``, ``busy``, ``declined``,
#: ``unreachable``: a leg we dialled was not answered. ``withdrawn``: we ended it.
#: ``lost``: it was found gone when the switch was asked. ``failed``: anything else.
EndCause: TypeAlias = Literal[
    "hangup", "no_answer", "busy", "declined", "unreachable", "withdrawn", "lost", "failed"
]

#: How an offer to an agent ended. ``timed_out`` is RONA (redirection on no answer);
#: ``rescinded``: withdrawn because the caller went away or another agent took the call.
OfferOutcome: TypeAlias = Literal[
    "accepted", "timed_out", "declined", "busy", "unreachable", "rescinded", "failed"
]

AgentState: TypeAlias = Literal[
    "logged_out", "not_ready", "ready", "reserved", "talking", "wrap_up"
]

#: How a call ended. ``handled``: it talked with an agent. ``abandoned_queue``: the caller left
#: while waiting; ``abandoned_ringing``: while an agent's phone rang for this caller;
#: ``abandoned_menu``: in the flow. ``completed_menu``: the flow ended the call.
#: ``failed``: we could not serve it.
CallOutcome: TypeAlias = Literal[
    "handled",
    "abandoned_queue",
    "abandoned_ringing",
    "abandoned_menu",
    "completed_menu",
    "failed",
]
