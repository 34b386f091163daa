"""Queues and agents changed by people: the administrator's form, the supervisor's wall."""

import time

import msgspec
from playwright.sync_api import Locator, Page, Route, expect

from calls.config import Overflow, Queue, Relaxation
from engine import configuration
from tests.browser.chromium import Panel, People, until


def queue_in(panel: Panel, name: str) -> Queue:
    with panel.service.database.session() as session:
        return configuration.read(session).queues[name]


def choice(row: Locator, name: str) -> Locator:
    """The select that is called so; its label holds the texts of its options as well."""
    return row.get_by_role("combobox", name=name, exact=True)


def fold(page: Page, title: str) -> None:
    page.get_by_role("heading", name=title).click()


def test_rules_are_added_ordered_and_removed(people: People, panel: Panel) -> None:
    page = people.log_in("admin", "/login?next=/admin/queues/sales")
    fold(page, "Where callers go instead of waiting")
    rules = page.locator('[data-rows="rule"] > li')
    expect(rules).to_have_count(1)
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_role("button", name="Add a rule").click()
    second, third = rules.nth(1), rules.nth(2)
    choice(second, "If").select_option("The queue is closed")
    expect(second.get_by_label("Limit")).to_be_hidden()
    choice(second, "send to").select_option("An outside number…")
    second.get_by_role("textbox", name="Number").fill("+48221230199")
    choice(third, "If").select_option("Callers ahead are at least")
    expect(third).to_contain_text("callers")
    third.get_by_label("Limit").fill("8")
    choice(third, "send to").select_option("Support")
    expect(third.locator(".number-only")).to_be_hidden()
    third.get_by_role("button", name="Earlier").click()
    rules.nth(0).get_by_role("button", name="Remove this rule").click()
    fold(page, "Needs that ease while a caller waits")
    step = page.locator('[data-rows="step"] > li').first
    step.get_by_role("button", name="One more skill").click()
    step.get_by_label("Skill").last.fill("sales")
    step.get_by_label("Level that is enough").last.fill("0")
    step.get_by_label("Support").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Queue sales is saved.")
    sales = queue_in(panel, "sales")
    assert sales.overflow == (
        Overflow(when="length", limit=8.0, to="queue", target="support"),
        Overflow(when="closed", to="number", target="+48221230199"),
    )
    anybody = {"lang:en": 1, "lang:pl": 1, "lang:uk": 1, "sales": 0}
    assert sales.relaxation == (Relaxation(after=60.0, skills=anybody, queues=("support",)),)


def test_a_click_before_the_page_hears_it_is_not_lost(people: People) -> None:
    page = people.log_in("admin", "/login?next=/admin/queues")
    late: list[Route] = []
    page.route("**/build/admin.js*", lambda route: late.append(route))
    page.get_by_role("link", name="sales", exact=True).click(no_wait_after=True)
    fold(page, "Where callers go instead of waiting")
    add = page.get_by_role("button", name="Add a rule")
    expect(add).to_be_disabled()
    until(lambda: bool(late), "the script is asked for")
    late[0].continue_()
    add.click()
    expect(page.locator('[data-rows="rule"] > li')).to_have_count(2)
    page.get_by_role("button", name="Remove this rule").last.click()
    expect(page.locator('[data-rows="rule"] > li')).to_have_count(1)


def test_what_is_recorded_and_who_counts_as_reached_is_set(people: People, panel: Panel) -> None:
    page = people.log_in("admin", "/login?next=/admin/queues/support")
    page.get_by_label("Conversations are recorded").check()
    fold(page, "Callers who come back")
    page.get_by_label("An answering machine counts as not reached").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name="support")).to_contain_text("recorded")
    support = queue_in(panel, "support")
    assert (support.record, support.callback_detect) == (True, True)


def test_queues_that_send_callers_round_are_refused(people: People, panel: Panel) -> None:
    with panel.service.database.session() as session:
        support = configuration.read(session).queues["support"]
        rule = Overflow(when="waited", to="queue", target="sales")
        configuration.save_queue(session, msgspec.structs.replace(support, overflow=(rule,)))
    page = people.log_in("admin", "/login?next=/admin/queues/sales")
    fold(page, "Where callers go instead of waiting")
    rule_row = page.locator('[data-rows="rule"] > li').first
    choice(rule_row, "If").select_option("Callers ahead are at least")
    rule_row.get_by_label("Limit").fill("0")
    choice(rule_row, "send to").select_option("Support")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("sales to support to sales")
    expect(page.locator("#overflow")).to_have_attribute("open", "")


def test_opening_hours_are_set(people: People, panel: Panel) -> None:
    page = people.log_in("admin", "/login?next=/admin/queues/support")
    fold(page, "Opening hours")
    expect(page.get_by_label("Monday", exact=True)).to_be_hidden()
    page.get_by_label("Only at these times").check()
    page.get_by_label("Monday", exact=True).fill("09:00-17:00")
    page.get_by_role("button", name="Monday's times until Friday").click()
    page.get_by_label("Closed on public holidays of").select_option("Poland")
    page.get_by_role("button", name="Add a day").click()
    page.get_by_label("On", exact=True).fill("2026-12-24")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name="support")).to_contain_text("opening hours")
    hours = queue_in(panel, "support").hours
    assert hours is not None
    assert hours.weekly == dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("09:00-17:00",))
    assert (hours.country, hours.exceptions) == ("PL", {"2026-12-24": ()})


def test_a_mistake_is_shown_in_its_group(people: People, panel: Panel) -> None:
    before = queue_in(panel, "support")
    page = people.log_in("admin", "/login?next=/admin/queues/support")
    fold(page, "Opening hours")
    page.get_by_label("Only at these times").check()
    page.get_by_label("Tuesday", exact=True).fill("9 to 5")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("hours.weekly.tue: '9 to 5' is no span")
    expect(page.get_by_label("Tuesday", exact=True)).to_have_value("9 to 5")
    expect(page.locator("#hours")).to_have_attribute("open", "")
    assert queue_in(panel, "support") == before


def test_a_field_that_lacks_opens_its_group(people: People) -> None:
    page = people.log_in("admin", "/login?next=/admin/queues/support")
    fold(page, "Needs that ease while a caller waits")
    page.get_by_role("button", name="Add a step").click()
    fold(page, "Needs that ease while a caller waits")
    expect(page.get_by_label("After waiting").last).to_be_hidden()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("After waiting").last).to_be_focused()


def test_a_user_is_removed_after_a_second_thought(people: People, panel: Panel) -> None:
    page = people.log_in("admin", "/login?next=/admin/users/agent4")
    page.get_by_role("link", name="Remove this user").click()
    expect(page.get_by_role("main")).to_contain_text("Queue sales then has 3 agents.")
    page.get_by_role("link", name="Keep").click()
    page.get_by_role("link", name="Remove this user").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("status")).to_contain_text("agent4 is removed.")
    expect(page.get_by_role("row", name="agent4")).to_have_count(0)


def test_a_supervisor_closes_a_queue_with_one_click(people: People, panel: Panel) -> None:
    page = people.log_in("supervisor")
    page.get_by_role("button", name="Close Support").click()
    support = page.locator('[data-queue="support"]')
    expect(support.locator('[data-part="closed"]')).to_be_visible()
    expect(page.locator('[data-queue="sales"] [data-part="closed"]')).to_be_hidden()
    assert queue_in(panel, "support").closed
    page.get_by_role("button", name="Open Support").click()
    expect(support.locator('[data-part="closed"]')).to_be_hidden()
    assert not queue_in(panel, "support").closed


def test_a_supervisor_moves_an_agent_while_callers_wait(people: People, panel: Panel) -> None:
    panel.service.phone("agent4")
    panel.service.arrive("c-1")
    panel.service.enqueue("c-1", "support")
    page = people.log_in("supervisor")
    page.get_by_role("button", name="Daniel Green").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Support", exact=True).fill("1")
    dialog.get_by_label("support", exact=True).fill("11")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_visible()
    dialog.get_by_label("support", exact=True).fill("6")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(page.locator('[data-agent="agent4"]')).to_contain_text("sales, support")
    with panel.service.database.session() as session:
        agent = configuration.read(session).agents["agent4"]
    assert agent.queues == {"sales": 1, "support": 1}
    assert agent.skills["support"] == 6


def test_the_wall_tells_kept_places_rests_and_extensions(people: People, panel: Panel) -> None:
    center = panel.service
    for number in (1, 2):
        center.phone(f"agent{number}")
    for call in ("c-1", "c-2"):
        center.arrive(call)
        center.enqueue(call)
    center.keep_place("c-2")
    center.offer("c-1", "agent1")
    center.connect("c-1")
    center.end_call("c-1", extensions=2)
    center.state("agent2", "not_ready", "rest", until=time.time() + 20)
    page = people.log_in("supervisor")
    expect(page.locator('[data-queue="support"]')).to_contain_text("waiting, 1 off the line")
    expect(page.locator('[data-call="c-2"]')).to_contain_text("keeps the place")
    expect(page.locator('[data-agent="agent1"]')).to_contain_text("2 extensions left")
    expect(page.locator('[data-agent="agent2"]')).to_contain_text("Resting")
    center.offer("c-2", "agent2")
    expect(page.locator('[data-call="c-2"]')).to_contain_text("calling back")
