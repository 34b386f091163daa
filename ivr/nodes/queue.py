"""Let the caller wait for an agent."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from ivr.fields import (
    Expression,
    Key,
    Name,
    OptionalKey,
    OptionalTarget,
    Proficiency,
    Seconds,
    Target,
)
from ivr.messages import OverflowExit, Queued
from ivr.node import Edge, Fault, Formula, Node, Reference, Step
from ivr.visit import Visit


class QueueNode(Node, frozen=True, kw_only=True):
    """Hand the caller to a queue, and say where they go on if they leave it again.

    .. code-block:: yaml

        support:
          kind: queue
          title: Support
          queue: support
          skills: {router: 3}   # beside those that the queue itself asks for
          language_skill: 5     # how well the agent must speak the caller's language; 0: no matter
          priority: "vip ? 120 : 60"  # as if the caller had waited so many seconds already
          agent: ada            # only this agent may take the call ...
          agent_for: 20         # ... for so many seconds
          callback: "*"         # the key that offers to keep the place and be called back
          keys:                 # other keys that a waiting caller may press
            9: sales
          exits:                # when a rule of the queue sends the caller away without saying
            closed: menu        # where to: closed, full, length, waited, expected_wait,
            overflow: sales     # nobody_ready, nobody_signed_in; overflow is any other of them
          after: menu           # when the agent has hung up; the call is over when left out
    """

    ends = True
    takes_the_call = True

    queue: Name
    skills: dict[str, Proficiency] = {}
    language_skill: Annotated[
        int, Meta(ge=0, le=10, description="a proficiency from 1 to 10, or 0 for none")
    ] = 1
    priority: Expression = "0"
    agent: str = ""
    agent_for: Seconds = 0.0
    callback: OptionalKey = ""
    keys: dict[Key, Target] = {}
    exits: dict[OverflowExit, Target] = {}
    after: OptionalTarget = ""

    def enter(self, visit: Visit) -> Step:
        skills = dict(self.skills)
        if self.language_skill:
            skills[f"lang:{visit.language}"] = self.language_skill
        return Queued(
            queue=self.queue,
            skills=skills,
            priority=visit.number(self.priority),
            keys=self.keys,
            callback_key=self.callback,
            exits=self.exits,
            agent=visit.text(self.agent),
            agent_for=self.agent_for,
            after=self.after,
        )

    def edges(self) -> Sequence[Edge]:
        """Who has waited has had the time to hang up: that counts as having pressed a key."""
        return (
            *(
                Edge(exit=key, target=target, path=("keys", key), pressed=True)
                for key, target in self.keys.items()
            ),
            *(
                Edge(exit=when, target=target, path=("exits", when), pressed=when == "waited")
                for when, target in self.exits.items()
            ),
            *(
                Edge(exit="after", target=self.after, path=("after",), pressed=True)
                for _ in range(bool(self.after))
            ),
        )

    def formulas(self) -> Sequence[Formula]:
        return (
            Formula(source=self.priority, path=("priority",), types=("number", "decimal")),
            Formula(source=self.agent, path=("agent",), template=True),
        )

    def names(self) -> Sequence[Reference]:
        return (
            Reference(what="queue", name=self.queue, path=("queue",)),
            *(Reference(what="skill", name=skill, path=("skills", skill)) for skill in self.skills),
        )

    def faults(self) -> Sequence[Fault]:
        if self.callback not in self.keys:
            return ()
        message = f"'callback' is the key {self.callback!r}, which 'keys' has too; take another"
        return (Fault(("callback",), message),)
