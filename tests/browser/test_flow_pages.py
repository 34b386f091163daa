"""Phone menus in a real browser: the list, the editor, two who write at once, what is heard."""

from pathlib import Path

from playwright.sync_api import Page, expect

from calls.facts import NodeEntered, NodeLeft
from engine import configuration
from tests.browser.chromium import Panel, People, Picture

MAIN = (Path(__file__).parents[2] / "dialplans" / "flows" / "main.yaml").read_text()
BOTH = "      1: sales\n      2: support\n"
SWAPPED = "      1: support\n      2: sales\n"
WRITE = "/login?next=/admin/flows/main/write"


def replace(page: Page, name: str, before: str, after: str) -> None:
    """Change some words of a text, as somebody at the keyboard would."""
    area = page.get_by_role("textbox", name=name, exact=True)
    words = area.input_value()
    assert words.count(before) == 1
    begin = words.index(before)
    area.evaluate(
        "(area, [start, end]) => { area.focus(); area.setSelectionRange(start, end); }",
        [begin, begin + len(before)],
    )
    page.keyboard.insert_text(after)


def in_use(panel: Panel) -> str:
    with panel.service.database.session() as session:
        return configuration.read(session).flows["main"].source


def busy(panel: Panel) -> None:
    """A morning in the main menu."""
    center = panel.service
    ways = [("1", "sales", 5), ("2", "support", 11), ("0", "to_operator", 2), ("9", "menu", 2)]
    number = 0
    for exit, to, callers in ways:
        for _ in range(callers):
            call, number = f"c-{number}", number + 1
            center.arrive(call)
            center.happen(
                NodeLeft(call=call, node="menu", exit=exit, digits=exit),
                NodeEntered(call=call, node=to, kind="queue"),
            )
            center.enqueue(call)
    for number in range(3):
        center.arrive(f"d-{number}")


def test_the_picture_is_live(people: People, panel: Panel, picture: Picture) -> None:
    busy(panel)
    page = people.log_in("supervisor", "/login?next=/admin/flows")
    expect(page.locator('[data-inside="main"]')).to_have_text("3")
    page.get_by_role("link", name="main", exact=True).click()
    expect(page.get_by_role("link", name="Write")).to_have_count(0)
    count = page.locator('#picture [data-node="menu"] .callers')
    expect(count).to_have_text("3")
    way = page.locator('#picture [data-from="menu"][data-to="support"]')
    expect(way.locator("title")).to_have_text("2: 11 of 25 (44 %)")
    broad = float(way.locator("path").get_attribute("stroke-width") or 0)
    thin = page.locator('#picture [data-from="menu"][data-to="sales"] path')
    assert broad > float(thin.get_attribute("stroke-width") or 0) > 1.2
    picture(page, "flow-callers")
    panel.service.arrive("d-9")
    expect(count).to_have_text("4")
    panel.service.enqueue("d-9")
    expect(count).to_have_text("3")


def test_the_second_of_two_sees_what_the_first_has_saved(people: People, panel: Panel) -> None:
    first, second = people.log_in("admin", WRITE), people.log_in("admin", WRITE)
    replace(first, "Flow", "title: Main menu\nlanguages", "title: Menu of the first\nlanguages")
    first.get_by_role("button", name="Save draft").click()
    expect(first.locator("#kept")).to_have_text("Draft saved.")
    replace(second, "Flow", "title: Main menu\nlanguages", "title: Menu of the second\nlanguages")
    second.get_by_role("button", name="Save draft").click()
    dialog = second.get_by_role("dialog")
    expect(dialog).to_contain_text("admin has saved a draft meanwhile")
    expect(dialog.locator(".removed")).to_contain_text("Menu of the first")
    expect(dialog.locator(".added")).to_contain_text("Menu of the second")
    dialog.get_by_role("button", name="Go on with mine").click()
    second.get_by_role("button", name="Save draft").click()
    expect(second.locator("#kept")).to_have_text("Draft saved.")
    first.get_by_role("button", name="Save draft").click()
    first.get_by_role("button", name="Take theirs").click()
    flow = first.get_by_role("textbox", name="Flow", exact=True)
    expect(flow).to_have_value(MAIN.replace("title: Main menu\nl", "title: Menu of the second\nl"))
    assert in_use(panel) == MAIN


def test_publishing_in_spite_of_scenarios_is_asked_for(people: People, panel: Panel) -> None:
    page = people.log_in("admin", WRITE)
    replace(page, "Flow", BOTH, SWAPPED)
    expect(page.locator("#verdict")).to_contain_text("scenarios of 11 fail")
    page.locator("#findings button").first.click()
    expect(page.get_by_role("textbox", name="Scenarios")).to_be_focused()
    page.get_by_role("button", name="Publish…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("#publishing-failing")).to_contain_text("Polish for support")
    dialog.get_by_role("button", name="Publish anyway").click()
    expect(page.get_by_role("main")).to_contain_text("version 2, in use")
    assert in_use(panel) == MAIN.replace(BOTH, SWAPPED)
    page.get_by_role("button", name="Compare the two chosen").click()
    expect(page.locator(".diff .removed code")).to_have_text(["      1: sales", "      2: support"])
    expect(page.locator(".diff .added code")).to_have_text(["      1: support", "      2: sales"])


def test_what_is_found_stands_beside_the_text(people: People, picture: Picture) -> None:
    page = people.log_in("admin", WRITE)
    transcript = page.get_by_role("log")
    expect(transcript).to_contain_text("For English")
    page.locator("#keypad").get_by_role("button", name="1", exact=True).click()
    expect(transcript).to_contain_text("Welcome to Ringdesk")
    replace(page, "Flow", "    next: greeting\n", "    next: greetings\n")
    expect(page.locator("#verdict")).to_have_text("1 error")
    line = MAIN.splitlines().index("    next: greeting") + 1
    mark = page.locator('[data-editor="source"] .numbers [data-severity="error"]')
    expect(mark).to_have_text(str(line))
    page.get_by_role("button", name=f"{line}:11").click()
    expect(transcript).to_contain_text("Welcome to Ringdesk")
    picture(page, "flow-write")
    page.keyboard.insert_text("greeting")
    expect(page.locator("#verdict")).to_have_text("sound; 11 scenarios passed")
    page.locator("#keypad").get_by_role("button", name="2", exact=True).click()
    expect(transcript).to_contain_text("the caller is in the queue 'support'")


def test_a_new_flow_is_begun(people: People, panel: Panel) -> None:
    page = people.log_in("admin", "/login?next=/admin/flows")
    page.get_by_label("Name").fill("evening")
    page.get_by_role("button", name="Begin").click()
    expect(page.locator("#verdict")).to_have_text("sound")
    page.get_by_role("button", name="Publish…").click()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("version 1, in use")
    with panel.service.database.session() as session:
        assert "evening" in configuration.read(session).flows


def test_a_walk_hears_prompts_and_types_long_numbers(people: People) -> None:
    page = people.log_in("admin", "/login?next=/admin/flows/identify/write")
    transcript = page.get_by_role("log")
    with page.expect_response(lambda answer: "/sound?" in answer.url) as sound:
        transcript.get_by_role("button").first.click()
    assert sound.value.ok
    assert sound.value.headers["content-type"] == "audio/wav"
    expect(transcript).to_contain_text("Anna Nowak")
    page.get_by_text("Who calls, and when").click()
    page.get_by_label("Caller's number").fill("+48999")
    page.get_by_label("Language of the number").fill("pl")
    page.get_by_label("Language of the number").press("Tab")
    expect(transcript).to_contain_text("Proszę podać numer zgłoszenia")
    for key in "1001":
        page.locator("#keypad").get_by_role("button", name=key, exact=True).click()
    expect(page.locator("#typed")).to_have_text("1001")
    page.locator("#keypad").get_by_role("button", name="#", exact=True).click()
    expect(transcript).to_contain_text("press 1001#")
    expect(transcript).to_contain_text("Sprawa dotyczy")
    page.get_by_role("button", name="Start over").click()
    page.get_by_role("button", name="Hang up").click()
    expect(page.locator("#walk-state")).to_have_text("The call is over.")
