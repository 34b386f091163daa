"""The agent's page on the staged center: a call from the pop to the after-call work."""

from playwright.sync_api import Page, expect

from calls.actions import FinishWrapUp
from tests.browser.chromium import Panel, People, Picture


def online_with_own_phone(people: People, panel: Panel) -> Page:
    """agent1 is ready, with a SIP phone on the desk."""
    panel.service.phone("agent1")
    page = people.log_in("agent1")
    page.get_by_role("button", name="Use my SIP phone").click()
    page.get_by_role("button", name="Ready").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ready")
    return page


def test_a_call_pops_is_talked_and_wrapped_up(
    people: People, panel: Panel, picture: Picture
) -> None:
    page = online_with_own_phone(people, panel)
    center = panel.service
    center.arrive("c-7", ago=40)
    center.enqueue("c-7", ago=25)
    center.offer("c-7", "agent1")
    ring = page.get_by_role("dialog")
    expect(ring).to_contain_text("James Carter")
    expect(ring).to_contain_text("Northwind Clinic")
    picture(page, "agent-ringing")
    pop = page.locator("#pop")
    for text in ("James Carter", "VIP", "+48221230102", "Main menu › Support", "0:25"):
        expect(pop).to_contain_text(text)
    expect(pop.locator("#pop-ticket")).to_contain_text("INC-1002")
    expect(pop.locator("#pop-tickets")).to_contain_text("REQ-1001")
    expect(pop.locator("#pop-calls")).to_contain_text("agent2")

    center.connect("c-7")
    expect(ring).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_have_text("Talking")
    page.get_by_label("Note for the ticket").fill("New cable ordered")
    picture(page, "agent")

    center.end_call("c-7")
    expect(page.get_by_role("heading", level=1)).to_have_text("After-call work")
    expect(page.locator(".countdown")).to_contain_text("0:")
    page.get_by_label("Resolved").check()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ready")
    expect(pop).to_be_hidden()
    assert center.acted[-1] == FinishWrapUp(
        agent="agent1", code="resolved", note="New cable ordered"
    )
