"""A flow walked at a keypad on a page, without telephony.

The page keeps what was done so far; each time all of it is done again from the beginning, so
nothing is kept here, and a changed draft is walked from its start.
"""

import datetime
import zoneinfo
from collections.abc import Sequence
from typing import Literal

import msgspec

from calls.commands import Prompt, Record
from calls.errors import InputInvalid
from calls.events import CallerIdentified, StoreEvent
from calls.facts import FlowStarted, NodeEntered
from calls.media import Speech
from calls.requests import FindTicket, IdentifyCaller, Request
from engine import configuration, flows, stores
from engine.settings import Settings
from engine.storage import Database
from ivr import loading, trial
from ivr.caller import CALL, Caller, Stage, Unfitting, usual
from ivr.messages import Queued, SessionOutput, Transferred
from ivr.surroundings import QueueNow

#: What flows see of each queue: somebody is there.
_STAFFED = QueueNow(ready=1, signed_in=1)


class WalkSetting(msgspec.Struct, frozen=True):
    """Who calls which number, and when (``2026-11-24 12:00`` in the center's time zone)."""

    at: str
    caller: str = ""
    called: str = ""
    #: Of the number that is dialled; the flow's first when empty.
    language: str = ""
    entry: str = ""


class WalkLine(msgspec.Struct, frozen=True):
    """One thing that happened, for people. `kind`: what the caller ``did``; a ``node`` entered;
    a ``flow`` within the flow begun, or come back to; a text ``said``, of the prompt `name`; a
    recording (``record``); the ``end``."""

    kind: Literal["did", "node", "flow", "said", "record", "end"]
    text: str
    name: str = ""
    language: str = ""


class Walk(msgspec.Struct, frozen=True):
    """How far the caller has come. `waits`: for ``keys``, for something to be recorded
    (``voice``), in a ``queue`` or for an outside party, or ``over``."""

    lines: list[WalkLine]
    flow: str
    node: str
    waits: Literal["keys", "voice", "queue", "over"]
    #: How many keys complete an answer, and those that end one before.
    most_keys: int = 1
    terminators: str = ""
    #: How a caller may come back from a queue or an outside party.
    exits: list[str] = []
    #: Why the last step could not be done; it is left out.
    wrong: str = ""
    #: Who the caller is, as far as the center knows the number.
    contact: str = ""


def walk(
    database: Database,
    settings: Settings,
    name: str,
    source: str,
    setting: WalkSetting,
    steps: Sequence[str],
) -> Walk:
    """Do the steps of a scenario (``press 2``, ``silence``, ``speak 10``, ``hang up``, ...), one
    after another, in the flow of that name as it is written.

    Raises `FlowInvalid`, and `InputInvalid` for a time or an entry that there is not.
    """
    flow = loading.load(source, name)
    if setting.entry and setting.entry not in flow.nodes:
        raise InputInvalid(f"entry: the flow has no node {setting.entry!r}")
    with database.session() as session:
        there = configuration.read(session)
    who = _who(database, settings.region, setting.caller)
    caller = Caller(
        flow,
        Stage({**flows.usable(there), flow.flow: flow}, dict.fromkeys(there.queues, _STAFFED)),
        caller=setting.caller,
        called=setting.called,
        language=setting.language,
        now=_moment(setting.at, settings.zone),
        who=who,
        stub=lambda node, request: _answer(database, settings.region, node, request),
        entry=setting.entry,
    )
    lines, told, wrong = _lines(caller.all), len(caller.all), ""
    for step in steps:
        try:
            trial.take(caller, step)
        except Unfitting as error:
            wrong = str(error)
            break
        lines += [WalkLine("did", step), *_lines(caller.all[told:])]
        told = len(caller.all)
    return _walked(caller, lines, wrong, who)


def _who(database: Database, region: str, number: str) -> CallerIdentified | None:
    """As at a real call."""
    answer = stores.answer(IdentifyCaller(request="", call=CALL, caller=number), database, region)
    return answer if isinstance(answer, CallerIdentified) else None


def _answer(database: Database, region: str, node: str, request: Request) -> StoreEvent | None:
    """Tickets are looked for as at a real call; nothing is filed, no service is asked."""
    if isinstance(request, FindTicket):
        return stores.answer(request, database, region)
    return usual(node, request)


def _moment(at: str, zone: zoneinfo.ZoneInfo) -> float:
    try:
        return datetime.datetime.fromisoformat(at).replace(tzinfo=zone).timestamp()
    except (ValueError, OverflowError):
        raise InputInvalid(f"at: {at!r} is no time like 2026-11-24 12:00") from None


def _lines(outputs: Sequence[SessionOutput]) -> list[WalkLine]:
    found = []
    for output in outputs:
        match output:
            case FlowStarted(flow=flow):
                found.append(WalkLine("flow", flow))
            case NodeEntered(node=node, title=title):
                found.append(WalkLine("node", title or node, node))
            case Prompt(media=media):
                found += [
                    WalkLine("said", one.text, one.name, one.language)
                    for one in media
                    if isinstance(one, Speech)
                ]
            case Record(max_seconds=seconds):
                found.append(WalkLine("record", f"records up to {seconds:g} seconds"))
            case _:
                pass
    return found


def _walked(
    caller: Caller, lines: list[WalkLine], wrong: str, who: CallerIdentified | None
) -> Walk:
    waits, ended = caller.waits_for, caller.ended
    exits: list[str] = []
    if isinstance(ended, Queued | Transferred):
        exits = [*map(str, ended.exits), *(["after"] if ended.after else [])]
    rule = waits.digits if ended is None and isinstance(waits, Prompt) else None
    what: Literal["keys", "voice", "queue", "over"] = "over"
    if isinstance(ended, Queued | Transferred):
        what = "queue"
    elif ended is None:
        what = "voice" if isinstance(waits, Record) else "keys"
    return Walk(
        lines=[*lines, *([WalkLine("end", caller.where)] if ended is not None else [])],
        flow=caller.flow.flow,
        node=caller.node,
        waits=what,
        most_keys=rule.max_digits if rule else 1,
        terminators=rule.terminators if rule else "",
        exits=exits,
        wrong=wrong,
        contact=who.name if who else "",
    )
