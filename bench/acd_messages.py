"""A whole Acd that is told one message after another."""

import gc
from collections import deque
from collections.abc import Iterable
from time import perf_counter_ns

from acd.acd import Acd
from acd.messages import Accept, AcdMessage, Release
from bench.acd_world import START, STEP, WARM_UP, RandomCenter, Times
from calls.actions import ConfigureAgent, ConfigureQueue, Refused, SetAgentState
from calls.config import Agent
from calls.events import PhoneChanged
from calls.facts import Fact, OfferMade


class Messages:
    """A center whose agents (all of them, unless told otherwise) are on a break at first."""

    def __init__(self, center: RandomCenter, agents: Iterable[Agent] | None = None) -> None:
        self._center = center
        self._acd = Acd()
        self._now = START
        #: Of messages that enqueue a call, that make an agent ready, and of all.
        self.arrive, self.ready, self.all = Times(), Times(), Times()
        self._away: deque[str] = deque()
        for queue in center.queues:
            self._tell(ConfigureQueue(queue=queue))
        for agent in center.agents if agents is None else agents:
            self._configure(agent)
            self._tell(SetAgentState(agent=agent.name, state="not_ready", reason="break"))
            self._away.append(agent.name)

    @property
    def per_second(self) -> float:
        return 1e6 / self.all.mean

    def fill(self, waiting: int) -> None:
        """Calls come while nobody is there."""
        for _ in range(waiting):
            self._tell(self._center.call())

    def make_idle(self, agents: int) -> None:
        """Agents become ready while nobody calls."""
        for _ in range(agents):
            self._tell(SetAgentState(agent=self._away.popleft(), state="ready"))

    def sign_in(self, agents: Iterable[Agent]) -> None:
        """Agents are configured and become ready."""
        for agent in agents:
            self._configure(agent)
            self._tell(SetAgentState(agent=agent.name, state="ready"))

    def take_turns(self, rounds: int) -> None:
        """A call arrives and an agent becomes ready, again and again. Whoever is offered a call
        takes it, asks for a break, and has it once the call is over. Timed when the first
        `WARM_UP` rounds are over."""
        gc.collect()
        gc.freeze()
        for number in range(WARM_UP + rounds):
            if number == WARM_UP:
                self.arrive, self.ready, self.all = Times(), Times(), Times()
            said = self._give(self._center.call(), self.arrive)
            message = SetAgentState(agent=self._away.popleft(), state="ready")
            self._converse([*said, *self._give(message, self.ready)])
        gc.unfreeze()

    def _converse(self, said: list[Fact | Refused]) -> None:
        offers = {fact.call: fact for fact in said if isinstance(fact, OfferMade)}
        for call, offer in offers.items():
            self._give(Accept(offer=offer.offer))
            self._give(SetAgentState(agent=offer.agent, state="not_ready", reason="break"))
            self._give(Release(call=call, by="caller"))
            self._away.append(offer.agent)

    def _configure(self, agent: Agent) -> None:
        self._tell(ConfigureAgent(agent=agent))
        self._tell(PhoneChanged(phone=agent.name, online=True))

    def _tell(self, message: AcdMessage) -> None:
        """Without a word about it: what is noted takes memory too."""
        self._now += STEP
        self._acd.handle(message, self._now)

    def _give(self, message: AcdMessage, times: Times | None = None) -> list[Fact | Refused]:
        self._now += STEP
        begun = perf_counter_ns()
        said = self._acd.handle(message, self._now)
        took = perf_counter_ns() - begun
        self.all.add(took)
        if times is not None:
            times.add(took)
        return said
