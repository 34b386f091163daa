"""What must hold whatever is decided, checked by facts alone."""

from collections import Counter
from collections.abc import Sequence

from calls import facts
from calls.actions import Refused
from calls.facts import Fact


class Ledger:
    """Keeps account of facts; `add` raises AssertionError for one that must not be."""

    def __init__(self) -> None:
        #: Calls that wait.
        self.waiting: set[str] = set()
        self.virtual: set[str] = set()
        #: offer -> (call, agent)
        self.offers: dict[str, tuple[str, str]] = {}
        #: call -> agent
        self.talks: dict[str, str] = {}
        #: (call, agent) of wrap-ups
        self.wraps: Counter[tuple[str, str]] = Counter()
        self.states: dict[str, str] = {}
        self.voice: set[str] = set()

    def add(self, said: Sequence[Fact | Refused]) -> None:
        for fact in said:
            self.one(fact)
        self.balance()

    def one(self, fact: Fact | Refused) -> None:
        match fact:
            case facts.CallQueued(call=call):
                assert call not in self.waiting, "queued twice"
                self.waiting.add(call)
                if fact.channel == "voice":
                    self.voice.add(call)
            case facts.PlaceKept(call=call):
                assert call in self.waiting
                self.virtual.add(call)
            case facts.OfferMade(offer=offer, call=call):
                assert call in self.waiting, "who left is offered"
                assert fact.virtual == (call in self.virtual)
                rung = any(offered == call for offered, _ in self.offers.values())
                assert not rung or (call in self.voice and not fact.virtual), fact.agent
                self.offers[offer] = call, fact.agent
            case facts.OfferEnded(offer=offer, call=call):
                assert self.offers.pop(offer) == (call, fact.agent)
            case facts.CallLeftQueue(call=call):
                assert call in self.waiting, "left without being queued"
                assert fact.virtual == (call in self.virtual)
                self.waiting.discard(call)
                self.virtual.discard(call)
                assert all(offered != call for offered, _ in self.offers.values())
            case facts.CallConnected(call=call):
                assert call not in self.talks
                self.talks[call] = fact.agent
            case facts.ConversationEnded(call=call):
                assert self.talks.pop(call) == fact.agent
                self.wraps[call, fact.agent] += 1
            case facts.WrapUpEnded(call=call):
                assert self.wraps[call, fact.agent] > 0
                self.wraps -= Counter([(call, fact.agent)])
            case facts.AgentStateChanged(agent=agent, state=state):
                self.states[agent] = state
            case _:
                pass

    def balance(self) -> None:
        """Between two messages."""
        busy = [agent for call, agent in self.offers.values() if call in self.voice]
        busy += [agent for call, agent in self.talks.items() if call in self.voice]
        busy += [agent for call, agent in self.wraps.elements() if call in self.voice]
        for agent, calls in Counter(busy).items():
            assert calls == 1, f"{agent} has {calls} voice calls"
            assert self.states[agent] in ("reserved", "talking", "wrap_up")
