"""Reports as supervisors see them and programs fetch them."""

import csv
import io
import time
from typing import get_args

import pytest
from flask.testing import FlaskClient

from calls import facts
from calls.config import ServiceLevelVariant
from tests.web.fake_service import FakeService
from tests.web.panel import log_in
from web.figures import VARIANTS

DAY = 1_792_454_400.0  # 2026-10-20 00:00 UTC
NOON = DAY + 12 * 3600
PERIOD = {"from": "2026-10-20", "to": "2026-10-20"}


@pytest.fixture
def day(service: FakeService) -> FakeService:
    """Two callers answered by agent1, one of them late; one who gave up."""
    service.happen(facts.AgentStateChanged(agent="agent1", state="ready"), at=NOON - 600)
    for n, (outcome, waited) in enumerate((("connected", 5), ("connected", 90), ("abandoned", 9))):
        call = f"c-{n}"
        service.happen(
            facts.CallQueued(call=call, queue="support", position=1, skills={"lang:pl": 3}),
            facts.OfferMade(
                offer=f"o{n}", call=call, agent="agent1", queue="support", waited=0, until=NOON
            ),
            at=NOON + n * 3600,
        )
        service.happen(
            facts.CallLeftQueue(call=call, queue="support", outcome=outcome, waited=waited),  # type: ignore[arg-type]
            at=NOON + n * 3600 + waited,
        )
    service.happen(facts.AgentStateChanged(agent="agent1", state="logged_out"), at=NOON + 9000)
    return service


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_report_as_json(day: FakeService, client: FlaskClient, tokens: dict[str, str]) -> None:
    answer = client.get(
        "/api/v1/figures", query_string=PERIOD, headers=bearer(tokens["supervisor"])
    )
    assert answer.status_code == 200
    report = answer.get_json()
    support = next(row for row in report["rows"] if row["key"] == "support")
    assert (support["offered"], support["answered"], support["abandoned"]) == (3, 2, 1)
    assert support["service_level"] == pytest.approx(1 / 3)
    assert support["service_level_variant"] == "standard"
    assert report["begin"] == DAY
    assert report["end"] == DAY + 86400


def test_by_and_variant(day: FakeService, client: FlaskClient, tokens: dict[str, str]) -> None:
    wanted = PERIOD | {"by": "skill", "variant": "answered"}
    answer = client.get(
        "/api/v1/figures", query_string=wanted, headers=bearer(tokens["supervisor"])
    )
    (row,) = answer.get_json()["rows"]
    assert (row["key"], row["service_level"], row["service_level_variant"]) == (
        "lang:pl",
        0.5,
        "answered",
    )


@pytest.mark.parametrize("by_accept", [True, False])
def test_a_report_as_csv(
    day: FakeService, client: FlaskClient, tokens: dict[str, str], by_accept: bool
) -> None:
    headers = bearer(tokens["supervisor"]) | ({"Accept": "text/csv"} if by_accept else {})
    wanted = PERIOD | {"by": "agent"} | ({} if by_accept else {"format": "csv"})
    answer = client.get("/api/v1/figures", query_string=wanted, headers=headers)
    assert answer.content_type.startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["key"] for row in rows] == ["agent1", "total"]
    assert rows[0]["offers"] == "3"
    assert float(rows[0]["ready_seconds"]) == 9600.0
    assert rows[0]["aht"] == ""


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"from": "yesterday"}, "from: 'yesterday' is no moment"),
        ({"from": "2026-10-20", "to": "2026-10-19"}, "from: the period must begin before it ends"),
        ({"from": "2020-01-01", "to": "2026-10-19"}, "from: a period has at most 400 days"),
        ({"by": "moon"}, "Invalid enum value 'moon'"),
        ({"since": "1"}, "unknown parameter since"),
    ],
)
def test_what_is_no_period_is_said(
    client: FlaskClient, tokens: dict[str, str], query: dict[str, str], told: str
) -> None:
    answer = client.get("/api/v1/figures", query_string=query, headers=bearer(tokens["supervisor"]))
    assert answer.status_code == 422
    assert told in answer.get_json()["detail"]


def test_moments_in_seconds_and_with_a_time(
    day: FakeService, client: FlaskClient, tokens: dict[str, str]
) -> None:
    for begin, end in (
        (f"{NOON + 1:.0f}", f"{NOON + 3601:.0f}"),
        ("2026-10-20T12:00:01", "2026-10-20T15:00:01+02:00"),
    ):
        answer = client.get(
            "/api/v1/figures",
            query_string={"from": begin, "to": end},
            headers=bearer(tokens["supervisor"]),
        )
        assert answer.get_json()["total"]["offered"] == 1, answer.text


def test_agents_may_not_see_reports(client: FlaskClient, tokens: dict[str, str]) -> None:
    answer = client.get("/api/v1/figures", headers=bearer(tokens["agent"]))
    assert answer.status_code == 403
    log_in(client, "agent1")
    assert client.get("/supervisor/figures").status_code == 403


def test_today_until_now_when_nothing_is_asked(
    service: FakeService, client: FlaskClient, tokens: dict[str, str]
) -> None:
    service.arrive("c-1")
    service.enqueue("c-1")
    report = client.get("/api/v1/figures", headers=bearer(tokens["admin"])).get_json()
    assert report["total"]["offered"] == 1
    assert report["end"] <= time.time()


@pytest.mark.parametrize("by", ["queue", "agent", "hour", "skill", "organisation"])
def test_the_page_draws_and_lists(day: FakeService, client: FlaskClient, by: str) -> None:
    log_in(client, "supervisor")
    page = client.get("/supervisor/figures", query_string=PERIOD | {"by": by, "variant": ""}).text
    assert "<svg" in page
    assert 'value="2026-10-20"' in page
    shown = {
        "queue": "33 %",
        "agent": "Hours by state",
        "hour": "10-20 13:00",
        "skill": "lang:pl",
        "organisation": "not known",
    }
    assert shown[by] in page


def test_the_page_says_what_is_wrong(client: FlaskClient) -> None:
    log_in(client, "supervisor")
    page = client.get("/supervisor/figures?from=soon").text
    assert "is no moment" in page
    page = client.get("/supervisor/figures?by=moon").text
    assert "moon" in page


def test_every_variant_has_its_line() -> None:
    assert set(VARIANTS) == {"", *get_args(ServiceLevelVariant)}
