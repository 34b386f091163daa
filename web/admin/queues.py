"""Queues: how agents are chosen, what callers hear, and where they go instead of waiting."""

import functools
import re
import zoneinfo
from typing import get_args

import flask
import holidays
from flask import request
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from calls import hours
from calls.base import OverflowWhen
from calls.config import Queue, Strategy
from calls.errors import InputInvalid
from engine import configuration, models
from engine.outlines import outlines
from web import auth
from web.admin import queue_words
from web.admin.queue_form import QueueForm, languages_of, queue_of, sent, shown
from web.admin.shared import View, blueprint, known_skills, place_of, saved


@blueprint.get("/queues", endpoint="queues")
@auth.only("admin")
def queue_list() -> str:
    with auth.service().database.session() as session:
        found = configuration.read(session)
    members = {
        name: sum(name in agent.queues for agent in found.agents.values()) for name in found.queues
    }
    return flask.render_template(
        "admin/queues.html",
        queues=found.queues.values(),
        members=members,
        strategies=queue_words.STRATEGIES,
        rules=queue_words.rules,
    )


@blueprint.route("/queues/new", methods=["GET", "POST"])
@auth.only("admin")
def new_queue() -> View:
    if request.method == "GET":
        return _page("", shown(Queue(name=""), _zone()))
    form, name = sent(request.form), request.form.get("name", "").strip()
    try:
        with auth.service().database.session() as session:
            queue = queue_of(Queue(name=name), form)
            if session.get(models.Queue, name) is not None:
                raise InputInvalid(f"name: there is a queue {name!r} already")
            configuration.save_queue(session, queue)
    except InputInvalid as error:
        return _page("", form, error, name), 422
    return saved("admin.queues", f"Queue {name} is saved.")


@blueprint.route("/queues/<name>", methods=["GET", "POST"])
@auth.only("admin")
def queue(name: str) -> View:
    with auth.service().database.session() as session:
        queue = configuration.queue_word(_existing(session, name))
    if request.method == "GET":
        return _page(name, shown(queue, _zone()))
    form = sent(request.form)
    try:
        with auth.service().database.session() as session:
            configuration.save_queue(session, queue_of(queue, form))
    except InputInvalid as error:
        return _page(name, form, error), 422
    return saved("admin.queues", f"Queue {name} is saved.")


@blueprint.route("/queues/<name>/remove", methods=["GET", "POST"])
@auth.only("admin")
def remove_queue(name: str) -> View:
    """What goes with a queue, or why it cannot go now; then, asked again, it is done."""
    with auth.service().database.session() as session:
        _existing(session, name)
        found = configuration.read(session)
    refused = _why_not(name, found)
    if request.method == "POST" and not refused:
        with auth.service().database.session() as session:
            configuration.remove_queue(session, name)
        return saved("admin.queues", f"Queue {name} is removed.")
    members = [agent.title for agent in found.agents.values() if name in agent.queues]
    goes = [f"The queue {name} and its rules will be gone."]
    if members:
        goes.append(f"These agents leave it: {', '.join(members)}.")
    goes.append("Past calls and reports keep the name.")
    page = flask.render_template(
        "admin/remove.html",
        what=f"queue {name}",
        goes=goes,
        refused=refused,
        back=flask.url_for("admin.queue", name=name),
    )
    return page, 409 if request.method == "POST" else 200


def _why_not(name: str, found: configuration.Configuration) -> str:
    waiting = sum(view.waiting for view in auth.service().live().queues if view.name == name)
    if waiting:
        callers = "1 caller waits" if waiting == 1 else f"{waiting} callers wait"
        return f"{callers} in it now. Close the queue, then remove it when they are served."
    if used := configuration.uses_of(found, name):
        return f"It is still named by {', '.join(used)}. Change that first."
    return ""


def _existing(session: Session, name: str) -> models.Queue:
    row = session.get(models.Queue, name)
    if row is None:
        raise NotFound(f"there is no queue {name!r}")
    return row


def _page(name: str, form: QueueForm, error: InputInvalid | None = None, new_name: str = "") -> str:
    with auth.service().database.session() as session:
        found = configuration.read(session)
        skills = known_skills(session)
    flows = outlines(found.flows.values())
    spoken = [language for flow in flows for language in flow.languages]
    wrong_place = place_of(error) if error else ""
    return flask.render_template(
        "admin/queue.html",
        name=name,
        new_name=new_name,
        form=form,
        wrong=str(error or ""),
        wrong_place=wrong_place,
        open_group=queue_words.group_of(wrong_place),
        words=queue_words,
        summary=queue_words.summaries(form),
        strategies=get_args(Strategy),
        reasons=get_args(OverflowWhen),
        skills=sorted({*skills, *form.skills}),
        others=[other for other in found.queues.values() if other.name != name],
        flows=flows,
        days=hours.DAYS,
        zones=sorted(zoneinfo.available_timezones()),
        countries=_countries(),
        languages=languages_of(found.queues.values(), spoken),
    )


def _zone() -> str:
    return auth.service().settings.zone.key


@functools.cache
def _countries() -> list[tuple[str, str]]:
    """Code and name of each country whose public holidays are known."""
    supported = holidays.list_supported_countries()
    return sorted(
        (
            (code, re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name))
            for name, code, *_ in holidays.registry.COUNTRIES.values()
            if code in supported
        ),
        key=lambda country: country[1],
    )
