"""The OpenAPI document is sound, and the API does as it says, also for random requests."""

import json
import re
from typing import Any

import flask
import jsonschema_rs
import msgspec
import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.web.fake_service import FakeService
from web.api.endpoint import api
from web.api.openapi import describe

bounded = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.parametrize("role", ["agent", "supervisor"])
def test_random_requests_are_answered_as_documented(
    app: flask.Flask, service: FakeService, tokens: dict[str, str], role: str
) -> None:
    service.phone("agent1")
    service.arrive("c-1")
    service.enqueue("c-1")
    service.offer("c-1", "agent1")
    headers = {"Authorization": f"Bearer {tokens[role]}"}
    # The stream is no WSGI; test_stream.py asks it.
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    results = list(schema.exclude(path="/api/v1/events").get_all_operations())
    assert len(results) == len(api.operations)
    for result in results:
        assert isinstance(result, Ok)
        operation = result.ok()

        @bounded
        @given(case=operation.as_strategy())
        def probe(case: Case[Any]) -> None:
            # What the schema allows may still be refused: a contact that does not exist.
            case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

        probe()


def test_everybody_may_read_the_document(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").get_json()
    assert document["openapi"] == "3.1.0"
    assert document == json.loads(msgspec.json.encode(describe()))


def test_every_operation_is_described(app: flask.Flask) -> None:
    paths = describe()["paths"]
    served = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.rule != "/api/v1/openapi.json"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {(path, method) for path, operations in paths.items() for method in operations}
    assert described == served | {("/api/v1/events", "get")}
    for path, method in described:
        operation = paths[path][method]
        assert operation["summary"], path
        assert operation["x-roles"], path


def test_names_are_given_once() -> None:
    names = [operation.view.__name__ for operation in api.operations]
    assert len(names) == len(set(names))


def test_schemas_are_json_schemas_and_all_there() -> None:
    document = describe()
    components = document["components"]["schemas"]
    for component in components.values():
        jsonschema_rs.meta.validate(component)
    references = set(re.findall(r"'\$ref': '#/components/schemas/(\w+)'", str(document)))
    assert references <= set(components)
    assert "StreamEvent" in components
