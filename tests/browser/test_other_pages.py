"""The wall, the administration and the public pages in a real browser."""

import msgspec
from playwright.sync_api import expect

from calls.actions import HangupCall
from calls.views import QueueFigures
from engine import configuration
from tests.browser.chromium import Panel, People, Picture


def fill(panel: Panel) -> None:
    """A busy quarter of an hour."""
    center = panel.service
    center.figures = {
        "support": QueueFigures(
            offered=41, answered=36, answered_in_time=31, abandoned=3, short_abandoned=1, rona=2,
            service_level=31 / 38, asa=14.2, aht=211.0,
        ),
        "sales": QueueFigures(
            offered=18, answered=12, answered_in_time=6, abandoned=5, service_level=6 / 17, asa=43.0
        ),
    }  # fmt: skip
    for number in range(1, 6):
        center.phone(f"agent{number}")
    for place, ago in enumerate((870, 800, 640, 500, 410, 300, 220, 150)):
        call = f"c-{place}"
        center.arrive(call, caller=f"+4822123{place:04}", ago=ago)
        center.enqueue(call, "sales" if place % 3 == 0 else "support", ago=ago - 12)
    for call, agent in (("c-0", "agent3"), ("c-1", "agent1"), ("c-2", "agent2"), ("c-3", "agent4")):
        center.offer(call, agent)
        if agent != "agent4":
            center.connect(call)
    center.end_call("c-2")
    center.state("agent5", "not_ready", "lunch", ago=620)
    center.arrive("c-20", ago=9)
    center.arrive("c-21", caller="", ago=4)


def test_the_wall_is_live(people: People, panel: Panel, picture: Picture) -> None:
    fill(panel)
    page = people.log_in("supervisor")
    support = page.locator('[data-queue="support"]')
    expect(support.locator('[data-part="waiting"]')).to_have_text("3")
    expect(support).to_contain_text("82 % within 20 s")
    expect(support.locator('[data-part="longest"]')).to_have_class("late")
    expect(page.locator('[data-agent="agent5"]')).to_contain_text("lunch")
    expect(page.locator('[data-agent="agent5"] [data-part="since"]')).to_contain_text("10:2")
    expect(page.locator("#link")).to_have_text("live")
    expect(page.locator("#chart-most")).to_have_text("most at once: 8")
    picture(page, "supervisor")

    panel.service.offer("c-4", "agent5")
    panel.service.connect("c-4")
    expect(support.locator('[data-part="waiting"]')).to_have_text("2")
    expect(page.locator('[data-agent="agent5"]')).to_contain_text("Talking")
    expect(page.locator('[data-call="c-4"]')).to_contain_text("agent5")

    page.on("dialog", lambda dialog: dialog.accept())
    page.locator('[data-call="c-4"]').get_by_role("button", name="End").click()
    expect(page.locator('[data-call="c-4"]')).to_have_count(0)
    assert panel.service.acted == [HangupCall(call="c-4", by="supervisor")]


def test_the_longest_wait_ticks(people: People, panel: Panel) -> None:
    panel.service.arrive("c-1")
    panel.service.enqueue("c-1")
    page = people.log_in("supervisor")
    longest = page.locator('[data-queue="support"] [data-part="longest"]')
    expect(longest).to_have_text("0:02")
    expect(longest).to_have_text("0:03")


def test_a_call_can_be_read_up(people: People, panel: Panel, picture: Picture) -> None:
    center = panel.service
    for number in range(12):
        known, lost = number % 3 != 0, number % 5 == 4
        center.record(
            f"c-{number}",
            1_763_700_000.0 + 300 * number,
            caller="+48221230102",
            name="James Carter" if known else "",
            organisation="Northwind Clinic" if known else "",
            path="Main menu > Support",
            queue="support",
            agent="" if lost else f"agent{1 + number % 4}",
            waited=12.0 + number,
            talked=0.0 if lost else 90.0 + 7 * number,
            outcome="abandoned_queue" if lost else "handled",
            code="" if lost else ("resolved", "follow_up")[number % 2],
        )
    center.phone("agent1")
    center.arrive("c-11")
    center.enqueue("c-11")
    center.offer("c-11", "agent1")
    center.connect("c-11")
    center.end_call("c-11")
    page = people.log_in("supervisor")
    page.get_by_role("link", name="Calls").click()
    picture(page, "calls")
    page.get_by_role("row").nth(1).get_by_role("link").click()
    expect(page.locator(".timeline").last).to_contain_text("Offered to agent1")
    picture(page, "call-story")


def test_an_administrator_adds_an_agent(people: People, panel: Panel, picture: Picture) -> None:
    page = people.log_in("admin")
    page.get_by_role("link", name="Add a user").click()
    page.get_by_label("Name").fill("agent6")
    page.get_by_label("Shown as").fill("Ewa Lis")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("status")).to_contain_text("agent6 is added and has a phone")
    page.get_by_label("support").first.fill("1")
    page.get_by_label("lang:pl").fill("9")
    picture(page, "admin-user")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name="agent6")).to_contain_text("lang:pl 9")
    picture(page, "admin-users")
    with panel.service.database.session() as session:
        agent = configuration.read(session).agents["agent6"]
    assert (agent.queues, agent.skills) == ({"support": 1}, {"lang:pl": 9})


def test_an_administrator_changes_a_queue(people: People, panel: Panel, picture: Picture) -> None:
    page = people.log_in("admin")
    page.get_by_role("link", name="Queues").click()
    page.get_by_role("link", name="support").click()
    page.get_by_label("Answer within (s)").fill("30")
    picture(page, "admin-queue")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name="support")).to_contain_text("30 s")
    support = next(queue for queue in panel.service.live().queues if queue.name == "support")
    assert msgspec.to_builtins(support)["service_level_seconds"] == 30


def test_the_public_pages(people: People, picture: Picture) -> None:
    page = people.open("/")
    picture(page, "home")
    page.get_by_role("link", name="Call from this page").click()
    page.get_by_role("button", name="5").click()
    expect(page.get_by_label("Number")).to_have_value("10005")
    picture(page, "call-page")
    page.get_by_role("button", name="Call", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("The switch cannot be reached")
    expect(page.get_by_role("button", name="Call", exact=True)).to_be_visible()


def test_a_wrong_password_is_told(people: People, picture: Picture) -> None:
    page = people.open("/login")
    page.get_by_label("Name").fill("agent1")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text("Wrong name or password.")
    expect(page.get_by_label("Name")).to_have_value("agent1")
    picture(page, "login")
