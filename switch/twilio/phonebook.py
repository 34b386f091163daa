"""Where agents are rung: their browser, unless they have a phone outside."""

import re
from collections.abc import Callable, Sequence

from calls.events import PhoneChanged
from calls.port import Phone

_BROWSER = "-web"
#: What can be dialled besides agents.
_OUTSIDE = re.compile(r"tel:\+?[0-9]{2,15}|sip:[^\s@]+@[^\s@]+")


class PhoneBook:
    """The agents' phones. Twilio tells of no registration: a phone that is known is online.

    `public`: a number as it is called from anywhere (E.164), which is all that Twilio takes.
    """

    def __init__(self, tell: Callable[[PhoneChanged], None], public: Callable[[str], str]) -> None:
        self._tell = tell
        self._public = public
        self._addresses: dict[str, str] = {}

    @property
    def online(self) -> tuple[str, ...]:
        return tuple(sorted(self._addresses))

    @property
    def addresses(self) -> frozenset[str]:
        """All that agents are rung at, as Twilio writes it."""
        return frozenset(self._addresses.values())

    def provision(self, phones: Sequence[Phone], removed: Sequence[str]) -> None:
        for phone in phones:
            name = phone.name.removesuffix(_BROWSER)
            new = name not in self._addresses
            self._addresses[name] = self._address_of(phone.address) or f"client:{name}"
            if new:
                self._tell(PhoneChanged(phone=name, online=True))
        for name in dict.fromkeys(name.removesuffix(_BROWSER) for name in removed):
            if self._addresses.pop(name, None) is not None:
                self._tell(PhoneChanged(phone=name, online=False))

    def is_agent(self, called: str) -> bool:
        """Whether who was called, in our words or in Twilio's, is one of these."""
        return called.startswith(("phone:", "client:")) or called in self.addresses

    def address(self, to: str) -> str | None:
        """What Twilio is to dial for a `Dial.to`; None for a phone that is not known."""
        kind, _, target = to.partition(":")
        if kind == "phone":
            return self._addresses.get(target)
        return self._address_of(to) if _OUTSIDE.fullmatch(to) else None

    def _address_of(self, to: str) -> str:
        """``tel:+48...`` and ``sip:...`` as Twilio has them."""
        return self._public(to.removeprefix("tel:")) if to.startswith("tel:") else to


def is_number(address: str) -> bool:
    """A telephone: who or what answers there is not known."""
    return not address.startswith(("client:", "sip:"))
