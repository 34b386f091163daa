"""The agent's page on the staged center: a call from the pop to the after-call work."""

from playwright.sync_api import Page, expect

from calls.actions import DeclineOffer, FinishWrapUp, HangupCall, SetAgentState
from calls.events import CallerIdentified, KnownTicket
from calls.facts import TicketAttached
from engine import users
from tests.browser.chromium import Panel, People, Picture, until


def online_with_own_phone(people: People, panel: Panel, scheme: str = "light") -> Page:
    """agent1 is ready, with a SIP phone on the desk."""
    panel.service.phone("agent1")
    page = people.log_in("agent1", color_scheme=scheme)
    page.get_by_role("button", name="Use my SIP phone").click()
    page.get_by_role("button", name="Ready").click()
    expect_state(page, "Ready")
    return page


def expect_state(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def ring(panel: Panel, call: str = "c-7") -> None:
    panel.service.arrive(call, ago=40)
    panel.service.enqueue(call, ago=25)
    panel.service.offer(call, "agent1")


def test_a_call_pops_is_talked_and_wrapped_up(
    people: People, panel: Panel, picture: Picture
) -> None:
    page = online_with_own_phone(people, panel)
    center = panel.service
    ring(panel)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("James Carter")
    expect(dialog).to_contain_text("Northwind Clinic")
    expect(page).to_have_title("☎ James Carter")
    pop = page.locator("#pop")
    for text in ("James Carter", "VIP", "+48221230102", "Main menu › Support", "0:25"):
        expect(pop).to_contain_text(text)
    expect(pop.locator("#pop-ticket")).to_contain_text("INC-1002")
    expect(pop.locator("#pop-tickets")).to_contain_text("REQ-1001")
    expect(pop.locator("#pop-calls")).to_contain_text("agent2")
    picture(page, "agent-ringing")

    center.connect("c-7")
    expect(dialog).to_be_hidden()
    expect_state(page, "Talking")
    page.get_by_label("Note for the ticket").fill("New cable ordered")
    picture(page, "agent")

    center.end_call("c-7")
    expect_state(page, "After-call work")
    expect(page.locator(".countdown")).to_contain_text("0:")
    page.get_by_label("Resolved").check()
    page.get_by_role("button", name="Done").click()
    expect_state(page, "Ready")
    expect(pop).to_be_hidden()
    assert FinishWrapUp(agent="agent1", code="resolved", note="New cable ordered") in center.acted
    ring(panel, "c-8")
    center.connect("c-8")
    expect_state(page, "Talking")
    expect(page.get_by_label("Note for the ticket")).to_have_value("")
    page.get_by_role("button", name="Hang up").click()
    expect_state(page, "After-call work")
    assert HangupCall(call="c-8", by="agent1") in center.acted


def test_a_drafted_ticket_appears_when_it_is_made(people: People, panel: Panel) -> None:
    page = online_with_own_phone(people, panel)
    stranger = CallerIdentified(request="r", call="c-7")
    panel.service.arrive("c-7", caller="+48600000000")
    panel.service.enqueue("c-7")
    panel.service.offer("c-7", "agent1", {"who": stranger, "ticket": None, "earlier": ()})
    pop = page.locator("#pop")
    expect(pop).to_contain_text("Unknown caller")
    expect(pop.locator("#pop-ticket")).to_be_hidden()
    ticket = KnownTicket(id=9, number="INC-1009", title="Call from +48600000000", status="new")
    panel.service.happen(TicketAttached(call="c-7", ticket=ticket, drafted=True, agent="agent1"))
    expect(pop.locator("#pop-ticket")).to_contain_text("INC-1009")


def test_a_call_is_declined_by_a_key(people: People, panel: Panel) -> None:
    page = online_with_own_phone(people, panel)
    ring(panel)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("d")
    expect_state(page, "Not ready")
    expect(page.locator("#state-hint")).to_contain_text("You declined a call")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert panel.service.acted[-1] == DeclineOffer(agent="agent1")


def test_a_missed_call_says_why_there_are_no_more(people: People, panel: Panel) -> None:
    page = online_with_own_phone(people, panel)
    ring(panel)
    expect(page.get_by_role("dialog")).to_be_visible()
    panel.service.end_offer("agent1", "timed_out")
    expect(page.locator("#state-hint")).to_contain_text("You did not answer the last call")
    expect(page.locator("#pop")).to_be_hidden()
    page.get_by_role("button", name="Ready").click()
    expect_state(page, "Ready")


def test_a_phone_that_is_gone_is_told(people: People, panel: Panel) -> None:
    page = online_with_own_phone(people, panel)
    panel.service.phone("agent1", online=False)
    expect_state(page, "Not ready")
    expect(page.locator("#state-hint")).to_contain_text("no longer registered")
    expect(page.locator("#sip-user")).to_have_text("agent1")


def test_a_break_may_be_asked_for_in_a_call(people: People, panel: Panel) -> None:
    page = online_with_own_phone(people, panel)
    ring(panel)
    panel.service.connect("c-7")
    expect_state(page, "Talking")
    page.get_by_label("Not ready because of").select_option("lunch")
    expect(page.locator("#next-state")).to_contain_text("After this call: not ready")
    assert panel.service.acted[-1] == SetAgentState(
        agent="agent1", state="not_ready", reason="lunch"
    )


def test_notes_are_saved_when_the_time_for_them_runs_out(people: People, panel: Panel) -> None:
    page = online_with_own_phone(people, panel)
    ring(panel)
    panel.service.connect("c-7")
    expect_state(page, "Talking")
    page.get_by_label("Note for the ticket").fill("Half a sentence")
    panel.service.end_call("c-7", wrap_up=2.0)
    expect_state(page, "Ready")
    assert panel.service.acted[-1] == FinishWrapUp(agent="agent1", note="Half a sentence")


def test_a_reload_in_a_call_shows_it_again(people: People, panel: Panel) -> None:
    page = online_with_own_phone(people, panel)
    ring(panel)
    panel.service.connect("c-7")
    expect_state(page, "Talking")
    page.reload()
    expect_state(page, "Talking")
    expect(page.locator("#pop")).to_contain_text("INC-1002")


def test_a_lost_link_is_shown_and_nothing_is_missed(people: People, panel: Panel) -> None:
    page = online_with_own_phone(people, panel)
    link = page.locator("#link")
    expect(link).to_have_text("live")
    page.context.set_offline(True)
    panel.service.cut_streams()
    expect(link).to_have_text("reconnecting")
    ring(panel)
    page.context.set_offline(False)
    expect(link).to_have_text("live")
    expect(page.get_by_role("dialog")).to_contain_text("James Carter")


def test_without_a_switch_going_online_says_so(people: People) -> None:
    page = people.log_in("agent1")
    page.get_by_role("button", name="Go online").click()
    expect(page.get_by_role("alert")).to_contain_text("The switch cannot be reached")
    expect(page.get_by_role("button", name="Go online")).to_be_enabled()


def test_an_ended_session_leads_to_the_log_in(people: People, panel: Panel) -> None:
    page = online_with_own_phone(people, panel)
    with panel.service.database.session() as session:
        users.set_password(session, "agent1", "another password")  # ends all of the sessions
    page.get_by_role("button", name="Go offline").click()
    page.wait_for_url("**/login?next=%2Fagent")


def test_the_desk_in_the_dark(people: People, panel: Panel, picture: Picture) -> None:
    page = online_with_own_phone(people, panel, scheme="dark")
    ring(panel)
    expect(page.get_by_role("dialog")).to_contain_text("James Carter")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(int(part) for part in dark.removeprefix("rgb(").rstrip(")").split(",")) < 40
    picture(page, "agent-dark")
    until(lambda: panel.service.listening == 1, "the page follows the stream")
