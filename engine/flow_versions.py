"""Flows written by people: drafts, versions, and the way back.

Two who write at once do not lose anything: whoever saves or publishes says what they have seen,
the newest version and when the draft was saved, and is refused where somebody else was faster.
Nothing here commits: that is the session's matter.
"""

import re
import time
from typing import Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from calls.actions import Refused
from calls.base import Instant
from calls.errors import ActionRefused, InputInvalid
from engine import configuration, flows, meta
from engine.models import FlowDraft, FlowVersion
from engine.texts import one_line
from ivr import loading

#: Characters of a comment.
MOST_COMMENT = 200

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


class FlowText(msgspec.Struct, frozen=True):
    """A flow and its scenarios, each as YAML."""

    source: str
    scenarios: str = ""


class Seen(msgspec.Struct, frozen=True):
    """What somebody who writes has before their eyes: the newest `version` (0: none yet), and when
    the `draft` was saved (0: there is none)."""

    version: int
    draft: Instant


class PublishedVersion(msgspec.Struct, frozen=True):
    """A published version. `by`: a user, a token, or ``file:main.yaml``."""

    version: int
    at: Instant
    by: str
    comment: str


class DraftText(msgspec.Struct, frozen=True):
    """What is written and not published. `base`: the version it was begun from."""

    source: str
    scenarios: str
    base: int
    at: Instant
    by: str


def names(session: Session) -> list[str]:
    """All flows, those too that are only drafts."""
    return sorted(
        {
            *session.scalars(select(FlowVersion.flow).distinct()),
            *session.scalars(select(FlowDraft.flow)),
        }
    )


def history(session: Session, flow: str) -> list[PublishedVersion]:
    """The versions of a flow, the newest first."""
    rows = session.scalars(
        select(FlowVersion).where(FlowVersion.flow == flow).order_by(FlowVersion.version.desc())
    )
    return [
        PublishedVersion(row.version, row.published_at, row.published_by, row.comment)
        for row in rows
    ]


def text_of(session: Session, flow: str, version: int) -> FlowText:
    """A published text. Raises `ActionRefused` where there is no such version."""
    row = session.get(FlowVersion, (flow, version))
    if row is None:
        raise _refused("unknown", f"there is no version {version} of the flow {flow!r}")
    return FlowText(row.source, row.scenarios)


def draft_of(session: Session, flow: str) -> DraftText | None:
    row = session.get(FlowDraft, flow)
    return (
        DraftText(row.source, row.scenarios, row.base, row.saved_at, row.saved_by) if row else None
    )


def begin(session: Session, flow: str, by: str) -> None:
    """A draft of a flow that is not there yet. Raises `InputInvalid` for an unfit name."""
    if not _NAME.fullmatch(flow):
        raise InputInvalid(f"name: {flow!r} must be small letters, digits, - and _, a letter first")
    meta.hold(session, meta.CONFIGURATION)
    if flow in names(session):
        raise InputInvalid(f"name: there is a flow {flow!r} already")
    save_draft(session, flow, FlowText(_BEGINNING.format(flow=flow)), Seen(0, 0.0), by)


def save_draft(session: Session, flow: str, text: FlowText, seen: Seen, by: str) -> DraftText:
    """Keep what is written, sound or not. Raises `ActionRefused` where `seen` is not the newest."""
    _hold(session, flow, seen.version)
    _refuse_other_draft(session, flow, seen)
    at = time.time()
    session.merge(
        FlowDraft(
            flow=flow,
            source=text.source,
            scenarios=text.scenarios,
            base=seen.version,
            saved_at=at,
            saved_by=by,
        )
    )
    session.flush()
    return DraftText(text.source, text.scenarios, seen.version, at, by)


def discard_draft(session: Session, flow: str, seen: Seen) -> None:
    """Go back to what is published. Raises `ActionRefused` as `save_draft` does."""
    _hold(session, flow, seen.version)
    _refuse_other_draft(session, flow, seen)
    _drop_draft(session, flow)


def publish(
    session: Session, flow: str, text: FlowText, seen: Seen, *, by: str, comment: str = ""
) -> int:
    """Make a text the newest version; the draft is done with.

    Raises `FlowInvalid` for what cannot be used in this center, `InputInvalid` where nothing is
    changed, `ActionRefused` as `save_draft` does.
    """
    _hold(session, flow, seen.version)
    _refuse_other_draft(session, flow, seen)
    version = _publish(session, flow, text, by, one_line("comment", comment, MOST_COMMENT))
    _drop_draft(session, flow)
    return version


def roll_back(session: Session, flow: str, version: int, *, newest: int, by: str) -> int:
    """Publish an old text as a new version; a draft stays as it is.

    `newest`: the version in use, as whoever asks has seen it. Raises as `publish` does.
    """
    _hold(session, flow, newest)
    text = text_of(session, flow, version)
    return _publish(session, flow, text, by, f"Back to version {version}")


def _publish(session: Session, flow: str, text: FlowText, by: str, comment: str) -> int:
    loading.load(text.source, flow, flows.known_in(configuration.read(session)))
    version = configuration.publish_flow(
        session, flow, text.source, by, flow, comment=comment, scenarios=text.scenarios
    )
    if version is None:
        raise InputInvalid("nothing is changed: this is the version in use")
    return version


def _hold(session: Session, flow: str, seen: int) -> None:
    """Let nobody else write until this session ends. Refused where a newer version is there than
    the one that was seen."""
    meta.hold(session, meta.CONFIGURATION)
    newest = configuration.newest_version(session, flow)
    if newest is not None and newest.version != seen:
        raise _refused(
            "wrong_state",
            f"{newest.published_by} has published version {newest.version} meanwhile; "
            "compare yours with it",
        )


def _refuse_other_draft(session: Session, flow: str, seen: Seen) -> None:
    draft = draft_of(session, flow)
    if draft is not None and draft.at != seen.draft:
        raise _refused(
            "wrong_state", f"{draft.by} has saved a draft meanwhile; compare yours with it"
        )
    if draft is None and seen.draft:
        raise _refused("wrong_state", "the draft was discarded meanwhile; save yours again")


def _drop_draft(session: Session, flow: str) -> None:
    row = session.get(FlowDraft, flow)
    if row is not None:
        session.delete(row)
        session.flush()


def _refused(reason: Literal["unknown", "wrong_state"], message: str) -> ActionRefused:
    return ActionRefused(Refused(reason=reason, message=message))


_BEGINNING = """\
# What callers of this menu hear and where each key leads.
flow: {flow}
title: {flow}
languages: [en]
start: greeting
operator: operator

nodes:
  greeting:
    kind: menu
    text: {{en: "Welcome. For support, press one."}}
    keys: {{1: operator}}

  operator:
    kind: queue
    queue: support
"""
