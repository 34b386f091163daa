"""What to do when Asterisk refuses a request, or does not answer."""

import asyncio
from collections.abc import Callable

from calls.errors import SwitchUnreachable
from switch.asterisk.ari import Answer
from switch.asterisk.codec import Reply


def watch(answer: Answer, failed: Callable[[Reply | SwitchUnreachable], None]) -> None:
    """Call `failed` with the refusal or the error, if there is one."""

    def look(done: "asyncio.Future[Reply]") -> None:
        if done.cancelled():
            return
        error = done.exception()
        if isinstance(error, SwitchUnreachable):
            failed(error)
        elif error is not None:
            raise error
        elif not done.result().ok:
            failed(done.result())

    answer.add_done_callback(look)


def describe(error: Reply | SwitchUnreachable) -> str:
    return error.detail if isinstance(error, Reply) else str(error)
