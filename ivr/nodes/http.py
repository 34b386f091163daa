"""Ask a service outside."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta

from calls.events import ServiceAnswered, StoreEvent
from calls.requests import AskService
from ivr.fields import Expression, Next, OptionalTarget, VariableName
from ivr.node import Ask, Edge, Fault, Formula, Leave, Node, Reference, Step
from ivr.visit import Visit


class HttpNode(Node, frozen=True, kw_only=True):
    """Ask an HTTP service that answers JSON, and take variables of the flow from its answer. Only
    services that the setting ``flow_services`` allows are asked. Where it does not answer well
    and in time, the `fallback` is taken if there is one, else the exit ``error``.

    .. code-block:: yaml

        order:
          kind: http
          url: "https://shop.example/api/orders/{{ entered }}"   # values are quoted for an address
          method: GET
          timeout: 3              # seconds, for everything together
          take:                   # variable: path in the answer
            account: order.customer.number
          fallback:
            account: '"unknown"'
          next: menu
          not_found: sales        # for the status 404; else that is an error
    """

    url: Annotated[
        str,
        Meta(
            pattern=r"^https?://",
            description="an address that begins with https:// or http://",
        ),
    ]
    method: Literal["GET", "POST"] = "GET"
    #: Sent as JSON with ``POST``.
    body: dict[str, Expression] = {}
    timeout: Annotated[
        float, Meta(ge=0.1, le=10, description="a number of seconds from 0.1 to 10")
    ] = 3.0
    take: dict[VariableName, str] = {}
    fallback: dict[VariableName, Expression] = {}
    next: Next
    not_found: OptionalTarget = ""

    def enter(self, visit: Visit) -> Step:
        body: dict[str, Any] = {name: visit.evaluate(one) for name, one in self.body.items()}
        request = AskService(
            request=visit.request(),
            call=visit.call,
            url=visit.text(self.url, url=True),
            method=self.method,
            body=body,
            timeout=self.timeout,
            take=self.take,
        )
        return Ask(request=request, timeout=self.timeout + 1.0)

    def answered(self, visit: Visit, answer: StoreEvent) -> Step:
        if not isinstance(answer, ServiceAnswered):
            return Leave(exit="error")
        if answer.status == 404 and self.not_found:
            return Leave(exit="not_found")
        if answer.status // 100 != 2 or answer.values.keys() != self.take.keys():
            return self.survives(visit) or Leave(exit="error")
        return Leave(exit="next", values=answer.values)

    def survives(self, visit: Visit) -> Step | None:
        if not self.fallback:
            return None
        values = {name: visit.evaluate(source) for name, source in self.fallback.items()}
        return Leave(exit="next", values=values)

    def edges(self) -> Sequence[Edge]:
        not_found = Edge(exit="not_found", target=self.not_found, path=("not_found",))
        return (
            Edge(exit="next", target=self.next, path=("next",)),
            *((not_found,) if self.not_found else ()),
        )

    def formulas(self) -> Sequence[Formula]:
        return (
            Formula(source=self.url, path=("url",), template=True),
            *(Formula(source=one, path=("body", name)) for name, one in self.body.items()),
            *(
                Formula(source=one, path=("fallback", name), into=name)
                for name, one in self.fallback.items()
            ),
        )

    def names(self) -> Sequence[Reference]:
        return tuple(
            Reference(what="variable", name=name, path=(field, name))
            for field, names in (("take", self.take), ("fallback", self.fallback))
            for name in names
        )

    def faults(self) -> Sequence[Fault]:
        host = self.url.partition("://")[2].partition("/")[0]
        if "{{" not in host:
            return ()
        return (Fault(("url",), "'url' has a value in its host; write the host out"),)
