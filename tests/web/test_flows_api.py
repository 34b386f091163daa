"""Flows by the API: written, looked over, walked, published, taken back; two at once."""

from pathlib import Path
from typing import Any

import pytest

from calls.facts import CallEnded, NodeEntered, NodeLeft
from engine import configuration
from tests.web.fake_service import FakeService
from tests.web.program import Program

FOLDER = Path(__file__).parents[2] / "dialplans" / "flows"
MAIN = (FOLDER / "main.yaml").read_text()
SCENARIOS = (FOLDER / "main.test.yaml").read_text()
#: Sales by 3 as well.
CHANGED = MAIN.replace("      1: sales\n", "      1: sales\n      3: sales\n")


def written(source: str, scenarios: str = SCENARIOS, **more: Any) -> dict[str, Any]:
    return {"source": source, "scenarios": scenarios, **more}


def publish(admin: Program, source: str, seen: int, **more: Any) -> int:
    answer = admin.post("flows/main/publish", written(source, seen_version=seen, **more))
    version: int = answer["version"]
    return version


def in_use(service: FakeService) -> str:
    with service.database.session() as session:
        return configuration.read(session).flows["main"].source


def test_the_flows_of_the_folder_are_there_with_their_scenarios(supervisor: Program) -> None:
    found = {one["flow"]: one for one in supervisor.get("flows")["flows"]}
    assert {"main", "support", "service", "identify"} <= set(found)
    assert (found["main"]["version"], found["main"]["by"]) == (1, "file:main.yaml")
    assert found["main"]["numbers"] == ["1000"]
    story = supervisor.get("flows/main")
    assert (story["source"], story["scenarios"], story["draft"]) == (MAIN, SCENARIOS, None)
    supervisor.get("flows/none", 404)


def test_findings_have_a_place_and_a_remedy(admin: Program) -> None:
    broken = MAIN.replace("1: sales", "1: sails")
    found = admin.post("flows/main/check", written(broken))
    line = broken.splitlines().index("      1: sails") + 1
    (finding,) = found["findings"]
    assert (finding["line"], finding["severity"]) == (line, "error")
    assert "did you mean 'sales'?" in finding["message"]
    assert (found["scenarios"], found["picture"]) == ([], "")


def test_the_center_s_queues_are_known_to_the_checker(admin: Program) -> None:
    found = admin.post("flows/main/check", written(MAIN.replace("queue: sales", "queue: sail")))
    assert "there is no queue 'sail'" in found["findings"][0]["message"]


def test_a_circle_through_other_flows_is_found(admin: Program) -> None:
    identify = (FOLDER / "identify.yaml").read_text()
    circle = identify.replace("    find: contact\n", "    find: contact\n    error: round\n", 1)
    circle += "\n  round: {kind: flow, flow: service, next: done}\n"
    found = admin.post("flows/identify/check", written(circle, ""))
    assert "leads back into this one (identify > service > identify)" in str(found["findings"])
    refused = {"seen_version": 1, "despite_failures": True}
    admin.post("flows/identify/publish", written(circle, "", **refused), 422)


def test_a_flow_under_another_s_name_is_found(admin: Program) -> None:
    found = admin.post("flows/support/check", written(MAIN))
    assert found["findings"][0]["message"] == "the flow is named 'main'; write 'flow: support'"
    assert found["findings"][0]["line"] == 3


def test_a_sound_flow_is_drawn_and_its_scenarios_are_played(admin: Program) -> None:
    found = admin.post("flows/main/check", written(MAIN))
    assert found["findings"] == []
    assert len(found["scenarios"]) == 11
    assert not any(one["problems"] for one in found["scenarios"])
    assert found["exits"] == found["exits_taken"] > 0
    assert 'data-node="menu"' in found["picture"]
    assert "<style" not in found["picture"], "the page would refuse it"
    lost = admin.post(
        "flows/main/check", written(MAIN, SCENARIOS.replace("queue: sales", "queue: x"))
    )
    failed = [one for one in lost["scenarios"] if one["problems"]]
    assert failed[0]["name"] == "English for sales"
    assert "queue should be 'x'" in failed[0]["problems"][0]["message"]


def test_scenarios_that_cannot_be_read_are_told_with_their_place(admin: Program) -> None:
    found = admin.post("flows/main/check", written(MAIN, "scenarios:\n  - nme: x\n"))
    assert found["scenario_findings"][0]["line"] == 2
    assert "nme" in found["scenario_findings"][0]["message"]


def test_what_is_published_is_in_use_and_told_with_its_author(
    admin: Program, service: FakeService
) -> None:
    service.arrive("c-1")
    answer = admin.post(
        "flows/main/publish", written(CHANGED, seen_version=1, comment="Sales by three too")
    )
    assert answer == {"flow": "main", "version": 2, "finishing": 1}
    assert in_use(service) == CHANGED
    newest, first = admin.get("flows/main")["versions"]
    assert (newest["by"], newest["comment"]) == ("admin-program", "Sales by three too")
    assert newest["at"] > first["at"]


def test_an_unusable_flow_is_refused_with_its_findings(
    admin: Program, service: FakeService
) -> None:
    broken = MAIN.replace("1: sales", "1: sails")
    refused = admin.post("flows/main/publish", written(broken, seen_version=1), 422)
    assert "did you mean 'sales'?" in refused
    assert in_use(service) == MAIN


def test_failing_scenarios_ask_again(admin: Program, service: FakeService) -> None:
    other = MAIN.replace("      1: sales\n", "      1: support\n      4: sales\n")
    refused = admin.post("flows/main/publish", written(other, seen_version=1), 422)
    assert "scenarios fail: English for sales" in refused
    assert in_use(service) == MAIN
    assert publish(admin, other, 1, despite_failures=True) == 2
    assert in_use(service) == other


def test_nothing_new_is_not_published(admin: Program) -> None:
    assert "nothing is changed" in admin.post(
        "flows/main/publish", written(MAIN, seen_version=1), 422
    )


def test_the_way_back_is_a_new_version(admin: Program, service: FakeService) -> None:
    publish(admin, CHANGED, 1)
    answer = admin.post("flows/main/rollback", {"version": 1, "seen_version": 2})
    assert answer["version"] == 3
    assert in_use(service) == MAIN
    story = admin.get("flows/main")
    assert story["scenarios"] == SCENARIOS
    assert (story["versions"][0]["comment"], story["versions"][0]["by"]) == (
        "Back to version 1",
        "admin-program",
    )
    admin.post("flows/main/rollback", {"version": 9, "seen_version": 3}, 404)


def test_a_way_back_is_refused_where_it_cannot_be_walked_any_more(admin: Program) -> None:
    admin.put("queues/extra/settings", {"name": "extra"})
    publish(admin, MAIN.replace("queue: sales", "queue: extra"), 1, despite_failures=True)
    admin.post("flows/main/rollback", {"version": 1, "seen_version": 2})
    admin.delete("queues/extra")
    refused = admin.post("flows/main/rollback", {"version": 2, "seen_version": 3}, 422)
    assert "there is no queue 'extra'" in refused


def test_a_draft_is_kept_for_everybody_and_gone_when_published(
    admin: Program, supervisor: Program, service: FakeService
) -> None:
    saved = admin.put("flows/main/draft", written("flow: [", seen_version=1))
    draft = supervisor.get("flows/main")["draft"]
    assert draft == saved
    assert (draft["source"], draft["base"], draft["by"]) == ("flow: [", 1, "admin-program")
    assert in_use(service) == MAIN
    assert publish(admin, CHANGED, 1, seen_draft=draft["at"]) == 2
    assert supervisor.get("flows/main")["draft"] is None


def test_a_draft_is_thrown_away(admin: Program) -> None:
    saved = admin.put("flows/main/draft", written(CHANGED, seen_version=1))
    seen: dict[str, Any] = {"seen_version": 1, "seen_draft": saved["at"]}
    admin.post("flows/main/discard", {"seen_version": 1, "seen_draft": 1.5}, 409)
    admin.post("flows/main/discard", seen, 204)
    assert admin.get("flows/main")["draft"] is None


def test_the_second_of_two_is_told_and_nothing_is_lost(
    admin: Program, service: FakeService
) -> None:
    first = admin.put("flows/main/draft", written(CHANGED, seen_version=1))
    seen: dict[str, Any] = {"seen_version": 1}
    for path, send in (("draft", admin.put), ("publish", admin.post)):
        refused = send(f"flows/main/{path}", written(MAIN + "# mine\n", **seen), 409)
        assert "admin-program has saved a draft meanwhile" in refused
    assert admin.get("flows/main")["draft"]["source"] == CHANGED
    publish(admin, CHANGED, 1, seen_draft=first["at"])
    refused = admin.put("flows/main/draft", written(MAIN + "# mine\n", **seen), 409)
    assert "has published version 2 meanwhile" in refused
    admin.post("flows/main/rollback", {"version": 1, "seen_version": 1}, 409)
    assert in_use(service) == CHANGED
    after = {"seen_version": 2, "seen_draft": first["at"]}
    refused = admin.put("flows/main/draft", written(MAIN + "# mine\n", **after), 409)
    assert "was discarded meanwhile" in refused


def test_what_is_different_is_told_line_by_line(admin: Program) -> None:
    admin.put("flows/main/draft", written(CHANGED, seen_version=1))
    found = admin.get("flows/main/diff?before=1")
    changed = [one for one in found["source"] if one["kind"] in ("added", "removed")]
    line = CHANGED.splitlines().index("      3: sales") + 1
    assert changed == [{"kind": "added", "before": None, "after": line, "text": "      3: sales"}]
    assert [one["kind"] for one in found["source"]].count("same") == 6
    assert found["scenarios"] == []
    admin.get("flows/main/diff?before=1&after=7", 404)


def walk(program: Program, *steps: str, source: str = MAIN, **setting: str) -> Any:
    body = {"source": source, "steps": list(steps), **setting}
    return program.post("flows/main/walk", body)


def test_a_walk_tells_what_a_caller_hears(supervisor: Program) -> None:
    asked = walk(supervisor)
    assert (asked["node"], asked["waits"], asked["most_keys"]) == ("language", "keys", 1)
    assert "For English, press one." in [one["text"] for one in asked["lines"]]
    polish = walk(supervisor, "press 2")
    said = [one for one in polish["lines"] if one["kind"] == "said"]
    assert said[-1]["language"] == "pl"
    assert said[-1]["name"] == "main.menu"
    queued = walk(supervisor, "press 2", "press 1")
    assert (queued["waits"], queued["lines"][-1]["kind"]) == ("queue", "end")
    assert "in the queue 'sales'" in queued["lines"][-1]["text"]
    gone = walk(supervisor, "press 2", "hang up")
    assert gone["waits"] == "over"


def test_a_step_that_does_not_fit_is_left_out(supervisor: Program) -> None:
    found = walk(supervisor, "press 2", "speak 10")
    assert "nothing is recorded" in found["wrong"]
    assert found["node"] == "menu"
    assert "speak 10" not in [one["text"] for one in found["lines"]]


def test_who_calls_and_when_is_chosen(supervisor: Program) -> None:
    anna = walk(supervisor, caller="+48221230101", at="2026-11-24 03:00")
    assert anna["contact"] == "Anna Nowak"
    assert walk(supervisor, caller="+48000000000")["contact"] == ""
    service = (FOLDER / "service.yaml").read_text()

    def way(at: str) -> list[str]:
        body = {"source": service, "steps": [], "at": at, "language": "pl"}
        lines = supervisor.post("flows/service/walk", body)["lines"]
        return [one["name"] for one in lines if one["kind"] == "node"]

    assert way("2026-11-24 12:00") != way("2026-11-24 03:00"), "by day and by night"
    supervisor.post("flows/main/walk", {"source": MAIN, "at": "noon"}, 422)
    supervisor.post("flows/main/walk", {"source": MAIN, "entry": "nowhere"}, 422)
    supervisor.post("flows/main/walk", {"source": "flow: ["}, 422)


def test_traffic_counts_callers_by_node_version_and_exit(
    admin: Program, service: FakeService
) -> None:
    for call in ("c-1", "c-2", "c-3", "c-4"):
        service.arrive(call)
    service.happen(NodeLeft(call="c-1", node="menu", exit="1", digits="1"))
    service.happen(NodeEntered(call="c-1", node="sales", kind="queue"))
    service.enqueue("c-1", "sales")
    service.happen(NodeLeft(call="c-2", node="menu", exit="2", digits="2"))
    service.enqueue("c-2")
    service.happen(CallEnded(call="c-9", cause="hangup", outcome="abandoned_menu", lasted=1.0))
    publish(admin, CHANGED, 1)
    old = admin.get("flows/main/traffic?version=1")
    menu = next(one for one in old["nodes"] if one["node"] == "menu")
    assert (menu["inside"], menu["entered"]) == (2, 4)
    shares = {one["exit"]: (one["to"], one["left"], one["share"]) for one in menu["exits"]}
    assert shares["1"] == ("sales", 1, 0.25)
    assert shares["9"] == ("menu", 0, 0.0)
    service.arrive("c-5", version=2)
    new = admin.get("flows/main/traffic")
    menu = next(one for one in new["nodes"] if one["node"] == "menu")
    assert (new["version"], menu["inside"], menu["entered"]) == (2, 1, 1)
    assert new["elsewhere"] == {"1": 2}
    admin.get("flows/main/traffic?version=7", 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [("put", "draft"), ("post", "publish"), ("post", "discard"), ("post", "check")],
)
def test_only_administrators_write(
    supervisor: Program, agent: Program, method: str, path: str
) -> None:
    for program in (supervisor, agent):
        getattr(program, method)(f"flows/main/{path}", written(MAIN), 403)
        program.post("flows/main/rollback", {"version": 1, "seen_version": 1}, 403)
    agent.get("flows", 403)
    agent.post("flows/main/walk", {"source": MAIN}, 403)


def test_texts_are_limited(admin: Program) -> None:
    assert "length" in admin.put("flows/main/draft", written("#" * 100_001), 422)
    admin.put("flows/main/draft", written("a\0"), 422)
    admin.put("flows/none/draft", written(MAIN), 404)
