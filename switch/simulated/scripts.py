"""What simulated people do: callers who dial us, and phones that we dial. Times are seconds."""

from typing import Literal

from calls.base import Word


class Press(Word):
    """Keys that a caller presses, `delay` seconds after a moment.

    The moment is the start of the prompt that says `prompt` (the `name` of a `Speech`), or the
    call's arrival where that is empty. Presses for the same prompt are used up one a playing.
    """

    digits: str
    prompt: str = ""
    delay: float = 1.0


class Caller(Word):
    """A party that dials us."""

    number: str
    dials: str
    presses: tuple[Press, ...] = ()
    #: Hangs up this long after dialling unless joined with somebody by then; None: never.
    patience: float | None = None
    #: Hangs up this long after being joined; None: leaves it to the other side.
    talks: float | None = None
    #: How long they speak when they are recorded.
    speaks: float = 3.0


class Answering(Word):
    """What a phone, or an outside number, does when it is rung. A phone that is asked to answer by
    itself does, at once, instead of being answered or ignored."""

    does: Literal["answers", "ignores", "declines", "busy", "unreachable"] = "answers"
    #: How long it rings before it is answered or declined.
    after: float = 2.0
    #: Hangs up this long after being joined; None: leaves it to the other side.
    talks: float | None = None
    #: How long they speak when they are recorded.
    speaks: float = 3.0
    #: A machine answers, no person.
    machine: bool = False
