"""The people who can log in."""

import msgspec
from werkzeug.exceptions import Conflict, NotFound

from engine import users as people
from engine.models import User
from web import auth
from web.api.endpoint import api


class UserView(msgspec.Struct):
    """`active`: may log in and take calls."""

    name: str
    title: str
    role: str
    active: bool


class UserList(msgspec.Struct):
    users: list[UserView]


@api.get("/users", ("admin",))
def users() -> UserList:
    """All log-ins by name."""
    with auth.service().database.session() as session:
        return UserList(
            [
                UserView(user.name, user.title, user.role, user.active)
                for user in people.list_users(session)
            ]
        )


@api.delete("/users/<name>", ("admin",))
def remove_user(name: str) -> None:
    """Remove a log-in with its phones, skills and queues. Calls and tickets keep the name.

    Refused for whoever asks, and for the last active admin.
    """
    if name == auth.me().name:
        raise Conflict("you cannot remove yourself; ask another admin")
    with auth.service().database.session() as session:
        if session.get(User, name) is None:
            raise NotFound(f"there is no user {name!r}")
        people.remove_user(session, name)
    auth.service().configuration_changed()
