"""`ringdesk twilio check`, the settings, and what a center on Twilio refuses at its start."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from calls.config import Agent, Number
from calls.errors import InputInvalid, SettingInvalid
from engine import configuration, settings, users
from engine.cli.run import only_switch
from engine.storage import Database
from engine.twilio import check_settings
from tests.switch_twilio.cloud import ACCOUNT, NUMBER, TOKEN, Cloud

BASE = "https://calls.example.org"


async def ringdesk(
    environment: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    """The command with these settings and no others."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("RINGDESK_")}
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", "from engine.cli import main; main()", *arguments],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def environment(cloud: Cloud, tmp_path: Path) -> dict[str, str]:
    """A center whose number leads somewhere."""
    found = {
        "RINGDESK_HOME": str(tmp_path),
        "RINGDESK_PUBLIC_URL": BASE,
        "RINGDESK_TWILIO_ACCOUNT_SID": ACCOUNT,
        "RINGDESK_TWILIO_AUTH_TOKEN": TOKEN,
        "RINGDESK_TWILIO_API_BASE": cloud.url,
        "RINGDESK_TWILIO_NUMBERS": NUMBER,
    }
    chosen = settings.load(found)
    database = Database(chosen.database_url)
    database.upgrade()
    with database.session() as session:
        configuration.publish_folder(session, chosen.flows)
        configuration.save_number(session, Number(number=NUMBER, flow="main"))
    database.close()
    return found


async def test_differences_are_told_then_set(environment: dict[str, str], cloud: Cloud) -> None:
    before = await ringdesk(environment, "twilio", "check")
    assert before.returncode == 1
    assert (
        f"VoiceUrl is https://demo.twilio.com/welcome, must be {BASE}/twilio/voice" in before.stdout
    )
    assert "StatusCallback is empty" in before.stdout
    assert "--apply" in before.stdout
    applied = await ringdesk(environment, "twilio", "check", "--apply")
    assert applied.returncode == 0, applied.stdout
    assert cloud.numbers[NUMBER] == {
        "VoiceUrl": f"{BASE}/twilio/voice",
        "StatusCallback": f"{BASE}/twilio/status",
    }
    after = await ringdesk(environment, "twilio", "check")
    assert after.returncode == 0, after.stdout
    assert "its webhooks are ours" in after.stdout


async def test_wrong_credentials_are_told_with_the_remedy(environment: dict[str, str]) -> None:
    wrong = await ringdesk(
        {**environment, "RINGDESK_TWILIO_AUTH_TOKEN": "other"}, "twilio", "check"
    )
    assert wrong.returncode == 1
    assert "Authenticate, HTTP 401 (error 20003)" in wrong.stdout
    assert "RINGDESK_TWILIO_AUTH_TOKEN" in wrong.stdout


async def test_a_number_of_nobodys_and_an_address_that_cannot_be_reached(
    environment: dict[str, str],
) -> None:
    changed = {
        **environment,
        "RINGDESK_PUBLIC_URL": "http://127.0.0.1:8080",
        "RINGDESK_TWILIO_NUMBERS": "+48220000000",
    }
    found = await ringdesk(changed, "twilio", "check")
    assert found.returncode == 1
    assert "Twilio cannot reach this" in found.stdout
    assert "is not a number of this account" in found.stdout
    assert f"the account has {NUMBER}" in found.stdout
    assert "leads to no flow" in found.stdout


async def test_twilio_that_does_not_answer_is_one_line(environment: dict[str, str]) -> None:
    away = {**environment, "RINGDESK_TWILIO_API_BASE": "http://127.0.0.1:9"}
    found = await ringdesk(away, "twilio", "check")
    assert found.returncode == 2
    assert "Twilio cannot be reached" in found.stderr
    assert "Traceback" not in found.stderr


# -- settings ------------------------------------------------------------------------------------


def test_what_twilio_needs_is_named() -> None:
    with pytest.raises(SettingInvalid) as refused:
        check_settings(settings.load({"RINGDESK_TWILIO_ACCOUNT_SID": "AC1"}))
    text = str(refused.value)
    assert "RINGDESK_PUBLIC_URL" in text
    assert "RINGDESK_TWILIO_AUTH_TOKEN" in text
    assert "RINGDESK_TWILIO_ACCOUNT_SID" not in text.partition("\n")[0]


def test_the_settings_of_twilio_are_read() -> None:
    found = settings.load(
        {
            "RINGDESK_PUBLIC_URL": "https://calls.example.org/desk/",
            "RINGDESK_TWILIO_NUMBERS": "+48 22 111 00 00, +48221110001",
            "RINGDESK_TWILIO_CALLS_PER_SECOND": "0.5",
            "RINGDESK_TWILIO_API_BASE": "https://space.signalwire.com/api/laml/",
        }
    )
    assert found.public_url == "https://calls.example.org/desk"
    assert found.twilio_numbers == ("+48221110000", "+48221110001")
    assert found.twilio_calls_per_second == 0.5
    assert found.twilio_api_base == "https://space.signalwire.com/api/laml"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TWILIO_NUMBERS", "call me"),
        ("TWILIO_CALLS_PER_SECOND", "0"),
        ("TWILIO_CALLS_PER_SECOND", "fast"),
        ("TWILIO_API_BASE", "api.twilio.com"),
        ("PUBLIC_URL", "calls.example.org"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingInvalid, match=name.lower()):
        settings.load({f"RINGDESK_{name}": value})


def test_two_switches_at_once_are_refused() -> None:
    assert only_switch(("twilio", "twilio")) == "twilio"
    with pytest.raises(InputInvalid, match="asterisk and twilio: a center runs on one switch"):
        only_switch(("asterisk", "twilio"))


# -- agents' phones outside ----------------------------------------------------------------------


def test_an_agents_phone_outside_is_kept_and_rung(tmp_path: Path) -> None:
    chosen = settings.load({"RINGDESK_HOME": str(tmp_path)})
    database = Database(chosen.database_url)
    database.upgrade()
    with database.session() as session:
        users.create_user(session, "bea", "agent", "a-long-password")
        configuration.save_agent(session, Agent(name="bea", phone="tel:+48600700800"))
    with database.session() as session:
        assert configuration.read(session).agents["bea"].phone == "tel:+48600700800"
        phones = configuration.phones(session)
        assert {phone.address for phone in phones} == {"tel:+48600700800"}
        with pytest.raises(InputInvalid, match="phone: 'call me'"):
            configuration.save_agent(session, Agent(name="bea", phone="call me"))
    database.close()
