"""`ringdesk doctor`: a line for each check, a remedy for each fault, and nothing is changed."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.asterisk_server import AsteriskServer
from engine.cli.doctor import command
from engine.settings import load
from tests.parts.centers import environment


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "home"
    yield folder
    AsteriskServer(load(environment(folder))).stop()


def doctor(settings: dict[str, str]) -> Result:
    return CliRunner().invoke(command, env=settings)


def line(result: Result, subject: str) -> str:
    found = [line for line in result.output.splitlines() if line.split()[1] == subject]
    assert found, result.output
    return found[0]


def test_all_is_well_before_the_first_start(home: Path) -> None:
    result = doctor(environment(home))
    assert result.exit_code == 0, result.output
    for subject in ("settings", "disk", "asterisk", "database", "voices", "node", "http"):
        assert line(result, subject).startswith("ok")
    assert not home.exists(), "it only looks"


def test_our_running_asterisk_is_no_fault(home: Path) -> None:
    settings = environment(home)
    server = AsteriskServer(load(settings))
    server.ensure()
    result = doctor(settings)
    assert result.exit_code == 0, result.output
    assert f"pid {server.running()}" in line(result, "asterisk")
    assert "is our Asterisk's" in line(result, "ami_port")


def test_a_port_that_another_program_has(home: Path) -> None:
    settings = environment(home)
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(settings["RINGDESK_AMI_PORT"])))
        other.listen()
        result = doctor(settings)
    assert result.exit_code == 1
    assert line(result, "ami_port").startswith("wrong")
    assert "RINGDESK_AMI_PORT" in line(result, "ami_port")


def test_an_unknown_setting(home: Path) -> None:
    result = doctor({**environment(home), "RINGDESK_SIPPORT": "1"})
    assert result.exit_code == 1
    assert "RINGDESK_SIPPORT" in line(result, "settings")


def test_a_database_that_does_not_answer(home: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:1/none"
    result = doctor({**environment(home), "RINGDESK_DATABASE_URL": url})
    assert result.exit_code == 1
    assert line(result, "database").startswith("wrong")
    assert "Remedy: " in line(result, "database")


def test_an_asterisk_elsewhere_that_does_not_answer(home: Path) -> None:
    result = doctor({**environment(home), "RINGDESK_ASTERISK_URL": "http://127.0.0.1:1"})
    assert result.exit_code == 1
    assert "Connection refused" in line(result, "asterisk")
    assert "asterisk_url" in line(result, "asterisk")
