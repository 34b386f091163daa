"""A queue as its form shows it: texts and lists as typed, from a queue or from what was sent.

What was typed is shown again as it was, with what is wrong with it; so the form is read in two
steps: into texts (`sent`), which never fails, and from those into a queue (`queue_of`).
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from werkzeug.datastructures import MultiDict

from calls import hours
from calls.config import Queue
from calls.hours import Hours
from engine import plain
from web.forms import number, pairs, rows, whole

#: The single fields by how much of what people type is one of ours (seconds, callers, ...).
NUMBERS: dict[str, float] = {
    "offer_timeout": 1,
    "wrap_up": 1,
    "service_level": 1,
    "announce_every": 1,
    "slope": 1,
    "priority": 1,
    "vip_priority": 1,
    "overdue": 1,
    "last_agent": 1,
    "last_agent_within": 86400,
    "reconnect": 60,
    "wrap_up_extension": 1,
    "rest": 1,
    "callback_retry": 60,
}
COUNTS = ("ring", "limit", "wrap_up_extensions", "ring_limit", "callback_attempts")
TEXTS = ("title", "music", "strategy", "service_level_variant")
CHECKS = (
    "closed",
    "record",
    "announce_position",
    "announce_wait",
    "wrap_up_manual",
    "callback_detect",
)


class Step(msgspec.Struct):
    """A relaxation step. `skills` are pairs of a skill and its new level."""

    after: str = ""
    skills: list[tuple[str, str]] = []
    queues: list[str] = []
    ring: str = ""


class Rule(msgspec.Struct):
    """An overflow rule. `to` is ``queue:support``, ``flow:main.menu``, or ``number``."""

    when: str = "waited"
    limit: str = ""
    to: str = ""
    number: str = ""


class Opening(msgspec.Struct):
    """`limited`: open at these times only. `days` and `dates` hold spans divided by commas."""

    limited: bool = False
    zone: str = ""
    country: str = ""
    days: dict[str, str] = {}
    dates: list[tuple[str, str]] = []


class QueueForm(msgspec.Struct):
    """All that is typed on the page."""

    fields: dict[str, str]
    checked: set[str] = set()
    skills: dict[str, str] = {}
    new_skill: tuple[str, str] = ("", "")
    steps: list[Step] = []
    rules: list[Rule] = []
    opening: Opening = msgspec.field(default_factory=Opening)
    #: By language; one message a line.
    messages: dict[str, str] = {}
    music: dict[str, str] = {}


def shown(queue: Queue, zone: str) -> QueueForm:
    """A queue as it is; `zone` is suggested for opening hours."""
    fields = {name: getattr(queue, name) for name in TEXTS}
    fields |= {name: _text(getattr(queue, name) / unit) for name, unit in NUMBERS.items()}
    fields |= {name: str(getattr(queue, name)) for name in COUNTS}
    return QueueForm(
        fields=fields,
        checked={name for name in CHECKS if getattr(queue, name)},
        skills={skill: str(level) for skill, level in queue.skills.items()},
        steps=[
            Step(
                after=_text(step.after),
                skills=[(skill, str(level)) for skill, level in step.skills.items()],
                queues=list(step.queues),
                ring="" if step.ring is None else str(step.ring),
            )
            for step in queue.relaxation
        ],
        rules=[
            Rule(
                when=rule.when,
                limit=_text(rule.limit),
                to="number" if rule.to == "number" else f"{rule.to}:{rule.target}",
                number=rule.target if rule.to == "number" else "",
            )
            for rule in queue.overflow
        ],
        opening=_shown_hours(queue.hours, zone),
        messages={language: "\n".join(texts) for language, texts in queue.messages.items()},
        music=dict(queue.music_by_language),
    )


def _shown_hours(known: Hours | None, zone: str) -> Opening:
    shown = known or Hours(zone=zone)
    return Opening(
        limited=known is not None,
        zone=shown.zone,
        country=shown.country,
        days={day: ", ".join(spans) for day, spans in shown.weekly.items()},
        dates=[(date, ", ".join(spans)) for date, spans in sorted(shown.exceptions.items())],
    )


def sent(form: MultiDict[str, str]) -> QueueForm:
    """What was typed."""
    single = {*TEXTS, *NUMBERS, *COUNTS}
    return QueueForm(
        fields={name: form[name].strip() for name in single if name in form},
        checked={name for name in CHECKS if name in form},
        skills={key[6:]: text for key, text in form.items() if key.startswith("skill:")},
        new_skill=(form.get("new_skill", ""), form.get("new_skill_level", "")),
        steps=[
            Step(
                after=_first(row, "after"),
                skills=list(zip(row.get("skill", []), row.get("level", []), strict=False)),
                queues=row.get("queue", []),
                ring=_first(row, "ring"),
            )
            for row in rows(form, "step")
        ],
        rules=[
            Rule(**{name: _first(row, name) for name in Rule.__struct_fields__})
            for row in rows(form, "rule")
        ],
        opening=Opening(
            limited=form.get("opening") == "limited",
            zone=form.get("zone", "").strip(),
            country=form.get("country", "").strip(),
            days={day: form.get(f"day:{day}", "").strip() for day in hours.DAYS},
            dates=[(_first(row, "day"), _first(row, "spans")) for row in rows(form, "date")],
        ),
        messages=_by_language(form, "message"),
        music=_by_language(form, "music"),
    )


def queue_of(before: Queue, form: QueueForm) -> Queue:
    """The queue that was meant. Raises `InputInvalid`, which names the field."""
    skills = {f"skill:{skill}": level for skill, level in form.skills.items()}
    added = {"new_skill": form.new_skill[0], "new_skill_level": form.new_skill[1]}
    fields: dict[str, Any] = {field: form.fields.get(field, "") for field in TEXTS}
    fields |= {field: number(form.fields, field) * unit for field, unit in NUMBERS.items()}
    fields |= {field: whole(field, form.fields.get(field, "")) for field in COUNTS}
    fields |= {field: field in form.checked for field in CHECKS}
    return plain.word(
        plain.plain(before)
        | fields
        | {
            "music": fields["music"] or "default",
            "skills": pairs({**skills, **added}, "skill", new="new_skill"),
            "relaxation": [_step(f"relaxation.{n}", step) for n, step in enumerate(form.steps, 1)],
            "overflow": [_rule(f"overflow.{n}", rule) for n, rule in enumerate(form.rules, 1)],
            "hours": _hours(form.opening) if form.opening.limited else None,
            "messages": {
                language: lines
                for language, text in form.messages.items()
                if (lines := [line.strip() for line in text.splitlines() if line.strip()])
            },
            "music_by_language": {
                language: music for language, music in form.music.items() if music.strip()
            },
        },
        Queue,
    )


def _step(place: str, step: Step) -> dict[str, Any]:
    return {
        "after": number({f"{place}.after": step.after}, f"{place}.after"),
        "skills": {
            skill.strip(): whole(f"{place}.skills.{skill.strip()}", level)
            for skill, level in step.skills
            if skill.strip() or level.strip()
        },
        "queues": step.queues,
        "ring": whole(f"{place}.ring", step.ring) if step.ring else None,
    }


def _rule(place: str, rule: Rule) -> dict[str, Any]:
    to, _, target = rule.to.partition(":")
    limit = number({f"{place}.limit": rule.limit}, f"{place}.limit") if rule.limit else 0.0
    target = rule.number if to == "number" else target
    return {"when": rule.when, "limit": limit, "to": to, "target": target}


def _hours(opening: Opening) -> dict[str, Any]:
    return {
        "zone": opening.zone,
        "country": opening.country.upper(),
        "weekly": {day: spans for day, text in opening.days.items() if (spans := _spans(text))},
        "exceptions": {date: _spans(text) for date, text in opening.dates if date or text},
    }


def _spans(text: str) -> list[str]:
    return [span.strip() for span in text.split(",") if span.strip()]


def _by_language(form: MultiDict[str, str], prefix: str) -> dict[str, str]:
    found = {}
    for key, text in form.items():
        kind, _, language = key.partition(":")
        if kind == prefix and language:
            found[language] = text
    return found


def _first(row: dict[str, list[str]], name: str) -> str:
    return next(iter(row.get(name, [])), "").strip()


def _text(value: float) -> str:
    return f"{value:.10g}"


def languages_of(queues: Iterable[Queue], spoken: Iterable[str]) -> list[str]:
    """The languages that callers are spoken to in, and those that some queue has texts in."""
    written = {
        language for queue in queues for language in (*queue.messages, *queue.music_by_language)
    }
    return sorted({*spoken, *written})
