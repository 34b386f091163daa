"""The neural English voice: used where it is installed and named, by its own command line."""

import sys
from pathlib import Path

import pytest

from calls.errors import MediaMissing, SettingInvalid
from calls.media import Speech
from engine.parts.progress import Silent
from engine.phones import wav
from engine.settings import Settings, load
from engine.voices import VoiceCache
from engine.voices.defaults import engines
from engine.voices.hibari import Hibari

#: Speaks hibari's command line: a second of a tone for "hello", nothing for all else.
PROGRAM = """\
import argparse, math, struct, sys, wave
options = argparse.ArgumentParser()
for name in ("--voice", "--seed", "--out"):
    options.add_argument(name)
options.add_argument("text")
given = options.parse_args()
assert (given.voice, given.seed, given.text) == ("heart", "0", "-")
if sys.stdin.read() != "hello":
    sys.exit("no text")
with wave.open(given.out, "wb") as file:
    file.setparams((1, 2, 24000, 0, "NONE", ""))
    file.writeframes(b"".join(
        struct.pack("<h", int(9000 * math.sin(2 * math.pi * 440 * n / 24000))) for n in range(24000)
    ))
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that speaks the same command line."""
    package, about = tmp_path / "hibari", tmp_path / "hibari_tts-9.8.7.dist-info"
    package.mkdir()
    about.mkdir()
    (package / "__init__.py").touch()
    (package / "cli.py").write_text(PROGRAM)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: hibari-tts\nVersion: 9.8.7\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def settings(voices: str) -> Settings:
    return load({"RINGDESK_VOICES": voices}, None)


@pytest.mark.usefixtures("installed")
def test_it_speaks_english_at_the_telephones_rate_and_others_speak_the_rest(tmp_path: Path) -> None:
    found = engines(settings("hibari, espeak-ng"))
    assert [(one.name, one.voice("en"), one.voice("pl")) for one in found] == [
        ("hibari", "heart", None),
        ("espeak-ng", "en", "pl"),
    ]
    assert found[0].version == "9.8.7"
    voices = VoiceCache(tmp_path / "voices", [], found)
    sound = wav.read(voices.file(Speech(name="a", language="en", text="hello")))
    assert len(sound) / wav.RATE == pytest.approx(1.2, abs=0.02)  # a second, and what is in front
    spoken_otherwise = wav.read(voices.file(Speech(name="b", language="en", text="what it cannot")))
    assert len(spoken_otherwise) / wav.RATE > 0.5, "the next voice steps in"


@pytest.mark.usefixtures("installed")
def test_what_it_cannot_say_is_named() -> None:
    voice = Hibari.found()
    assert voice is not None
    with pytest.raises(MediaMissing, match="hibari cannot say 'oh'"):
        voice.speak("oh", "heart")


def test_not_installed_it_is_told_how_to_and_the_next_one_speaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Told(Silent):
        def note(self, text: str) -> None:
            said.append(text)

    said: list[str] = []
    monkeypatch.setattr(sys, "path", [one for one in sys.path if "site-packages" not in one])
    assert [one.name for one in engines(settings("hibari,espeak-ng"), Told())] == ["espeak-ng"]
    assert said == ["The voice hibari is not installed: pip install hibari-tts"]


def test_a_voice_that_there_is_not_stops_the_start() -> None:
    with pytest.raises(SettingInvalid, match=r"'voices'.*no voice 'piper'; there are hibari"):
        settings("piper")
