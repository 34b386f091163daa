"""The node kinds that ask stores and services, as a caller meets them."""

import pytest

from calls.events import CallerIdentified, KnownTicket, ServiceAnswered, TicketFound
from calls.requests import AskService, FindTicket
from tests.ivr.kinds import ADA, flow, queue_of, texts
from tests.ivr.walk import CALL, Walk

# --- look-ups

TICKET = """
ticket: {kind: lookup, find: ticket, number: "{{ entered }}", found: tell, not_found: sales}
tell: {kind: say, text: {en: "{{ ticket.title }} is {{ ticket.status }}."}, next: support}
"""


def test_a_ticket_is_found_by_its_number() -> None:
    walk = Walk(flow(TICKET, "ticket"), variables={"entered": "1009"}, who=ADA)
    asked = walk.said[-1]
    assert isinstance(asked, FindTicket)
    assert (asked.number, asked.contact) == ("1009", 3)
    found = KnownTicket(id=4, number="INC-1009", title="Printer")
    walk.answer(lambda request: TicketFound(request=request, call=CALL, ticket=found))
    assert texts(walk) == ["Printer", "is", "open"]


@pytest.mark.parametrize("failed", [True, False])
def test_a_ticket_that_is_not_there_and_a_store_that_fails(failed: bool) -> None:
    walk = Walk(flow(TICKET, "ticket"), variables={"entered": "1"})
    if failed:
        walk.wait(6)
        assert queue_of(walk) == "operators"
    else:
        walk.answer(lambda request: TicketFound(request=request, call=CALL))
        assert queue_of(walk) == "sales"


def test_an_answer_to_something_else_changes_nothing() -> None:
    walk = Walk(flow(TICKET, "ticket"), variables={"entered": "1"})
    assert walk.tell(TicketFound(request="other", call=CALL)) == []
    assert not walk.over


@pytest.mark.parametrize("known", [True, False])
def test_whether_the_caller_is_a_contact(known: bool) -> None:
    nodes = "who: {kind: lookup, find: contact, found: support, not_found: sales}"
    walk = Walk(flow(nodes, "who"))
    walk.tell(ADA if known else CallerIdentified(request="r", call=CALL))
    assert queue_of(walk) == ("support" if known else "sales")


HTTP = """
order:
  kind: http
  url: "https://shop.example/orders/{{ entered }}"
  method: POST
  body: {caller: caller, vip: vip}
  take: {account: state.name, total: sum}
  next: tell
  not_found: sales
tell: {kind: say, text: {en: "{{ account }}: {{ total | money EUR }}"}, next: support}
"""


def shop(answer: int | None, values: dict[str, str | int | float | bool], extra: str = "") -> Walk:
    """The status of the service's answer; None: none comes."""
    nodes = HTTP.replace("  next: tell\n  not", f"{extra}  next: tell\n  not")
    walk = Walk(flow(nodes, "order"), who=ADA, variables={"entered": "A/1?"})
    if answer is None:
        walk.wait(4.5)
    else:
        walk.answer(
            lambda request: ServiceAnswered(
                request=request, call=CALL, status=answer, values=values
            )
        )
    return walk


def test_a_service_is_asked_and_its_answer_spoken() -> None:
    walk = shop(200, {"account": "shipped", "total": 12.5})
    [asked] = [output for output in walk.all if isinstance(output, AskService)]
    assert asked.url == "https://shop.example/orders/A%2F1%3F"
    assert asked.body == {"caller": "+48600000001", "vip": True}
    assert asked.take == {"account": "state.name", "total": "sum"}
    assert texts(walk) == ["shipped", "twelve euro, fifty cents"]


@pytest.mark.parametrize(
    ("status", "values", "queue"),
    [
        (404, {}, "sales"),
        (500, {}, "operators"),
        (200, {"account": "shipped"}, "operators"),
        (200, {"account": "shipped", "total": "much"}, "operators"),
        (None, {}, "operators"),
    ],
)
def test_a_service_that_does_not_answer_well(
    status: int | None, values: dict[str, str | int | float | bool], queue: str
) -> None:
    assert queue_of(shop(status, values)) == queue


@pytest.mark.parametrize("status", [500, None])
def test_the_fallback_of_a_service(status: int | None) -> None:
    walk = shop(status, {}, "  fallback: {account: '\"unknown\"', total: '0.0'}\n")
    assert texts(walk) == ["unknown", "zero euro"]
