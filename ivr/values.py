"""The values that expressions name, and values made to fit a variable."""

from collections.abc import Mapping
from typing import Any

from ivr.expressions import DEFAULTS, TypeName, queue_figure
from ivr.live import Walk
from ivr.speaking import Value, ValueFailed
from ivr.surroundings import Surroundings

#: Characters of a text that a variable keeps.
LONGEST = 1000


def value_of(
    name: str,
    state: Walk,
    variables: Mapping[str, TypeName],
    surroundings: Surroundings,
) -> Value:
    """What a name of `ivr.expressions` stands for now. Raises `ValueFailed` for a queue that is
    not there."""
    if name in variables:
        known: Value = state.variables.get(name, DEFAULTS[variables[name]])
        return known
    queue, figure = queue_figure(name)
    if queue:
        # A name with a dash would be a subtraction, so it is written with an underscore.
        now = surroundings.queue(queue) or surroundings.queue(queue.replace("_", "-"))
        if now is None:
            raise ValueFailed(f"there is no queue {queue!r}")
        counted: Value = getattr(now, figure)
        return counted
    whole, _, part = name.partition(".")
    match whole:
        case "caller" | "called" | "language":
            return str(getattr(state, whole))
        case "contact":
            return _of_contact(state, part)
        case "ticket":
            return _of_ticket(state, part)
        case "vip":
            return state.who is not None and state.who.vip
        case "organisation":
            return state.who.organisation if state.who else ""
        case _:
            raise ValueFailed(f"nothing is called {name!r}")


def fit(values: Mapping[str, Any], variables: Mapping[str, TypeName]) -> dict[str, Value]:
    """The values as the variables want them. Raises `ValueFailed` where one cannot be."""
    return {name: _fitted(value, variables.get(name, "text")) for name, value in values.items()}


def _fitted(value: Any, kind: TypeName) -> Value:
    try:
        match kind:
            case "text":
                return (
                    ("true" if value else "false")
                    if isinstance(value, bool)
                    else str(value)[:LONGEST]
                )
            case "number":
                return int(value)
            case "decimal":
                return float(value)
            case "truth":
                return value if isinstance(value, bool) else _TRUTHS[str(value).lower()]
    except (ValueError, TypeError, OverflowError, KeyError):
        raise ValueFailed(f"{value!r} is no {kind}") from None


_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}


def _of_contact(state: Walk, part: str) -> Value:
    who = state.who
    if part == "known":
        return who is not None and who.contact is not None
    return str(getattr(who, part)) if who else ""


def _of_ticket(state: Walk, part: str) -> Value:
    """The ticket that was looked up, else the newest open one of the contact."""
    ticket = state.ticket or next(iter(state.who.tickets if state.who else ()), None)
    match part:
        case "known":
            return ticket is not None
        case "priority":
            return ticket.priority if ticket else 0
        case _:
            return str(getattr(ticket, part)) if ticket else ""
