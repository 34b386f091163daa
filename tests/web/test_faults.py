"""A known fault from the caller's key to the call back: who waits, who is to be told, who was."""

import re

import pytest
from flask.testing import FlaskClient

from calls.requests import ReportFault
from desk import contacts, tickets
from desk.models import Ticket
from engine import filing
from tests.web.fake_service import FakeService
from tests.web.panel import log_in


@pytest.fixture
def fault(service: FakeService) -> int:
    """The ticket PRB-1001: the network is disturbed."""
    with service.database.session() as session:
        made = tickets.create(session, "Network", author="admin", kind="problem", queue="support")
        assert made.number == "PRB-1001"
        return made.id


def press_one(service: FakeService, call: str, caller: str) -> str:
    """A caller asks to be told; gives the number of their ticket."""
    with service.database.session() as session:
        known = contacts.with_numbers(session.connection(), [caller])[caller]
        request = ReportFault(
            request=f"{call}/r",
            call=call,
            fault="PRB-1001",
            caller=caller,
            contact=known[0].id if known else None,
        )
        return filing.report_fault(session, request, "PL").ticket.number


def rows(page: str) -> list[list[str]]:
    """The cells of all tables, without marks."""
    plain = (re.findall(r"<td>(.*?)</td>", row, re.S) for row in page.split("<tr>")[1:])
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in plain]


def resolve(client: FlaskClient, tokens: dict[str, str], ticket: int) -> None:
    answer = client.patch(
        f"/api/v1/tickets/{ticket}",
        json={"status": "resolved"},
        headers={"Authorization": f"Bearer {tokens['agent']}"},
    )
    assert answer.status_code == 200, answer.text


def test_callers_wait_are_called_and_told(
    client: FlaskClient, service: FakeService, tokens: dict[str, str], fault: int
) -> None:
    first = press_one(service, "c-1", "+48221230101")
    second = press_one(service, "c-2", "+48501502503")
    log_in(client, "supervisor")
    page = client.get("/admin/faults").text
    assert "PRB-1001 Network" in page
    assert "not mended yet" in page
    shown = [[name, number, ticket, told] for name, number, ticket, _, told in rows(page)[1:]]
    assert shown == [
        ["Anna Nowak", "22 123 01 01", first, ""],
        ["", "501 502 503", second, ""],
    ]
    resolve(client, tokens, fault)
    token = log_in_again(client)
    page = client.get("/admin/faults").text
    assert "call them" in page
    assert [row[-1] for row in rows(page)[1:]] == ["Told", "Told"]
    with service.database.session() as session:
        own = tickets.by_number(session, first)
        assert own is not None
        assert own.status == "open"
        assert tickets.notes(session, own.id)[0].text == (
            "PRB-1001 is mended: tell Anna Nowak (22 123 01 01), then resolve this ticket."
        )
        assert tickets.notes(session, fault)[0].text == (
            f"To be told that it is mended: Anna Nowak (22 123 01 01) {first}, "
            f"501 502 503 {second}."
        )
        address = f"/admin/faults/told/{own.id}"
    page = client.post(address, data={"csrf_token": token}, follow_redirects=True).text
    assert f"{first} is resolved." in page
    assert [row[-1] for row in rows(page)[1:]] == ["told", "Told"]
    with service.database.session() as session:
        other = tickets.by_number(session, second)
        assert other is not None
        tickets.change(session, other.id, "agent1", status="closed")
    assert "Nobody waits" in client.get("/admin/faults").text


def log_in_again(client: FlaskClient) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/admin/faults").text)
    assert found is not None
    return found[1]


def test_who_asks_twice_is_told_once(
    client: FlaskClient, service: FakeService, tokens: dict[str, str], fault: int
) -> None:
    assert press_one(service, "c-1", "+48501502503") == press_one(service, "c-2", "+48501502503")
    assert press_one(service, "c-3", "") != press_one(service, "c-4", ""), "others who withhold it"
    resolve(client, tokens, fault)
    with service.database.session() as session:
        told = tickets.notes(session, fault)[0].text
    assert told.count("501 502 503") == 1
    assert told.count("withheld") == 2


def test_a_resolved_ticket_that_nobody_waits_for_says_nothing(
    client: FlaskClient, service: FakeService, tokens: dict[str, str], fault: int
) -> None:
    resolve(client, tokens, fault)
    with service.database.session() as session:
        assert tickets.notes(session, fault) == []
        assert session.get(Ticket, fault) is not None
