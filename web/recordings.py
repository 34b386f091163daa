"""The address of a recording as notes on tickets name it: on to the sound itself."""

import flask
from flask import Blueprint
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from web import auth
from web.api.recordings import call_of

blueprint = Blueprint("recordings", __name__, url_prefix="/recordings")


@blueprint.get("/<recording>")
@auth.only("agent", "supervisor", "admin")
def play(recording: str) -> Response:
    """Who may hear it is decided there."""
    with auth.service().database.session() as session:
        call = call_of(session, recording)
    if call is None:
        raise NotFound(f"there is no recording {recording!r}")
    return flask.redirect(flask.url_for("api.recording_sound", call=call, recording=recording))
