"""What was recorded of a call: conversations, and messages that callers left."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import flask
import msgspec
from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import Forbidden, NotFound

from calls.facts import ConversationRecorded, RecordingStarted, VoicemailLeft
from calls.views import Published
from engine import filing, history, models
from web import auth
from web.api.endpoint import api


class Recorded(msgspec.Struct):
    """`seconds` is None while it is recorded; `agent` talked, or `queue` is whose message it is.
    Its file is at `address` once it is there: a switch may take a while to bring it."""

    recording: str
    kind: Literal["conversation", "voicemail"]
    at: float
    agent: str = ""
    queue: str = ""
    seconds: float | None = None
    address: str | None = None


class RecordingList(msgspec.Struct):
    recordings: list[Recorded]


@api.get("/calls/<call>/recordings")
def recordings(call: str) -> RecordingList:
    """What was recorded of a call.

    Supervisors hear all; agents hear their own conversations, and the messages that callers left
    for their queues.
    """
    facts = auth.service().facts_of_call(call)
    if not facts:
        raise NotFound(f"there is no call {call!r}")
    may_hear = _may_hear()
    return RecordingList([one for one in recorded(call, facts) if may_hear(one)])


@api.get("/calls/<call>/recordings/<recording>", sound="audio/wav")
def recording_sound(call: str, recording: str) -> Response:
    """The sound itself, whole or in ranges."""
    facts = auth.service().facts_of_call(call)
    found = next((one for one in recorded(call, facts) if one.recording == recording), None)
    if found is None:
        raise NotFound(f"call {call!r} has no recording {recording!r}")
    if not _may_hear()(found):
        raise Forbidden("agents hear their own conversations and their queues' messages")
    file = _file(recording)
    if file is None:
        raise NotFound("the sound is not there yet" if found.seconds is None else "it is lost")
    sound = flask.send_file(file, mimetype="audio/wav", conditional=True)
    sound.headers["Cache-Control"] = "no-store"
    return sound


def recorded(call: str, facts: list[Published]) -> list[Recorded]:
    """The recordings that a call's facts tell of, in the order in which they began."""
    found: dict[str, Recorded] = {}
    for published in facts:
        match published.fact:
            case RecordingStarted(recording=name, agent=agent):
                found[name] = Recorded(name, "conversation", published.at, agent)
            case ConversationRecorded(recording=name, seconds=seconds) if name in found:
                found[name].seconds = seconds
            case VoicemailLeft(recording=name, seconds=seconds, queue=queue):
                found[name] = Recorded(
                    name, "voicemail", published.at, queue=queue, seconds=seconds
                )
            case _:
                pass
    for one in found.values():
        if one.seconds and _file(one.recording):
            one.address = flask.url_for("api.recording_sound", call=call, recording=one.recording)
    return [one for one in found.values() if one.seconds != 0]


def call_of(session: Session, recording: str) -> str | None:
    """Which call a recording is of."""
    facts = models.facts
    told = select(facts.c.call).where(
        history.of_kinds(VoicemailLeft, RecordingStarted),
        facts.c.body.contains(f'"recording":"{recording}"', autoescape=True),
    )
    return session.scalar(told.limit(1))


def _may_hear() -> Callable[[Recorded], bool]:
    """Which recordings whoever asks may hear."""
    known = auth.me()
    if known.may_see_all:
        return lambda _: True
    with auth.service().database.session() as session:
        user = session.get(models.User, known.name)
        queues = set(user.queues) if user else set()
    return lambda one: one.agent == known.name or bool(one.queue and one.queue in queues)


def _file(recording: str) -> Path | None:
    return filing.recording_file(auth.service().settings.home / "recordings", recording)
