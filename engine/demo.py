"""The demo center: numbers, queues, agents, log-ins, and two organisations with open tickets.

Loaded once into an empty database; afterwards it is the administrator's to change. The flows that
its numbers name come from the folder of flows.
"""

import hashlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec
from sqlalchemy.orm import Session

from calls.config import Agent, Number, Overflow, Queue, Relaxation
from cti.numbers import normalise
from desk import contacts, tickets
from engine import configuration, meta, users
from engine.models import User
from engine.settings import Settings
from engine.storage import Database

LOGINS_FILE = "demo-logins.txt"
#: Its value is the names of the log-ins that were made.
_LOADED = "demo"

#: The menu asks for an agent who speaks the caller's language well.
_ANY_LEVEL = {"lang:en": 1, "lang:pl": 1, "lang:uk": 1}

#: Open at all hours, so that a call can be tried at any time.
QUEUES = (
    Queue(
        name="sales",
        title="Sales",
        skills={"sales": 1},
        wrap_up=20.0,
        relaxation=(Relaxation(after=60.0, skills=_ANY_LEVEL),),
        overflow=(Overflow(when="waited", limit=300.0, to="queue", target="support"),),
    ),
    Queue(
        name="support",
        title="Support",
        skills={"support": 1},
        wrap_up=20.0,
        # A colleague who can at least take a note, rather than nobody.
        relaxation=(
            Relaxation(after=60.0, skills=_ANY_LEVEL),
            Relaxation(after=120.0, skills={"support": 0}, queues=("sales",)),
        ),
    ),
)

#: Each language and each queue is served by at least two.
AGENTS = (
    Agent(
        name="agent1",
        title="Alice Wood",
        skills={"lang:en": 10, "lang:pl": 6, "support": 8, "sales": 4},
        queues={"support": 1, "sales": 2},
    ),
    Agent(
        name="agent2",
        title="Bartosz Lis",
        skills={"lang:pl": 10, "lang:en": 7, "support": 9},
        queues={"support": 1},
    ),
    Agent(
        name="agent3",
        title="Oksana Melnyk",
        skills={"lang:uk": 10, "lang:pl": 7, "lang:en": 4, "support": 6, "sales": 8},
        queues={"sales": 1, "support": 2},
    ),
    Agent(
        name="agent4",
        title="Daniel Green",
        skills={"lang:en": 10, "sales": 9},
        queues={"sales": 1},
    ),
    Agent(
        name="agent5",
        title="Taras Bondar",
        skills={"lang:uk": 10, "lang:en": 6, "support": 7, "sales": 5},
        queues={"support": 1, "sales": 2},
    ),
)

#: 1000 asks for the language first; 1001 goes straight to support; 1002 shows what flows can do;
#: at 1900 prompts are recorded.
NUMBERS = (
    Number(number="1000", flow="main", language="en"),
    Number(number="1001", flow="support", language="en"),
    Number(number="1002", flow="service", language="en"),
    Number(number="1900", flow="prompts", language="en"),
)

_OTHERS = (("supervisor", "Sofia Brandt", "supervisor"), ("admin", "Adam Reyes", "admin"))


class _Contact(msgspec.Struct, frozen=True):
    name: str
    organisation: str
    number: str
    language: str
    #: Kind, title, impact, urgency; the last is the newest.
    tickets: tuple[tuple[str, str, int, int], ...] = ()
    vip: bool = False


CONTACTS = (
    _Contact(
        "Anna Nowak",
        "Northwind Clinic",
        "+48221230101",
        "pl",
        (
            ("request", "A second screen for the reception", 3, 3),
            ("incident", "The patient register is slow in the morning", 2, 2),
        ),
    ),
    _Contact(
        "James Carter",
        "Northwind Clinic",
        "+48221230102",
        "en",
        (("incident", "No sound on the phone in room 12", 3, 2),),
        vip=True,
    ),
    _Contact(
        "Olena Kovalenko",
        "Southgate Logistics",
        "+48221230201",
        "uk",
        (("incident", "Scanners lose the wireless network in hall B", 1, 2),),
    ),
    _Contact("Piotr Wilk", "Southgate Logistics", "+48221230202", "pl"),
)


class Login(msgspec.Struct, frozen=True):
    """A demo log-in. `password` is None where it is known no more: somebody has changed it."""

    name: str
    role: str
    password: str | None


class _Kept(msgspec.Struct, frozen=True):
    """A line of ``demo-logins.txt``; `mark` tells whether the password is still the user's."""

    name: str
    role: str
    password: str
    mark: str


def load(database: Database, settings: Settings) -> list[Login]:
    """Load the demo center if it never was, and the flows; returns its log-ins.

    With ``RINGDESK_DEMO_PASSWORD`` all of them get that password, at each start; else each keeps
    the one generated for it, found in ``demo-logins.txt`` in the state folder (readable by its
    owner only). A center that somebody has set up already is left alone, without demo log-ins.

    Raises `calls.errors.FlowInvalid` and `DatabaseUnreachable`.
    """
    path = settings.home / LOGINS_FILE
    with database.session() as session:
        configuration.publish_folder(session, settings.flows)
        kept = {line.name: line for line in _read(path)}
        loaded = meta.read(session, _LOADED)
        if loaded is None:
            present = configuration.read(session)
            if present.queues or present.numbers:
                return []
            kept = {line.name: line for line in _load(session, settings)}
            meta.write(session, _LOADED, " ".join(kept))
        elif settings.demo_password is not None:
            kept = _fix_passwords(session, loaded.split(), kept, settings.demo_password)
        # Before the commit: after a crash in between all is loaded, and written, anew.
        _write(path, kept.values())
        return [_login(session.get(User, line.name), line) for line in kept.values()]


def _load(session: Session, settings: Settings) -> list[_Kept]:
    for queue in QUEUES:
        configuration.save_queue(session, queue, beside={other.name: other for other in QUEUES})
    outside = (Number(number=number, flow="main") for number in settings.twilio_numbers)
    for number in (*NUMBERS, *outside):
        configuration.save_number(session, number)
    people = [(agent.name, agent.title, "agent") for agent in AGENTS]
    kept = []
    for name, title, role in [*people, *_OTHERS]:
        if session.get(User, name) is None:
            password = settings.demo_password or users.generate_password()
            user = users.create_user(session, name, role, password, title)
            kept.append(_Kept(name, role, password, _mark(user)))
    session.flush()
    for agent in AGENTS:
        configuration.save_agent(session, agent)
    if not tickets.search(session, limit=1):
        _load_desk(session, settings.region)
    return kept


def _load_desk(session: Session, region: str) -> None:
    now = time.time()
    for index, person in enumerate(CONTACTS):
        contact = contacts.create(
            session,
            person.name,
            numbers=[normalise(person.number, region)],
            organisation_id=contacts.organisation(session, person.organisation).id,
            language=person.language,
            vip=person.vip,
        )
        for nth, (kind, title, impact, urgency) in enumerate(person.tickets):
            tickets.create(
                session,
                title,
                author="ringdesk",
                kind=kind,
                status="open",
                impact=impact,
                urgency=urgency,
                contact_id=contact.id,
                queue="support",
                at=now - 86400.0 * (5 - nth) - 3600.0 * index,
            )


def _fix_passwords(
    session: Session, names: list[str], kept: dict[str, _Kept], password: str
) -> dict[str, _Kept]:
    fixed = {}
    for name in names:
        user, line = session.get(User, name), kept.get(name)
        if user is None:
            continue
        if line is None or line.password != password or line.mark != _mark(user):
            users.set_password(session, name, password)
            line = _Kept(name, user.role, password, _mark(user))
        fixed[name] = line
    return fixed


def _login(user: User | None, line: _Kept) -> Login:
    right = user is not None and line.mark == _mark(user)
    return Login(line.name, line.role, line.password if right else None)


def _mark(user: User) -> str:
    """Which of a user's passwords it is, without telling anything about it."""
    return hashlib.sha256(user.password.encode()).hexdigest()[:16]


def _read(path: Path) -> list[_Kept]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    fields = [line.split("\t") for line in lines if not line.startswith("#")]
    return [_Kept(*parts) for parts in fields if len(parts) == 4]


def _write(path: Path, lines: Iterable[_Kept]) -> None:
    text = "# The demo center's log-ins: name, role, password, mark.\n"
    text += "".join(f"{line.name}\t{line.role}\t{line.password}\t{line.mark}\n" for line in lines)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)
