"""What menus have in common: a question, one key as the answer, patience with mistakes."""

from collections.abc import Collection, Sequence

import msgspec

from calls.events import PromptEnded
from calls.media import DigitRule, Speech
from ivr.fields import LanguageCode, OptionalTarget, Text, Timeout, Tries
from ivr.node import Edge, Leave, Node, Play, Spoken, Step, Visit


class Mishap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A wrong key, or silence: what is said before the question is asked again, if anything."""

    text: dict[LanguageCode, Text] = {}
    #: Where the caller goes when the tries are used up; the flow's operator when empty.
    next: OptionalTarget = ""


class ChoiceNode(Node, frozen=True, kw_only=True):
    """Ask for one key. Wrong keys and silence together are forgiven `tries` times."""

    tries: Tries = 2
    #: Silence is no key within so many seconds after the question.
    timeout: Timeout = 5.0
    no_match: Mishap = Mishap()
    no_input: Mishap = Mishap()

    def question(self, visit: Visit) -> tuple[Speech, ...]:
        raise NotImplementedError

    def answers(self) -> Collection[str]:
        """The keys that mean something."""
        raise NotImplementedError

    def chosen(self, key: str) -> Leave:
        """One of `answers` was pressed."""
        raise NotImplementedError

    def enter(self, visit: Visit) -> Step:
        return self._ask(visit, mistakes=0)

    def heard(self, visit: Visit, end: PromptEnded) -> Step:
        if end.digits in self.answers():
            return self.chosen(end.digits)
        exit, mishap = "no_match", self.no_match
        if end.end != "digits":
            exit, mishap = "no_input", self.no_input
        mistakes = visit.notes["mistakes"] + 1
        if mistakes > self.tries:
            return Leave(exit=exit, digits=end.digits)
        before = (visit.speech(mishap.text, exit),) if mishap.text else ()
        return self._ask(visit, mistakes, before)

    def edges(self) -> Sequence[Edge]:
        return (
            Edge(
                exit="no_match",
                target=self.no_match.next,
                path=("no_match", "next"),
                pressed=True,
            ),
            Edge(exit="no_input", target=self.no_input.next, path=("no_input", "next")),
        )

    def texts(self) -> Sequence[Spoken]:
        return tuple(
            Spoken(texts=mishap.text, path=(exit, "text"), part=exit)
            for exit, mishap in (("no_match", self.no_match), ("no_input", self.no_input))
            if mishap.text
        )

    def _ask(self, visit: Visit, mistakes: int, before: tuple[Speech, ...] = ()) -> Play:
        return Play(
            media=before + self.question(visit),
            digits=DigitRule(max_digits=1, terminators="", first_timeout=self.timeout),
            notes={"mistakes": mistakes},
        )
