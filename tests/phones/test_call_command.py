"""`ringdesk call`: what it is told wrongly is refused before anything rings."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli.call import command
from engine.phones.phone import Phones
from engine.phones.phonecall import PhoneFailed


def test_a_time_that_is_none_is_refused() -> None:
    done = CliRunner().invoke(command, ["1000", "--seconds", "nan"])
    assert done.exit_code == 2
    assert "nan is not a time" in done.output


def test_a_recording_that_could_not_be_written_is_refused_before_the_call(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["1000", "--record", str(tmp_path / "missing" / "x.wav")])
    assert done.exit_code == 2
    assert f"no folder {tmp_path / 'missing'}" in done.output


@pytest.mark.parametrize("number", ["", "a b;c", "żółć", "1000\r\nVia: x", "1000@elsewhere"])
async def test_what_is_no_number_is_not_dialled(number: str) -> None:
    async with Phones() as phones:
        phone = await phones.add("48600100200")
        with pytest.raises(PhoneFailed, match="cannot dial"):
            await phone.dial(number)


async def test_a_caller_of_no_fit_name_is_refused() -> None:
    async with Phones() as phones:
        with pytest.raises(PhoneFailed, match="phone"):
            await phones.add('a"b\r\nX: y')
