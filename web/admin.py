"""For administrators: users, agents' skills and queues, queues' settings."""

from typing import cast, get_args

import flask
import msgspec
from flask import Blueprint, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from calls.config import Agent, Queue, Strategy
from calls.errors import InputInvalid
from engine import configuration, models, users
from web import auth
from web.forms import number, pairs

blueprint = Blueprint("admin", __name__, url_prefix="/admin")

View = str | tuple[str, int] | AnyResponse


@blueprint.get("")
@auth.only("admin")
def home() -> AnyResponse:
    return flask.redirect(flask.url_for("admin.users"))


@blueprint.get("/users", endpoint="users")
@auth.only("admin")
def user_list() -> str:
    with auth.service().database.session() as session:
        found = users.list_users(session)
        return flask.render_template("admin/users.html", users=found)


@blueprint.route("/users/new", methods=["GET", "POST"])
@auth.only("admin")
def new_user() -> View:
    form = request.form
    if request.method == "GET":
        suggestion = {"role": "agent", "password": users.generate_password()}
        return flask.render_template(
            "admin/new_user.html", form=suggestion, wrong="", roles=users.ROLES
        )
    try:
        with auth.service().database.session() as session:
            user = users.create_user(
                session,
                form.get("name", "").strip(),
                form.get("role", ""),
                form.get("password", ""),
                form.get("title", "").strip(),
            )
    except InputInvalid as error:
        page = flask.render_template(
            "admin/new_user.html", form=form, wrong=str(error), roles=users.ROLES
        )
        return page, 422
    auth.service().configuration_changed()
    flask.flash(f"{user.name} is added" + (" and has a phone." * (user.role == "agent") or "."))
    return flask.redirect(flask.url_for("admin.user", name=user.name))


@blueprint.route("/users/<name>", methods=["GET", "POST"])
@auth.only("admin")
def user(name: str) -> View:
    """One user: title, role, password and, for an agent, skills and queues."""
    if request.method == "GET":
        with auth.service().database.session() as session:
            return _user_page(session, name)
    try:
        with auth.service().database.session() as session:
            _existing_user(session, name)
            _save_user(session, name)
    except InputInvalid as error:
        with auth.service().database.session() as session:
            return _user_page(session, name, str(error)), 422
    auth.service().configuration_changed()
    flask.flash(f"{name} is saved.", "good")
    return flask.redirect(flask.url_for("admin.users"))


def _save_user(session: Session, name: str) -> None:
    form = request.form
    if name == auth.me().name and (form.get("role") != "admin" or "active" not in form):
        raise InputInvalid("you cannot take your own rights away; ask another admin")
    title = form.get("title", "").strip() or name
    user = users.change_user(
        session, name, title=title, role=form.get("role", ""), active="active" in form
    )
    if form.get("password"):
        users.set_password(session, name, form["password"])
    if user.role == "agent" and "rona_limit" in form:
        agent = Agent(
            name=name,
            title=title,
            skills=pairs(form, "skill", new="new_skill"),
            queues=pairs(form, "queue"),
            rona_limit=int(number(form, "rona_limit")),
        )
        configuration.save_agent(session, agent)


def _user_page(session: Session, name: str, wrong: str = "") -> str:
    user = _existing_user(session, name)
    return flask.render_template(
        "admin/user.html",
        user=user,
        wrong=wrong,
        roles=users.ROLES,
        skills=_known_skills(session),
        queues=list(session.scalars(select(models.Queue).order_by(models.Queue.name))),
        own=name == auth.me().name,
    )


def _existing_user(session: Session, name: str) -> models.User:
    found = session.get(models.User, name)
    if found is None:
        raise NotFound(f"there is no user {name!r}")
    return found


def _known_skills(session: Session) -> list[str]:
    """Every skill that some agent has or some queue asks for."""
    had = session.scalars(select(models.AgentSkill.skill).distinct())
    asked = session.scalars(select(models.QueueSkill.skill).distinct())
    return sorted({*had, *asked})


@blueprint.get("/queues", endpoint="queues")
@auth.only("admin")
def queue_list() -> str:
    with auth.service().database.session() as session:
        found = configuration.read(session)
    members = {
        name: sum(name in agent.queues for agent in found.agents.values()) for name in found.queues
    }
    return flask.render_template("admin/queues.html", queues=found.queues.values(), members=members)


@blueprint.route("/queues/new", methods=["GET", "POST"])
@auth.only("admin")
def new_queue() -> View:
    queue = Queue(name="")
    if request.method == "GET":
        return _queue_page(queue)
    try:
        with auth.service().database.session() as session:
            queue = _queue_from_form(request.form.get("name", "").strip())
            if session.get(models.Queue, queue.name) is not None:
                raise InputInvalid(f"there is a queue {queue.name!r} already")
            configuration.save_queue(session, queue)
    except InputInvalid as error:
        return _queue_page(queue, str(error)), 422
    return _queue_saved(queue.name)


@blueprint.route("/queues/<name>", methods=["GET", "POST"])
@auth.only("admin")
def queue(name: str) -> View:
    with auth.service().database.session() as session:
        row = session.get(models.Queue, name)
        if row is None:
            raise NotFound(f"there is no queue {name!r}")
        queue = configuration.queue_word(row)
    if request.method == "GET":
        return _queue_page(queue)
    try:
        queue = _queue_from_form(name)
        with auth.service().database.session() as session:
            configuration.save_queue(session, queue)
    except InputInvalid as error:
        return _queue_page(queue, str(error)), 422
    return _queue_saved(name)


def _queue_from_form(name: str) -> Queue:
    form = request.form
    return Queue(
        name=name,
        title=form.get("title", "").strip(),
        strategy=cast(Strategy, form.get("strategy", "")),
        skills=pairs(form, "skill", new="new_skill"),
        music=form.get("music", "").strip() or "default",
        **{field: number(form, field) for field in QUEUE_NUMBERS},
    )


#: The numbers of a queue that the form has: what they are called, and what they mean.
QUEUE_NUMBERS = {
    "offer_timeout": ("Ring for (s)", "No answer within it makes the agent not ready."),
    "wrap_up": ("After-call work (s)", "0 for none."),
    "service_level": ("Answer within (s)", "What the service level counts."),
    "announce_every": ("Position every (s)", "How often callers hear their place; 0 for never."),
    "priority": ("Head start (s)", "Callers here count as having waited this much longer."),
    "slope": ("Ageing", "2: callers here come forward twice as fast as others."),
}


def _queue_page(queue: Queue, wrong: str = "") -> str:
    with auth.service().database.session() as session:
        skills = sorted({*_known_skills(session), *queue.skills})
    return flask.render_template(
        "admin/queue.html",
        queue=queue,
        form=request.form if wrong else msgspec.structs.asdict(queue),
        wrong=wrong,
        numbers=QUEUE_NUMBERS,
        strategies=get_args(Strategy),
        skills=skills,
    )


def _queue_saved(name: str) -> AnyResponse:
    auth.service().configuration_changed()
    flask.flash(f"Queue {name} is saved.", "good")
    return flask.redirect(flask.url_for("admin.queues"))
