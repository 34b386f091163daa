"""A backup is worth what can be brought back from it."""

import stat
from pathlib import Path

import pytest
from sqlalchemy import select

from calls.errors import RingdeskError
from desk import contacts, tickets
from desk.models import Ticket
from engine import backup, configuration, meta, projections, users
from engine.journal import Journal
from engine.storage import Database, opened
from tests.cti.stories import handled
from tests.storage.test_configuration import fill
from tests.storage.test_projections import records, ticket_of, write


def furnish(database: Database) -> None:
    """Something in every table that a center uses."""
    with database.session() as session:
        fill(session)
        users.create_token(session, "api", "admin")
        contacts.create(session, "Łukasz", numbers=["1234"], vip=True)
    write(database, handled(ticket=ticket_of(database)))
    projections.catch_up(database, "PL")


def test_backup_is_a_database_to_run_on(database: Database, tmp_path: Path) -> None:
    furnish(database)
    target = tmp_path / "backup.db"
    backup.backup(database, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob("backup.db*")] == ["backup.db"]
    with database.session() as session:
        wanted = configuration.read(session)
    with opened(f"sqlite:///{target}") as copy:
        assert copy.upgrade() is False
        assert Journal(copy).end() == Journal(database).end()
        assert [record.call for record in records(copy)] == ["c-1"]
        with copy.session() as session:
            assert configuration.read(session) == wanted
            assert [contact.vip for contact in contacts.search(session, "łukasz")] == [True]


def test_backup_comes_back_into_an_empty_database_that_works_on(
    database: Database, tmp_path: Path
) -> None:
    furnish(database)
    backup.backup(database, tmp_path / "backup.db")
    with opened(f"sqlite:///{tmp_path / 'other.db'}") as fresh:
        backup.restore(fresh, tmp_path / "backup.db")
        check_restored(fresh)


def test_backup_of_sqlite_comes_back_into_any(database: Database, tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path / 'original.db'}") as original:
        furnish(original)
        backup.backup(original, tmp_path / "backup.db")
    backup.restore(database, tmp_path / "backup.db")
    check_restored(database)


def check_restored(database: Database) -> None:
    with database.session() as session:
        assert list(configuration.read(session).agents) == ["anna"]
        assert meta.configuration_version(session) > 0
        # New rows do not collide with those that came with their ids.
        assert tickets.create(session, "Next", author="a").number == "INC-1002"
        contacts.create(session, "Next")
        users.create_token(session, "next", "admin")
        assert len(session.scalars(select(Ticket)).all()) == 2
    assert [record.call for record in records(database)] == ["c-1"]


def test_newer_backup_replaces_the_older(database: Database, tmp_path: Path) -> None:
    target = tmp_path / "backup.db"
    target.write_text("older")
    backup.backup(database, target)
    assert target.read_bytes().startswith(b"SQLite format 3")


def test_backup_while_somebody_writes_is_of_one_moment(database: Database, tmp_path: Path) -> None:
    furnish(database)
    with database.session() as writer:
        tickets.create(writer, "Half done", author="a")
        backup.backup(database, tmp_path / "backup.db")
    with opened(f"sqlite:///{tmp_path / 'backup.db'}") as copy, copy.session() as session:
        assert [ticket.title for ticket in tickets.search(session)] == ["No sound"]


def test_database_that_holds_something_is_not_overwritten(
    database: Database, tmp_path: Path
) -> None:
    furnish(database)
    backup.backup(database, tmp_path / "backup.db")
    with pytest.raises(RingdeskError, match="restore into an empty one"):
        backup.restore(database, tmp_path / "backup.db")
    check_restored(database)


def test_bad_files_are_named(database: Database, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no backup " * 1000)
    for name, problem in (
        ("none.db", "there is no backup .*none.db"),
        ("text.db", "text.db is no backup"),
    ):
        with pytest.raises(RingdeskError, match=problem):
            backup.restore(database, tmp_path / name)
    with pytest.raises(RingdeskError, match="name another file"):
        backup.backup(database, tmp_path)
    with pytest.raises(RingdeskError, match="missing"):
        backup.backup(database, tmp_path / "missing" / "backup.db")
