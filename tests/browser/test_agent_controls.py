"""What an agent does with a conversation, on the agent's page of the staged center."""

import re
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from calls import facts
from calls.actions import (
    CancelTransfer,
    CompleteTransfer,
    HoldCall,
    MuteAgent,
    RecordCall,
    TransferCall,
)
from tests.browser.chromium import Panel, People, Picture
from tests.browser.test_agent_page import expect_state, online_with_own_phone, ring
from tests.web import fake_talks


@pytest.fixture
def page(people: People, panel: Panel) -> Page:
    """agent1's, in a call."""
    page = online_with_own_phone(people, panel)
    ring(panel)
    panel.service.connect("c-7")
    expect_state(page, "Talking")
    panel.service.acted.clear()
    return page


def test_a_caller_is_held_and_taken_back(page: Page, panel: Panel, picture: Picture) -> None:
    page.get_by_role("button", name="Hold").click()
    held = page.locator("#held")
    expect(held).to_have_text(re.compile(r"on hold 0:0\d"))
    picture(page, "agent-hold")
    page.reload()
    expect(held).to_have_text(re.compile(r"on hold 0:0\d"))
    page.keyboard.press("o")
    expect(held).to_be_hidden()
    expect(page.get_by_role("button", name="Hold")).to_be_visible()
    assert panel.service.acted == [HoldCall(agent="agent1"), HoldCall(agent="agent1", hold=False)]


def test_mute_is_the_centers_and_ends_with_the_call(page: Page, panel: Panel) -> None:
    page.keyboard.press("m")
    expect(page.locator("#muted")).to_be_visible()
    expect(page.get_by_role("button", name="Unmute")).to_be_visible()
    assert panel.service.acted == [MuteAgent(agent="agent1")]
    panel.service.end_call("c-7")
    expect_state(page, "After-call work")
    expect(page.locator("#muted")).to_be_hidden()


def test_a_recording_is_begun_paused_and_ended(page: Page, panel: Panel) -> None:
    chip = page.locator("#recording")
    expect(chip).to_be_hidden()
    page.keyboard.press("r")
    expect(chip).to_have_text("recording")
    page.get_by_role("button", name="Pause recording").click()
    expect(chip).to_have_text("recording paused")
    page.reload()
    expect(chip).to_have_text("recording paused")
    page.get_by_role("button", name="Go on recording").click()
    expect(chip).to_have_text("recording")
    page.get_by_role("button", name="End recording").click()
    expect(chip).to_be_hidden()
    assert [action.do for action in panel.service.acted if isinstance(action, RecordCall)] == [
        "start",
        "pause",
        "resume",
        "stop",
    ]


def test_a_caller_is_passed_on_to_a_queue(page: Page, panel: Panel, picture: Picture) -> None:
    panel.service.phone("agent2")
    panel.service.state("agent2", "ready")
    page.keyboard.press("t")
    dialog = page.get_by_role("dialog", name="Pass the caller on")
    expect(dialog.get_by_role("radio", name="Sales 0 waiting, 0 ready")).to_be_enabled()
    expect(dialog.get_by_role("radio", name="Bartosz Lis Ready")).to_be_enabled()
    expect(dialog.get_by_role("radio", name="Daniel Green Offline")).to_be_disabled()
    picture(page, "agent-pass-on")
    dialog.get_by_role("button", name="Pass on now").press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("Choose where to first.")
    dialog.get_by_label("To a queue, a colleague or a number").fill("sal")
    expect(dialog.get_by_role("radio")).to_have_count(1)
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Pass on now").click()
    expect(dialog).to_be_hidden()
    expect_state(page, "After-call work")
    expect(page.locator("#notice")).to_have_text("The caller was passed on to queue sales.")
    assert panel.service.acted == [TransferCall(agent="agent1", to="queue:sales")]


def test_a_number_is_typed_and_a_refusal_is_told(page: Page, panel: Panel) -> None:
    page.get_by_role("button", name="Pass on…").click()
    dialog = page.get_by_role("dialog", name="Pass the caller on")
    search = dialog.get_by_label("To a queue, a colleague or a number")
    search.fill("1001")
    expect(dialog.get_by_role("radio", name="1001 extension")).to_be_enabled()
    search.fill("+48 22 123-01-99")
    dialog.get_by_role("radio", name="+48221230199 number").check()
    panel.service.refusal = "the number cannot be dialled"
    dialog.get_by_role("button", name="Ask there first").click()
    expect(dialog.get_by_role("alert")).to_have_text("the number cannot be dialled")
    dialog.get_by_role("button", name="Ask there first").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#consult-who")).to_have_text("Calling +48221230199…")
    assert panel.service.acted[-1] == TransferCall(
        agent="agent1", to="tel:+48221230199", kind="warm"
    )


def ask_first(page: Page, who: str) -> None:
    page.keyboard.press("t")
    dialog = page.get_by_role("dialog", name="Pass the caller on")
    dialog.get_by_role("radio", name=who).check()
    dialog.get_by_role("button", name="Ask there first").click()
    expect(dialog).to_be_hidden()


def test_a_colleague_is_asked_and_takes_the_caller(
    page: Page, panel: Panel, picture: Picture
) -> None:
    panel.service.phone("agent2")
    panel.service.state("agent2", "ready")
    ask_first(page, "Bartosz Lis")
    expect(page.locator("#consult-who")).to_have_text("Calling Bartosz Lis…")
    expect(page.locator("#held")).to_be_visible()
    done = page.get_by_role("button", name="Pass the caller on")
    expect(done).to_have_attribute("aria-disabled", "true")
    expect(done).to_have_attribute("title", "They have not answered yet.")
    page.keyboard.press("c")
    expect(page.locator("#trouble")).to_have_text("They have not answered yet.")
    fake_talks.join_consultation(panel.service, "agent1", "agent2")
    expect(page.locator("#consult-who")).to_have_text("You talk with Bartosz Lis")
    expect(page.locator("#trouble")).to_be_hidden()
    picture(page, "agent-consult")
    page.reload()
    expect(page.locator("#consult-who")).to_have_text("You talk with Bartosz Lis")
    expect(page.locator("#consult-for")).to_have_text(re.compile(r"0:0\d"))
    page.keyboard.press("h")
    expect(page.locator("#trouble")).to_have_text("Pass the caller on, or go back to them first.")
    page.get_by_role("button", name="Talk together").click()
    expect(page.locator("#held")).to_be_hidden()
    page.keyboard.press("c")
    expect_state(page, "After-call work")
    expect(page.locator("#consult")).to_be_hidden()
    expect(page.locator("#notice")).to_have_text("The caller was passed on to Bartosz Lis.")
    assert panel.service.acted[-1] == CompleteTransfer(agent="agent1")


def test_who_is_asked_sees_by_whom_and_about_whom(
    people: People, panel: Panel, picture: Picture
) -> None:
    page = online_with_own_phone(people, panel)
    center = panel.service
    center.arrive("k-1")
    center.enqueue("k-1")
    center.happen(facts.CallQueued(call="k-1", queue="support", position=1, asked_by="agent2"))
    center.offer("k-1", "agent1", {"passed_by": "agent2"})
    expect(page.locator("#pop-marks")).to_contain_text("from Bartosz Lis")
    center.connect("k-1")
    center.happen(
        facts.ConsultJoined(call="c-7", agent="agent2", to="queue:support", other="agent1")
    )
    title = page.get_by_role("heading", name="Bartosz Lis asks you")
    expect(title).to_be_visible()
    picture(page, "agent-asked")
    page.reload()
    expect(title).to_be_visible()
    expect(page.get_by_role("button", name="Hold")).to_have_attribute(
        "title", "You are only asked; the caller is not yours yet."
    )
    center.arrive("c-7")
    center.take_over("c-7", "agent1")
    expect(page.get_by_role("heading", name="In a call")).to_be_visible()
    page.get_by_role("button", name="Hold").click()
    expect(page.locator("#held")).to_be_visible()


def test_asking_is_given_up_or_comes_to_nothing(page: Page, panel: Panel) -> None:
    ask_first(page, "Sales")
    page.keyboard.press("x")
    expect(page.locator("#consult")).to_be_hidden()
    expect(page.locator("#held")).to_be_hidden()
    assert panel.service.acted[-1] == CancelTransfer(agent="agent1")
    ask_first(page, "Sales")
    fake_talks.end_consultation(panel.service, "agent1", "busy")
    expect(page.locator("#notice")).to_have_text("Queue sales: busy. You are back with the caller.")
    expect(page.locator("#held")).to_be_hidden()


def test_a_call_that_ends_closes_the_dialog(page: Page, panel: Panel) -> None:
    page.keyboard.press("t")
    dialog = page.get_by_role("dialog", name="Pass the caller on")
    expect(dialog).to_be_visible()
    panel.service.end_call("c-7")
    expect(dialog).to_be_hidden()


def test_who_can_be_heard_is_shown_and_a_silent_listener_is_not(page: Page, panel: Panel) -> None:
    def follow(mode: Literal["monitor", "whisper", "barge"]) -> None:
        panel.service.happen(
            facts.SupervisionStarted(supervisor="supervisor", agent="agent1", mode=mode)
        )

    followers = page.locator("#followers")
    follow("monitor")
    follow("whisper")
    expect(followers).to_contain_text("is on the line with you. The caller does not hear them.")
    follow("barge")
    expect(followers).to_contain_text("The caller hears them too.")
    follow("monitor")
    expect(followers).to_be_hidden()
