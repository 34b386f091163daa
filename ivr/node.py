"""What every node kind is made of: what it sees of the call (`Visit`), what it answers (`Step`).

A kind is a frozen struct whose fields are what its YAML may hold, and a few methods:

- `Node.enter`: a caller has come here
- `Node.heard`: the prompt that it asked for is over (only for kinds that `Play`)
- `Node.edges`: where it leads, by exit
- `Node.texts`: all that it may say
- `Node.faults`: what is wrong with it
"""

from collections.abc import Sequence
from typing import ClassVar, Literal, TypeAlias

import msgspec

from calls.base import AgentId, Language, QueueId
from calls.errors import UnexpectedEvent
from calls.events import PromptEnded
from calls.media import DigitRule, Speech
from ivr.fields import OptionalTarget
from ivr.messages import OverflowExit

#: Where in the node's YAML something stands: ``("keys", "1")``.
Path: TypeAlias = tuple[str, ...]


class Visit(msgspec.Struct, frozen=True):
    """One caller at one node. `notes` is what the node keeps until the caller leaves it."""

    flow: str
    node: str
    language: Language
    notes: dict[str, int]

    def speech(self, texts: dict[Language, str], part: str = "") -> Speech:
        """One of the node's texts in the caller's language."""
        return Speech(
            name=speech_name(self.flow, self.node, part),
            language=self.language,
            text=texts[self.language],
        )


class Play(msgspec.Struct, frozen=True, kw_only=True):
    """Say something; with a rule, take digits. `Node.heard` goes on when it is over."""

    media: tuple[Speech, ...]
    digits: DigitRule | None = None
    notes: dict[str, int] = {}


class Leave(msgspec.Struct, frozen=True, kw_only=True):
    """Go where an exit leads: ``next``, a key, ``no_input``, ``no_match``, ``error``."""

    exit: str
    digits: str = ""
    #: The caller has chosen it; it holds for the rest of the call.
    language: Language = ""


class Enqueue(msgspec.Struct, frozen=True, kw_only=True):
    """Hand the caller to a queue; the flow ends. The fields are those of `Queued`."""

    queue: QueueId
    skills: dict[str, int]
    priority: float
    keys: dict[str, str] = {}
    callback_key: str = ""
    exits: dict[OverflowExit, str] = {}
    agent: AgentId = ""
    agent_for: float = 0.0


class End(msgspec.Struct, frozen=True, kw_only=True):
    """End the call; the flow ends."""

    outcome: Literal["completed", "failed"] = "completed"


Step: TypeAlias = Play | Leave | Enqueue | End


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


class Fault(msgspec.Struct, frozen=True):
    """Something to mend in one node: what, and what to do about it."""

    path: Path
    message: str


class Node(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag=lambda name: name.removesuffix("Node").lower(),
):
    """The base of all node kinds; a class ``MenuNode`` is the kind ``menu``."""

    #: The flow ends here, though there may be exits for callers who come back.
    ends: ClassVar[bool] = False

    #: For people: what the menu path shows on the agent's page.
    title: str = ""
    #: Where a caller goes whom this node cannot serve; the flow's operator when empty.
    error: OptionalTarget = ""

    @property
    def kind(self) -> str:
        return str(self.__struct_config__.tag)

    def enter(self, visit: Visit) -> Step:
        raise NotImplementedError

    def heard(self, visit: Visit, end: PromptEnded) -> Step:  # noqa: ARG002
        """A failed prompt does not come here: the session takes the exit ``error``."""
        raise UnexpectedEvent(f"node {visit.node!r} ({self.kind}) does not wait for a prompt")

    def edges(self) -> Sequence[Edge]:
        """All exits but ``error``."""
        return ()

    def texts(self) -> Sequence[Spoken]:
        return ()

    def faults(self) -> Sequence[Fault]:
        """What cannot work in this node alone, beyond what the types of its fields say."""
        return ()


def speech_name(flow: str, node: str, part: str = "") -> str:
    """``main.menu``, ``main.menu.no_match``: what a recording of it is called."""
    return ".".join(filter(None, (flow, node, part)))
