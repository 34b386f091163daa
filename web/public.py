"""For everybody: the front door, the browser phone that calls us, and what monitors ask."""

import flask
import msgspec
from flask import Blueprint, Response
from werkzeug.wrappers import Response as AnyResponse

from calls.views import BrowserPhone
from engine import configuration
from web import auth
from web.csp import allow_websocket

blueprint = Blueprint("public", __name__)


@blueprint.get("/")
def home() -> str | AnyResponse:
    known = auth.current()
    if known is not None:
        return flask.redirect(flask.url_for(auth.HOME[known.role]))
    reached = bool(auth.service().caller_phone().websocket)
    return flask.render_template("home.html", sip_server=_sip_server(), in_page=reached)


@blueprint.get("/call")
def call() -> str:
    """A phone in the page, for callers who have none; without one, what to dial instead."""
    websocket = auth.service().caller_phone().websocket
    if not websocket:
        twilio = auth.service().on_twilio
        return flask.render_template("call_elsewhere.html", twilio=twilio, numbers=_numbers())
    allow_websocket(websocket)
    return flask.render_template("call.html", sip_server=_sip_server())


@blueprint.get("/call/phone")
def caller_phone() -> Response:
    """The log-in of the phone that all callers of the page share: it can only call."""
    phone: BrowserPhone = auth.service().caller_phone()
    response = Response(msgspec.json.encode(phone), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return Response("ok\n", content_type="text/plain")


@blueprint.get("/readyz")
def readyz() -> Response:
    """Calls can be served: 200; else 503. The body says what is missing."""
    parts = auth.service().readiness()
    ready = all(parts.values())
    body = msgspec.json.encode({"ready": ready, **parts})
    return Response(body, 200 if ready else 503, content_type="application/json")


@blueprint.get("/metrics")
def metrics() -> Response:
    return Response(auth.service().metrics(), content_type="text/plain; version=0.0.4")


def _numbers() -> list[str]:
    """What callers dial from the public network."""
    service = auth.service()
    with service.database.session() as session:
        known = configuration.read(session).numbers
    return [*service.settings.twilio_numbers] or [name for name in known if name.startswith("+")]


def _sip_server() -> str:
    settings = auth.service().settings
    port = "" if settings.sip_port == 5060 else f":{settings.sip_port}"
    return f"{settings.http.host}{port}"
