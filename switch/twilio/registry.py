"""Which legs there are, by our name and by Twilio's."""

from collections.abc import Iterator

from calls.base import LegId
from switch.twilio.codec import Hook
from switch.twilio.legs import Leg

#: Ended calls that are remembered, so that what comes late is known to be late.
REMEMBERED = 10_000


class Registry:
    """The legs of one switch. A leg is here from its arrival or Dial until its end is told."""

    def __init__(self, switch: str) -> None:
        self._switch = switch
        self._legs: dict[LegId, Leg] = {}
        self._by_sid: dict[str, LegId] = {}
        self._over: dict[str, None] = {}

    def __iter__(self) -> Iterator[Leg]:
        return iter(list(self._legs.values()))

    def get(self, leg: LegId) -> Leg | None:
        return self._legs.get(leg)

    def __contains__(self, leg: Leg) -> bool:
        return self._legs.get(leg.id) is leg

    def add(self, leg: Leg) -> Leg:
        self._legs[leg.id] = leg
        if leg.sid:
            self.bind(leg, leg.sid)
        return leg

    def bind(self, leg: Leg, sid: str) -> None:
        """Twilio's name of a leg is known now."""
        leg.sid = sid
        self._by_sid[sid] = leg.id

    def learn(self, hook: Hook) -> None:
        """Remember our name of a call that we do not know yet, as its webhooks have it."""
        if hook.leg and hook.sid and not self.is_over(hook.sid):
            self._by_sid.setdefault(hook.sid, self.id_of(hook))

    def remove(self, leg: Leg) -> None:
        del self._legs[leg.id]
        if leg.sid:
            self.over(leg.sid)

    def over(self, sid: str) -> None:
        """This call has ended; what comes about it now is late."""
        self._by_sid.pop(sid, None)
        self._over[sid] = None
        if len(self._over) > REMEMBERED:
            del self._over[next(iter(self._over))]

    def is_over(self, sid: str) -> bool:
        return sid in self._over

    def id_of(self, hook: Hook) -> LegId:
        return f"{self._switch}/{hook.leg or hook.sid}"

    def find(self, hook: Hook) -> Leg | None:
        """The leg that a webhook is about; None if we know none, or an earlier call was meant."""
        leg = self._legs.get(self.id_of(hook)) or self._legs.get(self._by_sid.get(hook.sid, ""))
        if leg is None or leg.sid not in ("", hook.sid):
            return None
        if not leg.sid:
            self.bind(leg, hook.sid)
        return leg

    def known(self) -> dict[str, LegId]:
        """Our names by Twilio's."""
        return dict(self._by_sid)
