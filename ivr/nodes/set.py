"""Remember something."""

from collections.abc import Sequence

from calls.facts import CallTagged
from ivr.fields import Expression, Next, Template, VariableName
from ivr.node import Edge, Fault, Formula, Leave, Node, Reference, Step
from ivr.visit import Visit


class SetNode(Node, frozen=True, kw_only=True):
    """Give variables of the flow values, and tag the call for reports and for the agent.

    .. code-block:: yaml

        remember:
          kind: set
          values:             # all worked out with what was known before
            urgent: vip
            tries: tries + 1
          tags: [billing, "lang-{{ language }}"]
          next: menu
    """

    leads_on = True

    values: dict[VariableName, Expression] = {}
    tags: tuple[Template, ...] = ()
    next: Next

    def enter(self, visit: Visit) -> Step:
        return Leave(
            exit="next",
            values={name: visit.evaluate(source) for name, source in self.values.items()},
            facts=tuple(CallTagged(call=visit.call, tag=visit.text(tag)) for tag in self.tags),
        )

    def edges(self) -> Sequence[Edge]:
        return (Edge(exit="next", target=self.next, path=("next",)),)

    def formulas(self) -> Sequence[Formula]:
        return (
            *(
                Formula(source=source, path=("values", name), into=name)
                for name, source in self.values.items()
            ),
            *(
                Formula(source=tag, path=("tags", str(index)), template=True)
                for index, tag in enumerate(self.tags)
            ),
        )

    def names(self) -> Sequence[Reference]:
        return tuple(
            Reference(what="variable", name=name, path=("values", name)) for name in self.values
        )

    def faults(self) -> Sequence[Fault]:
        if self.values or self.tags:
            return ()
        return (Fault((), "sets nothing; give it 'values' or 'tags'"),)
