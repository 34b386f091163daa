"""For supervisors: the live wall, and the calls that were."""

import flask
import msgspec
from flask import Blueprint, request

from web import auth
from web.api.calls import CallsQuery, past_calls, story_of, why_of
from web.api.recordings import recorded
from web.csp import allow_phone

blueprint = Blueprint("supervisor", __name__, url_prefix="/supervisor")

#: Calls on one page of the list.
PAGE = 50


@blueprint.get("")
@auth.only("supervisor", "admin")
def page() -> str:
    known = auth.me()
    allow_phone(auth.service().phone_of(known.name))
    return flask.render_template("supervisor/live.html", me=known)


@blueprint.get("/calls")
@auth.only("supervisor", "admin")
def calls() -> str:
    before = request.args.get("before", type=float)
    with auth.service().database.session() as session:
        found = past_calls(session, CallsQuery(limit=PAGE, before=before))
    older = found[-1].arrived if len(found) == PAGE else None
    return flask.render_template("supervisor/calls.html", calls=found, older=older, before=before)


@blueprint.get("/calls/<call>")
@auth.only("supervisor", "admin")
def call(call: str) -> str:
    story = story_of(call)
    return flask.render_template(
        "supervisor/call.html",
        **msgspec.structs.asdict(story),
        why=why_of(call),
        recordings=recorded(call, auth.service().facts_of_call(call)),
    )
