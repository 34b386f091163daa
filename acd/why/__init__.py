"""Why a caller waited, and why that agent, in plain words.

`explain` tells the story (`story`): what held the call up (`holdup`), why an agent or another call
was chosen (`choosing`), on the floor as the facts show it (`onlooker`).
"""

from acd.why.story import History, Reason, ReasonKind, explain

__all__ = ["History", "Reason", "ReasonKind", "explain"]
