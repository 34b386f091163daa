"""Organisations, contacts and their numbers. Nothing here commits: that is the session's matter.

Numbers come in one writing (E.164, see `cti.numbers`); whoever calls has seen to it.
"""

from collections.abc import Iterable

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from calls.errors import InputInvalid
from desk.models import Contact, ContactNumber, Organisation

_WITH_NUMBER = (
    select(Contact)
    .join(ContactNumber, ContactNumber.contact_id == Contact.id)
    .where(ContactNumber.number == bindparam("number"))
    .order_by(Contact.id)
)


def get(session: Session, contact: int) -> Contact:
    """Raises `InputInvalid` where there is none."""
    found = session.get(Contact, contact)
    if found is None:
        raise InputInvalid(f"there is no contact {contact}")
    return found


def with_number(session: Session, number: str) -> list[Contact]:
    """Everybody who calls from this number, the first known first; nobody for a withheld one."""
    if not number:
        return []
    return list(session.scalars(_WITH_NUMBER, {"number": number}))


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
