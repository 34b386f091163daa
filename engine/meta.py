"""Single values in the database, by key. Nothing here commits: that is the matter of
who gives the session, or the connection."""

from typing import TypeAlias

from sqlalchemy import BigInteger, Connection, Text, bindparam, cast, insert, select, update
from sqlalchemy.orm import Session

from engine.models import meta

#: Both are there from the first migration on.
CONFIGURATION = "configuration_version"
#: The last fact that is in the call records.
PROJECTED = "projected"

#: What a value is read from or written to.
Asked: TypeAlias = Session | Connection

_READ = select(meta.c.value).where(meta.c.key == bindparam("of"))
_HOLD = (
    update(meta)
    .where(meta.c.key == bindparam("of"))
    .values(value=meta.c.value)
    .returning(meta.c.value)
)
_SWAP = (
    update(meta)
    .where(meta.c.key == bindparam("of"), meta.c.value == bindparam("before"))
    .values(value=bindparam("after"))
    .returning(meta.c.key)
)


def read(asked: Asked, key: str) -> str | None:
    value: str | None = asked.execute(_READ, {"of": key}).scalar()
    return value


def hold(asked: Asked, key: str) -> str:
    """The value of a key that is there; nobody else can write it before this transaction ends."""
    value: str = asked.execute(_HOLD, {"of": key}).scalar_one()
    return value


def swap(asked: Asked, key: str, before: str, after: str) -> bool:
    """Write `after` if the value is `before`; False, and nothing done, if it is not."""
    swapped = asked.execute(_SWAP, {"of": key, "before": before, "after": after})
    return swapped.first() is not None


def write(session: Session, key: str, value: str) -> None:
    changed = session.execute(
        update(meta).where(meta.c.key == key).values(value=value).returning(meta.c.key)
    )
    if changed.first() is None:
        session.execute(insert(meta).values(key=key, value=value))


def configuration_changed(session: Session) -> None:
    """Let the running center notice that users, queues, agents, numbers or flows are changed."""
    next_value = cast(cast(meta.c.value, BigInteger) + 1, Text)
    session.execute(update(meta).where(meta.c.key == CONFIGURATION).values(value=next_value))


def configuration_version(session: Session) -> int:
    """Greater after each `configuration_changed`."""
    return int(read(session, CONFIGURATION) or 0)
