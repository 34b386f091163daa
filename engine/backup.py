"""Backups. Whatever the database is, its backup is one SQLite file that Ringdesk can run on.

So it can be looked into with any tool, tried (``RINGDESK_DATABASE_URL=sqlite:///FILE``), and
brought into SQLite or PostgreSQL again. It can be made while the center runs.
"""

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from sqlalchemy import Connection, Table, delete, func, insert, select, text

import desk.models
import engine.models
from calls.errors import InputInvalid
from engine.storage import Database, opened

_BATCH = 1000

#: Parents before children.
_TABLES: tuple[Table, ...] = (
    *engine.models.metadata.sorted_tables,
    *desk.models.Base.metadata.sorted_tables,
)
#: Filled by the migrations themselves.
_SEEDED = ("meta", "number_series")


def backup(database: Database, target: Path) -> None:
    """Write the database as it is at one moment to the file `target`, for its owner only.

    An older file of that name is replaced when all is written. Raises `InputInvalid` if it cannot.
    """
    if target.is_dir() or (database.sqlite and _same(target, Path(str(database.url.database)))):
        raise InputInvalid(f"cannot back up to {target}: name another file")
    fresh = target.with_name(target.name + ".new")
    with _explained(target):
        fresh.unlink(missing_ok=True)
        os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            if database.sqlite:
                _copy_pages(database, fresh)
            else:
                _copy_rows_out(database, fresh)
            _make_single(fresh)
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)


def restore(database: Database, source: Path) -> None:
    """Fill an empty database from a backup, also one of an older Ringdesk.

    Raises `InputInvalid` if the database holds something, or the file is no backup.
    """
    if not source.is_file():
        raise InputInvalid(f"there is no backup {source}")
    with tempfile.TemporaryDirectory(prefix="ringdesk-restore-") as folder, _explained(source):
        copy = Path(folder) / "backup.db"
        shutil.copyfile(source, copy)  # upgraded there, so the backup stays as it is
        _refuse_unless_backup(copy, source)
        with (
            opened(f"sqlite:///{copy}") as held,
            held.engine.connect() as reader,
            database.session() as session,
        ):
            writer = session.connection()
            _refuse_unless_empty(writer, database)
            for name in _SEEDED:
                writer.execute(delete(_table(name)))
            _copy_rows(reader, writer)
            if not database.sqlite:
                _advance_sequences(writer)


def _copy_pages(database: Database, target: Path) -> None:
    """SQLite's own online backup: one read of the database, which goes on being written."""
    with database.engine.connect() as connection, contextlib.closing(_sqlite(target)) as copy:
        source = cast(sqlite3.Connection, connection.connection.driver_connection)
        source.backup(copy)


def _copy_rows_out(database: Database, target: Path) -> None:
    with (
        opened(f"sqlite:///{target}") as held,
        database.engine.connect().execution_options(isolation_level="REPEATABLE READ") as reader,
        held.engine.begin() as writer,
    ):
        for name in _SEEDED:
            writer.execute(delete(_table(name)))
        _copy_rows(reader, writer)


def _copy_rows(reader: Connection, writer: Connection) -> None:
    for table in _TABLES:
        rows = reader.execution_options(yield_per=_BATCH).execute(select(table))
        for part in rows.mappings().partitions():
            writer.execute(insert(table), [dict(row) for row in part])


def _refuse_unless_empty(connection: Connection, database: Database) -> None:
    for table in _TABLES:
        if table.name in _SEEDED:
            continue
        if connection.scalar(select(func.count()).select_from(table)):
            raise InputInvalid(
                f"database {database} holds {table.name} already; restore into an empty one"
            )


def _refuse_unless_backup(copy: Path, source: Path) -> None:
    try:
        with contextlib.closing(_sqlite(copy)) as connection:
            connection.execute("SELECT version_num FROM alembic_version")
    except sqlite3.DatabaseError:
        raise InputInvalid(f"{source} is no backup made by `ringdesk db backup`") from None


def _advance_sequences(connection: Connection) -> None:
    """PostgreSQL's counters know nothing of rows that came with their ids."""
    for table in _TABLES:
        if table.autoincrement_column is None:
            continue
        name, column = table.name, table.autoincrement_column.name
        connection.execute(
            text(
                f"SELECT setval(pg_get_serial_sequence('{name}', '{column}'),"  # noqa: S608
                f" (SELECT coalesce(max({column}), 0) + 1 FROM {name}), false)"
            )
        )


def _make_single(path: Path) -> None:
    """No ``-wal`` file beside it that somebody would forget to copy."""
    with contextlib.closing(_sqlite(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def _sqlite(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path)


def _table(name: str) -> Table:
    return next(table for table in _TABLES if table.name == name)


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise InputInvalid(f"backup {path}: {error}") from error
