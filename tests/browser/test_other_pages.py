"""The wall, the administration and the public pages in a real browser."""

import re

import msgspec
import pytest
from playwright.sync_api import expect

from calls.actions import CompleteTransfer, HangupCall, RecordCall, TransferCall
from calls.views import QueueFigures
from engine import configuration
from engine.phones import wav
from tests.browser.chromium import Panel, People, Picture
from tests.phones.voices import babble
from tests.web import fake_talks


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
    expect(longest).to_have_text(re.compile(r"0:\d\d"))
    before = longest.inner_text()
    expect(longest).not_to_have_text(before)


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


PLAYED = """
async (audio) => {
  const playing = new Promise((done) => {
    audio.addEventListener("timeupdate", () => audio.currentTime > 0.2 && done());
  });
  await audio.play();
  await playing;
  return audio.duration;
}
"""


def test_a_call_s_story_tells_who_did_what_and_plays_recordings(
    people: People, panel: Panel, picture: Picture
) -> None:
    center = panel.service
    for name in ("agent1", "agent2"):
        center.phone(name)
    center.arrive("c-1", ago=200)
    center.enqueue("c-1", ago=180)
    center.offer("c-1", "agent1")
    center.connect("c-1")
    center.act(RecordCall(agent="agent1", do="start", by="supervisor"))
    center.act(TransferCall(agent="agent1", to="agent:agent2", kind="warm"))
    fake_talks.join_consultation(center, "agent1", "agent2")
    center.act(RecordCall(agent="agent1", do="stop", by="agent1"))
    center.act(CompleteTransfer(agent="agent1"))
    center.record("c-1", 1_763_700_000.0, caller="+48221230102", agent="agent2", talked=90.0)
    folder = center.settings.home / "recordings"
    folder.mkdir()
    wav.write(folder / "c-1.talk-1.wav", babble(7, 7))

    page = people.log_in("supervisor", "/login?next=/supervisor/calls/c-1")
    story = page.locator(".timeline").last
    expect(story).to_contain_text("agent1 asked agent2 while the caller was held")
    expect(story).to_contain_text("agent1 passed the caller on to agent2, after asking")
    player = page.get_by_label("Conversation with agent1")
    assert player.evaluate(PLAYED) == pytest.approx(7, abs=0.1)
    picture(page, "call-recording")


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
