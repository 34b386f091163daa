"""Where a `Dial` goes: an agent's phone, or a number outside through the trunk."""

import re

import structlog

from switch.asterisk.phones import PhoneBook

log = structlog.get_logger()

#: What may be dialled outside: nothing that means more to Asterisk or a carrier than a number.
_NUMBER = re.compile(r"\+?[0-9]{2,20}")


class Routes:
    """`trunk` is an endpoint at Asterisk; empty for none."""

    def __init__(self, phones: PhoneBook, trunk: str) -> None:
        self._phones = phones
        self._trunk = trunk

    def endpoint(self, to: str) -> str | None:
        """What Asterisk dials for `calls.commands.Dial.to`; None where there is no way."""
        kind, _, target = to.partition(":")
        if kind == "phone":
            phone = self._phones.endpoint(target)
            return None if phone is None else f"PJSIP/{phone}"
        if kind != "tel":
            log.error("dial.no_way", to=to, remedy="dial phone:<name> or tel:<number>")
        elif not _NUMBER.fullmatch(target):
            log.error("dial.no_number", to=to, remedy="digits only, with or without + in front")
        elif not self._trunk:
            log.error("dial.no_trunk", to=to, remedy="set RINGDESK_TRUNK to reach numbers outside")
        else:
            return f"PJSIP/{target}@{self._trunk}"
        return None
