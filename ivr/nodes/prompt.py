"""Let somebody record a prompt by phone."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from calls.events import PromptEnded, RecordingEnded, ServiceAnswered, StoreEvent
from calls.media import DigitRule, Speech
from calls.requests import RecordPrompt
from ivr.fields import Next, Texts
from ivr.node import Ask, Edge, Leave, Listen, Node, Play, Spoken, Step
from ivr.visit import Visit

#: Wrong codes, recordings and questions until a call is over.
TRIES, TAKES = 3, 20
#: Seconds: of a recording, of silence that ends it, and below which nothing was said.
MOST, SILENCE, SHORTEST = 300.0, 4.0, 0.5
#: Seconds until a recording must be there to be heard.
TIMEOUT = 15.0

_Asked: TypeAlias = Literal["find", "draft", "keep"]

_CODE = DigitRule(max_digits=8, terminators="#", first_timeout=15.0, inter_timeout=5.0)
_KEY = DigitRule(max_digits=1, terminators="", first_timeout=8.0)


class PromptNode(Node, frozen=True, kw_only=True):
    """Ask for the code that the panel shows for a prompt, play what callers hear now, record it
    anew and play that. 1 lets callers hear it from now on, 2 records once more; who hangs up has
    changed nothing.

    .. code-block:: yaml

        record:
          kind: prompt
          text:
            en: Please enter the code of the prompt, then hash.
            pl: Proszę podać kod komunikatu i nacisnąć krzyżyk.
          wrong:
            en: That code does not hold.
            pl: Ten kod jest nieważny.
          speak:
            en: After the tone, please speak anew what you hear now, then press hash.
            pl: Proszę nagrać po sygnale to, co teraz będzie słychać, i nacisnąć krzyżyk.
          review:
            en: To keep it, press one. To record again, press two.
            pl: Aby zachować, proszę wybrać jeden. Aby nagrać ponownie, dwa.
          kept: sales
          next: menu          # nothing was kept
    """

    takes_the_call = True

    text: Texts
    wrong: Texts
    speak: Texts
    review: Texts
    kept: Next
    next: Next

    def enter(self, visit: Visit) -> Step:
        return Play(media=visit.speech(self.text), digits=_CODE, notes={"tries": 1})

    def heard(self, visit: Visit, end: PromptEnded) -> Step:
        notes = visit.notes
        match notes.get("stage"):
            case "speak":
                return _listen(notes)
            case "review" if end.digits == "1":
                return self._ask(visit, "keep", notes)
            case "review" if end.digits == "2":
                return _listen(notes)
            case "review":
                return self._review(visit, {**notes, "tries": notes["tries"] + 1})
            case _ if end.digits:
                return self._ask(visit, "find", {**notes, "code": end.digits})
            case _:
                return self._again(visit)

    def recorded(self, visit: Visit, end: RecordingEnded) -> Step:
        if end.seconds < SHORTEST:
            return self._speak(visit, visit.notes)
        return self._ask(visit, "draft", {**visit.notes, "recording": end.recording})

    def answered(self, visit: Visit, answer: StoreEvent) -> Step:
        notes, status = dict(visit.notes), 0
        if isinstance(answer, ServiceAnswered):
            status = answer.status
            notes |= {"name": "", "language": visit.language, "text": "", **answer.values}
        match notes["asked"], status:
            case "find", 200:
                return self._speak(visit, {**notes, "tries": 1, "takes": 0})
            case "draft", 200:
                return self._review(visit, {**notes, "tries": 1})
            case "draft", 422:
                return self._speak(visit, notes)
            case "keep", 200:
                return Leave(exit="kept", digits="1")
            case _:
                return self._again(visit)

    def survives(self, visit: Visit) -> Step:
        return self._again(visit)

    def _again(self, visit: Visit) -> Step:
        """Ask for the code once more, or give up."""
        tries = visit.notes["tries"]
        if tries >= TRIES:
            return Leave(exit="next")
        media = (*visit.speech(self.wrong, "wrong"), *visit.speech(self.text))
        return Play(media=media, digits=_CODE, notes={"tries": tries + 1})

    def _speak(self, visit: Visit, notes: Mapping[str, Any]) -> Step:
        takes = notes["takes"] + 1
        if takes > TAKES:
            return Leave(exit="next")
        now = _speech(notes["name"], notes)
        media = (*visit.speech(self.speak, "speak"), now)
        return Play(media=media, notes={**notes, "stage": "speak", "takes": takes})

    def _review(self, visit: Visit, notes: Mapping[str, Any]) -> Step:
        if notes["tries"] > TRIES:
            return Leave(exit="next")
        media = (_speech(f"draft.{notes['code']}", notes), *visit.speech(self.review, "review"))
        return Play(media=media, digits=_KEY, type_ahead=False, notes={**notes, "stage": "review"})

    def _ask(self, visit: Visit, step: _Asked, notes: Mapping[str, Any]) -> Ask:
        request = RecordPrompt(
            request=visit.request(),
            call=visit.call,
            code=notes["code"],
            step=step,
            recording=notes.get("recording", "") if step == "draft" else "",
        )
        return Ask(request=request, timeout=TIMEOUT, notes={**notes, "asked": step})

    def edges(self) -> Sequence[Edge]:
        return (
            Edge(exit="kept", target=self.kept, path=("kept",), pressed=True),
            Edge(exit="next", target=self.next, path=("next",)),
        )

    def texts(self) -> Sequence[Spoken]:
        return (
            Spoken(texts=self.text, path=("text",)),
            Spoken(texts=self.wrong, path=("wrong",), part="wrong"),
            Spoken(texts=self.speak, path=("speak",), part="speak"),
            Spoken(texts=self.review, path=("review",), part="review"),
        )


def _listen(notes: Mapping[str, Any]) -> Listen:
    return Listen(max_seconds=MOST, silence=SILENCE, notes=dict(notes))


def _speech(name: str, notes: Mapping[str, Any]) -> Speech:
    return Speech(name=name, language=notes["language"], text=notes["text"])
