"""A center on Twilio: the driver as the settings say, agents' browsers, and the webhooks' answers.

No Asterisk is needed, and none may run beside it: a caller on the one and an agent on the other
could only be joined by a call of their own between the two, over SIP or the public network, which
Ringdesk does not make.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

from calls.errors import InputInvalid, SettingInvalid
from calls.port import Voice
from calls.views import BrowserPhone
from cti.numbers import normalise
from engine.models import User
from engine.secrets import secret
from engine.settings import Settings
from engine.storage import Database
from engine.voices.music import write_music
from switch.twilio.codec import WEBHOOKS, What
from switch.twilio.driver import TwilioSwitch
from switch.twilio.media import MediaShelf
from switch.twilio.rest import Rest
from switch.twilio.sounds import Sounds

#: Seconds that an agent's browser is let in for; the page asks for more in time.
TOKEN_LASTS = 3600

_REQUIRED = ("public_url", "twilio_account_sid", "twilio_auth_token")


def check_settings(settings: Settings) -> None:
    """Raises `SettingInvalid` with what is missing."""
    missing = [f"RINGDESK_{name.upper()}" for name in _REQUIRED if not getattr(settings, name)]
    if missing:
        raise SettingInvalid(
            f"Twilio needs {', '.join(missing)}.\n"
            "Remedy: the account's SID and token are in Twilio's console; RINGDESK_PUBLIC_URL is "
            "how Twilio reaches this panel, such as https://calls.example.org."
        )


def rest(settings: Settings) -> Rest:
    """The account's REST API. Raises `SettingInvalid`."""
    check_settings(settings)
    return Rest(
        settings.twilio_api_base,
        settings.twilio_account_sid,
        settings.twilio_auth_token or "",
        calls_per_second=settings.twilio_calls_per_second,
    )


class Webhooks(Protocol):
    """What Twilio asks of us. On the loop's thread."""

    async def webhook(
        self, what: What, query: Mapping[str, str], sent: Mapping[str, str]
    ) -> str | None: ...


class TwilioFront:
    """What Twilio may ask the panel for."""

    def __init__(self, webhooks: Webhooks, shelf: MediaShelf) -> None:
        self._webhooks = webhooks
        self._shelf = shelf

    async def answer(
        self, what: str, query: Mapping[str, str], sent: Mapping[str, str]
    ) -> str | None:
        """A TwiML document, or None where nothing is asked. Raises `InputInvalid` for what is no
        webhook of ours."""
        for known in WEBHOOKS:
            if known == what:
                return await self._webhooks.webhook(known, query, sent)
        raise InputInvalid(f"there is no webhook {what!r}")

    def sound(self, signature: str, name: str) -> Path | None:
        """The file of a prompt or of music at an address of ours."""
        return self._shelf.file(signature, name)


class TwilioPhones:
    """Agents' browsers register at Twilio, by a token that says who they are."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database

    def phone_of(self, user: str) -> BrowserPhone:
        """Raises `InputInvalid` where there is no such user."""
        with self._database.session() as session:
            found = session.get(User, user)
            if found is None:
                raise InputInvalid(f"there is no user {user!r}")
            return BrowserPhone(
                uri=f"client:{user}",
                password="",
                websocket="",
                display=found.title,
                token=self._token(user),
            )

    def caller_phone(self) -> BrowserPhone:
        """Callers dial our numbers; there is no phone for them in a page."""
        return BrowserPhone(uri="", password="", websocket="")

    def _token(self, user: str) -> str:
        """Empty without an API key: agents then have phones of their own."""
        settings = self._settings
        if not (settings.twilio_api_key_sid and settings.twilio_api_key_secret):
            return ""
        token = AccessToken(
            settings.twilio_account_sid,
            settings.twilio_api_key_sid,
            settings.twilio_api_key_secret,
            identity=user,
            ttl=TOKEN_LASTS,
        )
        token.add_grant(VoiceGrant(incoming_allow=True))
        return str(token.to_jwt())


def twilio(
    settings: Settings, voices: Voice, folders: list[Path]
) -> tuple[TwilioSwitch, TwilioFront]:
    """The driver and its front; `folders` have the prompts. Raises `SettingInvalid`."""
    client = rest(settings)
    music = settings.home / "music"
    if not (music / "default.wav").exists():
        music.mkdir(parents=True, exist_ok=True)
        write_music(music / "default.wav")
    key = secret(settings.home, "media").encode()
    shelf = MediaShelf(settings.public_url, key, [*folders, music])
    switch = TwilioSwitch(
        "twilio",
        client,
        settings.public_url,
        sounds=Sounds(voices, music, shelf.url),
        numbers=settings.twilio_numbers,
        public=lambda number: normalise(number, settings.region),
        recordings=settings.home / "recordings",
    )
    return switch, TwilioFront(switch, shelf)
