"""The phones and numbers that a simulated switch can dial."""

import re
from collections import deque

from calls.commands import Dial
from switch.simulated.scripts import Answering

_NUMBER = re.compile(r"\+?\d+")


class Phones:
    """Agents' phones, which are online or not, and numbers outside. `strangers`: how numbers take
    a call that nothing is said about; None: they cannot be reached."""

    def __init__(self, strangers: Answering | None = None) -> None:
        self.online: set[str] = set()
        self._strangers = strangers
        self._answering: dict[str, deque[Answering]] = {}

    def set_answering(self, name: str, *answering: Answering) -> None:
        """How a phone, or a number outside, takes its next rings, one after the other; the last
        one for ever."""
        self._answering[name] = deque(answering or (Answering(),))

    def taking(self, dial: Dial) -> Answering | None:
        """How this call is taken; None if it reaches nobody."""
        scheme, _, name = dial.to.partition(":")
        plan = self._answering.get(name)
        if scheme == "phone":
            if name not in self.online:
                return None
        elif scheme != "tel" or _NUMBER.fullmatch(name) is None:
            return None
        elif plan is None:
            return self._strangers
        if plan is None:
            return Answering()
        return plan.popleft() if len(plan) > 1 else plan[0]
