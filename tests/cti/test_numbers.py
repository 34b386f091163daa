"""A caller is found however the switch wrote their number."""

import pytest

from cti.numbers import for_people, normalise


@pytest.mark.parametrize(
    "written",
    [
        "+48221230101",
        "+48 22 123-01-01",
        "0048221230101",
        "221230101",
        "22 123 01 01",
        "sip:+48221230101@provider.example;user=phone",
        '"Anna" <sip:221230101@127.0.0.1:5060>',
        "tel:+48221230101",
    ],
)
def test_one_writing_for_all_of_a_number(written: str) -> None:
    assert normalise(written, "PL") == "+48221230101"


def test_national_numbers_belong_to_the_region() -> None:
    assert normalise("020 7946 0123", "GB") == "+442079460123"


@pytest.mark.parametrize("written", ["", "  ", "anonymous", "Anonymous", "sip:anonymous@invalid"])
def test_withheld_numbers_are_empty(written: str) -> None:
    assert normalise(written, "PL") == ""
    assert for_people(written, "PL") == "withheld"


@pytest.mark.parametrize(
    ("written", "plain"), [("1000", "1000"), ("sip:Alice@host", "alice"), ("*86", "*86")]
)
def test_extensions_and_names_stay_themselves(written: str, plain: str) -> None:
    assert normalise(written, "PL") == plain


def test_normal_numbers_stay_as_they_are() -> None:
    assert normalise(normalise("221230101", "PL"), "GB") == "+48221230101"


def test_people_read_their_own_country_s_numbers_nationally() -> None:
    assert for_people("+48221230101", "PL") == "22 123 01 01"
    assert for_people("+442079460123", "PL") == "+44 20 7946 0123"
    assert for_people("1000", "PL") == "1000"
