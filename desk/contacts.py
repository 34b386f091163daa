"""Organisations, contacts and their numbers. Nothing here commits: that is the session's matter.

Numbers come in one writing (E.164, see `cti.numbers`); whoever calls has seen to it.
"""

from collections.abc import Collection, Iterable
from typing import cast

import msgspec
from sqlalchemy import Connection, Table, bindparam, func, or_, select
from sqlalchemy.orm import Session

from calls.errors import InputInvalid
from desk.models import Contact, ContactNumber, Organisation

# Calls ask by plain tables: mapped classes take several times as long.
_CONTACTS = cast(Table, Contact.__table__)
_NUMBERS = cast(Table, ContactNumber.__table__)
_ORGANISATIONS = cast(Table, Organisation.__table__)
_PERSON = select(
    _CONTACTS.c.id,
    _CONTACTS.c.name,
    _CONTACTS.c.language,
    _CONTACTS.c.vip,
    _CONTACTS.c.organisation_id,
    func.coalesce(_ORGANISATIONS.c.name, "").label("organisation"),
).outerjoin_from(_CONTACTS, _ORGANISATIONS)
_BY_IDS = _PERSON.where(_CONTACTS.c.id.in_(bindparam("ids", expanding=True)))
_WITH_NUMBERS = (
    _PERSON.add_columns(_NUMBERS.c.number)
    .join_from(_CONTACTS, _NUMBERS)
    .where(_NUMBERS.c.number.in_(bindparam("numbers", expanding=True)))
    .order_by(_CONTACTS.c.id)
)


class Person(msgspec.Struct, frozen=True):
    """What calls know of a contact."""

    id: int
    name: str
    language: str
    vip: bool
    organisation_id: int | None
    #: Empty for none.
    organisation: str


def get(session: Session, contact: int) -> Contact:
    """Raises `InputInvalid` where there is none."""
    found = session.get(Contact, contact)
    if found is None:
        raise InputInvalid(f"there is no contact {contact}")
    return found


def by_ids(connection: Connection, contacts: Iterable[int | None]) -> dict[int | None, Person]:
    """Those of the contacts that are there."""
    ids = [contact for contact in contacts if contact is not None]
    if not ids:
        return {}
    return {row.id: Person(*row) for row in connection.execute(_BY_IDS, {"ids": ids})}


def with_numbers(connection: Connection, numbers: Collection[str]) -> dict[str, list[Person]]:
    """Everybody who calls from these numbers, by number, the first known first; nobody for a
    withheld one."""
    found = {number: list[Person]() for number in numbers}
    if asked := [number for number in found if number]:
        for *person, number in connection.execute(_WITH_NUMBERS, {"numbers": asked}):
            found[number].append(Person(*person))
    return found


def search(session: Session, words: str = "", limit: int = 50) -> list[Contact]:
    """Contacts whose name, mail address, number or organisation holds all the `words`."""
    query = select(Contact).outerjoin(Organisation, Contact.organisation_id == Organisation.id)
    for word in words.split():
        numbers = select(ContactNumber.contact_id).where(
            ContactNumber.number.contains(word, autoescape=True)
        )
        query = query.where(
            or_(
                *(
                    func.lower(column).contains(word.lower(), autoescape=True)
                    for column in (Contact.name, Contact.email, Organisation.name)
                ),
                Contact.id.in_(numbers),
            )
        )
    return list(session.scalars(query.order_by(Contact.name, Contact.id).limit(limit)))


def organisation(session: Session, name: str) -> Organisation:
    """The organisation of that name, made where it is missing."""
    if not name.strip():
        raise InputInvalid("an organisation needs a name")
    found = session.scalar(select(Organisation).where(Organisation.name == name.strip()))
    if found is None:
        found = Organisation(name=name.strip())
        session.add(found)
        session.flush()
    return found


def list_organisations(session: Session) -> list[Organisation]:
    return list(session.scalars(select(Organisation).order_by(Organisation.name)))


def create(
    session: Session,
    name: str,
    *,
    numbers: Iterable[str] = (),
    organisation_id: int | None = None,
    email: str = "",
    language: str = "",
    vip: bool = False,
) -> Contact:
    """Add a contact. Raises `InputInvalid` without a name."""
    if not name.strip():
        raise InputInvalid("a contact needs a name")
    contact = Contact(
        name=name.strip(),
        email=email.strip(),
        language=language,
        vip=vip,
        organisation_id=organisation_id,
        numbers=[ContactNumber(number=number) for number in dict.fromkeys(numbers) if number],
    )
    session.add(contact)
    session.flush()
    session.refresh(contact)
    return contact


def set_numbers(session: Session, contact: int, numbers: Iterable[str]) -> Contact:
    """Let the contact have exactly these numbers."""
    found = get(session, contact)
    wanted = [number for number in dict.fromkeys(numbers) if number]
    kept = [row for row in found.numbers if row.number in wanted]
    had = {row.number for row in kept}
    found.numbers = kept + [ContactNumber(number=number) for number in wanted if number not in had]
    session.flush()
    return found
