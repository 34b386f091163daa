"""A program that does what ``espeak-ng --stdin --stdout`` does, with a library given by its path.

Started by `engine.voices.espeak` as a file, without site packages, so that it starts quickly. The
calls and numbers are those of espeak-ng's ``speak_lib.h``.
"""

import argparse
import ctypes
import io
import sys
import wave

_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS
_RATE = 1  # espeakRATE
_UTF8 = 1  # espeakCHARS_UTF8
_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


def _version(library: ctypes.CDLL) -> str:
    library.espeak_Info.restype = ctypes.c_char_p
    said: bytes = library.espeak_Info(None)
    return said.decode().split()[0]


def _speak(library: ctypes.CDLL, text: bytes, voice: str, speed: int) -> bytes:
    """The samples, 16 bits each, in the machine's order."""
    if library.espeak_SetVoiceByName(voice.encode()) != 0:
        sys.exit(f"espeak-ng has no voice {voice!r}")
    library.espeak_SetParameter(_RATE, speed, 0)
    parts: list[bytes] = []

    def take(samples: "ctypes._Pointer[ctypes.c_short]", count: int, _events: int | None) -> int:
        if samples and count:
            parts.append(ctypes.string_at(samples, count * 2))
        return 0

    callback = _CALLBACK(take)
    library.espeak_SetSynthCallback(callback)
    library.espeak_Synth(text, len(text) + 1, 0, 0, 0, _UTF8, None, None)
    library.espeak_Synchronize()
    return b"".join(parts)


def _wav(samples: bytes, rate: int) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples)
    return out.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    parser.add_argument("data")
    parser.add_argument("--version", action="store_true")
    parser.add_argument("-v", dest="voice", default="en")
    parser.add_argument("-s", dest="speed", type=int, default=175)
    parser.add_argument("-b", dest="encoding", choices=["1"], help="1: UTF-8")
    parser.add_argument("--stdin", action="store_true")
    parser.add_argument("--stdout", action="store_true")
    options = parser.parse_args()
    library = ctypes.CDLL(options.library)
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, options.data.encode(), 0)
    if rate <= 0:
        sys.exit(f"espeak-ng does not start with the data in {options.data}")
    if options.version:
        print(f"eSpeak NG text-to-speech: {_version(library)}")  # noqa: T201
        return
    samples = _speak(library, sys.stdin.buffer.read(), options.voice, options.speed)
    sys.stdout.buffer.write(_wav(samples, rate))


if __name__ == "__main__":
    main()
