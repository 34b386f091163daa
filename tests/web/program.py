"""Programs that use the API, each with a token of one role."""

from typing import Any

import pytest
from flask.testing import FlaskClient


class Program:
    """A program with a token of one role."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, status: int = 200) -> Any:
        return self._checked(self._client.get(f"/api/v1/{path}", headers=self._headers), status)

    def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self._client.post(f"/api/v1/{path}", json=body, headers=self._headers)
        return self._checked(answer, status)

    def patch(self, path: str, body: Any, status: int = 200) -> Any:
        answer = self._client.patch(f"/api/v1/{path}", json=body, headers=self._headers)
        return self._checked(answer, status)

    def put(self, path: str, body: Any, status: int = 200) -> Any:
        answer = self._client.put(f"/api/v1/{path}", json=body, headers=self._headers)
        return self._checked(answer, status)

    def delete(self, path: str, status: int = 204) -> Any:
        answer = self._client.delete(f"/api/v1/{path}", headers=self._headers)
        return self._checked(answer, status)

    @staticmethod
    def _checked(answer: Any, status: int) -> Any:
        assert answer.status_code == status, answer.text
        if status >= 400:
            assert answer.content_type == "application/problem+json"
            return answer.get_json()["detail"]
        return answer.get_json() if status != 204 else None


@pytest.fixture
def agent(client: FlaskClient, tokens: dict[str, str]) -> Program:
    """A program that speaks for agent1."""
    return Program(client, tokens["agent"])


@pytest.fixture
def supervisor(client: FlaskClient, tokens: dict[str, str]) -> Program:
    return Program(client, tokens["supervisor"])


@pytest.fixture
def admin(client: FlaskClient, tokens: dict[str, str]) -> Program:
    return Program(client, tokens["admin"])
