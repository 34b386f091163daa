"""Calls that wait until Asterisk has made those before them."""

import asyncio

from switch.asterisk.codec import Reply
from switch.asterisk.dials import AT_ONCE, Dials


class Asterisk:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.dials = Dials()
        self.asked: list[str] = []
        self._answers: dict[str, asyncio.Future[Reply]] = {}

    def dial(self, leg: str) -> None:
        self.dials.make(leg, lambda: self._make(leg))

    def _make(self, leg: str) -> "asyncio.Future[Reply]":
        self.asked.append(leg)
        answer = self._answers[leg] = asyncio.get_running_loop().create_future()
        return answer

    async def answer(self, leg: str, error: Exception | None = None) -> None:
        if error is None:
            self._answers[leg].set_result(Reply(200))
        else:
            self._answers[leg].set_exception(error)
        await asyncio.sleep(0)


LEGS = [f"a/{number}" for number in range(AT_ONCE + 3)]


async def crowd() -> Asterisk:
    asterisk = Asterisk()
    for leg in LEGS:
        asterisk.dial(leg)
    assert asterisk.asked == LEGS[:AT_ONCE]
    return asterisk


async def test_the_first_come_are_rung_first_and_a_failure_holds_nobody_up() -> None:
    asterisk = await crowd()
    await asterisk.answer(LEGS[3])
    await asterisk.answer(LEGS[0], TimeoutError())
    assert asterisk.asked == LEGS[: AT_ONCE + 2]


async def test_who_is_not_wanted_any_more_is_not_rung() -> None:
    asterisk = await crowd()
    assert asterisk.dials.drop(LEGS[-3])
    assert not asterisk.dials.drop(LEGS[0]), "it is being rung"
    await asterisk.answer(LEGS[1])
    assert asterisk.asked == [*LEGS[:AT_ONCE], LEGS[-2]]


async def test_nobody_is_rung_when_the_link_is_lost() -> None:
    asterisk = await crowd()
    asterisk.dials.clear()
    for leg in LEGS[:AT_ONCE]:
        await asterisk.answer(leg, TimeoutError())
    assert asterisk.asked == LEGS[:AT_ONCE]
    asterisk.dial("a/new")
    assert asterisk.asked[-1] == "a/new"
