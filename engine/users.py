"""The people who can log in, and the tokens that programs use.

Passwords are kept as werkzeug's salted scrypt, tokens as SHA-256 (they are random, so a plain hash
cannot be guessed backwards). Nothing here commits: that is the session's matter.
"""

import functools
import hashlib
import re
import secrets
import time
from typing import Literal, TypeAlias, get_args

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash, generate_password_hash

from calls.errors import InputInvalid
from engine.meta import configuration_changed
from engine.models import Token, User
from engine.texts import one_line

Role: TypeAlias = Literal["agent", "supervisor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

#: How short a password may be.
LEAST_PASSWORD = 8

#: A user's password that nothing matches: they cannot log in until one is set.
LOCKED = "!"

#: So that a leaked one is recognised for what it is.
_MARK = "ringdesk_"
_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,31}")
#: Names of phones that are not a user's.
_RESERVED = ("caller", "operator", "ringdesk", "anonymous")

#: Seconds between two notes of when a token was used.
_USE_NOTED_EVERY = 60


class Principal(msgspec.Struct, frozen=True):
    """Who asks: a user, or a token by its name."""

    name: str
    role: Role


def generate_password() -> str:
    """Random, about 71 bits, easily typed."""
    alphabet = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(3))


def create_user(
    session: Session, name: str, role: str, password: str | None, title: str = ""
) -> User:
    """Add a user; without a `password` they cannot log in until one is set.

    Raises `InputInvalid` for a name or title that is taken or unfit, an unknown role, a short
    password.
    """
    _check_name(name)
    if session.get(User, name) is not None:
        raise InputInvalid(f"user {name!r} exists already")
    user = User(
        name=name,
        title=one_line("title", title) or name,
        role=_checked_role(role),
        password=LOCKED if password is None else _hashed(password),
        sip_secret=secrets.token_urlsafe(18),
        created=time.time(),
    )
    session.add(user)
    configuration_changed(session)
    return user


def get_user(session: Session, name: str) -> User:
    """Raises `InputInvalid` where there is none of that name."""
    user = session.get(User, name)
    if user is None:
        raise InputInvalid(f"there is no user {name!r}; see `ringdesk user list`")
    return user


def list_users(session: Session) -> list[User]:
    """All users by name."""
    return list(session.scalars(select(User).order_by(User.name)))


def set_password(session: Session, name: str, password: str) -> None:
    get_user(session, name).password = _hashed(password)


def change_user(
    session: Session,
    name: str,
    *,
    title: str | None = None,
    role: str | None = None,
    active: bool | None = None,
) -> User:
    """Change what is given. An inactive user can neither log in nor take calls.

    Raises `InputInvalid` rather than leave nobody who can administer.
    """
    user = get_user(session, name)
    if title is not None:
        user.title = one_line("title", title) or name
    if role is not None:
        user.role = _checked_role(role)
    if active is not None:
        user.active = active
    session.flush()
    if role is not None or active is not None:
        _refuse_no_admin(session, name)
    configuration_changed(session)
    return user


def remove_user(session: Session, name: str) -> None:
    """Remove a log-in with its phones, skills and queues. Calls and tickets keep the name.

    Raises `InputInvalid` rather than leave nobody who can administer.
    """
    user = get_user(session, name)
    session.delete(user)
    session.flush()
    if user.role == "admin":
        _refuse_no_admin(session, name)
    configuration_changed(session)


def verify_password(session: Session, name: str, password: str) -> User | None:
    """The user, if they are active and this is their password."""
    user = session.get(User, name)
    if user is None or user.password == LOCKED:
        check_password_hash(_nobody(), password)  # so that the answer takes as long
        return None
    return user if check_password_hash(user.password, password) and user.active else None


def create_token(session: Session, name: str, role: str) -> str:
    """A new token for the API. The secret returned is kept nowhere and cannot be shown again."""
    secret = _MARK + secrets.token_urlsafe(32)
    name = one_line("name", name)
    if not name:
        raise InputInvalid("a token needs a name that says who uses it")
    session.add(
        Token(name=name, role=_checked_role(role), hash=_digest(secret), created=time.time())
    )
    session.flush()
    return secret


def list_tokens(session: Session) -> list[Token]:
    """All tokens, oldest first; none holds its secret."""
    return list(session.scalars(select(Token).order_by(Token.id)))


def revoke_token(session: Session, token: int) -> None:
    """Raises `InputInvalid` where there is no token of that id."""
    found = session.get(Token, token)
    if found is None:
        raise InputInvalid(f"there is no token {token}")
    session.delete(found)


def verify_token(session: Session, secret: str) -> Principal | None:
    """Who a token speaks for; None for an unknown or revoked one."""
    token = session.scalar(select(Token).where(Token.hash == _digest(secret)))
    if token is None:
        return None
    now = time.time()
    if token.last_used is None or now - token.last_used > _USE_NOTED_EVERY:
        token.last_used = now
    return Principal(token.name, _checked_role(token.role))


def _refuse_no_admin(session: Session, name: str) -> None:
    administrators = select(User.name).where(User.role == "admin", User.active).limit(1)
    if session.scalar(administrators) is None:
        raise InputInvalid(f"{name!r} is the last active admin; make another user admin first")


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InputInvalid(
            f"user name {name!r}: begin with a small letter, then up to 31 of a-z 0-9 . _ -"
        )
    # A user's phones are called `name` and `name-web` at the switch.
    if name.endswith("-web") or name in _RESERVED:
        raise InputInvalid(f"user name {name!r} is kept for Ringdesk itself; choose another")


def _checked_role(role: str) -> Role:
    for known in ROLES:
        if role == known:
            return known
    raise InputInvalid(f"role {role!r} is none of {', '.join(ROLES)}")


def _hashed(password: str) -> str:
    if len(password) < LEAST_PASSWORD:
        raise InputInvalid(f"a password needs at least {LEAST_PASSWORD} characters")
    return generate_password_hash(password)


@functools.cache
def _nobody() -> str:
    return generate_password_hash("nobody")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
