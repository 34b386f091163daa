"""Which endpoint rings for whom."""

from switch.asterisk.phones import PhoneBook
from switch.asterisk.routes import Routes


def test_an_agents_browser_rings_by_the_agents_name_only() -> None:
    book = PhoneBook(lambda _: None, None, "")
    book.now_online(frozenset({"anna", "anna-web", "bob"}))
    routes = Routes(book, trunk="")
    assert routes.endpoint("phone:anna") == "PJSIP/anna-web"
    assert routes.endpoint("phone:bob") == "PJSIP/bob"
    assert routes.endpoint("phone:anna-web") is None
