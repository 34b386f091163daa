"""The database behind everything: its tables, its migrations, its errors."""

import stat
import threading
from pathlib import Path

import pytest
from alembic import command, config
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, text
from sqlalchemy.orm import Session

import desk.models
import engine.models
from calls.codec import Tick, encode
from calls.config import Queue
from calls.errors import DatabaseUnreachable
from calls.facts import CallEnded
from calls.views import Published
from desk.models import NAMING
from engine import configuration, meta, storage
from engine.journal import End, Entry, Journal
from engine.storage import Database


def test_models_are_what_the_migrations_make(database: Database) -> None:
    both = MetaData(naming_convention=NAMING)
    for metadata in (engine.models.metadata, desk.models.Base.metadata):
        for table in metadata.sorted_tables:
            table.to_metadata(both)
    with database.engine.connect() as connection:
        difference = compare_metadata(MigrationContext.configure(connection), both)
    assert difference == []


def test_head_names_the_newest_migration() -> None:
    folder = ScriptDirectory(str(Path(storage.__file__).parent / "migrations"))
    assert folder.get_current_head() == storage.HEAD


def test_what_was_there_before_an_upgrade_is_there_after_it(empty_url: str) -> None:
    database = Database(empty_url)
    ended = CallEnded(call="c-1", outcome="handled", cause="hangup", lasted=2.0)
    with database.engine.begin() as connection:
        settings = config.Config()
        folder = Path(storage.__file__).parent / "migrations"
        settings.set_main_option("script_location", str(folder))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0001")
        connection.execute(
            text(
                "INSERT INTO queues VALUES "
                "('support', 'Support', 'best_skill', 15, 30, 1, 0, 20, 'default', 30)"
            )
        )
        connection.execute(
            text("INSERT INTO journal VALUES (3, 2.5, :message)"),
            {"message": encode(Tick()).decode()},
        )
        connection.execute(
            text("INSERT INTO facts VALUES (7, 3, 2.5, 'CallEnded', 'c-1', NULL, NULL, :body)"),
            {"body": encode(ended).decode()},
        )
    assert database.upgrade() is True
    with database.session() as session:
        queue = configuration.read(session).queues["support"]
    assert queue == Queue(name="support", title="Support", strategy="best_skill")
    journal = Journal(database)
    assert list(journal.messages(0)) == [Entry(3, 2.5, Tick())]
    assert journal.facts_of_call("c-1") == [Published(seq=7, at=2.5, fact=ended)]
    assert journal.end() == End(message=3, fact=7, at=2.5, told=3)
    database.close()


def test_upgrade_says_whether_it_did_something(empty_url: str) -> None:
    database = Database(empty_url)
    assert database.upgrade() is True
    assert database.upgrade() is False
    database.close()


def test_programs_that_start_together_upgrade_once(empty_url: str) -> None:
    databases = [Database(empty_url) for _ in range(4)]
    databases[0].ping()
    results: list[bool | Exception] = []

    def upgrade(database: Database) -> None:
        try:
            results.append(database.upgrade())
        except Exception as error:
            results.append(error)

    threads = [threading.Thread(target=upgrade, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(isinstance(result, bool) for result in results), results
    with databases[0].session() as session:
        assert session.scalar(text("SELECT count(*) FROM alembic_version")) == 1
    for database in databases:
        database.close()


def test_database_of_a_newer_ringdesk_is_left_alone(database: Database) -> None:
    with database.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseUnreachable, match="newer Ringdesk"):
        database.upgrade()


def test_session_commits_or_rolls_back_as_a_whole(database: Database) -> None:
    with database.session() as session:
        meta.write(session, "kept", "1")

    def fail(session: Session) -> None:
        meta.write(session, "lost", "1")
        raise KeyError("boom")

    with pytest.raises(KeyError), database.session() as session:
        fail(session)
    with database.session() as session:
        assert meta.read(session, "kept") == "1"
        assert meta.read(session, "lost") is None


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    with database.session() as writer:
        meta.write(writer, "new", "1")
        with database.session() as reader:
            assert meta.read(reader, "new") is None


def test_sqlite_file_is_private_and_survives_a_kill(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new' / 'ringdesk.db'}")
    database.upgrade()
    assert stat.S_IMODE((tmp_path / "new" / "ringdesk.db").stat().st_mode) == 0o600
    with database.session() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA synchronous")) == 1
        assert session.scalar(text("PRAGMA foreign_keys")) == 1
    database.close()


def test_unreachable_postgresql_names_the_remedy_not_the_password() -> None:
    database = Database("postgresql://ringdesk:very-secret@127.0.0.1:1/calls")
    with pytest.raises(DatabaseUnreachable) as caught:
        database.upgrade()
    message = str(caught.value)
    assert "127.0.0.1:1/calls" in message
    assert "is PostgreSQL running" in message
    assert "very-secret" not in message
    assert "\n" not in message


def test_a_damaged_sqlite_file_is_named_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "ringdesk.db"
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    database.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))

    def read_all() -> None:
        with database.session() as session:
            for table in engine.models.metadata.sorted_tables:
                session.execute(table.select()).all()

    with pytest.raises(DatabaseUnreachable, match="db restore"):
        read_all()
    database.close()


def test_unusable_sqlite_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "no.db").write_text("this is no database " * 100)
    for name in ("file/ringdesk.db", "no.db"):
        database = Database(f"sqlite:///{tmp_path / name}")
        with pytest.raises(DatabaseUnreachable, match=name):
            database.upgrade()
        database.close()
