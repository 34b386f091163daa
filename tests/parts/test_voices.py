"""Rendered prompts: as telephones need them, rendered once, overruled by recordings."""

import functools
import threading
import wave
from pathlib import Path

import numpy as np
import pytest

from calls.errors import MediaMissing
from calls.media import Speech, Tone
from engine.parts.progress import Silent
from engine.phones import hearing, wav
from engine.settings import load
from engine.voices import VoiceCache
from engine.voices.defaults import engines
from engine.voices.engine import Engine
from engine.voices.espeak import Espeak
from engine.voices.music import CHORDS, frequency, write_music
from engine.voices.rhvoice import RHVoice
from engine.voices.sound import LEAD, RATE, Sound, read_wav, resampled, tone, write_wav

TEXTS = {
    "en": "Welcome to Ringdesk. For sales press one, for support press two.",
    "pl": "Witamy w Ringdesku. Aby połączyć się ze sprzedażą, wciśnij jeden.",
    "uk": "Вітаємо в Рінгдеску. Щоб зв'язатися з відділом продажу, натисніть один.",
}
PROMPTS = [Speech(name="greeting", language=code, text=text) for code, text in TEXTS.items()]


@functools.cache
def all_engines() -> list[Engine]:
    """What this machine has, fetched first where it is missing."""
    return engines(load(), Silent())


class Counting:
    """An engine that hums, and counts how often it is asked."""

    name = "counting"
    version = "1"
    manner = ""

    def __init__(self) -> None:
        self.spoken: list[str] = []
        self.begun = threading.Event()
        self.meanwhile = threading.Event()
        self.meanwhile.set()

    def voice(self, language: str) -> str | None:
        return "hum" if language == "en" else None

    def speak(self, text: str, voice: str) -> Sound:
        self.spoken.append(text)
        self.begun.set()
        assert self.meanwhile.wait(10)
        return tone(300, 500)


def say(text: str, name: str = "p") -> Speech:
    return Speech(name=name, language="en", text=text)


async def test_each_language_is_spoken_as_telephones_need_it(tmp_path: Path) -> None:
    voices = VoiceCache(tmp_path, [], all_engines())
    for prompt in PROMPTS:
        path = Path(await voices.sound(prompt) + ".wav")
        with wave.open(str(path)) as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        sound = read_wav(path).samples
        lead = int(LEAD * RATE)
        assert np.abs(sound[:lead]).max() == 0
        assert np.abs(sound[lead : lead + 800]).max() > 0.01, "speech begins at once after it"
        assert np.abs(sound).max() == pytest.approx(0.708, abs=0.001)  # -3 dB
        assert 2 < len(sound) / RATE < 8


def test_languages_and_runs_can_be_told_by_correlation(tmp_path: Path) -> None:
    """What `ringdesk call` relies on: a prompt is like itself in any run, and like no other."""
    once, again = (VoiceCache(tmp_path / name, [], all_engines()) for name in ("a", "b"))
    for prompt in PROMPTS:
        heard = wav.read(again.file(prompt))
        for other in PROMPTS:
            likeness = hearing.score(heard, wav.read(once.file(other)))
            assert (likeness == 1.0) if other is prompt else (likeness < 0.3)


def test_the_wheels_espeak_speaks_where_there_is_no_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    espeak = Espeak.found()
    assert espeak is not None
    assert "espeak_wheel.py" in " ".join(espeak.command)
    sound = espeak.speak("Dzień dobry", "pl")
    assert len(sound.samples) / sound.rate > 0.4
    with pytest.raises(MediaMissing, match="espeak-ng cannot say"):
        espeak.speak("hello", "no such voice")


def test_polish_and_ukrainian_are_spoken_by_the_better_voice() -> None:
    assert [engine.name for engine in all_engines()] == ["RHVoice", "espeak-ng"]
    best = {
        code: next(engine.name for engine in all_engines() if engine.voice(code))
        for code in ("en", "pl", "uk", "de")
    }
    assert best == {"en": "espeak-ng", "pl": "RHVoice", "uk": "RHVoice", "de": "espeak-ng"}


def test_rhvoice_that_cannot_speak_is_an_error_with_the_text(tmp_path: Path) -> None:
    [voice] = [engine for engine in all_engines() if isinstance(engine, RHVoice)]
    assert "magda" in voice.version
    with pytest.raises(MediaMissing, match="RHVoice cannot say ''"):
        voice.speak("", "magda")
    assert RHVoice.found(tmp_path) is None, "nothing is fetched unasked"


def test_where_one_engine_fails_the_next_speaks(tmp_path: Path) -> None:
    class Broken(Counting):
        name = "broken"

        def speak(self, text: str, voice: str) -> Sound:
            raise MediaMissing("no")

    fallback = Counting()
    VoiceCache(tmp_path, [], [Broken(), fallback]).file(say("hello"))
    assert fallback.spoken == ["hello"]


def test_a_better_engine_that_came_later_speaks_what_another_has_spoken(tmp_path: Path) -> None:
    worse, better = Counting(), Counting()
    better.name = "better"
    VoiceCache(tmp_path, [], [worse]).file(say("hello"))
    VoiceCache(tmp_path, [], [better, worse]).file(say("hello"))
    assert better.spoken == ["hello"]


def test_what_is_rendered_later_is_there_soon_and_faults_are_nobodys(tmp_path: Path) -> None:
    engine = Counting()
    voices = VoiceCache(tmp_path, [], [engine])
    voices.render_later([say("one"), Speech(name="p", language="xx", text="hm"), say("two")])
    for thread in threading.enumerate():
        if thread.name == "voices":
            thread.join(10)
    assert engine.spoken == ["one", "two"]


def test_closed_in_the_middle_it_finishes_one_prompt_and_begins_no_other(tmp_path: Path) -> None:
    engine = Counting()
    voices = VoiceCache(tmp_path, [], [engine])
    engine.meanwhile = voices._closed
    voices.render_later([say("one"), say("two")])
    assert engine.begun.wait(10)
    voices.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "voices"]
    assert engine.spoken == ["one"]


async def test_a_prompt_is_rendered_once(tmp_path: Path) -> None:
    engine = Counting()
    voices = VoiceCache(tmp_path, [], [engine])
    first = await voices.sound(say("hello"))
    assert await voices.sound(say("hello", name="another")) == first
    assert await VoiceCache(tmp_path, [], [engine]).sound(say("hello")) == first
    assert engine.spoken == ["hello"]
    assert await voices.sound(say("bye")) != first


def test_many_who_want_one_prompt_at_once_share_one_rendering(tmp_path: Path) -> None:
    engine = Counting()
    engine.meanwhile.clear()
    voices = VoiceCache(tmp_path, [], [engine])
    found: list[Path] = []
    threads = [
        threading.Thread(target=lambda: found.append(voices.file(say("hello")))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    engine.meanwhile.set()
    for thread in threads:
        thread.join(10)
    assert len(found) == 8
    assert len(set(found)) == 1
    assert engine.spoken == ["hello"]
    assert [path.name for path in (tmp_path / "en").iterdir()] == [found[0].name]


def test_prerendering_leaves_nothing_to_do(tmp_path: Path) -> None:
    engine = Counting()
    voices = VoiceCache(tmp_path, [], [engine])
    voices.prerender([say("one"), say("two"), say("one"), Tone()])
    assert sorted(engine.spoken) == ["one", "two"]
    voices.prerender([say("one"), say("two"), Tone()])
    assert sorted(engine.spoken) == ["one", "two"]


async def test_a_recording_wins_in_its_language(tmp_path: Path) -> None:
    home, shipped = tmp_path / "home", tmp_path / "shipped"
    write_wav(shipped / "en" / "main.menu.wav", tone(700, 300))
    engine = Counting()
    voices = VoiceCache(tmp_path / "cache", [home, shipped], [engine])
    speech = say("Press one.", name="main.menu")
    first = await voices.sound(speech)
    assert hearing.tone(wav.read(Path(f"{first}.wav")), 700) > 0.9
    write_wav(home / "en" / "main.menu.wav", tone(800, 300))
    second = await voices.sound(speech)
    assert hearing.tone(wav.read(Path(f"{second}.wav")), 800) > 0.9
    assert hearing.tone(wav.read(Path(f"{first}.wav")), 700) > 0.9, "who hears it hears it on"
    assert engine.spoken == []
    with pytest.raises(MediaMissing):
        voices.file(Speech(name="main.menu", language="pl", text="Wybierz jeden."))


def test_a_recording_in_another_form_is_converted(tmp_path: Path) -> None:
    path = tmp_path / "in" / "pl" / "greeting.wav"
    path.parent.mkdir(parents=True)
    at = np.arange(44100) / 44100
    left = (np.sin(2 * np.pi * 1000 * at) * 10000).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44100)
        file.writeframes(np.column_stack([left, left]).tobytes())
    voices = VoiceCache(tmp_path / "cache", [tmp_path / "in"], [])
    converted = voices.file(Speech(name="greeting", language="pl", text=""))
    sound = wav.read(converted)
    assert len(sound) == 8000
    assert hearing.tone(sound, 1000) > 0.95


def test_a_broken_recording_is_named(tmp_path: Path) -> None:
    path = tmp_path / "en" / "greeting.wav"
    path.parent.mkdir()
    path.write_bytes(b"MP3?")
    with pytest.raises(MediaMissing, match=r"greeting\.wav is no WAV file"):
        VoiceCache(tmp_path / "cache", [tmp_path], []).file(say("x", name="greeting"))


async def test_a_language_that_nothing_speaks_is_named(tmp_path: Path) -> None:
    voices = VoiceCache(tmp_path, [], [Counting()])
    with pytest.raises(MediaMissing, match="no voice speaks 'xx'"):
        await voices.sound(Speech(name="greeting", language="xx", text="hm"))


def test_no_name_of_a_prompt_leads_out_of_the_folder(tmp_path: Path) -> None:
    write_wav(tmp_path / "outside.wav", tone(700, 300))
    (tmp_path / "in" / "en").mkdir(parents=True)
    voices = VoiceCache(tmp_path / "cache", [tmp_path / "in"], [Counting()])
    assert "cache" in str(voices.file(say("x", name="../../outside")))


def test_a_tone_has_its_frequency_and_length(tmp_path: Path) -> None:
    path = VoiceCache(tmp_path, [], []).file(Tone(frequency=880, milliseconds=250))
    sound = wav.read(path)
    assert len(sound) == 2000
    assert hearing.tone(sound, 880) > 0.95


def test_resampling_keeps_pitch_length_and_loudness() -> None:
    at = np.arange(22050) / 22050
    sound = resampled(Sound(0.5 * np.sin(2 * np.pi * 440 * at), 22050))
    assert len(sound.samples) == 8000
    assert sound.samples.max() == pytest.approx(0.5, abs=0.01)
    assert hearing.tone((sound.samples * 32767).astype(np.int16), 440) > 0.95


def test_music_is_known_by_its_notes_and_joins_itself(tmp_path: Path) -> None:
    write_music(tmp_path / "moh.wav")
    music = wav.read(tmp_path / "moh.wav")
    assert np.abs(music[:8]).max() < 50
    assert np.abs(music[-8:]).max() < 50
    length = len(music) // len(CHORDS)
    for place, pitches in enumerate(CHORDS):
        chord = music[place * length : (place + 1) * length]
        notes = sum(hearing.tone(chord, frequency(pitch)) for pitch in pitches)
        foreign = sum(hearing.tone(chord, frequency(pitch) * 1.03) for pitch in pitches)
        assert notes > 0.5
        assert foreign < 0.05
