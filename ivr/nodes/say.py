"""Say something, then go on."""

from collections.abc import Sequence

from calls.events import PromptEnded
from ivr.fields import Next, Texts
from ivr.node import Edge, Leave, Node, Play, Spoken, Step, Visit


class SayNode(Node, frozen=True, kw_only=True):
    """Say a text in the caller's language. Any key cuts it short and counts for what follows.

    .. code-block:: yaml

        greeting:
          kind: say
          text:
            en: Welcome to Ringdesk.
            pl: Witamy w Ringdesk.
          next: menu
    """

    text: Texts
    next: Next

    def enter(self, visit: Visit) -> Step:
        return Play(media=(visit.speech(self.text),))

    def heard(self, visit: Visit, end: PromptEnded) -> Step:  # noqa: ARG002
        return Leave(exit="next")

    def edges(self) -> Sequence[Edge]:
        return (Edge(exit="next", target=self.next, path=("next",)),)

    def texts(self) -> Sequence[Spoken]:
        return (Spoken(texts=self.text, path=("text",)),)
