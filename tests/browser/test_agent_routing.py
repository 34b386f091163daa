"""What the rules of queues mean on the agent's page, on the staged center."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from calls.actions import ExtendWrapUp, FinishWrapUp, HangupCall, SetAgentState
from calls.events import KnownCall
from tests.browser.chromium import Panel, People
from tests.browser.test_agent_page import expect_state, online_with_own_phone, ring


@pytest.fixture
def page(people: People, panel: Panel) -> Page:
    """agent1's, ready."""
    return online_with_own_phone(people, panel)


def test_after_call_work_is_made_longer(page: Page, panel: Panel) -> None:
    ring(panel)
    panel.service.connect("c-7")
    panel.service.end_call("c-7", wrap_up=49.0, extensions=2)
    left = page.locator("#wrap-up-left")
    expect(left).to_have_text(re.compile(r"0:4\d"))
    more = page.get_by_role("button", name="More time (2 left)")
    more.click()
    expect(left).to_have_text(re.compile(r"1:1\d"))
    page.get_by_role("button", name="More time (1 left)").click()
    expect(left).to_have_text(re.compile(r"1:4\d"))
    expect(page.locator("#extend")).to_be_hidden()
    assert panel.service.acted[-2:] == [ExtendWrapUp(agent="agent1")] * 2
    page.get_by_role("button", name="Done").click()
    expect_state(page, "Ready")


def test_after_call_work_without_an_end_has_no_countdown(page: Page, panel: Panel) -> None:
    ring(panel)
    panel.service.connect("c-7")
    panel.service.end_call("c-7", wrap_up=None)
    expect(page.locator("#state-hint")).to_contain_text("Take the time you need")
    expect(page.locator(".countdown")).to_be_hidden()
    expect(page.locator("#extend")).to_be_hidden()
    page.get_by_role("button", name="Done").click()
    expect_state(page, "Ready")
    assert panel.service.acted[-1] == FinishWrapUp(agent="agent1")


def test_a_rest_counts_down_and_cannot_be_cut_short(page: Page, panel: Panel) -> None:
    panel.service.state("agent1", "not_ready", "rest", until=time.time() + 50)
    expect_state(page, "Resting")
    timer = page.locator("#state-timer")
    expect(timer).to_have_text(re.compile(r"0:\d\d"))
    before = timer.inner_text()
    expect(timer).not_to_have_text(before)
    expect(page.locator("#ready")).to_be_hidden()
    expect(page.get_by_label("Not ready because of")).to_be_visible()
    panel.service.state("agent1", "ready")
    expect_state(page, "Ready")


def test_a_break_asked_for_in_a_call_is_shown_and_taken_back(page: Page, panel: Panel) -> None:
    ring(panel)
    panel.service.connect("c-7")
    expect_state(page, "Talking")
    page.get_by_label("Not ready because of").select_option("lunch")
    expect(page.locator("#next-state-name")).to_have_text("After this call: not ready, lunch")
    page.get_by_role("button", name="Stay ready").click()
    expect(page.locator("#next-state-name")).to_have_text("After this call: ready")
    expect(page.locator("#stay-ready")).to_be_hidden()
    assert panel.service.acted[-1] == SetAgentState(agent="agent1", state="ready")


def test_a_call_that_a_colleague_answers_is_not_missed(page: Page, panel: Panel) -> None:
    center = panel.service
    center.phone("agent2")
    ring(panel)
    center.offer("c-7", "agent2")
    expect(page.get_by_role("dialog")).to_be_visible()
    center.connect("c-7", "agent2")
    expect(page.locator("#notice")).to_have_text("Answered by Bartosz Lis.")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#pop")).to_be_hidden()
    expect_state(page, "Ready")
    expect(page.locator("#state-hint")).to_have_text("Waiting for the next caller.")
    center.end_call("c-7")
    ring(panel, "c-8")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.locator("#notice")).to_be_hidden()


def test_a_caller_who_hangs_up_while_it_rings_is_told(page: Page, panel: Panel) -> None:
    ring(panel)
    expect(page.get_by_role("dialog")).to_be_visible()
    panel.service.end_offer("agent1", "rescinded")
    expect(page.locator("#notice")).to_have_text("The caller hung up before you answered.")
    expect_state(page, "Ready")


def offer_callback(panel: Panel) -> None:
    panel.service.arrive("c-7", ago=400)
    panel.service.enqueue("c-7", ago=390)
    panel.service.keep_place("c-7")
    panel.service.offer("c-7", "agent1")


def test_a_kept_place_is_called_back_once_accepted(page: Page, panel: Panel) -> None:
    center = panel.service
    offer_callback(panel)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("support · callback")
    expect(dialog).to_contain_text("We dial +48221230102 when you accept.")
    center.call_back("c-7")
    expect_state(page, "Calling back")
    expect(page.locator("#call-line")).to_contain_text("Dialling +48221230102")
    expect(page.locator("#wrap-up")).to_be_hidden()
    page.reload()
    expect_state(page, "Calling back")
    center.tried("c-7", "answered")
    expect_state(page, "Talking")
    expect(page.locator("#calling-bar")).to_be_hidden()
    expect(page.get_by_label("Note for the ticket")).to_be_visible()
    page.get_by_role("button", name="Hang up").click()
    expect_state(page, "After-call work")
    assert HangupCall(call="c-7", by="agent1") in center.acted


def test_a_caller_who_is_not_reached_is_told_and_frees_the_agent(page: Page, panel: Panel) -> None:
    center = panel.service
    offer_callback(panel)
    center.call_back("c-7")
    expect_state(page, "Calling back")
    center.tried("c-7", "busy", retry=time.time() + 120)
    expect_state(page, "Ready")
    notice = page.locator("#notice")
    expect(notice).to_contain_text("+48221230102 was not reached: busy. We try again at ")
    center.offer("c-7", "agent1")
    expect(notice).to_be_hidden()
    center.call_back("c-7")
    center.tried("c-7", "no_answer")
    expect(notice).to_contain_text("no answer. That was the last attempt.")
    expect(page.locator("#pop")).to_be_hidden()


def test_a_caller_who_asks_for_the_agent_or_knows_them_is_marked(page: Page, panel: Panel) -> None:
    earlier = KnownCall(call="c-1", at=1_763_700_000.0, outcome="handled", agent="agent1")
    panel.service.arrive("c-7")
    panel.service.enqueue("c-7")
    panel.service.offer("c-7", "agent1", {"asked_for": True, "earlier": (earlier,)})
    marks = page.locator("#pop-marks")
    expect(marks).to_contain_text("asked for you")
    expect(marks).to_contain_text("talked with you on ")
    panel.service.end_offer("agent1", "rescinded")
    panel.service.offer("c-7", "agent1")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(marks).to_be_hidden()


def test_a_reload_while_it_rings_still_knows_the_offer(page: Page, panel: Panel) -> None:
    ring(panel)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.reload()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("waited 0:25")
    expect(page.locator("#ring-bar")).to_be_visible()


def test_contacts_of_other_channels_and_the_open_line_are_shown(
    people: People, panel: Panel
) -> None:
    panel.service.configure_agent("agent1", persistent=True)
    panel.service.change_agent("agent1", contacts=2)
    page = online_with_own_phone(people, panel)
    expect(page.locator("#contacts")).to_have_text("2 other contacts")
    expect(page.locator("#phone-state")).to_contain_text("the line stays open")
