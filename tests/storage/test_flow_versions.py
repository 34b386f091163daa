"""Drafts and versions of flows in the database: nothing is lost when two write at once."""

import threading
from pathlib import Path

import pytest

from calls.errors import ActionRefused, InputInvalid
from engine import configuration, flow_versions
from engine.flow_versions import FlowText, Seen
from engine.storage import Database

FLOW = """\
flow: main
languages: [en]
start: bye
operator: bye
nodes:
  bye: {kind: hangup}
"""


def test_of_many_who_publish_at_once_one_does(database: Database) -> None:
    texts = [FlowText(FLOW + f"# {number}\n") for number in range(4)]
    together = threading.Barrier(len(texts))
    done: list[FlowText] = []
    refused: list[str] = []

    def publish(text: FlowText) -> None:
        together.wait()
        try:
            with database.session() as session:
                flow_versions.publish(session, "main", text, Seen(0, 0.0), by="somebody")
            done.append(text)
        except ActionRefused as error:
            refused.append(str(error))

    threads = [threading.Thread(target=publish, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(done), len(refused)) == (1, 3)
    assert all("somebody has published version 1 meanwhile" in words for words in refused)
    with database.session() as session:
        assert flow_versions.text_of(session, "main", 1) == done[0]


def test_a_way_back_leaves_the_draft(database: Database) -> None:
    with database.session() as session:
        flow_versions.publish(session, "main", FlowText(FLOW), Seen(0, 0.0), by="ann")
        flow_versions.publish(session, "main", FlowText(FLOW + "#\n"), Seen(1, 0.0), by="ann")
        kept = flow_versions.save_draft(session, "main", FlowText("half"), Seen(2, 0.0), "bob")
        assert flow_versions.roll_back(session, "main", 1, newest=2, by="ann") == 3
        assert flow_versions.draft_of(session, "main") == kept
        assert flow_versions.text_of(session, "main", 3).source == FLOW


def test_a_new_flow_begins_as_a_draft_that_can_be_used(database: Database) -> None:
    with database.session() as session:
        flow_versions.begin(session, "evening", "ann")
        draft = flow_versions.draft_of(session, "evening")
        assert draft is not None
        assert configuration.publish_flow(session, "evening", draft.source, "ann") == 1
        for name, problem in (("evening", "already"), ("../x", "small letters"), ("", "letters")):
            with pytest.raises(InputInvalid, match=problem):
                flow_versions.begin(session, name, "ann")


def test_scenarios_come_with_their_file_and_stay_with_their_version(
    database: Database, tmp_path: Path
) -> None:
    flow, scenarios = tmp_path / "main.yaml", tmp_path / "main.test.yaml"
    flow.write_text(FLOW)
    scenarios.write_text("# first\n")
    with database.session() as session:
        configuration.publish_folder(session, tmp_path)
        scenarios.write_text("# second\n")
        assert configuration.publish_folder(session, tmp_path) == []
        assert flow_versions.text_of(session, "main", 1).scenarios == "# second\n"
        mine = FlowText(FLOW + "# mine\n", "# mine\n")
        flow_versions.publish(session, "main", mine, Seen(1, 0.0), by="ann")
        scenarios.write_text("# third\n")
        assert configuration.publish_folder(session, tmp_path) == []
        assert flow_versions.text_of(session, "main", 2) == mine
        assert configuration.publish_flow(session, "main", FLOW + "# import\n", "ann") == 3
        assert flow_versions.text_of(session, "main", 3).scenarios == "# mine\n"
