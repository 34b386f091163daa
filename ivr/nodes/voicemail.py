"""Take a message."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from calls.events import PromptEnded, RecordingEnded, StoreEvent
from calls.facts import VoicemailLeft
from calls.media import DigitRule
from calls.requests import FileVoicemail
from ivr.fields import Next, OptionalTexts, Texts
from ivr.node import Ask, Edge, Leave, Listen, Node, Play, Reference, Spoken, Step
from ivr.visit import Visit

#: Seconds below which there is nothing to keep.
SHORTEST = 1.0

#: How often a caller may begin anew.
RETAKES = 3


class VoicemailNode(Node, frozen=True, kw_only=True):
    """Record a message and put it on the call's ticket, or on a new one. With `review` the caller
    may say it again. Who hangs up has left the message too.

    .. code-block:: yaml

        message:
          kind: voicemail
          text:
            en: Please leave a message after the tone, then press hash.
            pl: Proszę zostawić wiadomość po sygnale, a potem nacisnąć krzyżyk.
          review:
            en: To record again, press two. To send it, press one or hang up.
            pl: Aby nagrać ponownie, proszę wybrać dwa. Aby wysłać, jeden albo rozłączyć się.
          queue: support      # of a new ticket
          most: 120           # seconds
          silence: 5          # seconds of silence that end it
          next: menu
          nothing: sales      # nothing was said; goes on like 'next' when left out
    """

    takes_the_call = True

    text: Texts
    review: OptionalTexts = {}
    queue: str = ""
    most: Annotated[float, Meta(ge=5, le=600, description="a number of seconds, 5 to 600")] = 120.0
    silence: Annotated[float, Meta(ge=1, le=60, description="a number of seconds, 1 to 60")] = 5.0
    next: Next
    nothing: str = ""

    def enter(self, visit: Visit) -> Step:
        return Play(media=visit.speech(self.text), notes={"take": 1})

    def heard(self, visit: Visit, end: PromptEnded) -> Step:
        if "recording" not in visit.notes:
            return self._listen(visit.notes["take"])
        if end.digits == "2" and visit.notes["take"] <= RETAKES:
            return self._listen(visit.notes["take"] + 1)
        return self._file(visit)

    def recorded(self, visit: Visit, end: RecordingEnded) -> Step:
        if end.seconds < SHORTEST:
            return Leave(exit="nothing" if self.nothing else "next")
        notes = {**visit.notes, "recording": end.recording, "seconds": end.seconds}
        if not self.review or end.end == "hangup":
            return self._file(visit.noting(notes))
        return Play(
            media=visit.speech(self.review, "review"),
            digits=DigitRule(max_digits=1, terminators=""),
            type_ahead=False,
            notes=notes,
        )

    def answered(self, visit: Visit, answer: StoreEvent) -> Step:  # noqa: ARG002
        return Leave(exit="next")

    def gone(self, visit: Visit) -> Ask | None:
        """Whoever hangs up while asked about the message means to send it."""
        if "recording" not in visit.notes or "filed" in visit.notes:
            return None
        return self._file(visit)

    def _listen(self, take: int) -> Listen:
        return Listen(max_seconds=self.most, silence=self.silence, notes={"take": take})

    def _file(self, visit: Visit) -> Ask:
        recording, seconds = visit.notes["recording"], visit.notes["seconds"]
        left = VoicemailLeft(
            call=visit.call, recording=recording, seconds=seconds, queue=self.queue
        )
        request = FileVoicemail(
            request=f"{visit.call}/voicemail-{recording}",
            call=visit.call,
            recording=recording,
            seconds=seconds,
            caller=str(visit.value("caller")),
            contact=visit.who.contact if visit.who else None,
            ticket=visit.ticket.id if visit.ticket else None,
            queue=self.queue,
        )
        return Ask(request=request, notes={**visit.notes, "filed": True}, facts=(left,))

    def edges(self) -> Sequence[Edge]:
        nothing = Edge(exit="nothing", target=self.nothing, path=("nothing",))
        return (
            Edge(exit="next", target=self.next, path=("next",)),
            *((nothing,) if self.nothing else ()),
        )

    def texts(self) -> Sequence[Spoken]:
        review = Spoken(texts=self.review, path=("review",), part="review")
        return (Spoken(texts=self.text, path=("text",)), *((review,) if self.review else ()))

    def names(self) -> Sequence[Reference]:
        queue = Reference(what="queue", name=self.queue, path=("queue",))
        return (queue,) if self.queue else ()
