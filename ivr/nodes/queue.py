"""Let the caller wait for an agent."""

from typing import Annotated

from msgspec import Meta

from ivr.fields import Name, Proficiency
from ivr.node import Enqueue, Node, Step, Visit


class QueueNode(Node, frozen=True, kw_only=True):
    """Hand the caller to a queue.

    .. code-block:: yaml

        support:
          kind: queue
          title: Support
          queue: support
          skills: {router: 3}   # beside those that the queue itself asks for
          language_skill: 5     # how well the agent must speak the caller's language; 0: no matter
          priority: 60          # as if the caller had waited 60 seconds already
    """

    queue: Name
    skills: dict[str, Proficiency] = {}
    language_skill: Annotated[
        int, Meta(ge=0, le=10, description="a proficiency from 1 to 10, or 0 for none")
    ] = 1
    priority: Annotated[float, Meta(description="a number of seconds of head start")] = 0.0

    def enter(self, visit: Visit) -> Step:
        skills = dict(self.skills)
        if self.language_skill:
            skills[f"lang:{visit.language}"] = self.language_skill
        return Enqueue(queue=self.queue, skills=skills, priority=self.priority)
