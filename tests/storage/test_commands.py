"""The commands about users, tokens, the database and the configuration, as a person types them."""

import errno
import io
import stat
from pathlib import Path

import pytest

from engine import cli, configuration, meta, users
from engine.storage import Database


class Terminal:
    """Runs `ringdesk ...` and keeps what it said."""

    def __init__(
        self, patch: pytest.MonkeyPatch, said: pytest.CaptureFixture[str], database: Database
    ) -> None:
        self._patch, self._said = patch, said
        patch.setenv("RINGDESK_DATABASE_URL", database.url.render_as_string(hide_password=False))

    def run(self, *words: str, typed: str = "") -> tuple[int, str, str]:
        """Exit status, output, errors."""
        self._patch.setattr("sys.argv", ["ringdesk", *words])
        self._patch.setattr("sys.stdin", io.StringIO(typed))
        status = 0
        try:
            cli.main()
        except SystemExit as exit_:
            status = int(exit_.code or 0)
        said = self._said.readouterr()
        return status, said.out, said.err

    def ok(self, *words: str, typed: str = "") -> str:
        status, out, errors = self.run(*words, typed=typed)
        assert (status, errors) == (0, "")
        return out

    def refused(self, *words: str, typed: str = "") -> str:
        status, out, errors = self.run(*words, typed=typed)
        assert (status, out) == (2, "")
        assert errors.startswith("ringdesk: ")
        assert errors.count("\n") == 1
        return errors


@pytest.fixture
def terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database: Database
) -> Terminal:
    return Terminal(monkeypatch, capsys, database)


@pytest.mark.parametrize(
    "words",
    [
        "user",
        "user add",
        "user password",
        "user list",
        "user remove",
        "token",
        "token create",
        "token list",
        "token revoke",
        "db",
        "db upgrade",
        "db backup",
        "db restore",
        "config",
        "config export",
        "config import",
    ],
)
def test_every_command_explains_itself(terminal: Terminal, words: str) -> None:
    text = terminal.ok(*words.split(), "--help")
    assert f"ringdesk {words}" in text
    assert len(text.splitlines()) > 6


def test_user_is_added_and_listed(terminal: Terminal, database: Database) -> None:
    assert "no users yet" in terminal.ok("user", "list")
    terminal.ok("user", "add", "anna", "--title", "Anna Nowak", typed="long enough\n")
    said = terminal.ok("user", "add", "boss", "--role", "admin", "--generate")
    generated = said.split("Password: ")[1].strip()
    with database.session() as session:
        assert users.verify_password(session, "anna", "long enough")
        assert users.verify_password(session, "boss", generated)
    header, first, second = terminal.ok("user", "list").splitlines()
    assert header.split() == ["NAME", "ROLE", "TITLE", "ACCESS", "SKILLS", "QUEUES"]
    assert first.split() == ["anna", "agent", "Anna", "Nowak", "active"]
    assert second.split() == ["boss", "admin", "boss", "active"]


def test_user_s_password_is_set(terminal: Terminal, database: Database) -> None:
    terminal.ok("user", "add", "anna", typed="long enough\n")
    terminal.ok("user", "password", "anna", typed="also long enough\n")
    with database.session() as session:
        assert users.verify_password(session, "anna", "long enough") is None
        assert users.verify_password(session, "anna", "also long enough")


def test_running_center_can_notice_a_new_user(terminal: Terminal, database: Database) -> None:
    with database.session() as session:
        before = meta.configuration_version(session)
    terminal.ok("user", "add", "anna", "--generate")
    with database.session() as session:
        assert meta.configuration_version(session) > before


def test_user_is_removed(terminal: Terminal, database: Database) -> None:
    terminal.ok("user", "add", "boss", "--role", "admin", "--generate")
    terminal.ok("user", "add", "anna", "--generate")
    terminal.run("user", "remove", "anna", typed="n\n")
    assert "anna" in terminal.ok("user", "list")
    with database.session() as session:
        before = meta.configuration_version(session)
    assert "Removed agent anna." in terminal.ok("user", "remove", "anna", typed="y\n")
    assert "anna" not in terminal.ok("user", "list")
    with database.session() as session:
        assert meta.configuration_version(session) > before, "a running center drops the phones"
    assert "no user 'anna'" in terminal.refused("user", "remove", "anna", "--yes")
    assert "last active admin" in terminal.refused("user", "remove", "boss", "--yes")


def test_user_s_mistakes_are_one_line_each(terminal: Terminal) -> None:
    assert "small letter" in terminal.refused("user", "add", "Anna", typed="long enough\n")
    assert "at least 8" in terminal.refused("user", "add", "anna", typed="short\n")
    assert "no password" in terminal.refused("user", "add", "anna")
    assert "no user 'zoe'" in terminal.refused("user", "password", "zoe", "--generate")


def test_titles_are_one_line_of_what_can_be_shown(terminal: Terminal) -> None:
    said = terminal.refused("user", "add", "anna", "--generate", "--title", "Anna\r\nVia: x")
    assert "title" in said
    assert "80" in terminal.refused("user", "add", "anna", "--generate", "--title", "x" * 81)


def test_a_number_of_no_token_is_refused(terminal: Terminal) -> None:
    status, _, errors = terminal.run("token", "revoke", "9" * 30)
    assert status == 2
    assert "Invalid value for 'NUMBER'" in errors


def test_a_folder_that_is_none_is_one_line(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("RINGDESK_HOME", str(file))
    status, _, errors = terminal.run("run", "--switch", "simulated")
    assert status == 2
    assert f"setting 'home': the state folder {file} cannot be used" in errors


def test_a_full_disk_is_one_line_with_the_remedy(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("engine.settings.load", full)
    status, _, errors = terminal.run("user", "list")
    assert status == 2
    assert "No space left on device" in errors
    assert "Remedy: free some" in errors


def test_token_is_made_listed_and_revoked(terminal: Terminal, database: Database) -> None:
    secret = terminal.ok("token", "create", "--role", "supervisor", "--name", "wallboard").strip()
    with database.session() as session:
        assert users.verify_token(session, secret) == users.Principal("wallboard", "supervisor")
    listed = terminal.ok("token", "list")
    assert listed.startswith("1  supervisor  wallboard  made ")
    assert secret not in listed
    terminal.ok("token", "revoke", "1")
    with database.session() as session:
        assert users.verify_token(session, secret) is None
    assert "no token 1" in terminal.refused("token", "revoke", "1")


def test_configuration_goes_out_and_in(
    terminal: Terminal, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "center.yaml"
    file.write_text("ringdesk: 1\nqueues: {support: {title: Support}}\nagents: {anna: {}}\n")
    said = terminal.ok("config", "import", str(file))
    assert "Imported 1 queues, 1 agents, 0 numbers, 0 changed flows." in said
    assert "ringdesk user password anna" in said
    exported = tmp_path / "out.yaml"
    terminal.ok("config", "export", str(exported))
    assert exported.read_text() == terminal.ok("config", "export", "-")
    terminal.ok("config", "import", "-", typed=exported.read_text().replace("Support", "Help"))
    with database.session() as session:
        assert configuration.read(session).queues["support"].title == "Help"


def test_configuration_s_mistakes_name_the_place(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "center.yaml"
    file.write_text("ringdesk: 1\nqueues:\n  a:\n    wrap_up: -5\n")
    said = terminal.refused("config", "import", str(file))
    assert f"{file}:4: queues.a.wrap_up: must be 0 to 3600 seconds" in said
    assert "cannot read" in terminal.refused("config", "import", str(tmp_path / "none"))
    assert "cannot read" in terminal.refused("config", "import", str(tmp_path))
    assert "cannot write" in terminal.refused("config", "export", str(tmp_path))
    (tmp_path / "latin").write_bytes(b"ringdesk: 1 # \xff\n")
    assert "not UTF-8" in terminal.refused("config", "import", str(tmp_path / "latin"))


def test_database_is_upgraded_backed_up_and_restored(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "already at" in terminal.ok("db", "upgrade")
    terminal.ok("user", "add", "anna", "--generate")
    file = tmp_path / "backup.db"
    assert f"Wrote {file}" in terminal.ok("db", "backup", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "holds users already" in terminal.refused("db", "restore", str(file))
    monkeypatch.setenv("RINGDESK_DATABASE_URL", f"sqlite:///{tmp_path / 'fresh.db'}")
    assert "now at" in terminal.ok("db", "upgrade")
    terminal.ok("db", "restore", str(file))
    assert "anna" in terminal.ok("user", "list")


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("postgresql://ringdesk:very-secret@127.0.0.1:1/calls", "is PostgreSQL running"),
        ("sqlite:////dev/null/ringdesk.db", "is its folder there and writable"),
        ("sqlite://", "database in memory"),
    ],
)
def test_unreachable_database_is_one_line(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, url: str, problem: str
) -> None:
    monkeypatch.setenv("RINGDESK_DATABASE_URL", url)
    for words in ("user list", "token list", "db upgrade", "db backup x", "config export -"):
        said = terminal.refused(*words.split())
        assert problem in said
        assert "very-secret" not in said
