"""Which endpoint rings for whom, and how phones are made."""

from typing import cast

from calls.port import Phone
from switch.asterisk.ari import AriLink
from switch.asterisk.codec import Reply
from switch.asterisk.phones import PhoneBook
from switch.asterisk.requests import Request
from switch.asterisk.routes import Routes


def test_an_agents_browser_rings_by_the_agents_name_only() -> None:
    book = PhoneBook(lambda _: None, None, "")
    book.now_online(frozenset({"anna", "anna-web", "bob"}))
    routes = Routes(book, trunk="")
    assert routes.endpoint("phone:anna") == "PJSIP/anna-web"
    assert routes.endpoint("phone:bob") == "PJSIP/bob"
    assert routes.endpoint("phone:anna-web") is None


class Asterisk:
    """Takes every request; `made` is what was asked for, in order."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str]] = []

    async def ask(self, request: Request) -> Reply:
        *_, kind, name = request.uri.split("/")
        self.made.append((kind, name))
        return Reply(200)


async def test_thousands_of_phones_have_all_accounts_before_the_first_endpoint() -> None:
    """Asterisk looks at all endpoints for each new account: the other way takes it minutes."""
    asterisk = Asterisk()
    book = PhoneBook(lambda _: None, None, "")
    book.connected(cast(AriLink, asterisk))
    await book.restored()
    names = [f"agent{number}" for number in range(50)]
    await book.provision([Phone(name=name, password="x", browser=False) for name in names], [])
    kinds = [kind for kind, _ in asterisk.made]
    assert kinds.index("endpoint") == 2 * len(names)
    assert {name for kind, name in asterisk.made if kind == "endpoint"} == set(names)
