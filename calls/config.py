"""Queues, agents and numbers as the machines see them. Times are seconds."""

from typing import Literal, TypeAlias

from calls.base import AgentId, Language, QueueId, Word

#: How an idle agent is chosen when several fit.
Strategy: TypeAlias = Literal["longest_idle", "least_occupied", "best_skill", "fewest_calls"]


class Queue(Word):
    """One line of waiting callers."""

    name: QueueId
    title: str = ""
    strategy: Strategy = "longest_idle"
    #: Skills that every call of this queue needs, with the least proficiency (1-10).
    skills: dict[str, int] = {}
    #: How long an agent's phone rings before it counts as no answer (RONA).
    offer_timeout: float = 15.0
    #: After-call work; 0 for none.
    wrap_up: float = 30.0
    #: How many times faster than others a caller here ages (service objective).
    slope: float = 1.0
    #: Seconds of head start for every caller here.
    priority: float = 0.0
    #: The service level counts calls answered within this time.
    service_level: float = 20.0
    music: str = "default"
    #: Seconds between position announcements; 0 for none.
    announce_every: float = 30.0


class Agent(Word):
    """One person who takes calls. In `queues` the number is the preference: 1 before 2."""

    name: AgentId
    title: str = ""
    #: Proficiency 1-10 by skill. A language is the skill ``lang:<code>``.
    skills: dict[str, int] = {}
    queues: dict[QueueId, int] = {}
    #: RONAs running after which the agent becomes not ready.
    rona_limit: int = 1


class Number(Word):
    """A number that callers dial, and the flow that answers it."""

    number: str
    flow: str
    language: Language = "en"
    #: Where in the flow to begin; its own start when empty.
    entry: str = ""
