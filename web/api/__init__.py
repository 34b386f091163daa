"""The JSON API under ``/api/v1``: what programs, and the panel's own scripts, use.

`endpoint` says what an operation is, `openapi` describes them all; the rest are operations.
"""

from flask import Flask

from web.api import calls, center, configuration, figures, me, openapi, tickets
from web.api.endpoint import api


def install(app: Flask) -> None:
    app.register_blueprint(api.blueprint)


__all__ = ["calls", "center", "configuration", "figures", "install", "me", "openapi", "tickets"]
