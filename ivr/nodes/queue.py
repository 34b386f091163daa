"""Let the caller wait for an agent."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from ivr.fields import Key, Name, OptionalKey, Proficiency, Target
from ivr.messages import OverflowExit
from ivr.node import Edge, Enqueue, Fault, Node, Step, Visit


class QueueNode(Node, frozen=True, kw_only=True):
    """Hand the caller to a queue, and say where they go on if they leave it again.

    .. code-block:: yaml

        support:
          kind: queue
          title: Support
          queue: support
          skills: {router: 3}   # beside those that the queue itself asks for
          language_skill: 5     # how well the agent must speak the caller's language; 0: no matter
          priority: 60          # as if the caller had waited 60 seconds already
          agent: ada            # only this agent may take the call ...
          agent_for: 20         # ... for so many seconds
          callback: "*"         # the key that offers to keep the place and be called back
          keys:                 # other keys that a waiting caller may press
            9: sales
          exits:                # when a rule of the queue sends the caller away without saying
            closed: menu        # where to: closed, full, length, waited, expected_wait,
            overflow: sales     # nobody_ready, nobody_signed_in; overflow is any other of them
    """

    ends = True

    queue: Name
    skills: dict[str, Proficiency] = {}
    language_skill: Annotated[
        int, Meta(ge=0, le=10, description="a proficiency from 1 to 10, or 0 for none")
    ] = 1
    priority: Annotated[float, Meta(description="a number of seconds of head start")] = 0.0
    agent: str = ""
    agent_for: Annotated[float, Meta(ge=0, description="a number of seconds")] = 0.0
    callback: OptionalKey = ""
    keys: dict[Key, Target] = {}
    exits: dict[OverflowExit, Target] = {}

    def enter(self, visit: Visit) -> Step:
        skills = dict(self.skills)
        if self.language_skill:
            skills[f"lang:{visit.language}"] = self.language_skill
        return Enqueue(
            queue=self.queue,
            skills=skills,
            priority=self.priority,
            keys=self.keys,
            callback_key=self.callback,
            exits=self.exits,
            agent=self.agent,
            agent_for=self.agent_for,
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
        )

    def faults(self) -> Sequence[Fault]:
        if self.callback not in self.keys:
            return ()
        message = f"'callback' is the key {self.callback!r}, which 'keys' has too; take another"
        return (Fault(("callback",), message),)
