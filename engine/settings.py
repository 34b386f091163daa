"""The settings: ``ringdesk.toml``, then ``RINGDESK_*`` in the environment, which wins.

A setting that is unknown or malformed is named with its source and stops the start.
"""

import os
import re
import tomllib
import urllib.parse
import zoneinfo
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from calls.errors import SettingInvalid
from engine.services import Allowed, allowed

PREFIX = "RINGDESK_"
CONFIG_FILE = "ringdesk.toml"

#: See `engine.voices`.
VOICES = ("hibari", "rhvoice", "espeak-ng")


class Address(msgspec.Struct, frozen=True):
    """A host and a port to bind or connect to."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self}"


class PortRange(msgspec.Struct, frozen=True):
    """An inclusive range of UDP ports."""

    first: int
    last: int


class Trunk(msgspec.Struct, frozen=True, kw_only=True):
    """The way to numbers outside: a carrier's SIP server (`host`), or an endpoint that a remote
    Asterisk has already (no `host`)."""

    endpoint: str
    host: str = ""
    port: int = 5060
    user: str = ""
    password: str = ""

    @property
    def here(self) -> bool:
        """Its server is on this machine."""
        return self.host == "localhost" or self.host.startswith("127.")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be set; in the environment ``RINGDESK_`` + the upper-case name."""

    #: The state folder: database, secrets, Asterisk's files, fetched parts.
    home: Path
    #: Where the panel and the API listen.
    http: Address
    sip_port: int
    asterisk_http_port: int
    ami_port: int
    rtp_ports: PortRange
    database_url: str
    #: Where fetched programs are kept; several centers may share one folder.
    parts: Path
    #: Fixes the demo log-ins' password.
    demo_password: str | None
    #: Days and hours are counted in this zone (IANA name).
    timezone: str
    #: The region that national phone numbers belong to (ISO 3166).
    region: str
    #: How our own Asterisk runs: ``normal``, or ``realtime``: before all other programs.
    asterisk_priority: str
    #: A running Asterisk elsewhere: its ARI address, ``http://host:8088``; empty for our own.
    asterisk_url: str
    asterisk_user: str
    asterisk_password: str | None
    #: How numbers outside are reached; None: they are not.
    trunk: Trunk | None
    #: How the world reaches the panel, ``https://calls.example.org``: for Twilio's webhooks.
    public_url: str
    twilio_account_sid: str
    twilio_auth_token: str | None
    #: Twilio's REST API, or a server that speaks like it.
    twilio_api_base: str
    #: Ours at Twilio, the first is shown to whom we call; empty for all of the account's.
    twilio_numbers: tuple[str, ...]
    #: How fast Twilio lets us make calls.
    twilio_calls_per_second: float
    #: What signs the log-ins of agents' browsers at Twilio.
    twilio_api_key_sid: str
    twilio_api_key_secret: str | None
    #: The HTTP services that flows may ask.
    flow_services: tuple[Allowed, ...]
    #: Text-to-speech engines, the best first: of those that speak a language the first is used.
    voices: tuple[str, ...]
    #: ``text`` for people, ``json`` for machines.
    log_format: str
    #: Where flows are read from at start.
    flows: Path

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.timezone)


#: A name or an IPv4 address, or an IPv6 address in brackets.
_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")

_ROOT = Path(__file__).resolve().parent.parent

_DEFAULTS: dict[str, str] = {
    "home": "var",
    "http": "127.0.0.1:8080",
    "sip_port": "5060",
    "asterisk_http_port": "8088",
    "ami_port": "5038",
    "rtp_ports": "10000-10999",
    "timezone": "UTC",
    "region": "PL",
    "log_format": "text",
    "voices": "rhvoice,espeak-ng",
    "asterisk_priority": "normal",
    "asterisk_user": "ringdesk",
    "twilio_api_base": "https://api.twilio.com",
    "twilio_calls_per_second": "1",
}


def load(environ: Mapping[str, str] | None = None, file: Path | None = None) -> Settings:
    """Read the settings; `file` defaults to ``ringdesk.toml`` in the working folder, if any.

    Raises `SettingInvalid`, whose text names the setting and where it came from.
    """
    environ = os.environ if environ is None else environ
    given = _from_file(file or Path(CONFIG_FILE), must_exist=file is not None)
    for name, value in environ.items():
        if name.startswith(PREFIX) and name != "RINGDESK_PICTURES":
            given[name.removeprefix(PREFIX).lower()] = (value, f"environment variable {name}")
    unknown = [f"{key!r} ({source})" for key, (_, source) in given.items() if key not in _PARSERS]
    if unknown:
        raise SettingInvalid(
            f"unknown setting {', '.join(unknown)}; known are {', '.join(sorted(_PARSERS))}"
        )
    values: dict[str, Any] = {}
    for key, parse in _PARSERS.items():
        text, source = given.get(key, (_DEFAULTS.get(key, ""), "default"))
        try:
            values[key] = parse(text)
        except ValueError as error:
            raise SettingInvalid(f"setting {key!r} from {source}: {error}") from None
    _check_ports(values)
    _check_trunk(values)
    home: Path = values["home"]
    values["parts"] = values["parts"] or home / "parts"
    values["database_url"] = values["database_url"] or f"sqlite:///{home / 'ringdesk.db'}"
    values["flows"] = values["flows"] or _ROOT / "dialplans" / "flows"
    return Settings(**values)


def _from_file(path: Path, *, must_exist: bool) -> dict[str, tuple[str, str]]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if must_exist:
            raise SettingInvalid(f"no settings file {path}") from None
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingInvalid(f"{path}: {error}") from None
    for key, value in document.items():
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise SettingInvalid(f"{path}: {key!r} must be a text or a whole number")
    return {key: (str(value), str(path)) for key, value in document.items()}


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise ValueError(f"{text!r} is not a port (1 to 65535)")
    return int(text)


def _address(text: str) -> Address:
    host, colon, port = text.rpartition(":")
    if not colon or not _HOST.fullmatch(host):
        raise ValueError(f"{text!r} is not an address like 127.0.0.1:8080")
    return Address(host.strip("[]"), _port(port))


def _ports(text: str) -> PortRange:
    first, dash, last = text.partition("-")
    if not dash:
        raise ValueError(f"{text!r} is not a range like 10000-10999")
    found = PortRange(_port(first), _port(last))
    if found.last - found.first < 3:
        raise ValueError(f"{text!r} must span at least four ports")
    return found


def _folder(text: str) -> Path | None:
    if "\0" in text:
        raise ValueError(f"{text!r} is not a path")
    try:
        return Path(text).expanduser().absolute() if text else None
    except RuntimeError:
        raise ValueError(f"{text!r}: there is no such user's home folder") from None


def _home(text: str) -> Path:
    folder = _folder(text)
    if folder is None:
        raise ValueError("must not be empty")
    return folder


def _zone(text: str) -> str:
    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{text!r} is not a time zone like Europe/Warsaw") from None
    return text


def _region(text: str) -> str:
    if len(text) != 2 or not text.isascii() or not text.isalpha():
        raise ValueError(f"{text!r} is not a country code like PL")
    return text.upper()


def _either(one: str, other: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in (one, other):
            raise ValueError(f"{text!r} is neither {one!r} nor {other!r}")
        return text

    return parse


def _web_url(text: str) -> str:
    if text and not _is_web_url(text):
        raise ValueError(f"{text!r} is not an address like http://host:8088")
    return text.rstrip("/")


def _numbers(text: str) -> tuple[str, ...]:
    numbers = tuple(number for part in text.split(",") if (number := "".join(part.split())))
    for number in numbers:
        if not re.fullmatch(r"\+?[0-9]{2,15}", number):
            raise ValueError(f"{number!r} is not a number like +48221230101")
    return numbers


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0.01 <= rate <= 1000:
        raise ValueError(f"{text!r} is not a number from 0.01 to 1000")
    return rate


def _services(text: str) -> tuple[Allowed, ...]:
    return tuple(allowed(part) for part in text.split(",") if part.strip())


def _voices(text: str) -> tuple[str, ...]:
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    for name in names:
        if name not in VOICES:
            raise ValueError(f"there is no voice {name!r}; there are {', '.join(VOICES)}")
    return names


def _is_web_url(text: str) -> bool:
    try:
        parts = urllib.parse.urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a malformed port or IPv6 address
        return False


_ENDPOINT = re.compile(r"[A-Za-z0-9_-]+")
_TRUNK = re.compile(
    r"sip:(?:(?P<user>[A-Za-z0-9_.+-]+)(?::(?P<password>[!-9;-~]+))?@)?"
    r"(?P<host>[A-Za-z0-9.-]+)(?::(?P<port>[0-9]+))?"
)


def _trunk(text: str) -> Trunk | None:
    if not text or _ENDPOINT.fullmatch(text):
        return Trunk(endpoint=text) if text else None
    found = _TRUNK.fullmatch(text)
    if found is None:
        raise ValueError(
            "must be like sip:user:password@host:5060, or the name of an endpoint of the Asterisk "
            "at asterisk_url"
        )
    return Trunk(
        endpoint="_trunk",
        host=found["host"],
        port=_port(found["port"] or "5060"),
        user=found["user"] or "",
        password=found["password"] or "",
    )


def _check_trunk(values: Mapping[str, Any]) -> None:
    """Raises `SettingInvalid` where the trunk and the Asterisk do not go together."""
    trunk: Trunk | None = values["trunk"]
    if trunk is not None and bool(trunk.host) == bool(values["asterisk_url"]):
        raise SettingInvalid(
            "setting 'trunk': our own Asterisk needs an address like sip:user:password@host:5060"
            if not trunk.host
            else "setting 'trunk': the Asterisk at asterisk_url needs the name of an endpoint that "
            "it has"
        )


def _check_ports(values: Mapping[str, Any]) -> None:
    """Raises `SettingInvalid` where two of our own servers would have the same TCP port."""
    taken: dict[int, str] = {}
    ports = {"http": values["http"].port}
    if not values["asterisk_url"]:
        ports |= {name: values[name] for name in ("sip_port", "asterisk_http_port", "ami_port")}
    for name, port in ports.items():
        if port in taken:
            raise SettingInvalid(f"settings {taken[port]!r} and {name!r} are both port {port}")
        taken[port] = name


def _database(text: str) -> str:
    if text and not text.startswith(("sqlite:", "postgresql:", "postgresql+psycopg:")):
        raise ValueError("must begin with sqlite: or postgresql:")
    return text.replace("postgresql:", "postgresql+psycopg:", 1)


_PARSERS: dict[str, Any] = {
    "home": _home,
    "http": _address,
    "sip_port": _port,
    "asterisk_http_port": _port,
    "ami_port": _port,
    "rtp_ports": _ports,
    "database_url": _database,
    "parts": _folder,
    "demo_password": lambda text: text or None,
    "timezone": _zone,
    "region": _region,
    "asterisk_priority": _either("normal", "realtime"),
    "asterisk_url": _web_url,
    "asterisk_user": str,
    "asterisk_password": lambda text: text or None,
    "trunk": _trunk,
    "public_url": _web_url,
    "twilio_account_sid": str.strip,
    "twilio_auth_token": lambda text: text or None,
    "twilio_api_base": _web_url,
    "twilio_numbers": _numbers,
    "twilio_calls_per_second": _rate,
    "twilio_api_key_sid": str.strip,
    "twilio_api_key_secret": lambda text: text or None,
    "flow_services": _services,
    "voices": _voices,
    "log_format": _either("text", "json"),
    "flows": _folder,
}
