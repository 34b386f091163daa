"""Say something, then go on."""

from collections.abc import Sequence

from calls.events import PromptEnded
from ivr.fields import Next, Texts
from ivr.node import Edge, Leave, Node, Play, Spoken, Step
from ivr.visit import Visit


class SayNode(Node, frozen=True, kw_only=True):
    """Say a text in the caller's language. Any key cuts it short and counts for what follows.
    Values stand in braces; see `ivr.templates`.

    .. code-block:: yaml

        greeting:
          kind: say
          text:
            en: "Welcome to Ringdesk. You call from {{ caller }}."
            pl: "Witamy w Ringdesk. Dzwonią Państwo z numeru {{ caller }}."
          barge_in: true  # false: it is heard to its end
          next: menu
    """

    takes_the_call = True

    text: Texts
    next: Next
    barge_in: bool = True

    def enter(self, visit: Visit) -> Step:
        return Play(media=visit.speech(self.text), barge_in=self.barge_in)

    def heard(self, visit: Visit, end: PromptEnded) -> Step:  # noqa: ARG002
        return Leave(exit="next")

    def edges(self) -> Sequence[Edge]:
        return (Edge(exit="next", target=self.next, path=("next",)),)

    def texts(self) -> Sequence[Spoken]:
        return (Spoken(texts=self.text, path=("text",)),)
