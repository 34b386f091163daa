"""The grammar of waiting, and everything that can be rendered in advance."""

import pytest

from calls.config import Queue
from ivr import phrases
from ivr.prompts import prompts, waiting_prompts
from tests.ivr.flows import demo


@pytest.mark.parametrize(
    ("place", "language", "text"),
    [
        (1, "en", "You are next in line."),
        (2, "en", "There is one person ahead of you."),
        (13, "en", "There are twelve people ahead of you."),
        (1, "pl", "Państwa rozmowa jest następna w kolejce."),
        (2, "pl", "Przed Państwem w kolejce jest jedna osoba."),
        (3, "pl", "Przed Państwem w kolejce są dwie osoby."),
        (5, "pl", "Przed Państwem w kolejce są cztery osoby."),
        (6, "pl", "Przed Państwem w kolejce jest pięć osób."),
        (13, "pl", "Przed Państwem w kolejce jest dwanaście osób."),
        (21, "pl", "Przed Państwem w kolejce jest dwadzieścia osób."),
        (23, "pl", "Przed Państwem w kolejce jest ponad dwadzieścia osób."),
        (1, "uk", "Ви наступні в черзі."),
        (2, "uk", "Перед вами в черзі одна людина."),
        (3, "uk", "Перед вами в черзі дві людини."),
        (5, "uk", "Перед вами в черзі чотири людини."),
        (6, "uk", "Перед вами в черзі п’ять людей."),
        (15, "uk", "Перед вами в черзі чотирнадцять людей."),
        (42, "uk", "Перед вами в черзі понад сорок людей."),
    ],
)
def test_positions_are_spoken_properly(place: int, language: str, text: str) -> None:
    assert phrases.position(place, language).text == text


@pytest.mark.parametrize(
    ("least", "most", "language", "text"),
    [
        (1, 1, "en", "The expected wait is about one minute."),
        (2, 4, "en", "The expected wait is between two and four minutes."),
        (60, 61, "en", "The expected wait is more than an hour."),
        (1, 1, "pl", "Przewidywany czas oczekiwania to około jednej minuty."),
        (3, 3, "pl", "Przewidywany czas oczekiwania to około trzech minut."),
        (1, 2, "pl", "Przewidywany czas oczekiwania to od jednej do dwóch minut."),
        (
            20,
            25,
            "pl",
            "Przewidywany czas oczekiwania to od dwudziestu do dwudziestu pięciu minut.",
        ),
        (61, 61, "pl", "Przewidywany czas oczekiwania to ponad godzina."),
        (1, 1, "uk", "Орієнтовний час очікування: близько однієї хвилини."),
        (2, 5, "uk", "Орієнтовний час очікування: від двох до п’яти хвилин."),
        (30, 45, "uk", "Орієнтовний час очікування: від тридцяти до сорока п’яти хвилин."),
    ],
)
def test_waits_are_spoken_properly(least: int, most: int, language: str, text: str) -> None:
    assert phrases.wait(least, most, language).text == text


@pytest.mark.parametrize(
    ("seconds", "minutes"),
    [(0, 1), (60, 1), (60.1, 2), (1200, 20), (1201, 25), (3600, 60), (3601, 61), (9999, 61)],
)
def test_a_wait_is_rounded_up_and_never_finer_than_it_can_be_known(
    seconds: float, minutes: int
) -> None:
    assert phrases.minutes(seconds) == minutes


@pytest.mark.parametrize(
    ("key", "language", "words"),
    [
        ("*", "en", "press star"),
        ("#", "pl", "nacisnąć krzyżyk"),
        ("2", "pl", "nacisnąć dwa"),
        ("*", "uk", "натисніть зірочку"),
    ],
)
def test_the_key_of_the_callback_is_named(key: str, language: str, words: str) -> None:
    assert words in phrases.callback_invitation(key, language).text


@pytest.mark.parametrize(
    ("ahead", "name", "words"),
    [
        (20, "waiting.ahead.20", " twenty people"),
        (21, "waiting.ahead.over_20", "more than twenty people"),
        (30, "waiting.ahead.over_20", "more than twenty people"),
        (31, "waiting.ahead.over_30", "more than thirty people"),
        (100, "waiting.ahead.over_90", "more than ninety people"),
        (101, "waiting.ahead.over_100", "more than a hundred people"),
        (5000, "waiting.ahead.over_100", "more than a hundred people"),
    ],
)
def test_long_queues_are_rounded_down_and_never_wrong(ahead: int, name: str, words: str) -> None:
    speech = phrases.position(ahead + 1, "en")
    assert speech.name == name
    assert words in speech.text


@pytest.mark.parametrize("language", ["en", "pl", "uk"])
def test_one_name_is_one_text(language: str) -> None:
    said = [phrases.position(place, language) for place in range(1, 300)]
    assert len({speech.name for speech in said}) == len({speech.text for speech in said}) == 30


def test_a_language_without_phrases_hears_english() -> None:
    assert phrases.position(1, "de") == phrases.position(1, "en")
    assert phrases.thanks("de").language == "en"


def test_all_waiting_prompts_are_known_in_advance() -> None:
    queue = Queue(name="support")
    speeches = waiting_prompts(queue, ["en", "pl", "uk"], up_to=10)
    assert len(speeches) == 3 * (1 + 10 + 15)
    assert phrases.position(10, "uk") in speeches
    assert phrases.wait(2, 4, "pl") in speeches
    quieter = Queue(
        name="support",
        announce_position=False,
        announce_wait=False,
        messages={"pl": ("Mamy też stronę.",)},
    )
    assert [speech.name for speech in waiting_prompts(quieter, ["pl"])] == [
        "waiting.thanks",
        "queue.support.message_1",
    ]
    assert waiting_prompts(Queue(name="quiet", announce_every=0.0), ["en"]) == []


@pytest.mark.parametrize("name", ["main", "support"])
def test_all_prompts_of_a_flow_are_known_in_advance_under_stable_names(name: str) -> None:
    said = prompts(demo(name))
    keys = [(speech.name, speech.language) for speech in said]
    assert len(keys) == len(set(keys))
    for language in ("en", "pl", "uk"):
        assert (f"{name}.greeting", language) in keys


def test_the_main_flows_prompts() -> None:
    assert {speech.name for speech in prompts(demo("main"))} == {
        "main.language.en",
        "main.language.pl",
        "main.language.uk",
        "main.greeting",
        "main.menu",
        "main.menu.no_match",
        "main.menu.no_input",
        "main.to_operator",
    }
