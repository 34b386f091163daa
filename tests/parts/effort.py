"""How much SQLite has to do, counted in its own steps: the same on any machine."""

import sqlite3
from typing import cast

from sqlalchemy import event, insert
from sqlalchemy.engine.interfaces import DBAPIConnection

from calls.codec import encode
from calls.facts import CallQueued
from engine.models import facts
from engine.storage import Database

#: Facts of earlier years. To go through them takes SQLite more steps than `FEW` times 1000.
OLD = 10_000
FEW = 10


class Effort:
    """Of a database, from now on. `thousands`: of steps."""

    def __init__(self, database: Database) -> None:
        self.thousands = 0
        event.listen(database.engine, "connect", self._watch)
        database.engine.dispose()

    def _watch(self, connection: DBAPIConnection, _record: object) -> None:
        cast(sqlite3.Connection, connection).set_progress_handler(self._count, 1000)

    def _count(self) -> int:
        self.thousands += 1
        return 0


def fill_with_earlier_years(database: Database, first: int = 1) -> None:
    """A journal that has been kept for long; `first`: the number of its first fact."""
    queued = CallQueued(call="old", queue="support", skills={}, position=1)
    row = {
        "message": 1,
        "kind": "CallQueued",
        "call": "old",
        "queue": "support",
        "body": encode(queued).decode(),
    }
    rows = [{**row, "seq": first + n, "at": float(n)} for n in range(OLD)]
    with database.transaction() as connection:
        connection.execute(insert(facts), rows)
