"""Users: log-ins, and what each agent can do and how their phone behaves."""

from typing import get_args

import flask
from flask import request
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from calls.base import Channel
from calls.config import Agent
from calls.errors import InputInvalid
from desk.models import Ticket
from engine import configuration, models, plain, users
from web import auth
from web.admin.shared import View, blueprint, known_skills, saved
from web.forms import pairs, whole

#: Beside voice, which takes the agent alone.
CHANNELS = tuple(channel for channel in get_args(Channel) if channel != "voice")


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
    flask.flash(f"{user.name} is added and has a phone.")
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
    return saved("admin.users", f"{name} is saved.")


@blueprint.route("/users/<name>/remove", methods=["GET", "POST"])
@auth.only("admin")
def remove_user(name: str) -> View:
    """What goes with a user and what stays; then, asked again, it is done."""
    refused = "You cannot remove yourself; ask another admin." if name == auth.me().name else ""
    with auth.service().database.session() as session:
        user = _existing_user(session, name)
        goes = _goes_with(session, user)
    status = 200
    if request.method == "POST" and not refused:
        try:
            with auth.service().database.session() as session:
                users.remove_user(session, name)
            return saved("admin.users", f"{name} is removed.")
        except InputInvalid as error:
            refused = str(error)
    if request.method == "POST":
        status = 409
    page = flask.render_template(
        "admin/remove.html",
        what=f"{user.title} ({name})" if user.title != name else name,
        goes=goes,
        refused=refused,
        back=flask.url_for("admin.user", name=name),
    )
    return page, status


def _goes_with(session: Session, user: models.User) -> list[str]:
    """What hangs on a user, for people."""
    said = [f"The log-in {user.name} and the phones will be gone."]
    for queue in sorted(user.queues):
        members = select(models.User.name).where(
            models.User.active, models.User.role == "agent", models.User.queue_rows.any(queue=queue)
        )
        left = len([name for name in session.scalars(members) if name != user.name])
        agents = "1 agent" if left == 1 else f"{left or 'no'} agents"
        said.append(f"Queue {queue} then has {agents}.")
    open_tickets = session.scalar(
        select(func.count())
        .select_from(Ticket)
        .where(Ticket.assignee == user.name, Ticket.resolved.is_(None))
    )
    if open_tickets:
        stay = "ticket stays" if open_tickets == 1 else "tickets stay"
        said.append(f"{open_tickets} open {stay} assigned to the name {user.name}.")
    if any(agent.name == user.name and agent.call for agent in auth.service().live().agents):
        said.append("They are in a call now: it goes on to its end.")
    said.append("Past calls and reports keep the name.")
    return said


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
        changed = {
            "title": title,
            "skills": pairs(form, "skill", new="new_skill"),
            "queues": pairs(form, "queue"),
            "rona_limit": whole("rona_limit", form["rona_limit"]),
            "auto_answer": "auto_answer" in form,
            "persistent": "persistent" in form,
            "capacity": pairs(form, "capacity"),
            "phone": form.get("phone", "").strip(),
        }
        before = plain.plain(configuration.agent_word(user))
        configuration.save_agent(session, plain.word(before | changed, Agent))


def _user_page(session: Session, name: str, wrong: str = "") -> str:
    user = _existing_user(session, name)
    return flask.render_template(
        "admin/user.html",
        user=user,
        agent=configuration.agent_word(user),
        channels=CHANNELS,
        wrong=wrong,
        roles=users.ROLES,
        skills=known_skills(session),
        queues=list(session.scalars(select(models.Queue).order_by(models.Queue.name))),
        own=name == auth.me().name,
    )


def _existing_user(session: Session, name: str) -> models.User:
    found = session.get(models.User, name)
    if found is None:
        raise NotFound(f"there is no user {name!r}")
    return found
