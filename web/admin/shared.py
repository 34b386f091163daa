"""What the pages of users and of queues share."""

import flask
from flask import Blueprint
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from calls.errors import InputInvalid
from engine import models
from web import auth

blueprint = Blueprint("admin", __name__, url_prefix="/admin")

View = str | tuple[str, int] | Response


def known_skills(session: Session) -> list[str]:
    """Every skill that some agent has or some queue asks for."""
    had = session.scalars(select(models.AgentSkill.skill).distinct())
    asked = session.scalars(select(models.QueueSkill.skill).distinct())
    return sorted({*had, *asked})


def saved(endpoint: str, said: str) -> Response:
    """The center knows of the change; on to the next page, with a word about what was done."""
    auth.service().configuration_changed()
    flask.flash(said, "good")
    return flask.redirect(flask.url_for(endpoint))


def place_of(error: InputInvalid) -> str:
    """The field that an error is about, as its text begins; empty where it names none."""
    field, colon, _ = str(error).partition(": ")
    return field if colon and " " not in field else ""
