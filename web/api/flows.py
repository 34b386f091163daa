"""Flows: read, written, looked over, walked, published and taken back."""

import datetime
from collections import Counter
from typing import Annotated

import msgspec
from flask import current_app
from msgspec import Meta
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound, UnprocessableEntity

from calls.base import Instant
from engine import configuration, flow_versions, flow_walks
from engine.flow_counts import FlowCounts, NodeTraffic, traffic
from engine.flow_diff import DiffLine, diff
from engine.flow_review import Review, review
from engine.flow_versions import DraftText, FlowText, PublishedVersion, Seen
from engine.flow_walks import Walk, WalkSetting
from web import auth
from web.api.endpoint import SUPERVISORS, api

#: Characters of a flow, and of its scenarios.
MOST_TEXT = 100_000
#: Of a walk.
MOST_STEPS = 200

_Source = Annotated[str, Meta(max_length=MOST_TEXT)]
_Version = Annotated[int, Meta(ge=0, le=2**31 - 1)]
_Short = Annotated[str, Meta(max_length=80)]


class FlowSummary(msgspec.Struct):
    """`version` is 0, and who and when are empty, while there is only a draft. `inside`: callers
    who are in its nodes now."""

    flow: str
    version: int
    at: Instant | None
    by: str
    comment: str
    draft_at: Instant | None
    draft_by: str
    numbers: list[str]
    inside: int


class FlowList(msgspec.Struct):
    flows: list[FlowSummary]


class FlowStory(msgspec.Struct):
    """A flow as it is in use, its draft if there is one, and its versions, the newest first."""

    flow: str
    version: int
    source: str
    scenarios: str
    draft: DraftText | None
    versions: list[PublishedVersion]


class FlowSource(msgspec.Struct):
    flow: str
    version: int
    source: str
    scenarios: str


class Comparison(msgspec.Struct):
    """Nothing in a list: that text is the same in both."""

    source: list[DiffLine]
    scenarios: list[DiffLine]


class CompareQuery(msgspec.Struct):
    """Two versions; 0 for what is before the first, or for the draft as `after`."""

    before: _Version
    after: _Version = 0


class TwoTexts(msgspec.Struct, forbid_unknown_fields=True):
    before: _Source
    after: _Source


class Different(msgspec.Struct):
    """Nothing where the texts are the same."""

    lines: list[DiffLine]


class Written(msgspec.Struct, forbid_unknown_fields=True):
    """A flow and its scenarios as they are being written."""

    source: _Source
    scenarios: _Source = ""

    def text(self) -> FlowText:
        return FlowText(self.source, self.scenarios)


class Saved(Written, forbid_unknown_fields=True):
    """`seen_version`, `seen_draft`: the newest version and when the draft was saved, as whoever
    writes has seen them (0: none). It is refused where there are newer ones."""

    seen_version: _Version = 0
    seen_draft: Annotated[float, Meta(ge=0)] = 0.0

    def seen(self) -> Seen:
        return Seen(self.seen_version, self.seen_draft)


class Publication(Saved, forbid_unknown_fields=True):
    """Refused while scenarios fail, unless `despite_failures` is said."""

    comment: Annotated[str, Meta(max_length=flow_versions.MOST_COMMENT)] = ""
    despite_failures: bool = False


class Discarded(msgspec.Struct, forbid_unknown_fields=True):
    """As whoever throws the draft away has seen it."""

    seen_version: _Version
    seen_draft: Annotated[float, Meta(ge=0)]


class WayBack(msgspec.Struct, forbid_unknown_fields=True):
    """`seen_version`: the version in use, as whoever asks has seen it."""

    version: _Version
    seen_version: _Version


class PublishedFlow(msgspec.Struct):
    """`finishing`: callers who finish on older versions."""

    flow: str
    version: int
    finishing: int


class ToWalk(msgspec.Struct, forbid_unknown_fields=True):
    """`steps` as in scenarios: ``press 2``, ``silence``, ``speak 10``, ``leave by after``,
    ``hang up``. `at`: a time like 2026-11-24 12:00; now when empty."""

    source: _Source
    steps: Annotated[list[_Short], Meta(max_length=MOST_STEPS)] = []
    at: _Short = ""
    caller: _Short = ""
    called: _Short = ""
    language: _Short = ""
    entry: _Short = ""


class TrafficQuery(msgspec.Struct):
    #: The version in use when absent.
    version: _Version | None = None


class Traffic(msgspec.Struct):
    """`elsewhere`: callers in other versions of the flow now, by version."""

    flow: str
    version: int
    journal: int
    nodes: list[NodeTraffic]
    elsewhere: dict[str, int]


@api.get("/flows", SUPERVISORS)
def flows() -> FlowList:
    """All flows, with who published them and how many callers are in them now."""
    with auth.service().database.session() as session:
        return FlowList(summaries(session))


@api.get("/flows/<flow>", SUPERVISORS)
def flow_story(flow: str) -> FlowStory:
    """A flow's text, draft and versions."""
    with auth.service().database.session() as session:
        return story_of(session, flow)


@api.get("/flows/<flow>/versions/<int:version>", SUPERVISORS)
def flow_version(flow: str, version: int) -> FlowSource:
    """What was published once."""
    with auth.service().database.session() as session:
        text = flow_versions.text_of(session, flow, _within(version))
    return FlowSource(flow, version, text.source, text.scenarios)


@api.get("/flows/<flow>/diff", SUPERVISORS)
def compare_flow(flow: str, query: CompareQuery) -> Comparison:
    """What is different between two versions, or a version and the draft."""
    with auth.service().database.session() as session:
        return compared(session, flow, query)


@api.get("/flows/<flow>/traffic", SUPERVISORS)
def flow_traffic(flow: str, query: TrafficQuery) -> Traffic:
    """Where callers are in a flow now, and how they left its nodes today."""
    return traffic_of(flow, query.version)


@api.post("/flows/<flow>/check", ("admin",))
def check_flow(flow: str, body: Written) -> Review:
    """Look over a flow that is being written: findings, scenarios, a picture; nothing is kept."""
    with auth.service().database.session() as session:
        return review(session, flow, body.text())


@api.post("/flows/<flow>/compare", ("admin",))
def compare_texts(flow: str, body: TwoTexts) -> Different:  # noqa: ARG001 - of any flow
    """What is different between two texts that are being written."""
    return Different(diff(body.before, body.after))


@api.post("/flows/<flow>/walk", SUPERVISORS)
def walk_flow(flow: str, body: ToWalk) -> Walk:
    """Walk through a flow without telephony, as far as the steps lead."""
    service = auth.service()
    fields = msgspec.structs.asdict(body) | {"at": body.at or _now()}
    setting = WalkSetting(**{name: fields[name] for name in WalkSetting.__struct_fields__})
    return flow_walks.walk(
        service.database, service.settings, flow, body.source, setting, body.steps
    )


@api.put("/flows/<flow>/draft", ("admin",))
def save_flow_draft(flow: str, body: Saved) -> DraftText:
    """Keep what is written, sound or not, for all administrators."""
    with auth.service().database.session() as session:
        story_of(session, flow)
        return flow_versions.save_draft(session, flow, body.text(), body.seen(), auth.me().name)


@api.post("/flows/<flow>/discard", ("admin",))
def discard_flow_draft(flow: str, body: Discarded) -> None:
    """Throw the draft away; what is in use stays."""
    with auth.service().database.session() as session:
        story_of(session, flow)
        seen = Seen(body.seen_version, body.seen_draft)
        flow_versions.discard_draft(session, flow, seen)


@api.post("/flows/<flow>/publish", ("admin",))
def publish_flow(flow: str, body: Publication) -> PublishedFlow:
    """Let new callers walk this text; who is inside finishes on the version they began with."""
    service = auth.service()
    with service.database.session() as session:
        story_of(session, flow)
        if not body.despite_failures:
            _refuse_failing(review(session, flow, body.text()))
        version = flow_versions.publish(
            session, flow, body.text(), body.seen(), by=auth.me().name, comment=body.comment
        )
    service.configuration_changed()
    return _published(flow, version)


@api.post("/flows/<flow>/rollback", ("admin",))
def roll_back_flow(flow: str, body: WayBack) -> PublishedFlow:
    """Publish an old text as a new version."""
    return rolled_back(flow, body)


def summaries(session: Session) -> list[FlowSummary]:
    numbers = configuration.read(session).numbers.values()
    calls = auth.service().live().calls
    found = []
    for name in flow_versions.names(session):
        newest = configuration.newest_version(session, name)
        draft = flow_versions.draft_of(session, name)
        found.append(
            FlowSummary(
                flow=name,
                version=newest.version if newest else 0,
                at=newest.published_at if newest else None,
                by=newest.published_by if newest else "",
                comment=newest.comment if newest else "",
                draft_at=draft.at if draft else None,
                draft_by=draft.by if draft else "",
                numbers=[number.number for number in numbers if number.flow == name],
                inside=sum(call.flow == name for call in calls),
            )
        )
    return found


def story_of(session: Session, flow: str) -> FlowStory:
    """Raises 404 where there is neither a version nor a draft."""
    versions = flow_versions.history(session, flow)
    draft = flow_versions.draft_of(session, flow)
    if not versions and draft is None:
        raise NotFound(f"there is no flow {flow!r}")
    newest = versions[0].version if versions else 0
    text = flow_versions.text_of(session, flow, newest) if versions else FlowText("")
    return FlowStory(flow, newest, text.source, text.scenarios, draft, versions)


def compared(session: Session, flow: str, query: CompareQuery) -> Comparison:
    before = _text(session, flow, query.before)
    after: FlowText | DraftText | None = _text(session, flow, query.after)
    if not query.after:
        after = flow_versions.draft_of(session, flow)
    if after is None:
        raise NotFound(f"there is no draft of the flow {flow!r}")
    return Comparison(
        source=diff(before.source, after.source),
        scenarios=diff(before.scenarios, after.scenarios),
    )


def traffic_of(flow: str, wanted: int | None) -> Traffic:
    """Raises 404 for a version that there is not."""
    service = auth.service()
    with service.database.session() as session:
        version = wanted or story_of(session, flow).version
        source = flow_versions.text_of(session, flow, version).source
    live = service.live()
    inside = [call for call in live.calls if call.flow == flow]
    here = Counter(call.node for call in inside if call.version == version)
    counts: FlowCounts = current_app.extensions["flow_counts"]
    return Traffic(
        flow=flow,
        version=version,
        journal=live.journal,
        nodes=traffic(flow, source, counts.today(flow, version, live.at), here),
        elsewhere={
            str(other): count
            for other, count in sorted(Counter(call.version for call in inside).items())
            if other != version
        },
    )


def rolled_back(flow: str, body: WayBack) -> PublishedFlow:
    service = auth.service()
    with service.database.session() as session:
        story_of(session, flow)
        version = flow_versions.roll_back(
            session, flow, body.version, newest=body.seen_version, by=auth.me().name
        )
    service.configuration_changed()
    return _published(flow, version)


def _published(flow: str, version: int) -> PublishedFlow:
    inside = [call for call in auth.service().live().calls if call.flow == flow]
    return PublishedFlow(flow, version, sum(call.version != version for call in inside))


def _refuse_failing(found: Review) -> None:
    """Errors of the flow itself are told when it is published."""
    if found.usable and found.failing:
        raise UnprocessableEntity(f"scenarios fail: {'; '.join(found.failing)}")


def _text(session: Session, flow: str, version: int) -> FlowText:
    return flow_versions.text_of(session, flow, version) if version else FlowText("")


def _within(version: int) -> int:
    """Databases take no larger number."""
    if version >= 2**31:
        raise NotFound(f"there is no version {version}")
    return version


def _now() -> str:
    return f"{datetime.datetime.now(auth.service().settings.zone):%Y-%m-%d %H:%M}"
