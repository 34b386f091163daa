"""Put the caller through to one party."""

from collections.abc import Sequence
from typing import Literal

from ivr.fields import OptionalTarget, Target, Timeout
from ivr.messages import Transferred
from ivr.node import Edge, Fault, Formula, Node, Step
from ivr.visit import Visit

#: Why a party was not reached.
NotReached = Literal["busy", "no_answer", "declined", "unreachable"]


class TransferNode(Node, frozen=True, kw_only=True):
    """Ring an agent, an extension or a number outside, and let the caller talk with them.

    .. code-block:: yaml

        night:
          kind: transfer
          number: "+48221234567"   # or agent: ada, or extension: reception
          timeout: 25              # seconds
          exits:                   # who is not reached; the rest goes to 'error', else the operator
            busy: sales
            no_answer: menu        # also declined, unreachable
          after: menu              # when they have hung up; the call is over when left out
    """

    ends = True
    takes_the_call = True

    agent: str = ""
    extension: str = ""
    number: str = ""
    timeout: Timeout = 25.0
    exits: dict[NotReached, Target] = {}
    after: OptionalTarget = ""

    def enter(self, visit: Visit) -> Step:
        scheme, party = next(one for one in self._parties() if one[1])
        return Transferred(
            to=f"{scheme}:{visit.text(party)}",
            timeout=self.timeout,
            exits={str(why): target for why, target in self.exits.items()},
            after=self.after,
        )

    def _parties(self) -> Sequence[tuple[str, str]]:
        return (("agent", self.agent), ("phone", self.extension), ("tel", self.number))

    def edges(self) -> Sequence[Edge]:
        after = Edge(exit="after", target=self.after, path=("after",), pressed=True)
        return (
            *(
                Edge(exit=why, target=target, path=("exits", why), pressed=why == "no_answer")
                for why, target in self.exits.items()
            ),
            *((after,) if self.after else ()),
        )

    def formulas(self) -> Sequence[Formula]:
        fields = (("agent", self.agent), ("extension", self.extension), ("number", self.number))
        return tuple(
            Formula(source=party, path=(field,), template=True) for field, party in fields if party
        )

    def faults(self) -> Sequence[Fault]:
        if sum(bool(party) for _, party in self._parties()) == 1:
            return ()
        return (Fault((), "transfers to one of 'agent', 'extension' and 'number'; give one"),)
