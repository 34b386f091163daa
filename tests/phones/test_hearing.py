"""What counts as heard."""

from pathlib import Path

import numpy as np
import pytest

from engine.phones import hearing, wav
from engine.phones.hearing import PromptFile
from engine.phones.wav import SoundUnreadable
from tests.phones.voices import babble, beep, quiet


def prompts(folder: Path, **sounds: wav.Sound) -> list[PromptFile]:
    files = []
    for name, sound in sounds.items():
        path = folder / f"{name}.wav"
        wav.write(path, sound)
        files.append(PromptFile(name, "en", path))
    return files


def test_a_whole_prompt_scores_one_and_another_nothing() -> None:
    said, other = babble(1, 4.3), babble(2, 4.3)
    recording = np.concatenate((quiet(0.7), said, quiet(1)))
    assert hearing.score(recording, said) == 1.0
    assert hearing.score(recording, other) == 0.0


def test_a_quiet_noisy_line_still_counts() -> None:
    said = babble(1, 4)
    noise = np.random.default_rng(9).normal(0, 60, len(said))
    assert hearing.score((said * 0.2 + noise).astype(np.int16), said) == 1.0


def test_an_interrupted_prompt_scores_the_share_heard() -> None:
    said = babble(1, 4)
    assert hearing.score(np.concatenate((said[: 2 * wav.RATE], quiet(3))), said) == 0.5


def test_what_is_repeated_counts_although_its_beginning_is_clearest_at_the_end() -> None:
    said = babble(1, 3)
    noise = np.random.default_rng(9).normal(0, 60, len(said))
    noisy = (said * 0.2 + noise).astype(np.int16)
    assert hearing.score(np.concatenate((noisy, said[: wav.RATE + 800], quiet(1))), said) == 1.0


def test_a_line_that_stutters_does_not_cost_what_was_said() -> None:
    said, second = babble(1, 3), wav.RATE
    torn = [said[: second // 2], quiet(0.5), said[second // 2 : 2 * second], quiet(0.4)]
    recording = np.concatenate((quiet(1), *torn, said[2 * second :], quiet(1)))
    assert hearing.score(recording, said) == 1.0
    assert hearing.score(recording[: -2 * second], said) == pytest.approx(2 / 3)
    assert hearing.score(recording, babble(2, 3)) == 0.0


def test_a_sound_is_noticed_while_it_comes_and_not_before_it_counts() -> None:
    said, other = babble(1, 3), babble(2, 8)
    recording = np.concatenate((said, other, said, other))
    late = len(said) // 2

    def noticed(listening: hearing.Listening) -> list[float]:
        steps = range(0, len(recording), wav.RATE)
        return [at / wav.RATE for at in steps if listening(recording[:at])]

    assert min(noticed(hearing.Listening(said))) == 3
    assert min(noticed(hearing.Listening(said, after=late))) == 14
    assert not noticed(hearing.Listening(babble(4, 3)))


def test_parts_in_the_wrong_order_do_not_count() -> None:
    one, two = babble(1, 2), babble(2, 2)
    assert hearing.score(np.concatenate((two, one)), np.concatenate((one, two))) == 0.5


def test_silence_is_never_heard() -> None:
    assert hearing.score(quiet(5), babble(1, 2)) == 0.0
    assert hearing.score(quiet(0), babble(1, 2)) == 0.0
    assert hearing.score(babble(1, 2), quiet(2)) == 0.0


def test_prompts_are_found_with_their_times_and_as_often_as_they_came(tmp_path: Path) -> None:
    greeting, menu = babble(1, 2.5), babble(2, 3)
    recording = np.concatenate(
        (quiet(1), greeting, quiet(0.5), menu, quiet(0.5), menu[: wav.RATE * 2], quiet(1))
    )
    found = hearing.heard(
        recording, prompts(tmp_path, greeting=greeting, menu=menu, other=babble(3, 3))
    )
    assert [one.name for one in found] == ["greeting", "menu", "menu"]
    assert [one.at for one in found] == pytest.approx([1.0, 4.0, 7.5], abs=0.05)
    assert [round(one.score, 2) for one in found] == [1.0, 1.0, 0.67]


def test_of_prompts_that_begin_alike_the_one_heard_most_of_is_meant(tmp_path: Path) -> None:
    start = babble(1, 2)
    first, second = (np.concatenate((start, babble(seed, 2))) for seed in (5, 6))
    files = prompts(tmp_path, first=first, second=second)
    assert [one.name for one in hearing.heard(second, files)] == ["second"]


def test_a_prompt_shorter_than_a_second_is_found(tmp_path: Path) -> None:
    word = babble(4, 0.6)
    recording = np.concatenate((quiet(2), word, quiet(1)))
    (found,) = hearing.heard(recording, prompts(tmp_path, word=word))
    assert found.at == pytest.approx(2.0, abs=0.05)


def test_tones_are_told_apart() -> None:
    assert hearing.tone(beep(440, 1), 440) > 0.95
    assert hearing.tone(beep(440, 1), 600) < 0.05
    assert hearing.tone(quiet(1), 440) == 0.0


def test_an_unreadable_sound_file_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF nothing")
    with pytest.raises(SoundUnreadable, match=r"broken\.wav"):
        wav.read(broken)
    with pytest.raises(SoundUnreadable, match=r"missing\.wav"):
        wav.read(tmp_path / "missing.wav")
