"""Settings: where they come from, and what each mistake is answered with."""

import socket
from pathlib import Path

import pytest

from calls.errors import DatabaseUnreachable, FlowInvalid, SettingInvalid
from engine import configuration
from engine.ports import require_free
from engine.settings import load
from engine.storage import Database


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "ringdesk.toml"
    file.write_text('home = "/from/file"\nsip_port = 5070\nregion = "de"\n')
    found = load({"RINGDESK_HOME": "/from/environment"}, file)
    assert found.home == Path("/from/environment")
    assert (found.sip_port, found.region) == (5070, "DE")
    assert found.database_url == "sqlite:////from/environment/ringdesk.db"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("RINGDESK_HTTP", text) for text in ("", "8080", ":80", "a b:80", "h\n:80", "::1:80")),
        *(("RINGDESK_SIP_PORT", text) for text in ("", "0", "65536", "x", "５０６０")),
        *(("RINGDESK_RTP_PORTS", text) for text in ("1", "20000-10000", "10000-10002")),
        *(("RINGDESK_HOME", text) for text in ("", "~nobody-of-this-name/x", "a\0b")),
        *(("RINGDESK_PARTS", text) for text in ("~nobody-of-this-name", "a\0b")),
        *(("RINGDESK_TIMEZONE", text) for text in ("", "Europe", "../../etc", "Mars/Base")),
        *(("RINGDESK_REGION", text) for text in ("", "P", "POL", "12")),
        *(
            ("RINGDESK_ASTERISK_URL", text)
            for text in ("host", "http://", "http://[", "http://h:99999", "http://h:x", "ftp://h")
        ),
        ("RINGDESK_DATABASE_URL", "mysql://host/name"),
        ("RINGDESK_LOG_FORMAT", "xml"),
        *(("RINGDESK_ASTERISK_PRIORITY", text) for text in ("", "high", "Realtime")),
        ("RINGDESK_CONFIG", "/etc/ringdesk.toml"),
        ("RINGDESK_", "x"),
    ],
)
def test_a_mistake_is_named_with_its_source(name: str, value: str) -> None:
    with pytest.raises(SettingInvalid) as failure:
        load({name: value})
    assert name in str(failure.value)


@pytest.mark.parametrize("text", ["home = [", "http = 1.5", "demo_password = true", "hom = 'x'"])
def test_a_mistake_in_the_file_is_named_with_the_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "ringdesk.toml"
    file.write_text(text)
    with pytest.raises(SettingInvalid) as failure:
        load({}, file)
    assert str(file) in str(failure.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingInvalid, match="no settings file"):
        load({}, tmp_path / "missing.toml")
    with pytest.raises(SettingInvalid, match=str(tmp_path)):
        load({}, tmp_path)


def test_two_servers_cannot_have_one_port() -> None:
    with pytest.raises(SettingInvalid, match="'sip_port' and 'ami_port' are both port 5061"):
        load({"RINGDESK_SIP_PORT": "5061", "RINGDESK_AMI_PORT": "5061"})
    # An Asterisk elsewhere has ports of its own.
    assert load({"RINGDESK_AMI_PORT": "8080", "RINGDESK_ASTERISK_URL": "http://h:8088"})


@pytest.mark.parametrize("url", ["postgresql://u:hush@h:port/x", "postgresql://u:hush@[::1/x"])
def test_a_malformed_database_address_does_not_show_its_password(url: str) -> None:
    with pytest.raises(DatabaseUnreachable) as failure:
        Database(load({"RINGDESK_DATABASE_URL": url}).database_url)
    assert "database_url" in str(failure.value)
    assert "hush" not in str(failure.value)


def test_a_folder_of_flows_must_be_there(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ringdesk.db'}")
    database.upgrade()
    with database.session() as session, pytest.raises(FlowInvalid, match="'flows'"):
        configuration.publish_folder(session, tmp_path / "missing")
    database.close()


def test_an_address_of_another_machine_is_not_called_in_use() -> None:
    with pytest.raises(SettingInvalid) as failure:
        require_free("http", "192.0.2.1", 8080, "tcp")  # RFC 5737: nobody's
    assert "cannot listen" in str(failure.value)
    assert "in use" not in str(failure.value)


def test_a_port_in_use_is_called_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingInvalid, match=f"{port} of 127.0.0.1 is in use"):
            require_free("http", "127.0.0.1", port, "tcp")
