"""Ask what the caller thinks of it."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from calls.events import PromptEnded
from calls.facts import SurveyAnswered
from calls.media import DigitRule
from ivr.fields import Next, Texts, Timeout, Tries
from ivr.node import Edge, Leave, Node, Play, Spoken, Step
from ivr.visit import Visit


class SurveyNode(Node, frozen=True, kw_only=True):
    """Ask for a score by a key, usually `after` a conversation. Who does not answer is thanked all
    the same: it goes on with ``next``.

    .. code-block:: yaml

        satisfaction:
          kind: survey
          question: csat      # what reports call it
          text:
            en: How satisfied are you with this call, from one for not at all to five for fully?
            pl: Jak ocenia Pan lub Pani tę rozmowę, od jednego do pięciu?
          least: 1
          most: 5
          tries: 1
          timeout: 5
          next: menu
    """

    takes_the_call = True

    question: str = "csat"
    text: Texts
    least: Annotated[int, Meta(ge=0, le=9, description="a digit")] = 1
    most: Annotated[int, Meta(ge=0, le=9, description="a digit")] = 5
    tries: Tries = 1
    timeout: Timeout = 5.0
    next: Next

    def enter(self, visit: Visit) -> Step:
        return self._ask(visit, 0)

    def heard(self, visit: Visit, end: PromptEnded) -> Step:
        if end.digits.isdecimal() and self.least <= int(end.digits) <= self.most:
            answer = SurveyAnswered(
                call=visit.call,
                node=visit.node,
                question=self.question,
                score=int(end.digits),
                agent=visit.agent,
            )
            return Leave(exit="next", digits=end.digits, facts=(answer,))
        if visit.notes["asked"] <= self.tries:
            return self._ask(visit, visit.notes["asked"])
        return Leave(exit="next", digits=end.digits)

    def _ask(self, visit: Visit, asked: int) -> Play:
        return Play(
            media=visit.speech(self.text),
            digits=DigitRule(max_digits=1, terminators="", first_timeout=self.timeout),
            notes={"asked": asked + 1},
        )

    def edges(self) -> Sequence[Edge]:
        return (Edge(exit="next", target=self.next, path=("next",)),)

    def texts(self) -> Sequence[Spoken]:
        return (Spoken(texts=self.text, path=("text",)),)
