"""The agents' phones at one Asterisk: made at run time, and which of them can be rung now."""

import asyncio
from collections.abc import Callable, Iterable, Sequence

import structlog

from calls.errors import SwitchUnreachable
from calls.events import PhoneChanged
from calls.port import Phone
from switch.asterisk import codec, provisioning, requests
from switch.asterisk.ami import AmiAddress, ContactWatch
from switch.asterisk.ari import AriLink
from switch.asterisk.provisioning import agent_of, endpoint_name, endpoints_of
from switch.asterisk.requests import Request

log = structlog.get_logger()

#: Seconds between looks at the phones where there is no AMI to follow them.
LOOK_EVERY = 5.0
#: Phones provisioned at once.
AT_ONCE = 8
#: Seconds until phones that could not be made are tried again.
RETRY_AFTER = 1.0


class PhoneBook:
    """What is provisioned and what is registered. `tell` gets every change while `link` is up."""

    def __init__(
        self, tell: Callable[[PhoneChanged], None], ami: AmiAddress | None, media_address: str
    ) -> None:
        self.link: AriLink | None = None
        self._restoring: asyncio.Task[None] | None = None
        self._tell = tell
        self._watch = ContactWatch(ami, self.now_online, self.changed) if ami is not None else None
        self._media_address = media_address
        self._made: dict[str, Phone] = {}
        #: The same phone made twice, or removed and made, at once is refused by Asterisk.
        self._changing = asyncio.Lock()
        #: Endpoints, not agents: ``anna``, ``anna-web``.
        self._online: set[str] = set()

    @property
    def agents(self) -> frozenset[str]:
        """Who has a phone that can be rung."""
        return frozenset(map(agent_of, self._online))

    def endpoint(self, agent: str) -> str | None:
        """Where to ring an agent, the browser first; None if nothing is registered. One phone of
        two is not rung by its own name: nobody would know whose it is."""
        if agent_of(agent) != agent:
            return None
        return next((name for name in endpoints_of(agent) if name in self._online), None)

    def now_online(self, online: frozenset[str]) -> None:
        """These endpoints can be rung now, and no others."""
        for name in sorted(online ^ self._online):
            self.changed(name, name in online)

    def changed(self, endpoint: str, online: bool) -> None:
        """This endpoint can be rung from now on, or no longer."""
        agent = agent_of(endpoint)
        before = self.endpoint(agent) is not None
        (self._online.add if online else self._online.discard)(endpoint)
        if before != (self.endpoint(agent) is not None) and self.link is not None:
            self._tell(PhoneChanged(phone=agent, online=not before))

    async def look(self, link: AriLink) -> frozenset[str]:
        """Ask ARI which endpoints can be rung. Raises `SwitchUnreachable`."""
        found = await link.read(requests.ENDPOINTS, tuple[codec.Endpoint, ...])
        return frozenset(item.resource for item in found if item.state == "online")

    async def follow(self) -> None:
        """Keep up with registrations until cancelled."""
        if self._watch is not None:
            await self._watch.run()
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if (link := self.link) is not None:
                try:
                    self.now_online(await self.look(link))
                except SwitchUnreachable as error:
                    log.warning("asterisk.phones_unknown", detail=str(error))

    async def provision(self, phones: Sequence[Phone], removed: Sequence[str]) -> None:
        """Make phones and forget others; they are made again after each connection.

        Raises `SwitchUnreachable`.
        """
        made = {endpoint_name(phone): phone for phone in phones}
        gone = {name for agent in removed for name in endpoints_of(agent_of(agent))} - made.keys()
        for name in gone:
            self._made.pop(name, None)
        self._made |= made
        if (link := self.link) is None:
            raise SwitchUnreachable("the link to Asterisk is down")
        try:
            async with self._changing:
                await _carry_out(link, map(provisioning.remove, gone), fine=(404,))
                self._forget(gone)
                await self._make(link, made.values())
        except SwitchUnreachable:
            if self.link is link:
                self.connected(link)  # which keeps trying
            raise

    def connected(self, link: AriLink) -> None:
        """Tell changes from now on, and make all phones again: Asterisk may have started anew."""
        self.disconnected()
        self.link = link
        self._restoring = asyncio.create_task(self._restore(link))

    def disconnected(self) -> None:
        self.link = None
        if self._restoring is not None:
            self._restoring.cancel()

    async def restored(self) -> None:
        """Wait until what was known before the last connection has been made again."""
        if self._restoring is not None:
            await asyncio.wait([self._restoring])

    async def _restore(self, link: AriLink) -> None:
        """An Asterisk that is still loading refuses; without phones nobody can work: insist."""
        while True:
            try:
                async with self._changing:
                    await self._make(link, self._made.values())
            except SwitchUnreachable as error:
                log.warning("asterisk.phones_not_made", detail=str(error))
                await asyncio.sleep(RETRY_AFTER)
            else:
                return

    def _forget(self, gone: set[str]) -> None:
        for name in gone & self._online:
            if self._watch is not None:
                self._watch.forget(name)
            self.changed(name, online=False)

    async def _make(self, link: AriLink, phones: Iterable[Phone]) -> None:
        """All accounts, then all endpoints: for each new account Asterisk looks at all endpoints
        that are there, so phones one by one would take minutes where there are thousands."""
        made = [provisioning.make(phone, self._media_address) for phone in phones]
        await _carry_out(link, (accounts for *accounts, _ in made))
        await _carry_out(link, ((endpoint,) for *_, endpoint in made))


async def _carry_out(
    link: AriLink, work: Iterable[Sequence[Request]], *, fine: tuple[int, ...] = ()
) -> None:
    """Do groups of requests, each group in its order, several groups at once."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def do(group: Sequence[Request]) -> None:
        async with limit:
            for request in group:
                reply = await link.ask(request)
                if not reply.ok and reply.status not in fine:
                    raise SwitchUnreachable(f"Asterisk on {request.uri}: {reply.detail}")

    await asyncio.gather(*map(do, work))
