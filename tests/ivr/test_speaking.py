"""Values as they are said in English, Polish and Ukrainian."""

import pytest

from ivr.speaking import Unspeakable, Value, said


@pytest.mark.parametrize(
    ("value", "form", "english", "polish", "ukrainian"),
    [
        (
            "+48600123456",
            "",
            "plus four eight, six zero zero, one two three, four five six",
            "plus cztery osiem, sześć zero zero, jeden dwa trzy, cztery pięć sześć",
            "плюс чотири вісім, шість нуль нуль, один два три, чотири п’ять шість",
        ),
        ("INC-7", "", "INC-7", "INC-7", "INC-7"),
        (21, "", "twenty-one", "dwadzieścia jeden", "двадцять один"),
        (-3, "", "minus three", "minus trzy", "мінус три"),
        (2.5, "", "two point five", "dwa przecinek pięć", "два кома п’ять"),
        (22, "ordinal", "twenty-second", "dwudziesty drugi", "двадцять другий"),
        (True, "", "yes", "tak", "так"),
        (
            "2026-12-24",
            "date",
            "December twenty-fourth, twenty twenty-six",
            "dwudziestego czwartego grudnia dwa tysiące dwudziestego szóstego roku",
            "двадцять четвертого грудня дві тисячі двадцять шостого року",
        ),
        (
            "2000-03-02",
            "date",
            "March second, two thousand",
            "drugiego marca dwutysięcznego roku",
            "другого березня двохтисячного року",
        ),
        ("17:05", "time", "five oh five p.m.", "siedemnasta zero pięć", "сімнадцята нуль п’ять"),
        ("21:22", "time", "nine twenty-two p.m.", "dwudziesta pierwsza dwadzieścia dwa",
         "двадцять перша двадцять дві"),
        ("00:00", "time", "midnight", "północ", "північ"),
        ("12:00", "time", "noon", "dwunasta", "дванадцята"),
        ("5", "money", "five zlotys", "pięć złotych", "п’ять злотих"),
        ("2.01", "money", "two zlotys, one grosz", "dwa złote, jeden grosz",
         "два злоті, один грош"),
    ],
)  # fmt: skip
def test_a_value_in_three_languages(
    value: Value, form: str, english: str, polish: str, ukrainian: str
) -> None:
    assert [said(value, form, language) for language in ("en", "pl", "uk")] == [
        english,
        polish,
        ukrainian,
    ]


@pytest.mark.parametrize(
    ("amount", "currency", "language", "words"),
    [
        (22, "UAH", "pl", "dwadzieścia dwie hrywny"),
        (1, "UAH", "pl", "jedna hrywna"),
        (5.5, "UAH", "en", "five hryvnias, fifty kopiykas"),
        ("21", "UAH", "uk", "двадцять одна гривня"),
        (-3, "GBP", "pl", "minus trzy funty"),
        (1.5, "EUR", "de", "one euro, fifty cents"),
    ],
)
def test_money_in_other_currencies(amount: Value, currency: str, language: str, words: str) -> None:
    assert said(amount, "money", language, currency) == words


@pytest.mark.parametrize(
    ("value", "form"),
    [("soon", "date"), ("much", "money"), ("nan", "number"), ("12a", "digits"), ("25:00", "time")],
)
def test_what_cannot_be_said(value: str, form: str) -> None:
    with pytest.raises(Unspeakable, match=value):
        said(value, form, "en")
