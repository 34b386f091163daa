"""What a person or a program is told when something cannot be done: a page, or problem+json."""

import http
import logging
from typing import Any

import flask
import msgspec
from flask import Response, request
from werkzeug.exceptions import HTTPException

from calls.errors import ActionRefused, DatabaseUnreachable, EngineBusy, RingdeskError

log = logging.getLogger(__name__)

PROBLEM_TYPE = "application/problem+json"

_REFUSED_STATUS = {"unknown": 404, "wrong_state": 409, "invalid": 422}


class Problem(msgspec.Struct):
    """What went wrong (RFC 9457): `detail` is a sentence for a person."""

    title: str
    status: int
    detail: str


def problem(status: int, detail: str) -> Problem:
    return Problem(title=http.HTTPStatus(status).phrase, status=status, detail=detail)


def wants_json() -> bool:
    return request.path.startswith("/api/")


def answer(status: int, detail: str) -> Response:
    """The same trouble as JSON for a program and as a page for a person."""
    if wants_json():
        body = msgspec.json.encode(problem(status, detail))
        return Response(body, status, content_type=PROBLEM_TYPE)
    page = flask.render_template(
        "error.html", status=status, title=http.HTTPStatus(status).phrase, detail=detail
    )
    return Response(page, status)


def install(app: flask.Flask) -> None:
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(ActionRefused, _refused)
    app.register_error_handler(EngineBusy, _busy)
    app.register_error_handler(DatabaseUnreachable, _unreachable)
    app.register_error_handler(RingdeskError, _ours)
    app.register_error_handler(Exception, _unforeseen)


def _http(error: HTTPException) -> Response | HTTPException:
    if error.code is not None and error.code < 400:
        return error  # a redirect to the canonical address
    status = error.code or 500
    response = answer(status, error.description or http.HTTPStatus(status).phrase)
    for name, value in _extra_headers(error):
        response.headers[name] = value
    return response


def _extra_headers(error: HTTPException) -> list[tuple[str, str]]:
    """``Allow``, ``Retry-After``, ...; the body's own headers are replaced by ours."""
    headers: list[Any] = list(error.get_headers())
    return [(name, value) for name, value in headers if not name.lower().startswith("content-")]


def _refused(error: ActionRefused) -> Response:
    return answer(_REFUSED_STATUS[error.refused.reason], error.refused.message)


def _busy(_error: EngineBusy) -> Response:
    response = answer(503, "the engine is busy; try again in a moment")
    response.headers["Retry-After"] = "2"
    return response


def _unreachable(error: DatabaseUnreachable) -> Response:
    log.error("database unreachable: %s", error)
    return answer(503, "the database does not answer")


def _ours(error: RingdeskError) -> Response:
    return answer(422, str(error))


def _unforeseen(_error: Exception) -> Response:
    log.exception("%s %s failed", request.method, request.path)
    return answer(500, "something went wrong on our side; it is in the log")
