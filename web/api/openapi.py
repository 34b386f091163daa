"""The OpenAPI document, made from the signatures that the requests are checked against."""

import re
from typing import Any

import msgspec
from flask import Response

from web.api.endpoint import Operation, api
from web.errors import PROBLEM_TYPE, Problem
from web.stream import StreamEvent

_REFERENCE = "#/components/schemas/{name}"
_PATH_ARGUMENT = re.compile(r"<(?:(\w+):)?(\w+)>")

_ABOUT = """\
Times are seconds since the epoch (UTC), durations are seconds; both are JSON numbers.
Errors are problem details (RFC 9457). Programs send `Authorization: Bearer <token>`; pages of the
panel send their session cookie, and with it the header `X-CSRFToken` when they change something.
An operation lists the roles that may use it under `x-roles`.
"""


@api.blueprint.get("/openapi.json")
def document() -> Response:
    """Open to everybody: it tells nothing about the center."""
    return Response(msgspec.json.encode(describe()), content_type="application/json")


def describe() -> dict[str, Any]:
    schemas = _Schemas(api.operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in api.operations:
        path = _PATH_ARGUMENT.sub(r"{\2}", f"/api/v1{operation.rule}")
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, schemas)
    paths["/api/v1/events"] = {"get": _events(schemas)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Ringdesk", "version": "1", "description": _ABOUT},
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "ringdesk_<port>"},
            },
        },
        "security": [{"token": []}, {"session": []}],
    }


class _Schemas:
    """The JSON Schemas of all types that operations name."""

    def __init__(self, operations: list[Operation]) -> None:
        types = [Problem, StreamEvent]
        for operation in operations:
            named = {key: value for key, value in operation.types.items() if key != "query"}
            types += [t for t in named.values() if hasattr(t, "__struct_fields__")]
        unique = list(dict.fromkeys(types))
        references, self.components = msgspec.json.schema_components(
            unique, ref_template=_REFERENCE
        )
        self._references = dict(zip(unique, references, strict=True))

    def content(self, type_: Any, media: str = "application/json") -> dict[str, Any]:
        return {media: {"schema": self._references[type_]}}


def _operation(operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    summary, _, description = (operation.view.__doc__ or "").strip().partition("\n")
    result: dict[str, Any] = {
        "operationId": operation.view.__name__,
        "summary": summary.rstrip("."),
        "tags": [operation.rule.split("/")[1]],
        "parameters": _path_parameters(operation.rule) + _query_parameters(operation.types),
        "responses": _responses(operation, schemas),
        "x-roles": operation.roles,
    }
    if description.strip():
        result["description"] = " ".join(description.split())
    if "body" in operation.types:
        content = schemas.content(operation.types["body"])
        result["requestBody"] = {"required": True, "content": content}
    return result


def _path_parameters(rule: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer" if converter == "int" else "string"},
        }
        for converter, name in _PATH_ARGUMENT.findall(rule)
    ]


def _query_parameters(types: dict[str, Any]) -> list[dict[str, Any]]:
    if "query" not in types:
        return []
    _, components = msgspec.json.schema_components([types["query"]])
    schema = components[types["query"].__name__]
    return [
        {"name": name, "in": "query", "schema": part} for name, part in schema["properties"].items()
    ]


def _responses(operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    answer = operation.types["return"]
    problem = {
        "description": "It could not be done.",
        "content": schemas.content(Problem, PROBLEM_TYPE),
    }
    if answer is type(None):
        return {"204": {"description": "Done."}, "default": problem}
    if operation.sound:
        sound = {operation.sound: {"schema": {"type": "string", "format": "binary"}}}
        return {
            "200": {"description": "All of it.", "content": sound},
            "206": {"description": "The range asked for.", "content": sound},
            "default": problem,
        }
    content = schemas.content(answer)
    if operation.rows is not None:
        content["text/csv"] = {"schema": {"type": "string"}}
    return {"200": {"description": "Done.", "content": content}, "default": problem}


def _events(schemas: _Schemas) -> dict[str, Any]:
    return {
        "operationId": "events",
        "summary": "All that happens, as it happens",
        "description": (
            "Server-sent events. The id of each is its number in the journal; a reader who sends "
            "`Last-Event-ID` (or `after`) gets all that came after it. An agent sees facts about "
            "themself and about calls offered to them. `data` is a StreamEvent."
        ),
        "tags": ["events"],
        "parameters": [
            {
                "name": "after",
                "in": "query",
                "schema": {"type": "integer", "minimum": 0},
                "description": "Begin after this number; from now on when absent.",
            },
            {
                "name": "Last-Event-ID",
                "in": "header",
                "schema": {"type": "integer", "minimum": 0},
                "description": "As `after`, and wins over it.",
            },
        ],
        "responses": {
            "200": {
                "description": "The stream.",
                "content": schemas.content(StreamEvent, "text/event-stream"),
            },
            "default": {
                "description": "It could not be done.",
                "content": schemas.content(Problem, PROBLEM_TYPE),
            },
        },
        "x-roles": ["agent", "supervisor", "admin"],
    }
