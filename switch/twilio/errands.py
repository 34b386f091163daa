"""What takes its time: calls are made, redirected and ended by REST, sounds are prepared."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from calls.commands import Command, Hangup, Prompt
from calls.errors import MediaMissing, SwitchUnreachable
from switch.twilio import keeping, requests
from switch.twilio.codec import What
from switch.twilio.dialling import Dialler, Refused
from switch.twilio.legs import Leg
from switch.twilio.rest import Rest

if TYPE_CHECKING:
    from switch.twilio.driver import TwilioSwitch

log = structlog.get_logger()


class Errands:
    """Runs them for one switch, beside it; each begins at once and tells how it went."""

    def __init__(self, switch: "TwilioSwitch", rest: Rest, recordings: Path) -> None:
        self._switch = switch
        self._rest = rest
        self._recordings = recordings
        self._dialler = Dialler(rest, switch.registry)
        self._tasks: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        """Give up what is not done."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def prepare(self, leg: Leg, prompt: Prompt) -> None:
        """Have the sounds of a prompt made."""
        self.begin(self._prepare(leg, prompt))

    def call(self, leg: Leg, address: str, caller: str, *, rings: float) -> None:
        """Make the call of a leg, when it is its turn. `rings`: seconds."""
        self.begin(self._call(leg, address, caller, rings))

    def redirect(self, leg: Leg, what: What) -> None:
        """Let Twilio ask what a leg should do, now."""
        self.begin(self._redirect(leg, what))

    def hang_up(self, leg: Leg) -> None:
        """End a leg's call, once; one that is being made, as soon as it is there."""
        if not leg.sid and not leg.posted:
            self._switch.ended(leg, "withdrawn")
        elif leg.sid and not leg.hung_up:
            leg.hung_up = True
            self.begin(self._complete(leg))

    def adapt(self, leg: Leg) -> None:
        """Tell Twilio how a leg is to take part in its conference."""
        self.begin(self._adapt(leg))

    def look_for(self, leg: Leg) -> None:
        """See whether a leg is in its conference."""
        self.begin(self._look_for(leg))

    def announce(self, leg: Leg) -> None:
        """Let a leg in a conference hear the beep, alone."""
        self.begin(self._announce(leg))

    def keep(self, sid: str, recording: str) -> None:
        """Fetch a recording that Twilio has finished."""
        self.begin(keeping.keep(self._rest, sid, recording, self._recordings))

    # --- each

    async def _prepare(self, leg: Leg, prompt: Prompt) -> None:
        try:
            urls: tuple[str, ...] | None = await self._switch.sounds.urls(prompt.media)
        except MediaMissing as error:
            log.warning("prompt.media_missing", prompt=prompt.prompt, detail=str(error))
            urls = None
        except Exception:  # a full disk, say: the caller must not wait for it in silence
            log.exception("prompt.not_prepared", prompt=prompt.prompt)
            urls = None
        leg.prepared(prompt.prompt, urls)
        self._switch.change(leg)

    async def _call(self, leg: Leg, address: str, caller: str, rings: float) -> None:
        switch = self._switch
        await self._dialler.turn()
        if leg not in switch.registry:
            return
        leg.posted = True
        url = switch.links.to("offer", leg=leg.inside)
        status = switch.links.to("status", leg=leg.inside)
        try:
            sid = await self._dialler.call(
                requests.dial(address, caller, url, status, rings, detect=leg.detects),
                wanted=lambda: leg in switch.registry and not (leg.sid or leg.ending),
            )
        except Refused as refused:
            log.warning("twilio.not_dialled", leg=leg.id, detail=str(refused))
            if not leg.sid:  # else a webhook has told that there is a call after all
                switch.ended(leg, refused.cause)
            return
        if leg in switch.registry and not leg.sid:
            switch.registry.bind(leg, sid)
            leg.heard = asyncio.get_running_loop().time()
        switch.change(leg)

    async def _redirect(self, leg: Leg, what: What) -> None:
        switch, last, number = self._switch, leg.last, self._switch.webhooks.number()
        leg.expects(number)
        url = switch.links.to(what, leg=leg.inside, d=number)
        try:
            reply = await self._rest.send(requests.redirect(leg.sid, url))
        except SwitchUnreachable as error:
            switch.doubt()
            self._not_redirected(leg, last, str(error))
            return
        if reply.gone:
            switch.ended(leg, "hangup")
        elif not reply.ok:
            self._not_redirected(leg, last, reply.detail)

    def _not_redirected(self, leg: Leg, command: Command | None, detail: str) -> None:
        log.warning("twilio.not_redirected", leg=leg.id, detail=detail)
        leg.expected = 0.0
        if command is not None and leg in self._switch.registry:
            leg.dropped(command)
            self._switch.fail(command, gone=False, detail=detail)

    async def _complete(self, leg: Leg) -> None:
        try:
            reply = await self._rest.send(requests.complete(leg.sid))
            done, detail = reply.ok or reply.gone, reply.detail
        except SwitchUnreachable as error:
            self._switch.doubt()
            done, detail = False, str(error)
        if done:
            self._switch.ended(leg, "hangup")
        else:
            leg.hung_up = False
            self._switch.fail(Hangup(leg=leg.id), gone=False, detail=detail)

    async def _adapt(self, leg: Leg) -> None:
        switch, conference, wanted, last = self._switch, leg.conference_sid, leg.manner, leg.control
        music = switch.links.to("hold", leg=leg.inside, music=wanted.hold)
        change = requests.participant(conference, leg.sid, leg.shown, wanted, music)
        try:
            reply = await self._rest.send(change)
            done, gone, detail = reply.ok, reply.gone, reply.detail
        except SwitchUnreachable as error:
            switch.doubt()
            done, gone, detail = False, False, str(error)
        leg.adapting = False
        if done and leg.conference_sid == conference:
            leg.shown = wanted
        if done or leg.conference_sid != conference:
            switch.change(leg)  # it may have changed meanwhile
        elif not gone:  # who has left the conference will be told as new when it comes again
            log.warning("twilio.not_adapted", leg=leg.id, detail=detail)
            if last is not None and leg in switch.registry:
                switch.fail(last, gone=False, detail=detail)

    async def _look_for(self, leg: Leg) -> None:
        try:
            place = (await self._switch.places()).get(leg.sid)
        except SwitchUnreachable:
            self._switch.doubt()
            return
        if place is not None and leg in self._switch.registry:
            self._switch.conferences.found(leg, place)

    async def _announce(self, leg: Leg) -> None:
        url = self._switch.links.to("beep", leg=leg.inside)
        try:  # that the participant has left meanwhile is as good
            await self._rest.send(requests.announce(leg.conference_sid, leg.sid, url))
        except SwitchUnreachable:
            self._switch.doubt()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do that beside what else goes on."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("twilio.errand_failed", exc_info=error)
