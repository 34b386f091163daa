"""Who is asking: a person with a session cookie, or a program with a bearer token.

Flask and the event stream both ask here, so that there is one answer. A session names its user
and carries a stamp of the user's password: whoever changes the password ends the sessions.
"""

import hashlib
from typing import Any, cast

import msgspec
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature

from engine.models import User
from engine.settings import Settings
from engine.users import Role, verify_token
from web.port import Service

#: Seconds until a person logs in again.
SESSION_LIFETIME = 12 * 3600


class Identity(msgspec.Struct, frozen=True):
    """Someone known. `by_token`: a program, which needs no CSRF token."""

    name: str
    role: Role
    title: str = ""
    by_token: bool = False

    @property
    def may_see_all(self) -> bool:
        return self.role in ("supervisor", "admin")


def cookie_name(settings: Settings) -> str:
    """Browsers do not tell ports apart in cookies; centers side by side must."""
    return f"ringdesk_{settings.http.port}"


def stamp(user: User) -> str:
    """Changes with the password; tells nothing about it."""
    return hashlib.sha256(user.password.encode()).hexdigest()[:16]


def of_bearer(service: Service, authorization: str) -> Identity | None:
    """The owner of an ``Authorization: Bearer`` header, if the token is good."""
    scheme, _, secret = authorization.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        return None
    with service.database.session() as session:
        principal = verify_token(session, secret.strip())
    return Identity(principal.name, principal.role, by_token=True) if principal else None


def of_session(service: Service, data: dict[str, Any]) -> Identity | None:
    """The user of a (verified) session, if still active and with the same password."""
    name = data.get("user")
    if not isinstance(name, str):
        return None
    with service.database.session() as session:
        user = session.get(User, name)
        if user is None or not user.active or stamp(user) != data.get("stamp"):
            return None
        return Identity(user.name, cast(Role, user.role), title=user.title)


class CookieReader:
    """Reads Flask's session cookie outside Flask."""

    def __init__(self, app: Flask) -> None:
        self._serializer = SecureCookieSessionInterface().get_signing_serializer(app)

    def read(self, cookie: str | None) -> dict[str, Any]:
        """The session's data; empty when there is none, it is forged or too old."""
        if not cookie or self._serializer is None:
            return {}
        try:
            data: dict[str, Any] = self._serializer.loads(cookie, max_age=SESSION_LIFETIME)
        except BadSignature:
            return {}
        return data
