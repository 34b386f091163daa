"""What every node kind is made of: what it sees of the call (`Visit`), what it answers (`Step`).

A kind is a frozen struct whose fields are what its YAML may hold, and a few methods:

- `Node.enter`: a caller has come here
- `Node.heard`, `Node.recorded`, `Node.answered`: what it asked for is over, or there (only for
  kinds that `Play`, `Listen` or `Ask`)
- `Node.edges`: where it leads, by exit
- `Node.texts`, `Node.formulas`, `Node.names`: what it says, works out and refers to
- `Node.faults`: what is wrong with it

A node that cannot go on raises `ivr.speaking.ValueFailed`: the caller takes its error exit.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, TypeAlias

import msgspec

from calls.base import Language
from calls.errors import UnexpectedEvent
from calls.events import KnownTicket, PromptEnded, RecordingEnded, StoreEvent
from calls.facts import Fact
from calls.media import DigitRule, Media
from calls.requests import Request
from ivr.expressions import TypeName
from ivr.fields import OptionalTarget
from ivr.messages import Finished, Queued, Transferred
from ivr.problems import Path
from ivr.visit import Visit

#: What a node keeps until the caller leaves it.
Notes: TypeAlias = dict[str, Any]


class Play(msgspec.Struct, frozen=True, kw_only=True):
    """Say something; with a rule, take digits. `Node.heard` goes on when it is over."""

    media: tuple[Media, ...]
    digits: DigitRule | None = None
    barge_in: bool = True
    #: Keys pressed before it count for it.
    type_ahead: bool = True
    notes: Notes = {}
    facts: tuple[Fact, ...] = ()


class Listen(msgspec.Struct, frozen=True, kw_only=True):
    """Record the caller. `Node.recorded` goes on when that is over; the times are seconds."""

    max_seconds: float
    silence: float
    beep: bool = True
    notes: Notes = {}


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Ask a store; `Node.answered` goes on. No answer within so many seconds is a failed one."""

    request: Request
    timeout: float = 5.0
    notes: Notes = {}
    facts: tuple[Fact, ...] = ()


class Leave(msgspec.Struct, frozen=True, kw_only=True):
    """Go where an exit leads: ``next``, a key, ``no_input``, ``no_match``, ``error``."""

    exit: str
    digits: str = ""
    #: The caller has chosen it; it holds for the rest of the call.
    language: Language = ""
    #: Variables of the flow to set, and the ticket that the call is about.
    values: dict[str, Any] = {}
    ticket: KnownTicket | None = None
    facts: tuple[Fact, ...] = ()


class Descend(msgspec.Struct, frozen=True, kw_only=True):
    """Walk through another flow, and leave by ``next`` when it returns."""

    flow: str
    entry: str = ""


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """Back to the flow that this one was entered from; the end of the call where there is none."""


#: The last three end the flow.
Step: TypeAlias = Play | Listen | Ask | Leave | Descend | Return | Queued | Transferred | Finished


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """One way out of a node. An empty target is the flow's operator."""

    exit: str
    target: str
    path: Path
    #: Taken only when the caller has pressed something.
    pressed: bool = False


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a node may say. `part` is the last piece of its speech's name."""

    texts: dict[Language, str]
    path: Path
    part: str = ""
    #: It is said in whatever language the caller has, so it needs all of them.
    every_language: bool = True


class Formula(msgspec.Struct, frozen=True, kw_only=True):
    """An expression that a node works out (or, with `template`, a text with values in it), and
    the types that it may have: any where none is given; with `into`, that of a variable."""

    source: str
    path: Path
    types: tuple[TypeName, ...] = ()
    into: str = ""
    template: bool = False


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """Something outside of the node that it refers to."""

    what: Literal["variable", "queue", "skill", "flow", "agent"]
    name: str
    path: Path


class Fault(msgspec.Struct, frozen=True):
    """Something to mend in one node: what, and what to do about it."""

    path: Path
    message: str


def _kind(name: str) -> str:
    return name.removesuffix("Node").lower()


class Node(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag=_kind,
):
    """The base of all node kinds; a class ``MenuNode`` is the kind ``menu``."""

    #: The flow ends here, though there may be exits for callers who come back.
    ends: ClassVar[bool] = False
    #: Who comes here is spoken to or put through, whatever is known of them: they are answered.
    takes_the_call: ClassVar[bool] = False
    #: It only leads on, at once.
    leads_on: ClassVar[bool] = False
    #: As flow files name it.
    kind: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        cls.kind = _kind(cls.__name__)

    #: For people: what the menu path shows on the agent's page.
    title: str = ""
    #: Where a caller goes whom this node cannot serve; the flow's operator when empty.
    error: OptionalTarget = ""

    def enter(self, visit: Visit) -> Step:
        raise NotImplementedError

    def heard(self, visit: Visit, end: PromptEnded) -> Step:  # noqa: ARG002
        """A failed prompt does not come here: the session takes the exit ``error``."""
        raise UnexpectedEvent(f"node {visit.node!r} ({self.kind}) does not wait for a prompt")

    def recorded(self, visit: Visit, end: RecordingEnded) -> Step:  # noqa: ARG002
        """A failed recording does not come here either."""
        raise UnexpectedEvent(f"node {visit.node!r} ({self.kind}) does not wait for a recording")

    def answered(self, visit: Visit, answer: StoreEvent) -> Step:  # noqa: ARG002
        """Nor does a request that failed, unless the node says `survives`."""
        raise UnexpectedEvent(f"node {visit.node!r} ({self.kind}) has asked nothing")

    def survives(self, visit: Visit) -> Step | None:  # noqa: ARG002
        """What follows when a request of this node has failed; None: the exit ``error``."""
        return None

    def gone(self, visit: Visit) -> Ask | None:  # noqa: ARG002
        """The caller has hung up here: what still has to be asked for them."""
        return None

    def edges(self) -> Sequence[Edge]:
        """All exits but ``error``."""
        return ()

    def texts(self) -> Sequence[Spoken]:
        return ()

    def formulas(self) -> Sequence[Formula]:
        """All but those inside of `texts`."""
        return ()

    def names(self) -> Sequence[Reference]:
        return ()

    def faults(self) -> Sequence[Fault]:
        """What cannot work in this node alone, beyond what the types of its fields say."""
        return ()
