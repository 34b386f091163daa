"""What is told again when the link to Asterisk has come back."""

import asyncio
from pathlib import Path

from calls.commands import Answer
from calls.events import LiveLeg, SwitchEvent
from calls.media import Media
from calls.port import Voice
from switch.asterisk import ari
from switch.asterisk.codec import Reply, Survey
from switch.asterisk.exchange import Exchange
from switch.asterisk.phones import PhoneBook
from switch.asterisk.requests import Request
from switch.asterisk.routes import Routes


class Voiceless:
    async def sound(self, media: Media) -> str:
        raise NotImplementedError


class Line:
    """An Asterisk that does all it is asked."""

    name, app, behind = "a", "ringdesk", False

    def __init__(self) -> None:
        self.voice: Voice = Voiceless()
        self.recordings = Path()
        self.asked: list[str] = []

    def send(self, lane: int, request: Request) -> ari.Answer:
        self.asked.append(request.uri)
        answer: ari.Answer = asyncio.get_running_loop().create_future()
        answer.set_result(Reply(status=200, body="[]"))
        return answer

    async def download(self, request: Request, path: Path) -> bool:
        raise NotImplementedError

    def tell(self, event: SwitchEvent) -> None:
        raise AssertionError(event)


async def test_who_was_told_to_answer_before_the_link_was_lost_is_told_again() -> None:
    """The first may never have come to Asterisk."""
    line = Line()
    phones = PhoneBook(lambda _: None, None, "127.0.0.1")
    exchange = Exchange(line, Routes(phones, ""), 6)
    found = LiveLeg(leg="a/c", inbound=True, up=False, caller="", called="1001")
    survey = Survey(legs=(found,), held=frozenset(), bridges=(), listening=())
    for _ in range(2):
        exchange.take_over(survey)
        exchange.execute(Answer(leg="a/c"))
        exchange.execute(Answer(leg="a/c"))
    assert line.asked.count("channels/c/answer") == 2
