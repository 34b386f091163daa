"""An Acd driven by hand: time that moves on request, and JSON between all steps."""

from typing import TypeVar

import msgspec

from acd.acd import Acd
from acd.messages import Accept, AcdMessage, Enqueue
from acd.state import AcdState
from calls.actions import ConfigureAgent, ConfigureQueue, Refused, SetAgentState
from calls.base import Word
from calls.config import Agent, Queue
from calls.events import PhoneChanged, Tick
from calls.facts import Fact, OfferMade
from calls.views import AgentView, QueueView

Kind = TypeVar("Kind", bound=Word)

START = 1_700_000_000.0


def through_json(acd: Acd) -> Acd:
    """An Acd made from the snapshot of another, as after a restart."""
    return Acd(msgspec.json.decode(msgspec.json.encode(acd.snapshot()), type=AcdState))


def only(kind: type[Kind], facts: list[Fact | Refused]) -> list[Kind]:
    return [fact for fact in facts if isinstance(fact, kind)]


def one(kind: type[Kind], facts: list[Fact | Refused]) -> Kind:
    (found,) = only(kind, facts)
    return found


def kinds(facts: list[Fact | Refused]) -> list[str]:
    return [type(fact).__name__ for fact in facts]


class Driven:
    """Restarts from its own snapshot before every message."""

    def __init__(self) -> None:
        self.acd = Acd()
        self.now = START

    def do(self, message: AcdMessage, after: float = 0.0) -> list[Fact | Refused]:
        """Give a message `after` seconds from the last one."""
        self.now += after
        self.acd = through_json(self.acd)
        return self.acd.handle(message, self.now)

    def tick(self, after: float = 0.0) -> list[Fact | Refused]:
        return self.do(Tick(), after)

    def queue(self, name: object = "support", **fields: object) -> list[Fact | Refused]:
        queue = msgspec.convert({"type": "Queue", "name": name} | fields, Queue)
        return self.do(ConfigureQueue(queue=queue))

    def agent(self, name: str, **fields: object) -> list[Fact | Refused]:
        """Configured only; in queue ``support`` unless told otherwise."""
        fields = {"queues": {"support": 1}} | fields
        agent = msgspec.convert({"type": "Agent", "name": name} | fields, Agent)
        return self.do(ConfigureAgent(agent=agent))

    def ready(self, name: str, **fields: object) -> list[Fact | Refused]:
        """Configured, with a phone, and ready."""
        self.agent(name, **fields)
        self.do(PhoneChanged(phone=name, online=True))
        return self.do(SetAgentState(agent=name, state="ready"))

    def call(
        self, call: str, queue: str = "support", after: float = 0.0, **fields: object
    ) -> list[Fact | Refused]:
        message = {"type": "Enqueue", "call": call, "queue": queue} | fields
        return self.do(msgspec.convert(message, Enqueue), after)

    def talk(self, call: str, queue: str = "support") -> str:
        """A call that is answered at once; by whom."""
        offer = one(OfferMade, self.call(call, queue))
        self.do(Accept(offer=offer.offer))
        return offer.agent

    def offer_for(self, call: str) -> str:
        offer = self.acd.offer_for_call(call)
        assert offer is not None
        return offer

    def rings(self, call: str) -> str | None:
        """The agent whose phone rings for a call."""
        offer = self.acd.offer(self.acd.offer_for_call(call) or "")
        return offer.agent if offer else None

    def view(self, agent: str) -> AgentView:
        return next(view for view in self.acd.agent_views() if view.name == agent)

    def queue_view(self, queue: str = "support") -> QueueView:
        return next(view for view in self.acd.queue_views(self.now) if view.name == queue)

    def state(self, agent: str) -> tuple[str, str]:
        view = self.view(agent)
        return view.state, view.reason
