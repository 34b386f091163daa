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

#: How a contact reaches us. Voice takes an agent alone; the others share one.
Channel: TypeAlias = Literal["voice", "chat", "email", "sms"]

#: Why a leg ended. ``hangup``: its party hung up. ``no_answer``, ``busy``, ``declined``,
#: ``unreachable``: a leg we dialled was not answered. ``withdrawn``: we ended it.
#: ``lost``: it was found gone when the switch was asked. ``failed``: anything else.
EndCause: TypeAlias = Literal[
    "hangup", "no_answer", "busy", "declined", "unreachable", "withdrawn", "lost", "failed"
]

#: How an offer to an agent ended. ``timed_out`` is RONA (redirection on no answer);
#: ``rescinded``: withdrawn because the caller went away; ``answered_elsewhere``: another agent of
#: a group that rang together took the call.
OfferOutcome: TypeAlias = Literal[
    "accepted",
    "timed_out",
    "declined",
    "busy",
    "unreachable",
    "rescinded",
    "answered_elsewhere",
    "failed",
]

#: How a call left its queue. ``moved``: to another queue or back into a flow; ``overflowed``: by a
#: rule of the queue (`CallOverflowed` says which); ``unreached``: a caller who kept the place
#: without the line could not be reached.
QueueOutcome: TypeAlias = Literal[
    "connected", "abandoned", "failed", "moved", "overflowed", "unreached"
]

#: Why a queue sends a call elsewhere. ``waited`` and ``expected_wait``: seconds above the rule's
#: limit; ``length``: as many or more callers ahead; ``nobody_signed_in``, ``nobody_ready``: no
#: agent of the queue is signed in, or all who are signed in are not ready, and the caller has
#: waited for the limit; ``closed``: outside the opening hours; ``full``: the queue's own limit.
OverflowWhen: TypeAlias = Literal[
    "waited", "length", "expected_wait", "nobody_signed_in", "nobody_ready", "closed", "full"
]

AgentState: TypeAlias = Literal[
    "logged_out", "not_ready", "ready", "reserved", "talking", "wrap_up"
]

#: How a call ended. ``handled``: it talked with an agent. ``abandoned_queue``: the caller left
#: while waiting; ``abandoned_ringing``: while an agent's phone rang for this caller;
#: ``abandoned_menu``: in the flow. ``completed_menu``: the flow ended the call.
#: ``forwarded``: it talked with an outside number. ``moved``: the caller who kept the place called
#: in and waits as another call. ``failed``: we could not serve it.
CallOutcome: TypeAlias = Literal[
    "handled",
    "abandoned_queue",
    "abandoned_ringing",
    "abandoned_menu",
    "completed_menu",
    "forwarded",
    "moved",
    "failed",
]
