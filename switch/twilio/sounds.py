"""What callers hear, as addresses that Twilio can fetch."""

from collections.abc import Callable, Sequence
from pathlib import Path

from calls.media import Media, Tone
from calls.port import Voice

_BEEP = Tone(frequency=1000, milliseconds=250)


class Sounds:
    """Prompts from the voice, music from a folder of WAV files; `url` says where a file is served.

    Callers are played the same files as by an Asterisk instead of a voice of Twilio's: a recording
    that somebody made wins here too, and Polish and Ukrainian sound the same everywhere.
    """

    def __init__(self, voice: Voice, music: Path, url: Callable[[Path], str]) -> None:
        self._voice = voice
        self._music = music
        self._url = url
        self.beep = ""

    async def prepare(self) -> None:
        """Have at hand what must be there at once. Raises `MediaMissing`."""
        (self.beep,) = await self.urls((_BEEP,))

    async def urls(self, media: Sequence[Media]) -> tuple[str, ...]:
        """Raises `MediaMissing`."""
        return tuple([self._url(Path(f"{await self._voice.sound(one)}.wav")) for one in media])

    def music(self, name: str) -> str:
        """Music of that name, or the usual one where there is none."""
        wanted = self._music / f"{Path(name).name}.wav"
        return self._url(wanted if wanted.is_file() else self._music / "default.wav")
