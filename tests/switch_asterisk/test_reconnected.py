"""What is told again when the link to Asterisk has come back, or Asterisk has refused it."""

import asyncio
from pathlib import Path

from calls.commands import Answer, Dial, Hold, Join, Unbridge
from calls.events import CommandFailed, LiveLeg, SwitchEvent
from calls.media import Media
from calls.port import Voice
from switch.asterisk import ari
from switch.asterisk.codec import Bridge, Channel, Event, Reply, Survey
from switch.asterisk.exchange import Exchange
from switch.asterisk.phones import PhoneBook
from switch.asterisk.requests import Request
from switch.asterisk.routes import Routes


class Voiceless:
    async def sound(self, media: Media) -> str:
        raise NotImplementedError


class Line:
    """An Asterisk that does all it is asked but for what is `refused`."""

    name, app, behind = "a", "ringdesk", False

    def __init__(self) -> None:
        self.status = 404
        self.removed: list[str] = []
        self.voice: Voice = Voiceless()
        self.recordings = Path()
        self.asked: list[str] = []
        self.refused = ""
        self.told: list[SwitchEvent] = []

    def send(self, lane: int, request: Request) -> ari.Answer:
        self.asked.append(request.uri)
        if request.method == "DELETE" and request.uri.startswith("bridges/"):
            self.removed.append(request.uri)
        answer: ari.Answer = asyncio.get_running_loop().create_future()
        refused = self.refused and self.refused in request.uri
        answer.set_result(Reply(status=self.status if refused else 200, body="[]"))
        return answer

    async def download(self, request: Request, path: Path) -> bool:
        raise NotImplementedError

    def tell(self, event: SwitchEvent) -> None:
        self.told.append(event)


def exchange_on(line: Line) -> Exchange:
    """It knows one caller, who has not been answered."""
    exchange = Exchange(line, Routes(PhoneBook(lambda _: None, None, "127.0.0.1"), "trunk"), 6)
    exchange.take_over(survey())
    return exchange


def live(name: str, *, bridge: str | None = None, up: bool = True) -> LiveLeg:
    inbound = name != "phone"
    return LiveLeg(leg=f"a/{name}", inbound=inbound, up=up, caller="", called="1001", bridge=bridge)


def survey(*legs: LiveLeg, bridges: tuple[Bridge, ...] = ()) -> Survey:
    legs = legs or (live("c", up=False),)
    return Survey(legs=legs, held=frozenset(), bridges=bridges, listening=())


def bridge(id_: str, *channels: str) -> Bridge:
    return Bridge(id=id_, name="ringdesk", channels=channels)


def dial(exchange: Exchange) -> None:
    dialled = Dial(
        leg="a/phone", call="1", to="tel:48221234567", caller="", timeout=9, bridge="a/rung"
    )
    exchange.execute(dialled)


def answers(exchange: Exchange) -> None:
    channel = Channel(id="phone", name="PJSIP/phone", state="Up")
    exchange.take(Event(type="StasisStart", channel=channel, args=("dialed",)))


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_was_told_to_answer_before_the_link_was_lost_is_told_again() -> None:
    """The first may never have come to Asterisk."""
    line = Line()
    exchange = exchange_on(line)
    for _ in range(2):
        exchange.take_over(survey())
        exchange.execute(Answer(leg="a/c"))
        exchange.execute(Answer(leg="a/c"))
    assert line.asked.count("channels/c/answer") == 2
    assert not line.told


async def test_a_bridge_that_was_not_there_after_all_is_made_again() -> None:
    """Asterisk remembers for a while those that were removed, and does not make them anew."""
    line = Line()
    exchange, join = exchange_on(line), Join(bridge="a/b", legs=("a/c",))
    line.refused = "addChannel"
    exchange.execute(join)
    await asyncio.sleep(0)
    assert [event for event in line.told if isinstance(event, CommandFailed) and event.gone]
    line.refused = ""
    line.asked.clear()
    exchange.execute(join)
    made, added = line.asked
    assert made.startswith("bridges/b~2?")
    assert added.startswith("bridges/b~2/addChannel?")


async def test_who_is_rung_for_a_bridge_that_is_removed_can_be_joined_elsewhere() -> None:
    line = Line()
    exchange = exchange_on(line)
    dial(exchange)
    exchange.execute(Join(bridge="a/other", legs=("a/c", "a/phone")))
    exchange.execute(Unbridge(bridge="a/rung"))
    await turns()
    assert not [uri for uri in line.asked if "addChannel" in uri], "it is not under control yet"
    answers(exchange)
    await turns()
    added = [uri for uri in line.asked if "addChannel" in uri]
    assert {uri.rpartition("=")[2] for uri in added} == {"c", "phone"}
    assert not line.told[1:], "the answer and nothing else"


async def test_who_rang_while_the_link_was_lost_is_joined_once_it_is_under_control() -> None:
    line = Line()
    exchange = exchange_on(line)
    dial(exchange)
    exchange.hold_back_nothing()
    exchange.take_over(survey(live("c"), live("phone", up=False)))
    exchange.execute(Join(bridge="a/rung", legs=("a/c", "a/phone")))
    await turns()
    assert not [uri for uri in line.asked if "addChannel" in uri]
    answers(exchange)
    await turns()
    assert len([uri for uri in line.asked if "addChannel" in uri]) == 2


async def test_of_several_makings_the_one_with_people_is_kept_and_the_others_are_removed() -> None:
    line = Line()
    exchange = exchange_on(line)
    found = (bridge("b~1-held"), bridge("b~2", "c"), bridge("b~3"), bridge("x~7"), bridge("x~8"))
    exchange.take_over(survey(live("c", bridge="a/b"), live("d"), bridges=found))
    removed = {"bridges/b~1-held", "bridges/b~3", "bridges/x~7", "bridges/x~8"}
    assert set(line.removed) == removed
    exchange.execute(Join(bridge="a/b", legs=("a/c", "a/d")))
    assert line.asked[-1] == "bridges/b~2/addChannel?channel=d"
    exchange.execute(Hold(leg="a/c", music="m"))
    await turns()
    assert "bridges/b~2-held?type=holding&name=ringdesk" in line.asked
    exchange.execute(Join(bridge="a/x", legs=("a/d",)))
    await turns()
    assert line.asked[-1] == "bridges/x~9/addChannel?channel=d", "no number comes twice"


async def test_who_is_refused_does_not_cost_the_others_their_bridge() -> None:
    line = Line()
    exchange = exchange_on(line)
    exchange.take_over(survey(live("c"), live("d"), live("e")))
    exchange.execute(Join(bridge="a/b", legs=("a/c", "a/d")))
    exchange.execute(Hold(leg="a/c", music="m"))
    await turns()
    line.refused, line.status = "channel=e", 409
    exchange.execute(Join(bridge="a/b", legs=("a/e",)))
    await turns()
    line.refused = ""
    assert not line.removed
    exchange.execute(Unbridge(bridge="a/b"))
    await turns()
    assert set(line.removed) == {"bridges/b~1-held", "bridges/b~1"}
