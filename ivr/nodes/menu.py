"""Ask what the caller wants."""

from collections.abc import Collection, Sequence
from typing import Annotated

from msgspec import Meta

from calls.media import Speech
from ivr.choosing import ChoiceNode
from ivr.fields import Key, Target, Texts
from ivr.node import Edge, Leave, Spoken, Step
from ivr.visit import Visit


class MenuNode(ChoiceNode, frozen=True, kw_only=True):
    """Say the choices and follow the key that is pressed.

    .. code-block:: yaml

        menu:
          kind: menu
          title: Main menu
          text:
            en: For sales, press one. For support, press two. To hear this again, press nine.
            pl: Sprzedaż, wybierz jeden. Pomoc, wybierz dwa. Aby powtórzyć, wybierz dziewięć.
          keys:
            1: sales
            2: support
            9: menu
          tries: 2        # wrong keys and silence together; then the exits below are taken
          timeout: 5      # seconds of silence
          no_match:
            text:
              en: That is not one of the choices.
              pl: Nie ma takiej opcji.
            next: sales   # where it leads after the tries; the flow's operator when left out
          no_input:
            text:
              en: You have not pressed a key.
              pl: Nie wybrano żadnej opcji.
    """

    text: Texts
    keys: Annotated[
        dict[Key, Target], Meta(min_length=1, description="a node for each key that can be pressed")
    ]

    def question(self, visit: Visit) -> tuple[Speech, ...]:
        return visit.speech(self.text)

    def answers(self) -> Collection[str]:
        return self.keys

    def chosen(self, visit: Visit, key: str) -> Step:  # noqa: ARG002
        return Leave(exit=key, digits=key)

    def edges(self) -> Sequence[Edge]:
        return (
            *(
                Edge(exit=key, target=target, path=("keys", key), pressed=True)
                for key, target in self.keys.items()
            ),
            *super().edges(),
        )

    def texts(self) -> Sequence[Spoken]:
        return (Spoken(texts=self.text, path=("text",)), *super().texts())
