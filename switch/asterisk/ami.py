"""AMI: which phones are registered. Call control is ARI's.

panoramisk carries the protocol. It sends CR and LF in values as they are, leaves actions sent
while the link is down for ever unanswered, and guesses when an answer is complete; so nothing
but this module talks to it.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from panoramisk import Manager

from calls.errors import SwitchUnreachable

log = structlog.get_logger()

#: Seconds until an action that got no answer counts as failed.
ACTION_TIMEOUT = 5.0
RETRY_AFTER = 2.0
#: Seconds until all contacts are read again after a connection.
ONCE_MORE_AFTER = 3.0

#: States of a contact in which a phone cannot be rung.
_GONE = ("Removed", "Unreachable")


@dataclass(frozen=True)
class AmiAddress:
    """Where AMI is, and a user of manager.conf."""

    host: str
    port: int
    user: str
    password: str


class ContactWatch:
    """Follows the registered contacts of all endpoints.

    `listed` is called with the names of all endpoints that can be rung, after each connection;
    `changed` with the name of one that can be rung from now on (True), or no longer.
    """

    def __init__(
        self,
        address: AmiAddress,
        listed: Callable[[frozenset[str]], None],
        changed: Callable[[str, bool], None],
    ) -> None:
        self._address = address
        self._list = listed
        self._changed = changed
        #: endpoint -> its contacts that can be rung; none without any
        self._contacts: dict[str, set[str]] = {}
        self._lost = asyncio.Event()
        self._listed = asyncio.Event()

    async def run(self) -> None:
        """Stay connected until cancelled."""
        while True:
            self._lost.clear()
            manager = self._manager()
            try:
                await self._follow(manager)
            except (SwitchUnreachable, OSError, TimeoutError) as error:
                log.warning("ami.lost", detail=str(error))
            finally:
                _close(manager)
            await asyncio.sleep(RETRY_AFTER)

    async def _follow(self, manager: "_Manager") -> None:
        async with asyncio.timeout(ACTION_TIMEOUT):
            await manager.connect()
            await manager.authenticated_future
        if not manager.authenticated:
            raise SwitchUnreachable(f"AMI refuses the user {self._address.user!r}")
        await self._read_all(manager)
        # A phone that registers in these moments may be neither listed nor told of.
        with suppress(TimeoutError):
            await asyncio.wait_for(self._lost.wait(), ONCE_MORE_AFTER)
        if not self._lost.is_set():
            await self._read_all(manager)
        await self._lost.wait()
        raise SwitchUnreachable("AMI closed the link")

    async def _read_all(self, manager: "_Manager") -> None:
        self._contacts.clear()
        self._listed.clear()
        # Where there is none, the answer is an error and no list follows.
        if (await act(manager, {"Action": "PJSIPShowContacts"})).success:
            async with asyncio.timeout(ACTION_TIMEOUT):
                await self._listed.wait()
        self._listed.set()
        self._list(frozenset(self._contacts))

    def _manager(self) -> "_Manager":
        manager = _Manager(
            loop=asyncio.get_running_loop(),
            host=self._address.host,
            port=self._address.port,
            username=clean(self._address.user),
            secret=clean(self._address.password),
            events="system",
            on_disconnect=lambda *_: self._lost.set(),
            log=_Quiet(),
        )
        manager.register_event("ContactStatus", self._on_contact)
        manager.register_event("ContactList", self._on_listed)
        manager.register_event("ContactListComplete", lambda *_: self._listed.set())
        return manager

    def forget(self, endpoint: str) -> None:
        """An endpoint was removed, which AMI does not tell."""
        if self._contacts.pop(endpoint, None):
            self._changed(endpoint, False)

    def _on_contact(self, _: Manager, event: Mapping[str, str]) -> None:
        endpoint = event["endpointname"]
        before = endpoint in self._contacts
        self._note(endpoint, event["uri"], event["contactstatus"])
        after = endpoint in self._contacts
        if before != after and self._listed.is_set():
            self._changed(endpoint, after)

    def _on_listed(self, _: Manager, event: Mapping[str, str]) -> None:
        self._note(event["endpoint"], event["uri"], event["status"])

    def _note(self, endpoint: str, uri: str, status: str) -> None:
        contacts = self._contacts.get(endpoint, set())
        if status in _GONE:
            contacts.discard(uri)
        else:
            contacts.add(uri)
        if contacts:
            self._contacts[endpoint] = contacts
        else:
            self._contacts.pop(endpoint, None)


class _Manager(Manager):  # type: ignore[misc]  # panoramisk has no types
    """One connection; panoramisk's own reconnecting is left out."""

    def connection_made(self, connecting: "asyncio.Task[Any]") -> None:
        if not connecting.cancelled() and connecting.exception() is None:
            super().connection_made(connecting)

    def connection_lost(self, error: object) -> None:
        self.on_disconnect(self, error)


async def act(manager: Manager, action: Mapping[str, str]) -> Any:
    """Do one action; gives its response, the events of a list come by themselves.

    Raises `SwitchUnreachable` without a response, `ValueError` for a line break in a value.
    """
    cleaned = {clean(key): clean(value) for key, value in action.items()}
    if manager.protocol is None or manager.protocol.closed:
        raise SwitchUnreachable("the AMI link is down")
    try:
        return await asyncio.wait_for(manager.send_action(cleaned, as_list=False), ACTION_TIMEOUT)
    except TimeoutError:
        raise SwitchUnreachable(f"no answer to the AMI action {action['Action']}") from None


def clean(value: str) -> str:
    """The value, if it cannot smuggle in another header or action. Raises `ValueError`."""
    if "\r" in value or "\n" in value or "\0" in value:
        raise ValueError(f"{value!r} has a line break: not sent to AMI")
    return value


def _close(manager: Manager) -> None:
    with suppress(Exception):
        manager.close()


class _Quiet:
    """panoramisk's log: what matters is logged here, once."""

    def __getattr__(self, _: str) -> Callable[..., None]:
        return lambda *_args, **_kwargs: None
