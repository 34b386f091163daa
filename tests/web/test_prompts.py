"""The page of prompts: recorded, played, back to the voice, and codes for recording by phone."""

import io
import re
import threading
import time
import wave
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import pytest
from flask.testing import FlaskClient

from calls.events import ServiceAnswered
from calls.media import Speech
from calls.requests import RecordPrompt
from engine import prompt_recordings
from engine.prompt_recordings import CODE_LASTS, Code, PromptRecordings
from engine.voices import VoiceCache
from engine.voices.sound import read_wav
from tests.web.fake_service import FakeService
from tests.web.panel import log_in

MENU = Speech(name="main.menu", language="pl", text="...")


def wav_file(
    seconds: float = 1.0, *, rate: int = 44100, width: int = 2, channels: int = 2, loud: float = 0.3
) -> bytes:
    """A tone of 440 Hz."""
    wave_form = loud * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)
    full = (wave_form * (2 ** (8 * width - 1) - 1)).astype(np.int64)
    if width == 1:
        full += 128
    data = b"".join(int(one).to_bytes(width, "little", signed=width > 1) * channels for one in full)
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(data)
    return out.getvalue()


def upload(client: FlaskClient, token: str, data: bytes, path: str = "pl/main.menu") -> str:
    """The page that follows."""
    form = {"csrf_token": token, "sound": (io.BytesIO(data), "menu.wav")}
    answer = client.post(f"/admin/prompts/{path}", data=form, follow_redirects=True)
    return str(answer.text)


def row(page: str, name: str) -> str:
    found = re.search(rf'<tr id="{re.escape(name)}">.*?</tr>', page, re.S)
    assert found is not None
    return found[0]


def test_the_list_shows_all_prompts_of_a_language_with_their_source(client: FlaskClient) -> None:
    log_in(client, "admin")
    page = client.get("/admin/prompts?language=pl").text
    menu = row(page, "main.menu")
    assert "Sprzedaż, proszę wybrać jeden" in menu
    assert ">voice<" in menu
    assert 'id="service.offer.2"' in page, "what stands around values is a prompt of its own"
    assert "For sales, press one" not in page
    assert "For sales, press one" in client.get("/admin/prompts").text


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_a_recording_takes_the_voices_place_in_its_language_alone(
    client: FlaskClient, service: FakeService, width: int
) -> None:
    token = log_in(client, "admin")
    page = upload(client, token, wav_file(1.0, width=width))
    assert "main.menu is recorded" in page
    menu = row(page, "main.menu")
    assert ">recorded<" in menu
    assert "<small>admin 20" in menu
    assert "1.2 s" in menu
    home = service.settings.home
    heard = read_wav(home / "prompts" / "pl" / "main.menu.wav")
    assert heard.rate == 8000
    strongest = np.argmax(np.abs(np.fft.rfft(heard.samples))) * 8000 / len(heard.samples)
    assert strongest == pytest.approx(440, abs=2)
    voices = VoiceCache(home / "voices", [home / "prompts"], [])
    assert np.array_equal(read_wav(voices.file(MENU)).samples, heard.samples)
    assert voices.ready(Speech(name="main.menu", language="en", text="...")) is None
    sound = client.get("/admin/prompts/pl/main.menu/sound")
    assert np.array_equal(read_wav(io.BytesIO(sound.data)).samples, heard.samples)


def test_back_to_the_voice(client: FlaskClient, service: FakeService) -> None:
    token = log_in(client, "admin")
    upload(client, token, wav_file())
    answer = client.post(
        "/admin/prompts/pl/main.menu/remove", data={"csrf_token": token}, follow_redirects=True
    )
    assert "spoken by the voice again" in answer.text
    assert ">voice<" in row(answer.text, "main.menu")
    assert not list((service.settings.home / "prompts" / "pl").iterdir())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"ID3\x04 and so on", "this is an MP3 file; save it as WAV"),
        (b"\x00\x01\x02\x03", "this is no WAV file"),
        (wav_file()[:60], "it lasts 0.0 seconds"),
        (wav_file()[:20], "this WAV file cannot be read"),
        (wav_file(0.1), "it lasts 0.1 seconds; a prompt lasts 0.3 to 300"),
        (wav_file(loud=0.001), "nothing is to be heard in it; record it louder"),
        (wav_file().replace(b"\x01\x00\x02\x00", b"\x06\x00\x02\x00", 1), "unknown format: 6"),
    ],
)
def test_what_is_no_recording_is_refused_with_the_remedy(
    client: FlaskClient, service: FakeService, data: bytes, said: str
) -> None:
    page = upload(client, log_in(client, "admin"), data)
    assert said in page
    assert ">voice<" in row(page, "main.menu")
    assert not (service.settings.home / "prompts").exists()


def test_only_prompts_of_flows_can_be_recorded(client: FlaskClient, service: FakeService) -> None:
    token = log_in(client, "admin")
    for path in ("pl/main.nothing", "de/main.menu", "pl/..%2F..%2Fmain.menu"):
        form = {"csrf_token": token, "sound": (io.BytesIO(wav_file()), "x.wav")}
        assert client.post(f"/admin/prompts/{path}", data=form).status_code == 404
    assert not (service.settings.home / "prompts").exists()


# --- by phone


Step: TypeAlias = Literal["find", "draft", "keep"]


def asked(service: FakeService, step: Step, code: str, recording: str = "") -> ServiceAnswered:
    request = RecordPrompt(request="r", call="c", code=code, step=step, recording=recording)
    return PromptRecordings(service.settings.home, service.database).answer(request)


def code_of(client: FlaskClient, token: str, path: str = "pl/main.menu") -> str:
    page = client.post(f"/admin/prompts/{path}/code", data={"csrf_token": token}).text
    assert "call\n    <strong>1900</strong>" in page
    found = re.search(r"the code <strong>(\d{8})</strong>", page)
    assert found is not None
    return found[1]


def recorded(service: FakeService, name: str, data: bytes) -> None:
    folder = service.settings.home / "recordings"
    folder.mkdir(exist_ok=True)
    scratch = folder / f"{name}.part"
    scratch.write_bytes(data)
    scratch.replace(folder / f"{name}.wav")  # whole at once, as the switches do it


def names(folder: Path) -> Iterable[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_code_lets_a_caller_record_hear_and_keep_one_prompt_once(
    client: FlaskClient, service: FakeService
) -> None:
    code = code_of(client, log_in(client, "admin"))
    found = asked(service, "find", code)
    assert (found.status, found.values["name"], found.values["language"]) == (
        200,
        "main.menu",
        "pl",
    )
    recorded(service, "c-1", wav_file(2.0, rate=8000, channels=1))
    assert asked(service, "draft", code, "c-1").status == 200
    folder = service.settings.home / "prompts" / "pl"
    assert names(folder) == [f"draft.{code}.wav"], "callers do not hear it yet"
    recorded(service, "c-2", wav_file(1.0, rate=8000, channels=1))
    assert asked(service, "draft", code, "c-2").status == 200
    assert asked(service, "keep", code).status == 200
    assert names(folder) == ["main.menu.json", "main.menu.wav"]
    menu = row(client.get("/admin/prompts?language=pl").text, "main.menu")
    assert "by phone</small>" in menu
    assert "1.2 s" in menu
    assert asked(service, "find", code).status == 404, "it is spent"
    assert not list((service.settings.home / "recordings").iterdir())


def test_a_recording_in_which_nobody_speaks_is_refused(
    client: FlaskClient, service: FakeService
) -> None:
    code = code_of(client, log_in(client, "admin"))
    recorded(service, "c-1", wav_file(loud=0.001))
    assert asked(service, "draft", code, "c-1").status == 422
    assert asked(service, "keep", code).status == 422


def test_a_recording_that_a_switch_brings_late_is_waited_for(
    client: FlaskClient, service: FakeService
) -> None:
    code = code_of(client, log_in(client, "admin"))
    looked = threading.Event()
    sound = wav_file(1.0, rate=8000, channels=1)

    class Late(PromptRecordings):
        def _check(self, given: str) -> Code | None:
            looked.set()
            return super()._check(given)

    def bring() -> None:
        looked.wait(10)
        recorded(service, "c-1", sound)

    bringing = threading.Thread(target=bring)
    bringing.start()
    request = RecordPrompt(request="r", call="c", code=code, step="draft", recording="c-1")
    late = Late(service.settings.home, service.database)
    assert late.answer(request).status == 200
    bringing.join()


def test_a_code_holds_for_ten_minutes_and_a_new_one_replaces_it(
    client: FlaskClient, service: FakeService
) -> None:
    token = log_in(client, "admin")
    first, other, second = (
        code_of(client, token, path) for path in ("pl/main.menu", "en/main.menu", "pl/main.menu")
    )
    statuses = {code: asked(service, "find", code).status for code in (first, other, second)}
    assert statuses == {first: 404, other: 200, second: 200}
    later = PromptRecordings(
        service.settings.home, service.database, lambda: time.time() + CODE_LASTS + 1
    )
    assert later.answer(RecordPrompt(request="r", call="c", code=second, step="find")).status == 404


def test_who_guesses_codes_spends_them_all(client: FlaskClient, service: FakeService) -> None:
    code = code_of(client, log_in(client, "admin"))
    wrong = f"{(int(code) + 1) % 10**8:08}"
    for _ in range(prompt_recordings.WRONG_CODES):
        assert asked(service, "find", wrong).status == 404
    assert asked(service, "find", code).status == 404
