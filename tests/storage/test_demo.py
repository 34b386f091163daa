"""The demo center: there at the first start, left alone afterwards."""

import stat
from pathlib import Path

import pytest
from sqlalchemy import func, select

from calls.config import Queue
from desk import contacts, tickets
from desk.models import Ticket
from engine import configuration, demo, settings, users
from engine.settings import Settings
from engine.storage import Database


def settings_for(tmp_path: Path, **given: str) -> Settings:
    return settings.load({"RINGDESK_HOME": str(tmp_path / "home"), **given})


def test_demo_center_is_all_there(database: Database, tmp_path: Path) -> None:
    logins = demo.load(database, settings_for(tmp_path))
    names = [f"agent{n}" for n in range(1, 6)] + ["supervisor", "admin"]
    assert [login.name for login in logins] == names
    with database.session() as session:
        for login in logins:
            assert login.password is not None
            user = users.verify_password(session, login.name, login.password)
            assert user is not None
            assert user.role == login.role
        read = configuration.read(session)
        assert {number: word.flow for number, word in read.numbers.items()} == {
            "1000": "main",
            "1001": "support",
            "1002": "service",
            "1900": "prompts",
        }
        assert sorted(read.queues) == ["sales", "support"]
        assert tickets.search(session, open_only=True)
        assert len(contacts.list_organisations(session)) == 2
        (anna,) = contacts.with_numbers(session.connection(), ["+48221230101"])["+48221230101"]
        assert tickets.open_of(session.connection(), [anna.id])[anna.id]


def test_every_language_is_served_by_two_in_both_queues(database: Database, tmp_path: Path) -> None:
    demo.load(database, settings_for(tmp_path))
    with database.session() as session:
        read = configuration.read(session)
    for language in ("en", "pl", "uk"):
        for queue in read.queues.values():
            fit = [
                agent.name
                for agent in read.agents.values()
                if queue.name in agent.queues
                and f"lang:{language}" in agent.skills
                and all(
                    agent.skills.get(skill, 0) >= level for skill, level in queue.skills.items()
                )
            ]
            assert len(fit) >= 2, (language, queue.name, fit)


def test_second_start_changes_nothing(database: Database, tmp_path: Path) -> None:
    first = demo.load(database, settings_for(tmp_path))
    with database.session() as session:
        configuration.remove_number(session, "1001")
        users.set_password(session, "agent1", "my own password")
    second = demo.load(database, settings_for(tmp_path))
    assert [login.name for login in second] == [login.name for login in first]
    assert second[0].password is None  # changed: the old one would be a lie
    assert second[1:] == first[1:]
    with database.session() as session:
        assert list(configuration.read(session).numbers) == ["1000", "1002", "1900"]
        assert users.verify_password(session, "agent1", "my own password")
        count = session.scalar(select(func.count()).select_from(Ticket))
        assert count == sum(len(person.tickets) for person in demo.CONTACTS)


def test_log_ins_are_kept_for_their_owner_only(database: Database, tmp_path: Path) -> None:
    demo.load(database, settings_for(tmp_path))
    path = tmp_path / "home" / "demo-logins.txt"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_lost_file_of_log_ins_lists_none(database: Database, tmp_path: Path) -> None:
    demo.load(database, settings_for(tmp_path))
    (tmp_path / "home" / "demo-logins.txt").unlink()
    assert demo.load(database, settings_for(tmp_path)) == []


@pytest.mark.parametrize("from_start", [True, False])
def test_setting_fixes_the_password(database: Database, tmp_path: Path, from_start: bool) -> None:
    fixed = settings_for(tmp_path, RINGDESK_DEMO_PASSWORD="fixed-password")
    if not from_start:
        demo.load(database, settings_for(tmp_path))
    logins = demo.load(database, fixed)
    assert {login.password for login in logins} == {"fixed-password"}
    assert len(logins) == 7
    with database.session() as session:
        assert users.verify_password(session, "agent5", "fixed-password")
        before = users.get_user(session, "agent5").password
    assert demo.load(database, fixed) == logins
    with database.session() as session:
        assert users.get_user(session, "agent5").password == before


def test_center_that_is_set_up_is_left_alone(database: Database, tmp_path: Path) -> None:
    own = Queue(name="support", title="Our own")
    with database.session() as session:
        configuration.save_queue(session, own)
    assert demo.load(database, settings_for(tmp_path)) == []
    with database.session() as session:
        assert configuration.read(session).queues == {"support": own}
        assert users.list_users(session) == []


def test_admin_added_before_the_first_start_keeps_their_log_in(
    database: Database, tmp_path: Path
) -> None:
    with database.session() as session:
        users.create_user(session, "admin", "admin", "my own password")
    logins = demo.load(database, settings_for(tmp_path))
    assert "admin" not in [login.name for login in logins]
    assert len(logins) == 6
    demo.load(database, settings_for(tmp_path, RINGDESK_DEMO_PASSWORD="fixed-password"))
    with database.session() as session:
        assert users.verify_password(session, "admin", "my own password")
