"""Phones made at run time: ARI's dynamic configuration of PJSIP, kept by Asterisk itself."""

from collections.abc import Mapping

from calls.port import Phone
from switch.asterisk.requests import Request

_PATH = "asterisk/config/dynamic/res_pjsip"

#: The browser phone of agent ``anna`` is ``anna-web``.
BROWSER_SUFFIX = "-web"

#: Both kinds. The timeouts (seconds without sound) end the leg of a phone that died.
_ENDPOINT = {
    "context": "inbound",
    "disallow": "all",
    "allow": "ulaw,alaw",
    "dtmf_mode": "rfc4733",
    "direct_media": "no",
    "rtp_symmetric": "yes",
    "force_rport": "yes",
    "rewrite_contact": "yes",
    "rtp_timeout": "60",
    "rtp_timeout_hold": "600",
}

#: Seconds between two questions to a plain SIP phone whether it is still there; Asterisk spreads
#: them evenly. A browser's phone is gone with its WebSocket.
QUALIFY_EVERY = 60

_BROWSER = {
    "webrtc": "yes",
    "transport": "transport-ws",
    "rtp_timeout": "5",
    "rtp_timeout_hold": "300",
}


def endpoint_name(phone: Phone) -> str:
    """The endpoint of a phone: browser phones end in ``-web``, whether they are named so or not."""
    if phone.browser and not phone.name.endswith(BROWSER_SUFFIX):
        return phone.name + BROWSER_SUFFIX
    return phone.name


def agent_of(endpoint: str) -> str:
    """Whose phone it is: ``phone:<this>`` rings it."""
    return endpoint.removesuffix(BROWSER_SUFFIX)


def endpoints_of(agent: str) -> tuple[str, str]:
    """Where ``phone:<agent>`` may ring, the browser first."""
    return agent + BROWSER_SUFFIX, agent


def make(phone: Phone, media_address: str) -> tuple[Request, ...]:
    """Make or change a phone; the order matters. `media_address` is empty for Asterisk's own."""
    name = endpoint_name(phone)
    auth = {"auth_type": "userpass", "username": name, "password": phone.password}
    aor = {"max_contacts": "1", "remove_existing": "yes"}
    if not phone.browser:
        aor["qualify_frequency"] = str(QUALIFY_EVERY)
    endpoint = {**_ENDPOINT, **(_BROWSER if phone.browser else {}), "auth": name, "aors": name}
    if media_address:
        endpoint |= {"media_address": media_address, "bind_rtp_to_media_address": "yes"}
    return (_put("auth", name, auth), _put("aor", name, aor), _put("endpoint", name, endpoint))


def remove(name: str) -> tuple[Request, ...]:
    """Forget a phone: what refers to the others first."""
    return tuple(
        Request("DELETE", f"{_PATH}/{kind}/{name}") for kind in ("endpoint", "aor", "auth")
    )


def _put(kind: str, name: str, fields: Mapping[str, str]) -> Request:
    attributes = [{"attribute": key, "value": value} for key, value in fields.items()]
    return Request("PUT", f"{_PATH}/{kind}/{name}", {"fields": attributes})
