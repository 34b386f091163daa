"""Ask for digits: a customer number, a date, an amount."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from calls.events import PromptEnded
from calls.media import DigitRule, Speech
from ivr.choosing import QuestionNode
from ivr.fields import Next, OptionalTexts, Texts, Timeout, VariableName
from ivr.node import Edge, Fault, Leave, Play, Reference, Spoken, Step
from ivr.visit import Visit

_Length = Annotated[int, Meta(ge=1, le=40, description="a number of digits from 1 to 40")]


class CollectNode(QuestionNode, frozen=True, kw_only=True):
    """Take digits into a variable of the flow, after having them confirmed if there is a text for
    that: 1 keeps them, anything else asks anew.

    .. code-block:: yaml

        account:
          kind: collect
          text:
            en: Please enter your customer number, then press hash.
            pl: Proszę podać numer klienta i nacisnąć krzyżyk.
          into: account       # one of the flow's variables
          least: 4            # digits
          most: 10
          terminators: "#"
          timeout: 5          # seconds until the first digit
          between: 3          # seconds from one digit to the next
          confirm:
            en: "You entered {{ account }}. If that is right, press one, else two."
            pl: "Numer to {{ account }}. Jeśli się zgadza, proszę wybrać jeden, jeśli nie, dwa."
          tries: 2
          no_match:
            text: {en: That is not a customer number., pl: To nie jest numer klienta.}
          next: menu
    """

    text: Texts
    into: VariableName
    least: _Length = 1
    most: _Length = 20
    terminators: Annotated[
        str, Meta(pattern=r"^[0-9*#]*$", description='keys that end the input, such as "#"')
    ] = "#"
    between: Timeout = 3.0
    confirm: OptionalTexts = {}
    next: Next

    def question(self, visit: Visit) -> tuple[Speech, ...]:
        return visit.speech(self.text)

    def rule(self) -> DigitRule:
        return DigitRule(
            max_digits=self.most,
            terminators=self.terminators,
            first_timeout=self.timeout,
            inter_timeout=self.between,
        )

    def heard(self, visit: Visit, end: PromptEnded) -> Step:
        if (entered := visit.notes.get("entered")) is not None:
            return self._confirmed(visit, end, entered)
        if not self.least <= len(end.digits) <= self.most or not end.digits.isdecimal():
            return self.missed(visit, end)
        if not self.confirm:
            return self._keep(end.digits)
        return Play(
            media=visit.knowing(self.into, end.digits).speech(self.confirm, "confirm"),
            digits=DigitRule(max_digits=1, terminators="", first_timeout=self.timeout),
            notes={**visit.notes, "entered": end.digits},
        )

    def _confirmed(self, visit: Visit, end: PromptEnded, entered: str) -> Step:
        if end.digits == "1":
            return self._keep(entered)
        return self.missed(visit, end)

    def _keep(self, digits: str) -> Leave:
        return Leave(exit="next", digits=digits, values={self.into: digits})

    def edges(self) -> Sequence[Edge]:
        return (
            Edge(exit="next", target=self.next, path=("next",), pressed=True),
            *super().edges(),
        )

    def texts(self) -> Sequence[Spoken]:
        confirm = Spoken(texts=self.confirm, path=("confirm",), part="confirm")
        return (
            Spoken(texts=self.text, path=("text",)),
            *((confirm,) if self.confirm else ()),
            *super().texts(),
        )

    def names(self) -> Sequence[Reference]:
        return (Reference(what="variable", name=self.into, path=("into",)),)

    def faults(self) -> Sequence[Fault]:
        if self.least <= self.most:
            return ()
        return (Fault(("least",), f"'least' is {self.least}, above 'most', which is {self.most}"),)
