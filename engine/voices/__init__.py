"""What callers hear: recordings, rendered speech, tones, and music on hold.

voices = default_voices(settings)
path = await voices.sound(Speech(name="main.menu", language="en", text="..."))
"""

from engine.voices.cache import VoiceCache
from engine.voices.defaults import default_voices, please_hold

__all__ = ["VoiceCache", "default_voices", "please_hold"]
