"""Phone menus: what is in use, how callers go through it, and the place where it is written."""

import flask
from flask import current_app, request
from markupsafe import Markup
from werkzeug.exceptions import NotFound, UnprocessableEntity
from werkzeug.wrappers import Response

from calls.errors import ActionRefused, FlowInvalid, InputInvalid, MediaMissing
from engine import flow_versions
from engine.flow_review import picture
from engine.flow_sounds import FlowSounds
from web import auth
from web.admin.shared import View, blueprint
from web.api.flows import (
    CompareQuery,
    WayBack,
    compared,
    rolled_back,
    story_of,
    summaries,
    traffic_of,
)
from web.forms import whole

#: Characters of a prompt that is listened to: it stands in an address.
MOST_SPOKEN = 2000


@blueprint.get("/flows", endpoint="flows")
@auth.only("supervisor", "admin")
def flow_list() -> str:
    return _list()


@blueprint.post("/flows")
@auth.only("admin")
def new_flow() -> View:
    name = request.form.get("name", "").strip()
    try:
        with auth.service().database.session() as session:
            flow_versions.begin(session, name, auth.me().name)
    except InputInvalid as error:
        return _list(str(error), name), 422
    return flask.redirect(flask.url_for("admin.write_flow", flow=name))


@blueprint.get("/flows/<flow>")
@auth.only("supervisor", "admin")
def flow(flow: str) -> str:
    """What is in use, or was: the picture with its callers, and all versions."""
    with auth.service().database.session() as session:
        story = story_of(session, flow)
        version = request.args.get("version", type=int) or story.version
        source = flow_versions.text_of(session, flow, version).source if version else ""
    return flask.render_template(
        "admin/flow.html",
        story=story,
        version=version,
        shown=next((one for one in story.versions if one.version == version), None),
        picture=Markup(picture(flow, source)),  # noqa: S704 - escaped where it is drawn
        traffic=traffic_of(flow, version) if version else None,
    )


@blueprint.get("/flows/<flow>/write")
@auth.only("admin")
def write_flow(flow: str) -> str:
    """The draft, else what is in use, in the editor."""
    with auth.service().database.session() as session:
        story = story_of(session, flow)
    return flask.render_template("admin/flow_write.html", story=story, text=story.draft or story)


@blueprint.get("/flows/<flow>/diff", endpoint="flow_diff")
@auth.only("supervisor", "admin")
def diff(flow: str) -> str:
    before, after = (whole(name, request.args.get(name, "0")) for name in ("before", "after"))
    with auth.service().database.session() as session:
        story_of(session, flow)
        found = compared(session, flow, CompareQuery(before, after))
    return flask.render_template(
        "admin/flow_diff.html", flow=flow, before=before, after=after, found=found
    )


@blueprint.post("/flows/<flow>/rollback")
@auth.only("admin")
def roll_back(flow: str) -> Response:
    form = request.form
    wanted = whole("version", form.get("version", ""))
    way = WayBack(wanted, whole("seen_version", form.get("seen_version", "")))
    try:
        done = rolled_back(flow, way)
    except (ActionRefused, FlowInvalid, InputInvalid) as error:
        flask.flash(f"Version {wanted} is not back: {error}", "bad")
    else:
        said = f"Version {wanted} is back, as version {done.version}."
        callers = "1 caller finishes" if done.finishing == 1 else f"{done.finishing} callers finish"
        flask.flash(f"{said} {callers} on an older one." if done.finishing else said, "good")
    return flask.redirect(flask.url_for("admin.flow", flow=flow))


@blueprint.get("/flows/<flow>/sound")
@auth.only("supervisor", "admin")
def sound(flow: str) -> Response:  # noqa: ARG001 - prompts of any flow sound alike
    """How a prompt sounds, as the telephone plays it."""
    name, language, text = (request.args.get(field, "") for field in ("name", "language", "text"))
    if not text.strip() or len(text) > MOST_SPOKEN:
        raise UnprocessableEntity(f"text: from 1 to {MOST_SPOKEN} characters")
    sounds: FlowSounds = current_app.extensions["flow_sounds"]
    try:
        return flask.send_file(sounds.file(name, language, text), mimetype="audio/wav")
    except MediaMissing as error:
        raise NotFound(str(error)) from None


def _list(wrong: str = "", name: str = "") -> str:
    with auth.service().database.session() as session:
        found = summaries(session)
    return flask.render_template("admin/flows.html", flows=found, wrong=wrong, name=name)
