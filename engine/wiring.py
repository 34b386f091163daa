"""The one place that names concrete switches and voices."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

from calls.errors import InputInvalid
from calls.port import Switch
from calls.views import BrowserPhone
from engine import asterisk_keeper, configuration
from engine.asterisk_server import AsteriskEndpoint, AsteriskServer
from engine.configuration import Configuration
from engine.models import User
from engine.parts.progress import Progress
from engine.prompts import spoken, spoken_while_waiting
from engine.running import Prepare
from engine.secrets import secret
from engine.service import Phones
from engine.settings import Settings
from engine.storage import Database
from engine.twilio import TwilioFront, TwilioPhones, check_settings, twilio
from engine.voices import VoiceCache, default_voices, please_hold
from switch.asterisk.ami import AmiAddress
from switch.asterisk.driver import AsteriskSwitch
from switch.simulated.driver import SimulatedSwitch
from switch.simulated.traffic import Traffic

SwitchKind: TypeAlias = Literal["asterisk", "simulated", "twilio"]


@dataclass(frozen=True)
class Wired:
    """A switch, the phones beside it, and how to keep up and to end what was started for it."""

    switch: Switch
    phones: Phones
    stop: Callable[[], None]
    #: Runs beside the center, until cancelled.
    keep: Callable[[], Awaitable[None]]
    #: For people: what calls run on.
    place: str
    #: A person can call in.
    dial_in: bool
    #: What Twilio asks, where calls come by Twilio.
    twilio: TwilioFront | None = None
    #: Has the prompts of new flows rendered, beside everything else.
    prepare: Prepare | None = None


class RegisteredPhones:
    """Where browser phones register: at Asterisk's WebSocket."""

    def __init__(self, settings: Settings, database: Database, websocket: str) -> None:
        self._settings = settings
        self._database = database
        self._websocket = websocket

    def phone_of(self, user: str) -> BrowserPhone:
        """The browser phone of an agent. Raises `InputInvalid` where there is no such user."""
        with self._database.session() as session:
            found = session.get(User, user)
            if found is None:
                raise InputInvalid(f"there is no user {user!r}")
            return self._phone(f"{user}-web", found.sip_secret, found.title)

    def caller_phone(self) -> BrowserPhone:
        """The phone that the public page calls from."""
        return self._phone("caller-web", secret(self._settings.home, "caller_web"), "")

    def _phone(self, name: str, password: str, display: str) -> BrowserPhone:
        return BrowserPhone(
            uri=f"sip:{name}@127.0.0.1",
            password=password,
            websocket=self._websocket,
            display=display,
        )


def wire(kind: SwitchKind, settings: Settings, database: Database, progress: Progress) -> Wired:
    """Make the switch ready that a center is to run on. Blocks; shows what takes long.

    Raises `PartMissing`, `SettingInvalid` or `SwitchUnreachable` with the remedy.
    """
    if kind == "simulated":
        return _simulated(settings, database)
    if kind == "twilio":
        check_settings(settings)
    voices = default_voices(settings, progress)
    with database.session() as session:
        known = configuration.read(session)
    voices.prerender(spoken(known), progress)
    voices.render_later(spoken_while_waiting(known))
    if kind == "twilio":
        return _twilio(settings, database, voices)
    server = AsteriskServer(settings, announcements=please_hold(voices), progress=progress)
    endpoint = server.ensure()

    def stop() -> None:
        voices.close()
        server.stop()

    return Wired(
        switch=asterisk(endpoint, voices, settings),
        phones=RegisteredPhones(settings, database, endpoint.ws_url),
        stop=stop,
        keep=_nothing if settings.asterisk_url else partial(asterisk_keeper.keep, server),
        place=f"Asterisk {endpoint.version}, sip:127.0.0.1:{settings.sip_port}",
        dial_in=True,
        prepare=partial(_prepare, voices),
    )


def asterisk(endpoint: AsteriskEndpoint, voices: VoiceCache, settings: Settings) -> AsteriskSwitch:
    """The driver for an Asterisk that answers."""
    ami = AmiAddress(
        host=endpoint.ami_host,
        port=endpoint.ami_port,
        user=endpoint.ami_user,
        password=endpoint.ami_password,
    )
    return AsteriskSwitch(
        "asterisk",
        endpoint.ari_url,
        endpoint.ari_user,
        endpoint.ari_password,
        voice=voices,
        recordings=settings.home / "recordings",
        trunk=settings.trunk.endpoint if settings.trunk else "",
        ami=ami,
    )


def _simulated(settings: Settings, database: Database) -> Wired:
    with database.session() as session:
        numbers = tuple(configuration.read(session).numbers)
    traffic = Traffic(numbers=numbers) if numbers else None
    return Wired(
        switch=SimulatedSwitch(
            "simulated", traffic=traffic, recordings=settings.home / "recordings"
        ),
        phones=RegisteredPhones(settings, database, ""),
        stop=lambda: None,
        keep=_nothing,
        place="a simulated switch: its callers and phones exist only here",
        dial_in=False,
    )


def _twilio(settings: Settings, database: Database, voices: VoiceCache) -> Wired:
    switch, front = twilio(settings, voices, voices.folders)
    numbers = ", ".join(settings.twilio_numbers) or "all numbers of the account"
    return Wired(
        switch=switch,
        phones=TwilioPhones(settings, database),
        stop=voices.close,
        keep=_nothing,
        place=f"Twilio, {numbers}; see `ringdesk twilio check`",
        dial_in=False,
        twilio=front,
        prepare=partial(_prepare, voices),
    )


def _prepare(voices: VoiceCache, known: Configuration) -> None:
    voices.render_later(spoken(known))


async def _nothing() -> None:
    """What is not ours to keep up."""
