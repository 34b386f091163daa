"""The agent's page: phone, state, the call and whom it is from."""

import flask
from flask import Blueprint

from web import auth
from web.csp import allow_phone

blueprint = Blueprint("agent", __name__, url_prefix="/agent")

BREAKS = ("break", "lunch", "training", "meeting", "paperwork")

#: How a contact may end (dispositions): the code that is recorded, and what the page says.
WRAP_UP_CODES = (
    ("resolved", "Resolved"),
    ("follow_up", "To be followed up"),
    ("escalated", "Escalated"),
    ("information", "Information given"),
    ("wrong_number", "Wrong number"),
)


@blueprint.get("")
@auth.only("agent")
def page() -> str:
    known = auth.me()
    allow_phone(auth.service().phone_of(known.name))
    return flask.render_template("agent.html", me=known, breaks=BREAKS, codes=WRAP_UP_CODES)
