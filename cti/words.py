"""Small things said in plain words."""

from typing import Literal

from calls.base import CallOutcome, EndCause, OfferOutcome, OverflowWhen

OUTCOMES: dict[CallOutcome, str] = {
    "handled": "handled",
    "abandoned_queue": "caller left while waiting",
    "abandoned_ringing": "caller left while an agent's phone rang",
    "abandoned_menu": "caller left in the menu",
    "completed_menu": "served by the menu",
    "forwarded": "talked with an outside number",
    "moved": "went on as another call",
    "failed": "could not be served",
}

OFFER_OUTCOMES: dict[OfferOutcome, str] = {
    "accepted": "answered",
    "timed_out": "did not answer",
    "declined": "declined",
    "busy": "was busy",
    "unreachable": "could not be reached",
    "rescinded": "was withdrawn",
    "answered_elsewhere": "was not needed, a colleague answered first",
    "failed": "failed",
}

END_CAUSES: dict[EndCause, str] = {
    "hangup": "the caller hung up",
    "no_answer": "no answer",
    "busy": "busy",
    "declined": "declined",
    "unreachable": "unreachable",
    "withdrawn": "Ringdesk ended it",
    "lost": "the line was lost",
    "failed": "a failure",
}

#: The same of somebody whom we called.
CALLED_CAUSES: dict[EndCause, str] = {**END_CAUSES, "hangup": "they hung up"}

OVERFLOWS: dict[OverflowWhen, str] = {
    "waited": "the caller had waited long enough",
    "length": "too many callers were ahead",
    "expected_wait": "the expected wait was too long",
    "nobody_signed_in": "no agent was signed in",
    "nobody_ready": "no agent was ready",
    "closed": "the queue was closed",
    "full": "the queue was full",
}

#: How the talk with somebody ended who was asked before a caller was passed on.
CONSULT_OUTCOMES: dict[EndCause | Literal["transferred", "cancelled", "caller_gone", "left"], str]
CONSULT_OUTCOMES = {
    **{cause: f"did not come about: {why}" for cause, why in CALLED_CAUSES.items()},
    "transferred": "led to the caller being passed on",
    "cancelled": "was given up",
    "caller_gone": "ended, the caller had hung up",
    "left": "was ended by them",
}

#: What a supervisor does with an agent.
SUPERVISION: dict[str, str] = {
    "monitor": "listened unheard to",
    "whisper": "could be heard by",
    "barge": "joined the conversation of",
}


def target(to: str) -> str:
    """``queue:support`` as people say it; an agent or a number is called by its name alone."""
    kind, _, name = to.partition(":")
    return {"queue": f"queue {name}", "ext": f"extension {name}"}.get(kind, name)


def duration(seconds: float) -> str:
    """``12 s``, ``2 min 5 s``, ``1 h 3 min``; never negative."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{rest} s"
