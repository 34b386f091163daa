"""How a session ends, and all that it may say."""

from typing import Literal, TypeAlias

from calls.base import Language, QueueId, Word
from calls.commands import Command
from calls.facts import Fact


class Queued(Word):
    """The flow is over: the caller goes to a queue. The leg has been answered.

    `skills` are the flow's own needs (proficiency 1-10 by skill), the caller's language among
    them as ``lang:<code>``; the queue adds its own. `priority` is seconds of head start.
    """

    queue: QueueId
    skills: dict[str, int] = {}
    priority: float = 0.0
    language: Language = ""


class Finished(Word):
    """The flow and the call are over: hang up. ``failed``: the operator was out of reach too."""

    outcome: Literal["completed", "failed"]


SessionOutput: TypeAlias = Command | Fact | Queued | Finished
