"""One caller at one node: what the node may see, say and work out."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from calls.base import CallId, Instant, Language
from calls.events import CallerIdentified, KnownTicket
from calls.media import Speech
from ivr.expressions import Expressions
from ivr.speaking import Value, said
from ivr.templates import Slot, pieces

#: What the speech of a value is called: it is never recorded.
VALUE = "value"


class Visit:
    """What a node is given. `notes` is what it keeps until the caller leaves it."""

    def __init__(
        self,
        call: CallId,
        flow: str,
        node: str,
        language: Language,
        now: Instant,
        notes: Mapping[str, Any],
        agent: str,
        who: CallerIdentified | None,
        ticket: KnownTicket | None,
        expressions: Expressions,
        value: Callable[[str], Value],
    ) -> None:
        self.call = call
        self.flow = flow
        self.node = node
        self.language = language
        self.now = now
        self.notes = notes
        self.agent = agent
        self.who = who
        self.ticket = ticket
        self.expressions = expressions
        self.value = value

    def speech(self, texts: Mapping[Language, str], part: str = "") -> tuple[Speech, ...]:
        """One of the node's texts in the caller's language, values spoken."""
        language = self.language if self.language in texts else next(iter(texts))
        text = texts[language]
        plain = fixed_speech(self.flow, self.node, part, language, text)
        if "{{" not in text:
            return plain
        fixed = iter(plain)
        found: list[Speech] = []
        for piece in pieces(text):
            if isinstance(piece, Slot):
                found += self._spoken(piece, language)
            elif _sounds(piece):
                found.append(next(fixed))
        return tuple(found)

    def evaluate(self, source: str) -> Value:
        """Raises `ExpressionFailed`."""
        return self.expressions.compile(source).evaluate(self.value)

    def number(self, source: str) -> float:
        """As `evaluate`, for what the flow's check knows to be a number."""
        value = self.evaluate(source)
        assert isinstance(value, int | float)  # noqa: S101
        return float(value)

    def text(self, template: str, *, url: bool = False) -> str:
        """A text that is not spoken, with its values; `url`: they are quoted for one."""
        if "{{" not in template:
            return template
        found = []
        for piece in pieces(template):
            if isinstance(piece, Slot):
                value = str(self.evaluate(piece.source))
                found.append(quote(value, safe="") if url else value)
            else:
                found.append(piece)
        return "".join(found)

    def knowing(self, name: str, value: Value) -> "Visit":
        """As if a variable had been set already."""
        known = self.value

        def instead(asked: str) -> Value:
            return value if asked == name else known(asked)

        return self._with(self.notes, instead)

    def noting(self, notes: Mapping[str, Any]) -> "Visit":
        """With other notes."""
        return self._with(notes, self.value)

    def _with(self, notes: Mapping[str, Any], value: Callable[[str], Value]) -> "Visit":
        return Visit(
            self.call,
            self.flow,
            self.node,
            self.language,
            self.now,
            notes,
            self.agent,
            self.who,
            self.ticket,
            self.expressions,
            value,
        )

    def request(self, number: int = 1) -> str:
        """The id of something that this node asks for."""
        return f"{self.call}/{self.flow}.{self.node}-{self.now:.3f}-{number}"

    def _spoken(self, slot: Slot, language: Language) -> list[Speech]:
        """A value; nothing for an empty text."""
        value = self.evaluate(slot.source)
        if value == "":
            return []
        text = said(value, slot.form, language, slot.currency)
        return [Speech(name=VALUE, language=language, text=text)]


@lru_cache(maxsize=65536)
def fixed_speech(
    flow: str, node: str, part: str, language: Language, text: str
) -> tuple[Speech, ...]:
    """What of a text can be rendered, or recorded, in advance. Around values, its pieces are
    numbered: ``main.balance.1``."""
    fixed = [piece for piece in pieces(text) if isinstance(piece, str) and _sounds(piece)]
    name = ".".join(filter(None, (flow, node, part)))
    whole = "{{" not in text
    return tuple(
        Speech(
            name=name if whole else f"{name}.{number}",
            language=language,
            text=piece if whole else piece.strip(),
        )
        for number, piece in enumerate(fixed, 1)
    )


def _sounds(piece: str) -> bool:
    """Punctuation alone is not said."""
    return any(one.isalnum() for one in piece)
