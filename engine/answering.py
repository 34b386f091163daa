"""What the machine asks for (who is calling, a ticket, a service's answer), answered beside the
loop. Whatever happens, each request is answered by one message.

What is asked at nearly every call is gathered for a moment and answered together, in one
transaction: that costs little more than a single answer. And of two that write to SQLite at once,
one would wait for the other, and the journal for both.
"""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import structlog

from calls.events import RequestFailed
from calls.messages import Message
from calls.requests import AskService, DraftTicket, IdentifyCaller, RecordPrompt, Request
from engine import stores
from engine.prompt_recordings import PromptRecordings
from engine.services import Services
from engine.settings import Settings
from engine.storage import Database

log = structlog.get_logger()

#: Seconds before a store is asked: a thread at work slows the loop down, just when a call is to be
#: set up; and whoever is looked up has 100 ms before it would be noticed. So long it is gathered.
ASK_AFTER = 0.015
#: Under load longer: many are answered for little more than one, and the calls need the processor.
#: So many times as long as the last answers took, but no longer than this (seconds).
REST, LONGEST = 6.0, 0.06
#: Threads that answer.
THREADS = 4

Deliver: TypeAlias = Callable[[Message], None]


class Answering:
    """Of one center, on the loop's thread."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._database = database
        self._region = settings.region
        self._services = Services(settings.flow_services)
        self._prompts = PromptRecordings(settings.home, database)
        self._threads = ThreadPoolExecutor(THREADS, "store")
        self._aio = asyncio.get_running_loop()
        self._gathered: list[tuple[Request, Deliver]] = []
        self._gathering = False
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, request: Request, deliver: Deliver) -> None:
        """Have a request answered in a moment; `deliver` is given the answer, on this thread."""
        if isinstance(request, IdentifyCaller | DraftTicket):
            self._gathered.append((request, deliver))
            if not self._gathering:
                self._gathering = True
                self._start(self._answer_gathered())
        else:
            self._start(self._answer_alone(request, deliver))

    async def close(self) -> None:
        """Who has not been answered by now will not be."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._services.close()
        await asyncio.to_thread(self._threads.shutdown)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._aio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer_gathered(self) -> None:
        took = 0.0
        try:
            while self._gathered:
                await asyncio.sleep(min(max(ASK_AFTER, REST * took), LONGEST))
                asked, self._gathered = self._gathered, []
                begun = self._aio.time()
                requests = [request for request, _ in asked]
                events = await self._aio.run_in_executor(
                    self._threads, stores.answer_all, requests, self._database, self._region
                )
                took = self._aio.time() - begun
                for (_, deliver), event in zip(asked, events, strict=True):
                    deliver(event)
        finally:
            self._gathering = False

    async def _answer_alone(self, request: Request, deliver: Deliver) -> None:
        await asyncio.sleep(ASK_AFTER)
        try:
            answer: Message
            if isinstance(request, AskService):
                answer = await self._services.ask(request)
            elif isinstance(request, RecordPrompt):
                answer = await self._aio.run_in_executor(
                    self._threads, self._prompts.answer, request
                )
            else:
                answer = await self._aio.run_in_executor(
                    self._threads, stores.answer, request, self._database, self._region
                )
        except Exception as error:  # a fault of ours
            log.exception("answer.failed", request=type(request).__name__, call=request.call)
            answer = RequestFailed(request=request.request, call=request.call, detail=str(error))
        deliver(answer)
