"""A supervisor follows agents, on the wall of the staged center."""

import pytest
from playwright.sync_api import Page, expect

from calls.actions import StopSupervising, SuperviseAgent
from tests.browser.chromium import Panel, People, Picture
from tests.browser.test_other_pages import fill


@pytest.fixture
def page(people: People, panel: Panel) -> Page:
    """The wall of a supervisor with a SIP phone; agent1 and agent3 talk."""
    fill(panel)
    page = people.log_in("supervisor")
    page.get_by_label("Listen in with my SIP phone").check()
    panel.service.acted.clear()
    return page


def test_a_supervisor_listens_whispers_joins_in_and_stops(
    page: Page, panel: Panel, picture: Picture
) -> None:
    row = page.locator('[data-agent="agent1"]')
    expect(
        page.locator('[data-agent="agent2"]').get_by_role("button", name="Listen")
    ).to_be_hidden()
    row.get_by_role("button", name="Listen").click()
    bar = page.get_by_role("region", name="Listening in")
    expect(bar).to_contain_text("You follow Alice Wood. Nobody hears you.")
    expect(row.get_by_role("button", name="Listen")).to_have_attribute("aria-pressed", "true")
    bar.get_by_role("button", name="Whisper").click()
    expect(bar).to_contain_text("Alice Wood hears you, the caller does not.")
    picture(page, "supervisor-listening")
    bar.get_by_role("button", name="Join in").click()
    expect(bar).to_contain_text("Everybody hears you.")
    page.reload()
    expect(bar).to_contain_text("Everybody hears you.")
    bar.get_by_role("button", name="Stop").click()
    expect(bar).to_be_hidden()
    assert panel.service.acted == [
        SuperviseAgent(by="supervisor", agent="agent1"),
        SuperviseAgent(by="supervisor", agent="agent1", mode="whisper"),
        SuperviseAgent(by="supervisor", agent="agent1", mode="barge"),
        StopSupervising(by="supervisor"),
    ]


def test_another_agent_is_followed_instead(page: Page, panel: Panel) -> None:
    page.locator('[data-agent="agent1"]').get_by_role("button", name="Listen").click()
    bar = page.get_by_role("region", name="Listening in")
    expect(bar).to_contain_text("Alice Wood")
    page.locator('[data-agent="agent3"]').get_by_role("button", name="Whisper").click()
    expect(bar).to_contain_text("You follow Oksana Melnyk")
    panel.service.end_call("c-0")
    expect(bar).to_contain_text("You follow Oksana Melnyk, who is in no conversation now.")


def test_a_refusal_is_told(page: Page, panel: Panel) -> None:
    panel.service.refusal = "no phone of yours is registered"
    page.locator('[data-agent="agent1"]').get_by_role("button", name="Listen").click()
    expect(page.get_by_role("alert")).to_have_text("no phone of yours is registered")
    expect(page.get_by_role("region", name="Listening in")).to_be_hidden()


def test_without_a_switch_the_page_has_no_phone_to_listen_with(page: Page, panel: Panel) -> None:
    expect(page.locator("#sip-user")).to_have_text("supervisor")
    page.get_by_label("Listen in with my SIP phone").uncheck()
    expect(page.locator("#sip-login")).to_be_hidden()
    page.locator('[data-agent="agent1"]').get_by_role("button", name="Listen").click()
    expect(page.get_by_role("alert")).to_contain_text("The switch cannot be reached")
    assert panel.service.acted == []


def test_the_wall_tells_what_agents_do_with_their_callers(page: Page, panel: Panel) -> None:
    center = panel.service
    center.change_agent(
        "agent1", held=True, recording="paused", consults="queue:sales", consult_answered=True
    )
    center.change_agent("agent3", muted=True, recording="on", supervisors={"eva": "monitor"})
    center.change_agent("agent4", consults="agent:agent1")
    center.phone("agent2")  # somebody looks again
    row = page.locator('[data-agent="agent1"]')
    expect(row).to_contain_text("caller held, talks with queue Sales, recording paused")
    expect(page.locator('[data-agent="agent3"]')).to_contain_text("muted, recording")
    expect(page.locator('[data-agent="agent4"]')).to_contain_text("calls Alice Wood")
    expect(page.locator('[data-agent="agent3"]')).to_contain_text("eva: listen")
