"""The JSON API under ``/api/v1``: what programs, and the panel's own scripts, use.

`endpoint` says what an operation is, `openapi` describes them all; the rest are operations.
"""

from flask import Flask

from web.api import (
    calls,
    center,
    configuration,
    controls,
    figures,
    flows,
    me,
    openapi,
    recordings,
    tickets,
    users,
)
from web.api.endpoint import api


def install(app: Flask) -> None:
    app.register_blueprint(api.blueprint)


__all__ = [
    "calls",
    "center",
    "configuration",
    "controls",
    "figures",
    "flows",
    "install",
    "me",
    "openapi",
    "recordings",
    "tickets",
    "users",
]
