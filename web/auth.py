"""Logging in and out, and who may open what."""

import math
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast
from urllib.parse import urlsplit

import flask
from flask import Blueprint, Response, current_app, g, request, session
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import Forbidden, TooManyRequests, Unauthorized
from werkzeug.wrappers import Response as AnyResponse

from engine.users import Role, verify_password
from web import identity
from web.errors import wants_json
from web.identity import Identity
from web.port import Service
from web.throttle import Throttle

blueprint = Blueprint("auth", __name__)
csrf = CSRFProtect()

_P = ParamSpec("_P")
_R = TypeVar("_R")

HOME: dict[Role, str] = {
    "agent": "agent.page",
    "supervisor": "supervisor.page",
    "admin": "admin.users",
}


def service() -> Service:
    return cast(Service, current_app.extensions["ringdesk"])


def current() -> Identity | None:
    return cast(Identity | None, g.identity)


def me() -> Identity:
    """Whoever asks; raises 401 when nobody is logged in."""
    known = current()
    if known is None:
        raise Unauthorized("log in first")
    return known


def check_role(*roles: Role) -> Identity:
    known = me()
    if known.role not in roles:
        raise Forbidden(f"this is for {' and '.join(roles)}; you are logged in as {known.role}")
    return known


def only(*roles: Role) -> Callable[[Callable[_P, _R]], Callable[_P, _R | AnyResponse]]:
    """A page for these roles; who is not logged in is asked to."""

    def decorate(view: Callable[_P, _R]) -> Callable[_P, _R | AnyResponse]:
        @wraps(view)
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R | AnyResponse:
            if current() is None:
                here = request.full_path.rstrip("?") if request.method == "GET" else None
                return flask.redirect(flask.url_for("auth.login", next=here))
            check_role(*roles)
            return view(*args, **kwargs)

        return guarded

    return decorate


def identify() -> None:
    """Before each request: who asks, and is a changing request really theirs (CSRF)?"""
    g.identity = None
    authorization = request.headers.get("Authorization", "")
    if authorization and wants_json():
        g.identity = identity.of_bearer(service(), authorization)
        if g.identity is None:
            raise Unauthorized("this token is not known")
        return
    if request.endpoint == "static" or request.blueprint == "twilio":  # these are signed
        return
    g.identity = identity.of_session(service(), dict(session))
    if wants_json() and g.identity is None:
        return  # nobody: the view says 401, where a CSRF complaint would mislead
    csrf.protect()


@blueprint.get("/login")
def login() -> str | AnyResponse:
    known = current()
    if known is not None:
        return flask.redirect(flask.url_for(HOME[known.role]))
    return flask.render_template("login.html", wrong="", name="", next=_next())


@blueprint.post("/login")
def log_in() -> tuple[str, int] | AnyResponse:
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    throttles: Throttles = current_app.extensions["throttles"]
    throttles.check(name, request.remote_addr)
    with service().database.session() as database:
        user = verify_password(database, name, password)
    if user is None:
        throttles.failed(name, request.remote_addr)
        page = flask.render_template(
            "login.html", wrong="Wrong name or password.", name=name, next=_next()
        )
        return page, 401
    throttles.succeeded(name, request.remote_addr)
    session.clear()
    session.permanent = True
    session["user"] = user.name
    session["stamp"] = identity.stamp(user)
    return flask.redirect(_next() or flask.url_for(HOME[cast(Role, user.role)]))


@blueprint.post("/logout")
def log_out() -> AnyResponse:
    session.clear()
    return flask.redirect(flask.url_for("auth.login"))


def _next() -> str:
    """Where to go after the log-in, only within this site."""
    target: str = request.values.get("next", "")
    parts = urlsplit(target.replace("\\", "/"))
    inside = target.startswith("/") and not parts.scheme and not parts.netloc
    inside = inside and target.isprintable()  # a line break would begin another header
    return target if inside and not target.startswith("//") else ""


class Throttles:
    """Wrong passwords: few for one name from one place, more for a place as a whole."""

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        options: dict[str, Any] = {} if clock is None else {"clock": clock}
        self._pair = Throttle(limit=5, window=300.0, **options)
        self._place = Throttle(limit=50, window=300.0, **options)

    def check(self, name: str, place: str | None) -> None:
        wait = max(self._pair.wait(f"{place} {name}"), self._place.wait(f"{place}"))
        if wait > 0:
            raise TooManyRequests(
                f"too many wrong passwords; try again in {_minutes(wait)}",
                retry_after=int(wait) + 1,
            )

    def failed(self, name: str, place: str | None) -> None:
        self._pair.failed(f"{place} {name}")
        self._place.failed(f"{place}")

    def succeeded(self, name: str, place: str | None) -> None:
        self._pair.forget(f"{place} {name}")


def _minutes(seconds: float) -> str:
    minutes = max(1, math.ceil(seconds / 60))
    return "a minute" if minutes == 1 else f"{minutes} minutes"


def no_store(response: Response) -> Response:
    """What somebody logged in has seen is not kept by caches."""
    if g.get("identity") is not None:
        response.headers.setdefault("Cache-Control", "no-store")
    return response
