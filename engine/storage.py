"""The database: SQLite in one file by default, PostgreSQL by its URL; the same tables on both.

A session reads what is committed at the time of each statement (READ COMMITTED); on SQLite too,
where Python's driver opens the transaction with the first write. So a number that must not be
given twice is taken by one ``UPDATE ... RETURNING``, never by reading and then writing.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import sqlalchemy
from sqlalchemy import URL, Connection, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from calls.errors import DatabaseUnreachable

#: The newest migration, kept here so that a start with nothing to do need not load Alembic.
HEAD = "0006"

#: Seconds that a writer waits for another one, and a connection for its server.
PATIENCE = 10

_MIGRATIONS = Path(__file__).parent / "migrations"

#: WAL: readers do not wait for the journal's writer, nor it for them. With WAL, NORMAL loses no
#: commit when the program is killed, and at most the last ones when the power fails.
_PRAGMAS = (
    f"PRAGMA busy_timeout={PATIENCE * 1000}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
)


class Database:
    """One database, shared by all threads. Connects when it is first used."""

    def __init__(self, url: str) -> None:
        self.url = _address(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = sqlalchemy.create_engine(self.url, **self._options())
        if self.sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    def __str__(self) -> str:
        return self.url.render_as_string(hide_password=True)

    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = {"pool_size": 20, "max_overflow": 20, "pool_pre_ping": True}
        if self.sqlite:
            if not self.url.database or self.url.database == ":memory:":
                raise DatabaseUnreachable(
                    f"{self}: a database in memory is not shared; name a file"
                )
            return options
        options["connect_args"] = {
            "connect_timeout": PATIENCE,
            "application_name": "ringdesk",
        }
        return options

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """A session that commits at the end of the block, or rolls back if it raises.

        What was read stays usable after the block. Raises `DatabaseUnreachable`.
        """
        with self._explained(), self._sessions.begin() as session:
            yield session

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Connection]:
        """As `session`, for plain tables and without the cost of mapped classes."""
        with self._explained(), self.engine.begin() as connection:
            yield connection

    def ping(self) -> None:
        """Raise `DatabaseUnreachable`, with the remedy, if the database does not answer."""
        with self._explained():
            self._prepare_folder()
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))

    def upgrade(self) -> bool:
        """Bring the tables to what this version needs. False if they were already.

        One transaction: a failed upgrade leaves the database as it was. Raises
        `DatabaseUnreachable`, also for a database of a newer Ringdesk.
        """
        with self._explained():
            self._prepare_folder()
            with self.engine.connect() as connection:
                if _revision(connection) == HEAD:
                    return False
                connection.rollback()
                self._migrate(connection)
                connection.commit()
        return True

    def close(self) -> None:
        self.engine.dispose()

    def _migrate(self, connection: Connection) -> None:
        from alembic import command, config, util

        # Only one of several starting programs migrates, and the others then find nothing to do.
        if self.sqlite:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7464333)")
        settings = config.Config()
        settings.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        settings.attributes["connection"] = connection
        try:
            command.upgrade(settings, "head")
        except util.CommandError as error:
            raise DatabaseUnreachable(
                f"database {self} cannot be upgraded to {HEAD}: {error}; "
                "it may belong to a newer Ringdesk: use that, or another database"
            ) from None

    def _prepare_folder(self) -> None:
        """SQLite's file holds password hashes: it is made for its owner's eyes only."""
        if self.sqlite:
            path = Path(str(self.url.database))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600, exist_ok=True)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, InterfaceError) as error:
            raise DatabaseUnreachable(self._explain(error.orig)) from error
        except OSError as error:
            raise DatabaseUnreachable(self._explain(error)) from error
        except DBAPIError as error:
            if _is_damaged(error):
                raise DatabaseUnreachable(self._explain(error.orig)) from error
            raise

    def _explain(self, error: BaseException | None) -> str:
        detail = " ".join(str(error).split()).removesuffix(".")
        if self.url.password:
            detail = detail.replace(str(self.url.password), "***")
        if "malformed" in detail:
            remedy = "move it away and fill a new one by `ringdesk db restore` from a backup"
        elif self.sqlite:
            remedy = "is its folder there and writable, and no other program holding it?"
        else:
            remedy = "is PostgreSQL running, and are the host, user and password right?"
        return f"database {self} cannot be used: {detail}; {remedy} (setting database_url)"


@contextlib.contextmanager
def opened(url: str) -> Iterator[Database]:
    """A database with all its tables, for the length of the block."""
    database = Database(url)
    try:
        database.upgrade()
        yield database
    finally:
        database.close()


def _prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()
    # SQLite's own knows only the letters of English.
    cast(sqlite3.Connection, connection).create_function(
        "lower", 1, lambda value: value and str(value).lower(), deterministic=True
    )


def _is_damaged(error: DBAPIError) -> bool:
    text = str(error.orig)
    return "file is not a database" in text or "disk image is malformed" in text


def _address(url: str) -> URL:
    """Of a kind of database that we know."""
    try:
        address = make_url(url)
        if address.drivername == "postgresql":
            address = address.set(drivername="postgresql+psycopg")
        if address.drivername in ("sqlite", "postgresql+psycopg"):
            return address
    except (ArgumentError, ValueError):
        pass
    raise DatabaseUnreachable(  # the address is not repeated: it may hold a password
        "setting database_url is no address like postgresql://user:password@host:5432/name"
    )


def _revision(connection: Connection) -> str | None:
    if not sqlalchemy.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
