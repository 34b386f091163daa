"""What questions have in common: patience with wrong keys and silence."""

from collections.abc import Collection, Sequence

import msgspec

from calls.events import PromptEnded
from calls.facts import AnswerMissed
from calls.media import DigitRule, Speech
from ivr.fields import LanguageCode, OptionalTarget, Text, Timeout, Tries
from ivr.node import Edge, Leave, Node, Play, Spoken, Step
from ivr.visit import Visit


class Mishap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A wrong key, or silence: what is said before the question is asked again, if anything."""

    text: dict[LanguageCode, Text] = {}
    #: Where the caller goes when the tries are used up; the flow's operator when empty.
    next: OptionalTarget = ""


class QuestionNode(Node, frozen=True, kw_only=True):
    """Ask for keys. Wrong ones and silence together are forgiven `tries` times."""

    takes_the_call = True

    tries: Tries = 2
    #: Silence is no key within so many seconds after the question.
    timeout: Timeout = 5.0
    #: A key cuts the question short; keys pressed before it count.
    barge_in: bool = True
    no_match: Mishap = Mishap()
    no_input: Mishap = Mishap()

    def question(self, visit: Visit) -> tuple[Speech, ...]:
        raise NotImplementedError

    def rule(self) -> DigitRule:
        """For one key; others override it."""
        return DigitRule(max_digits=1, terminators="", first_timeout=self.timeout)

    def enter(self, visit: Visit) -> Step:
        return self.ask(visit, mistakes=0)

    def ask(self, visit: Visit, mistakes: int, before: tuple[Speech, ...] = ()) -> Play:
        return Play(
            media=before + self.question(visit),
            digits=self.rule(),
            barge_in=self.barge_in,
            type_ahead=self.barge_in,
            notes={"mistakes": mistakes},
        )

    def missed(self, visit: Visit, end: PromptEnded) -> Step:
        """That was no answer: ask again, or give up."""
        what, mishap = ("no_match", self.no_match)
        if end.end != "digits":
            what, mishap = ("no_input", self.no_input)
        fact = AnswerMissed(
            call=visit.call,
            node=visit.node,
            what="no_match" if end.end == "digits" else "no_input",
            digits=end.digits,
        )
        mistakes = visit.notes["mistakes"] + 1
        if mistakes > self.tries:
            return Leave(exit=what, digits=end.digits, facts=(fact,))
        before = visit.speech(mishap.text, what) if mishap.text else ()
        return msgspec.structs.replace(self.ask(visit, mistakes, before), facts=(fact,))

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


class ChoiceNode(QuestionNode, frozen=True, kw_only=True):
    """Ask for one key, each of which means something."""

    def answers(self) -> Collection[str]:
        """The keys that mean something."""
        raise NotImplementedError

    def chosen(self, visit: Visit, key: str) -> Step:
        """One of `answers` was pressed."""
        raise NotImplementedError

    def heard(self, visit: Visit, end: PromptEnded) -> Step:
        if end.digits in self.answers():
            return self.chosen(visit, end.digits)
        return self.missed(visit, end)
