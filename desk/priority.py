"""Kinds of tickets, their life, and impact x urgency = priority (the ITIL matrix)."""

from typing import Literal, TypeAlias, get_args

#: ``incident``: something is broken; ``request``: somebody wants something; ``problem``: the
#: cause behind incidents; ``change``: a planned alteration.
Kind: TypeAlias = Literal["incident", "request", "problem", "change"]
KINDS: tuple[Kind, ...] = get_args(Kind)

#: What a ticket's number begins with.
PREFIXES: dict[Kind, str] = {
    "incident": "INC",
    "request": "REQ",
    "problem": "PRB",
    "change": "CHG",
}

#: ``new``: nobody has looked yet; ``pending``: waits for the requester or another party.
Status: TypeAlias = Literal["new", "open", "pending", "resolved", "closed"]
STATUSES: tuple[Status, ...] = get_args(Status)
OPEN_STATUSES: tuple[Status, ...] = ("new", "open", "pending")

#: How many are hit (impact), how soon it hurts (urgency): 1 high, 2 medium, 3 low.
LEVELS = {1: "high", 2: "medium", 3: "low"}
PRIORITIES = {1: "critical", 2: "high", 3: "moderate", 4: "low", 5: "planning"}


def priority(impact: int, urgency: int) -> int:
    """1 (critical) to 5 (planning): ITIL's matrix, whose diagonals are impact + urgency - 1."""
    if impact not in LEVELS or urgency not in LEVELS:
        raise ValueError(f"impact and urgency are 1 to 3, not {impact} and {urgency}")
    return impact + urgency - 1
