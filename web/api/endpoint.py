"""An operation of the API is a function whose signature is its schema.

    @api.post("/agents/<agent>/state", agents_too)
    def set_state(agent: str, body: StateWanted) -> AgentView: ...

Arguments named in the path come from it; `body` is the decoded JSON and `query` the decoded query
string, both checked against their types; what is returned is sent as JSON. The OpenAPI document
is made from the same signatures.

With `csv`, which makes rows of what is returned, it can be had as CSV as well: by
``Accept: text/csv`` or by ``format=csv``, for which the query has a field. With `sound`, a media
type, what is returned is a response of that type.
"""

import csv
import io
import typing
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import msgspec
from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest, UnprocessableEntity, UnsupportedMediaType

from engine.users import Role
from web import auth
from web.forms import NUL

EVERYONE: tuple[Role, ...] = ("agent", "supervisor", "admin")
SUPERVISORS: tuple[Role, ...] = ("supervisor", "admin")

View = Callable[..., Any]
#: Makes the rows of a CSV file, the first one with the names of its columns.
Rows = Callable[[Any], Iterable[Iterable[Any]]]


class Operation(msgspec.Struct, frozen=True):
    method: str
    #: As Flask writes it: ``/agents/<agent>/state``.
    rule: str
    view: View
    roles: tuple[Role, ...]
    #: The types of the arguments and, under ``return``, of the answer.
    types: dict[str, Any]
    rows: Rows | None = None
    sound: str = ""


class Api:
    """All operations, and the blueprint that serves them."""

    def __init__(self) -> None:
        self.blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
        self.operations: list[Operation] = []

    def get(
        self,
        rule: str,
        roles: tuple[Role, ...] = EVERYONE,
        *,
        csv: Rows | None = None,
        sound: str = "",
    ) -> Callable[[View], View]:
        return self._operation("GET", rule, roles, csv, sound)

    def post(self, rule: str, roles: tuple[Role, ...] = EVERYONE) -> Callable[[View], View]:
        return self._operation("POST", rule, roles)

    def patch(self, rule: str, roles: tuple[Role, ...] = EVERYONE) -> Callable[[View], View]:
        return self._operation("PATCH", rule, roles)

    def put(self, rule: str, roles: tuple[Role, ...] = EVERYONE) -> Callable[[View], View]:
        return self._operation("PUT", rule, roles)

    def delete(self, rule: str, roles: tuple[Role, ...] = EVERYONE) -> Callable[[View], View]:
        return self._operation("DELETE", rule, roles)

    def _operation(
        self,
        method: str,
        rule: str,
        roles: tuple[Role, ...],
        rows: Rows | None = None,
        sound: str = "",
    ) -> Callable[[View], View]:
        def register(view: View) -> View:
            types = typing.get_type_hints(view, include_extras=True)
            operation = Operation(method, rule, view, roles, types, rows, sound)
            self.operations.append(operation)
            self.blueprint.add_url_rule(rule, view.__name__, _served(operation), methods=[method])
            return view

        return register


api = Api()


def _served(operation: Operation) -> View:
    view, types = operation.view, operation.types

    @wraps(view)
    def serve(**arguments: Any) -> Response:
        auth.check_role(*operation.roles)
        if "query" in types:
            arguments["query"] = _query(types["query"])
        if "body" in types:
            arguments["body"] = _body(types["body"])
        result = view(**arguments)
        if result is None:
            return Response(status=204)
        if isinstance(result, Response):
            return result
        if operation.rows is not None and _wants_csv():
            return Response(as_csv(operation.rows(result)), content_type="text/csv; charset=utf-8")
        return Response(msgspec.json.encode(full(result)), content_type="application/json")

    return serve


def _wants_csv() -> bool:
    asked = request.args.get("format")
    best = request.accept_mimetypes.best_match(("application/json", "text/csv"))
    return asked == "csv" if asked else best == "text/csv"


def as_csv(rows: Iterable[Iterable[Any]]) -> str:
    """RFC 4180; nothing for None. A quote before what a spreadsheet would take for a formula."""
    text = io.StringIO()
    csv.writer(text).writerows(
        [f"'{cell}" if isinstance(cell, str) and cell[:1] in _FORMULAS else cell for cell in row]
        for row in rows
    )
    return text.getvalue()


_FORMULAS = {"=", "+", "-", "@", "\t", "\r"}


def _query(type_: Any) -> Any:
    known = {field.encode_name for field in msgspec.structs.fields(type_)}
    unknown = sorted(set(request.args) - known)
    if unknown:
        raise UnprocessableEntity(
            f"unknown parameter {', '.join(unknown)}; known are {', '.join(sorted(known))}"
        )
    try:
        return msgspec.convert(request.args.to_dict(), type_, strict=False)
    except msgspec.ValidationError as error:
        raise UnprocessableEntity(str(error)) from None


def _body(type_: Any) -> Any:
    if not request.is_json:
        raise UnsupportedMediaType("send JSON, with Content-Type: application/json")
    try:
        body = msgspec.json.decode(request.get_data(), type=type_)
    except msgspec.ValidationError as error:
        raise UnprocessableEntity(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"the body is not JSON: {error}") from None
    for name in body.__struct_fields__:
        value = getattr(body, name)
        if isinstance(value, str) and NUL in value:
            raise UnprocessableEntity(f"`$.{name}` must not hold the character NUL")
    return body


def full(value: Any) -> Any:
    """A struct tree as JSON types with every field, also those that have their default.

    (The journal leaves defaults out to be small; people who read an API want to see them.)
    """
    match value:
        case msgspec.Struct():
            config = value.__struct_config__
            tag = {config.tag_field: config.tag} if config.tag_field else {}
            return tag | {name: full(getattr(value, name)) for name in value.__struct_fields__}
        case list() | tuple():
            return [full(item) for item in value]
        case dict():
            return {key: full(item) for key, item in value.items()}
        case _:
            return value
