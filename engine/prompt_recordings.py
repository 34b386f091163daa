"""Prompts that people have recorded: kept beside the state, played instead of a voice.

A recording is ``<home>/prompts/<language>/<name>.wav`` as telephones need it, with a note of who
made it and when in ``<name>.json``. It appears whole or not at all and is played from the next
call on; who hears the old one hears it to its end.

To record by phone somebody asks the panel for a code, which names one prompt for ten minutes. A
code is spent when its recording is kept; too many wrong ones spend all of them.
"""

import contextlib
import io
import secrets
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np

from calls.errors import InputInvalid
from calls.events import ServiceAnswered
from calls.media import Speech
from calls.requests import RecordPrompt
from engine import configuration, flows, meta
from engine.storage import Database
from engine.voices.sound import RATE, Sound, for_telephone, read_wav, write_wav
from ivr.nodes.prompt import PromptNode
from ivr.prompts import prompts

#: Seconds that a recording may last.
SHORTEST, LONGEST = 0.3, 300.0
#: The loudest sample of a recording in which somebody speaks, at least (-40 dB).
QUIETEST = 0.01
#: Bytes of a file that is taken.
MOST_BYTES = 24_000_000
#: Seconds for which a code holds, and wrong ones after which all are spent.
CODE_LASTS, WRONG_CODES = 600.0, 20
#: Seconds until a recording made just now must be on the disk: some switches bring it late.
COMES_WITHIN = 8.0

_CODES = "prompt_codes"
_DRAFT = "draft."


class Made(msgspec.Struct, frozen=True):
    """Who recorded a prompt, when (seconds since 1970) and how."""

    by: str
    at: float
    how: str


class Entry(msgspec.Struct, frozen=True):
    """A prompt of a flow. `made` is None where a voice speaks it; `seconds` where it is known."""

    flow: str
    name: str
    language: str
    text: str
    made: Made | None
    seconds: float | None


class Code(msgspec.Struct, frozen=True):
    """Lets whoever enters it on the phone record one prompt."""

    code: str
    name: str
    language: str
    text: str
    by: str
    until: float


class _Codes(msgspec.Struct):
    codes: list[Code] = []
    wrong: int = 0


class PromptRecordings:
    """All of a center. Any thread."""

    def __init__(
        self, home: Path, database: Database, clock: Callable[[], float] = time.time
    ) -> None:
        self._clock = clock
        self._folder = home / "prompts"
        self._taken = home / "recordings"
        self._database = database

    # --- what there is

    def entries(self, ready: Callable[[Speech], Path | None]) -> list[Entry]:
        """Every prompt of the flows in use; `ready` gives its file where that is there already."""
        return [
            Entry(
                flow,
                one.name,
                one.language,
                one.text,
                self.made(one.name, one.language),
                _seconds(ready(one)),
            )
            for flow, one in self._spoken()
        ]

    def numbers(self) -> list[str]:
        """Where prompts can be recorded by phone."""
        with self._database.session() as session:
            known = configuration.read(session)
        flow_of = flows.usable(known)
        return [
            number.number
            for number in known.numbers.values()
            if (flow := flow_of.get(number.flow))
            and any(isinstance(node, PromptNode) for node in flow.nodes.values())
        ]

    def find(self, name: str, language: str) -> Speech | None:
        """A prompt of the flows in use."""
        known = (one for _, one in self._spoken())
        return next((one for one in known if (one.name, one.language) == (name, language)), None)

    def made(self, name: str, language: str) -> Made | None:
        """None where there is no recording of ours."""
        path = self._path(name, language)
        if not path.is_file():
            return None
        with contextlib.suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode(path.with_suffix(".json").read_bytes(), type=Made)
        return Made("", path.stat().st_mtime, "")  # somebody put it there

    # --- changes

    def upload(self, prompt: Speech, data: bytes, by: str) -> None:
        """Keep a file that somebody sent. Raises `InputInvalid` with what to do about it."""
        self._keep(prompt.name, prompt.language, _read(data), Made(by, self._clock(), "upload"))

    def remove(self, name: str, language: str) -> None:
        """Back to the voice."""
        path = self._path(name, language)
        path.unlink(missing_ok=True)
        path.with_suffix(".json").unlink(missing_ok=True)

    def code(self, prompt: Speech, by: str) -> Code:
        """A new code for a prompt; older ones for it are spent."""
        now = self._clock()
        with self._codes() as kept:
            others = [
                one
                for one in self._valid(kept, now)
                if (one.name, one.language) != (prompt.name, prompt.language)
            ]
            taken = {one.code for one in others}
            fresh = next(code for code in _random_codes() if code not in taken)
            until = now + CODE_LASTS
            made = Code(fresh, prompt.name, prompt.language, prompt.text, by, until)
            kept.codes, kept.wrong = [*others, made], 0
        return made

    # --- by phone

    def answer(self, request: RecordPrompt) -> ServiceAnswered:
        """What a caller does who records a prompt: 200, or 404 for a wrong code, 422 for a
        recording in which nobody speaks."""
        status = 200
        values: dict[str, str | int | float | bool] = {}
        code = self._check(request.code)
        if code is None:
            status = 404
        else:
            values = {"name": code.name, "language": code.language, "text": code.text}
            try:
                if request.step == "draft":
                    self._draft(code, request.recording)
                elif request.step == "keep":
                    self._publish(code)
            except InputInvalid:
                status = 422
        return ServiceAnswered(
            request=request.request, call=request.call, status=status, values=values
        )

    def _draft(self, code: Code, recording: str) -> None:
        """Make what was just recorded playable, under the name of the code."""
        path = self._taken / f"{recording}.wav"
        until = time.monotonic() + COMES_WITHIN
        while not path.is_file() and time.monotonic() < until:
            time.sleep(0.1)
        try:
            sound = _checked(read_wav(path))
        except (OSError, wave.Error, EOFError) as error:
            raise InputInvalid(f"the recording cannot be read: {error}") from None
        write_wav(self._path(_DRAFT + code.code, code.language), sound)
        path.unlink(missing_ok=True)

    def _publish(self, code: Code) -> None:
        draft = self._path(_DRAFT + code.code, code.language)
        if not draft.is_file():
            raise InputInvalid("nothing was recorded yet")
        sound = read_wav(draft)
        self._keep(code.name, code.language, sound, Made(code.by, self._clock(), "phone"))
        draft.unlink(missing_ok=True)
        with self._codes() as kept:
            kept.codes = [one for one in kept.codes if one.code != code.code]

    def _check(self, given: str) -> Code | None:
        now = self._clock()
        with self._codes() as kept:
            valid = self._valid(kept, now)
            found = next((one for one in valid if secrets.compare_digest(one.code, given)), None)
            kept.codes = valid
            if found is None:
                kept.wrong += 1
                if kept.wrong >= WRONG_CODES:
                    kept.codes = []
        return found

    # --- inside

    def _valid(self, kept: _Codes, now: float) -> list[Code]:
        """Those that still hold; what was drafted with the others is dropped."""
        for one in kept.codes:
            if one.until <= now:
                self._path(_DRAFT + one.code, one.language).unlink(missing_ok=True)
        return [one for one in kept.codes if one.until > now]

    @contextlib.contextmanager
    def _codes(self) -> Iterator[_Codes]:
        with self._database.session() as session:
            text = meta.read(session, _CODES)
            kept = msgspec.json.decode(text, type=_Codes) if text else _Codes()
            yield kept
            meta.write(session, _CODES, msgspec.json.encode(kept).decode())

    def _spoken(self) -> list[tuple[str, Speech]]:
        with self._database.session() as session:
            known = flows.usable(configuration.read(session))
        return [(name, one) for name, flow in known.items() for one in dict.fromkeys(prompts(flow))]

    def _path(self, name: str, language: str) -> Path:
        return self._folder / language / f"{name}.wav"

    def _keep(self, name: str, language: str, sound: Sound, made: Made) -> None:
        path = self._path(name, language)
        write_wav(path, sound)
        path.with_suffix(".json").write_bytes(msgspec.json.encode(made))


def _random_codes() -> Iterator[str]:
    while True:
        yield f"{secrets.randbelow(10**8):08}"


def _read(data: bytes) -> Sound:
    """A WAV file as a prompt. Raises `InputInvalid`."""
    if data[:3] == b"ID3" or data[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"):
        raise InputInvalid("this is an MP3 file; save it as WAV (PCM) and send that")
    if not data.startswith(b"RIFF"):
        raise InputInvalid("this is no WAV file; record or save it as WAV (PCM)")
    try:
        return _checked(read_wav(io.BytesIO(data)))
    except (wave.Error, EOFError, ValueError) as error:
        raise InputInvalid(
            f"this WAV file cannot be read ({error}); save it as 16-bit PCM WAV"
        ) from None


def _checked(sound: Sound) -> Sound:
    """As callers hear it. Raises `InputInvalid`."""
    seconds = len(sound.samples) / sound.rate
    if not SHORTEST <= seconds <= LONGEST:
        raise InputInvalid(
            f"it lasts {seconds:.1f} seconds; a prompt lasts {SHORTEST:g} to {LONGEST:g}"
        )
    if np.abs(sound.samples).max() < QUIETEST:
        raise InputInvalid("nothing is to be heard in it; record it louder")
    return for_telephone(sound)


def _seconds(path: Path | None) -> float | None:
    if path is None:
        return None
    try:
        return max(0.0, path.stat().st_size - 44) / (2 * RATE)
    except OSError:
        return None
