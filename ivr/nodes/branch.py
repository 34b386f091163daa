"""Lead callers by what is known of them, of the queues and of what they said."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from ivr.fields import Expression, Next, Target
from ivr.node import Edge, Formula, Leave, Node, Step
from ivr.visit import Visit


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One condition, and where it leads."""

    condition: Expression = msgspec.field(name="if")
    next: Target


class BranchNode(Node, frozen=True, kw_only=True):
    """Take the first condition that holds; see `ivr.expressions` for what may be named.

    .. code-block:: yaml

        route:
          kind: branch
          cases:
            - {if: vip && queues.support.waiting > 5, next: sales}
            - {if: 'language == "pl"', next: support}
          else: menu
    """

    leads_on = True

    cases: Annotated[tuple[Case, ...], Meta(min_length=1, description="a list of conditions")]
    otherwise: Next = msgspec.field(name="else")

    def enter(self, visit: Visit) -> Step:
        for number, case in enumerate(self.cases, 1):
            if visit.evaluate(case.condition):
                return Leave(exit=str(number))
        return Leave(exit="else")

    def edges(self) -> Sequence[Edge]:
        return (
            *(
                Edge(exit=str(number), target=case.next, path=("cases", str(number - 1), "next"))
                for number, case in enumerate(self.cases, 1)
            ),
            Edge(exit="else", target=self.otherwise, path=("else",)),
        )

    def formulas(self) -> Sequence[Formula]:
        return tuple(
            Formula(source=case.condition, path=("cases", str(index), "if"), types=("truth",))
            for index, case in enumerate(self.cases)
        )
