"""For administrators: users, agents' skills and queues, queues' settings and rules, phone menus and
prompts."""

import flask
from werkzeug.wrappers import Response

from web import auth
from web.admin import faults, flows, prompts, queues, users
from web.admin.shared import blueprint

__all__ = ["blueprint", "faults", "flows", "prompts", "queues", "users"]


@blueprint.get("")
@auth.only("admin")
def home() -> Response:
    return flask.redirect(flask.url_for("admin.users"))
