"""Log-ins and tokens."""

import pytest
from sqlalchemy import select

from calls.config import Agent, Queue
from calls.errors import InputInvalid
from engine import configuration, meta, users
from engine.models import Token, User
from engine.storage import Database


def test_right_password_lets_in_and_no_other(database: Database) -> None:
    with database.session() as session:
        users.create_user(session, "anna", "agent", "correct horse", "Anna")
    with database.session() as session:
        user = users.verify_password(session, "anna", "correct horse")
        assert user is not None
        assert (user.name, user.role, user.title) == ("anna", "agent", "Anna")
        assert users.verify_password(session, "anna", "wrong horse") is None
        assert users.verify_password(session, "nobody", "nobody") is None
        users.set_password(session, "anna", "another horse")
        assert users.verify_password(session, "anna", "correct horse") is None
        assert users.verify_password(session, "anna", "another horse") is not None


def test_password_is_kept_as_a_salted_hash(database: Database) -> None:
    with database.session() as session:
        one = users.create_user(session, "one", "agent", "same password")
        two = users.create_user(session, "two", "agent", "same password")
        assert one.password.startswith("scrypt:")
        assert one.password != two.password
        assert one.sip_secret != two.sip_secret


def test_inactive_or_locked_user_stays_out(database: Database) -> None:
    with database.session() as session:
        users.create_user(session, "gone", "agent", "long enough")
        users.create_user(session, "locked", "agent", None)
        users.create_user(session, "root", "admin", "long enough")
        users.change_user(session, "gone", active=False)
        assert users.verify_password(session, "gone", "long enough") is None
        assert users.verify_password(session, "locked", users.LOCKED) is None


@pytest.mark.parametrize(
    ("name", "role", "password", "problem"),
    [
        ("anna", "agent", "long enough", "exists already"),
        ("Anna", "agent", "long enough", "small letter"),
        ("a" * 33, "agent", "long enough", "up to 31"),
        ("a/b", "agent", "long enough", "a-z"),
        ("bob-web", "agent", "long enough", "kept for Ringdesk"),
        ("caller", "agent", "long enough", "kept for Ringdesk"),
        ("bob", "boss", "long enough", "none of agent, supervisor, admin"),
        ("bob", "agent", "short", "at least 8"),
    ],
)
def test_unfit_users_are_refused(
    database: Database, name: str, role: str, password: str, problem: str
) -> None:
    with database.session() as session:
        users.create_user(session, "anna", "agent", "long enough")
    with pytest.raises(InputInvalid, match=problem), database.session() as session:
        users.create_user(session, name, role, password)
    with database.session() as session:
        assert [user.name for user in users.list_users(session)] == ["anna"]


def test_last_admin_cannot_be_taken_away(database: Database) -> None:
    with database.session() as session:
        users.create_user(session, "root", "admin", "long enough")
    for taken_away in ({"role": "agent"}, {"active": False}):
        with pytest.raises(InputInvalid, match="last active admin"), database.session() as session:
            users.change_user(session, "root", **taken_away)
    with database.session() as session:
        users.create_user(session, "second", "admin", "long enough")
        users.change_user(session, "root", role="supervisor")
        assert users.get_user(session, "root").role == "supervisor"


def test_a_removed_user_is_gone_with_skills_and_queues(database: Database) -> None:
    with database.session() as session:
        users.create_user(session, "root", "admin", "long enough")
        users.create_user(session, "anna", "agent", "long enough")
        configuration.save_queue(session, Queue(name="support"))
        anna = Agent(name="anna", title="Anna", skills={"x": 3}, queues={"support": 1})
        configuration.save_agent(session, anna)
    with database.session() as session:
        users.remove_user(session, "anna")
    with database.session() as session:
        assert users.verify_password(session, "anna", "long enough") is None
        users.create_user(session, "anna", "agent", None)
        session.flush()
        again = configuration.read(session).agents["anna"]
        assert (again.skills, again.queues) == ({}, {})
    with pytest.raises(InputInvalid, match="last active admin"), database.session() as session:
        users.remove_user(session, "root")
    with pytest.raises(InputInvalid, match="no user 'zoe'"), database.session() as session:
        users.remove_user(session, "zoe")
    with database.session() as session:
        assert [user.name for user in users.list_users(session)] == ["anna", "root"]


def test_token_opens_the_api_until_it_is_revoked(database: Database) -> None:
    with database.session() as session:
        secret = users.create_token(session, "wallboard", "supervisor")
    with database.session() as session:
        assert users.verify_token(session, secret) == users.Principal("wallboard", "supervisor")
        assert users.verify_token(session, secret + "x") is None
        (token,) = users.list_tokens(session)
        assert token.last_used is not None
        users.revoke_token(session, token.id)
    with database.session() as session:
        assert users.verify_token(session, secret) is None


def test_token_s_secret_is_not_in_the_database(database: Database) -> None:
    with database.session() as session:
        secret = users.create_token(session, "wallboard", "supervisor")
        row = session.execute(select(Token.__table__)).one()
        assert secret not in [str(value) for value in row]
        with pytest.raises(InputInvalid, match="needs a name"):
            users.create_token(session, " ", "admin")
        with pytest.raises(InputInvalid, match="none of"):
            users.create_token(session, "x", "root")


def test_each_change_of_users_is_noticed(database: Database) -> None:
    with database.session() as session:
        before = meta.configuration_version(session)
        users.create_user(session, "anna", "agent", "long enough")
        added = meta.configuration_version(session)
        users.create_user(session, "root", "admin", "long enough")
        users.change_user(session, "anna", active=False)
        changed = meta.configuration_version(session)
    assert before < added < changed
    with database.session() as session:
        assert session.get(User, "anna") is not None
