"""Offer to call back instead of letting the caller wait."""

from collections.abc import Sequence

from calls.events import PromptEnded
from calls.media import Speech
from ivr.choosing import QuestionNode
from ivr.fields import Name, Next, OptionalTexts, Proficiency, Template, Texts
from ivr.messages import Queued
from ivr.node import Edge, Formula, Leave, Play, Reference, Spoken, Step
from ivr.visit import Visit


class CallbackNode(QuestionNode, frozen=True, kw_only=True):
    """Offer a place in a queue without the line: with 1 the caller gets it, hears `goodbye`, hangs
    up, and is called when it is their turn. Any other key declines; so does a withheld number.

    .. code-block:: yaml

        call_me:
          kind: callback
          queue: support
          text:
            en: "To be called back at {{ caller }}, press one. To wait, press two."
            pl: "Aby otrzymać telefon na numer {{ caller }}, proszę wybrać jeden. Aby czekać, dwa."
          number: "{{ caller }}"    # or one that was collected
          goodbye:
            en: Thank you. We will call you back.
            pl: Dziękujemy. Oddzwonimy.
          skills: {router: 3}
          language_skill: 3
          next: support             # declined
    """

    takes_the_call = False  # who cannot be called back is not asked

    queue: Name
    text: Texts
    goodbye: OptionalTexts = {}
    number: Template = "{{ caller }}"
    skills: dict[str, Proficiency] = {}
    language_skill: int = 1
    next: Next

    def enter(self, visit: Visit) -> Step:
        if not _can_be_called(visit.text(self.number)):
            return Leave(exit="next")
        return super().enter(visit)

    def question(self, visit: Visit) -> tuple[Speech, ...]:
        return visit.speech(self.text)

    def heard(self, visit: Visit, end: PromptEnded) -> Step:
        if "taken" in visit.notes:
            return self._keep_place(visit)
        if end.digits == "1":
            if not self.goodbye:
                return self._keep_place(visit)
            goodbye = visit.speech(self.goodbye, "goodbye")
            return Play(media=goodbye, barge_in=False, notes={"taken": True})
        if end.digits:
            return Leave(exit="next", digits=end.digits)
        return self.missed(visit, end)

    def _keep_place(self, visit: Visit) -> Queued:
        skills = dict(self.skills)
        if self.language_skill:
            skills[f"lang:{visit.language}"] = self.language_skill
        return Queued(queue=self.queue, skills=skills, call_back=visit.text(self.number))

    def edges(self) -> Sequence[Edge]:
        return (
            Edge(exit="next", target=self.next, path=("next",)),
            Edge(exit="no_input", target=self.no_input.next or self.next, path=("no_input",)),
        )

    def texts(self) -> Sequence[Spoken]:
        goodbye = Spoken(texts=self.goodbye, path=("goodbye",), part="goodbye")
        return (
            Spoken(texts=self.text, path=("text",)),
            *((goodbye,) if self.goodbye else ()),
            *super().texts(),
        )

    def formulas(self) -> Sequence[Formula]:
        return (Formula(source=self.number, path=("number",), template=True),)

    def names(self) -> Sequence[Reference]:
        return (Reference(what="queue", name=self.queue, path=("queue",)),)


def _can_be_called(number: str) -> bool:
    return sum(one.isdecimal() for one in number) >= 3
