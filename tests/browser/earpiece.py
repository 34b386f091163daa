"""What a page's phone hears, and what its microphone hears: for tests that compare sound."""

import base64
from pathlib import Path

import numpy as np
from playwright.async_api import Page

from engine.phones import hearing
from engine.phones.wav import RATE, Sound
from engine.voices import sound as voices

#: Chromium plays this file, over and over, into the page's microphone.
CAPTURE_FLAG = "--use-file-for-fake-audio-capture={}"

#: Keeps all that remote tracks play, and leaves the microphone's sound as it is.
SCRIPT = """
(() => {
  const media = navigator.mediaDevices;
  if (!media) return;
  const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const original = media.getUserMedia.bind(media);
  media.getUserMedia = (wanted) => original({ ...wanted, audio: plain });

  window.heard = { rate: 48000, parts: [] };
  const listen = async (track) => {
    const reader = new MediaStreamTrackProcessor({ track: track.clone() }).readable.getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const samples = new Float32Array(value.numberOfFrames);
      value.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
      window.heard.rate = value.sampleRate;
      window.heard.parts.push(Int16Array.from(samples, (sample) => 32767 * sample));
      value.close();
    }
  };
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...options) {
      super(...options);
      this.addEventListener("track", ({ track }) => listen(track));
    }
  };
})();
"""

_TAKE = """
() => {
  const { rate, parts } = window.heard;
  const bytes = parts.flatMap((part) => [...new Uint8Array(part.buffer)]);
  window.heard.parts = [];
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return [rate, btoa(text)];
}
"""


class Earpiece:
    """Collects what the phone of a page plays; `keeps`: seconds of what was looked at before."""

    def __init__(self, page: Page, keeps: float) -> None:
        self._page = page
        self._keeps = keeps
        self._samples = np.zeros(0)
        self._rate = 48000

    async def heard(self) -> Sound:
        """What is new and kept, as a telephone would carry it, shape ``(samples,)`` at 8 kHz."""
        self._rate, text = await self._page.evaluate(_TAKE)
        new = np.frombuffer(base64.b64decode(text), dtype="<i2") / 32768
        kept = self._samples[max(0, len(self._samples) - int(self._keeps * self._rate)) :]
        self._samples = np.concatenate([kept, new])
        sound = voices.resampled(voices.Sound(self._samples, self._rate), RATE)
        return (sound.samples * 32767).astype(np.int16)


def share_heard(heard: Sound, sound: Sound) -> float:
    """The share (0..1) of a sound's quarters of a second that were heard, each in its place.

    A browser's jitter buffer stretches and mends, and what it stretches is not alike: so parts are
    shorter than what a SIP phone records (`engine.phones.hearing`), less alike, and may be a
    quarter of a second early or late.
    """
    quarter = drift = RATE // 4
    places = range(0, len(sound) - quarter + 1, quarter)
    pieces = [(at, sound[at : at + quarter]) for at in places]
    loud = [one for one in pieces if np.abs(one[1].astype(np.int32)).mean() > 50]
    #: For each piece, when the whole sound would have begun.
    begun = [np.flatnonzero(hearing.correlation(heard, piece) >= 0.7) - at for at, piece in loud]
    found = 0
    for begin in np.unique(np.concatenate(begun) // drift) * drift:
        found = max(found, sum(bool((np.abs(one - begin) <= drift).any()) for one in begun))
    return found / len(loud)


def write_for_microphone(path: Path, sound: Sound) -> None:
    """A telephone sound as the file that Chromium's fake microphone wants: 48 kHz."""
    telephone = voices.Sound(sound / 32768, RATE)
    voices.write_wav(path, voices.resampled(telephone, 48000))
