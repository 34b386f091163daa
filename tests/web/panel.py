"""The panel on the fake service, for whoever asks it as a browser or a program does."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import flask
import pytest
from flask.testing import FlaskClient

from engine import demo, settings, users
from engine.storage import Database
from tests.web.fake_service import FakeService
from web.app import create_app

PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the demo center, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("demo")
    database = Database(f"sqlite:///{folder / 'demo.db'}")
    database.upgrade()
    wanted = {"RINGDESK_HOME": str(folder), "RINGDESK_DEMO_PASSWORD": PASSWORD}
    demo.load(database, settings.load(wanted))
    with database.session() as session:
        for role in users.ROLES:
            name = "agent1" if role == "agent" else f"{role}-program"
            (folder / f"{role}.token").write_text(users.create_token(session, name, role))
    database.close()
    return folder / "demo.db"


@pytest.fixture
def service(demo_file: Path, tmp_path: Path) -> Iterator[FakeService]:
    shutil.copy(demo_file, tmp_path / "ringdesk.db")
    database = Database(f"sqlite:///{tmp_path / 'ringdesk.db'}")
    yield FakeService(settings.load({"RINGDESK_HOME": str(tmp_path)}), database)
    database.close()


@pytest.fixture
def tokens(demo_file: Path) -> dict[str, str]:
    """A bearer token of each role."""
    return {role: (demo_file.parent / f"{role}.token").read_text() for role in users.ROLES}


@pytest.fixture
def app(service: FakeService) -> flask.Flask:
    return create_app(service)


@pytest.fixture
def client(app: flask.Flask) -> FlaskClient:
    return app.test_client()


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found is not None
    return found[1]


def log_in(client: FlaskClient, name: str, password: str = PASSWORD) -> str:
    """Log in as a person does; returns the session's CSRF token."""
    page = client.get("/login").text
    answer = client.post(
        "/login", data={"name": name, "password": password, "csrf_token": csrf_of(page)}
    )
    assert answer.status_code == 302, answer.text
    # A page that never changes for who is logged in: it carries their token.
    return csrf_of(client.get(answer.headers["Location"]).text)
