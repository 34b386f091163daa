"""Ask which language the caller speaks."""

from collections.abc import Collection, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from calls.media import Speech
from ivr.choosing import ChoiceNode
from ivr.fields import Key, LanguageCode, Next, Text
from ivr.node import Edge, Fault, Leave, Spoken, Step
from ivr.visit import Visit, fixed_speech


class LanguageChoice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One key of a language node."""

    language: LanguageCode
    #: In that language.
    text: Text


class LanguageNode(ChoiceNode, frozen=True, kw_only=True):
    """Offer languages, each in itself; the chosen one is the call's from here on.

    .. code-block:: yaml

        language:
          kind: language
          choices:
            1: {language: en, text: "For English, press one."}
            2: {language: pl, text: "Po polsku: proszę wybrać dwa."}
          next: menu
          tries: 2        # wrong keys and silence together
          no_input:       # after that; the flow's operator when left out
            next: menu    # in the language of the number that was dialled
    """

    choices: Annotated[
        dict[Key, LanguageChoice],
        Meta(min_length=1, description="a language for each key that can be pressed"),
    ]
    next: Next

    def question(self, visit: Visit) -> tuple[Speech, ...]:
        return tuple(
            speech
            for choice in self.choices.values()
            for speech in fixed_speech(
                visit.flow, visit.node, choice.language, choice.language, choice.text
            )
        )

    def answers(self) -> Collection[str]:
        return self.choices

    def chosen(self, visit: Visit, key: str) -> Step:  # noqa: ARG002
        return Leave(exit="next", digits=key, language=self.choices[key].language)

    def edges(self) -> Sequence[Edge]:
        return (
            Edge(exit="next", target=self.next, path=("next",), pressed=True),
            *super().edges(),
        )

    def texts(self) -> Sequence[Spoken]:
        return (
            *(
                Spoken(
                    texts={choice.language: choice.text},
                    path=("choices", key, "language"),
                    part=choice.language,
                    every_language=False,
                )
                for key, choice in self.choices.items()
            ),
            *super().texts(),
        )

    def faults(self) -> Sequence[Fault]:
        found = []
        seen: dict[str, str] = {}
        for key, choice in self.choices.items():
            if (first := seen.setdefault(choice.language, key)) != key:
                message = (
                    f"{choice.language!r} is offered by the keys {first} and {key}; remove one"
                )
                found.append(Fault(("choices", key), message))
        return found
