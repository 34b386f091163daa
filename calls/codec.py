"""Words to JSON and back.

    >>> decode_message(encode(Tick()))
    Tick()

Decoding raises `msgspec.ValidationError`, which names the field at fault.
"""

from typing import Any

import msgspec

from calls.base import Word
from calls.events import Tick
from calls.facts import Fact
from calls.messages import Message

__all__ = ["Tick", "decode_fact", "decode_message", "encode", "to_plain"]

_encoder = msgspec.json.Encoder()
_message_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)
_fact_decoder: msgspec.json.Decoder[Fact] = msgspec.json.Decoder(Fact)


def encode(word: Word) -> bytes:
    """One word as JSON, its class name under ``type``."""
    return _encoder.encode(word)


def decode_message(data: bytes | str) -> Message:
    return _message_decoder.decode(data)


def decode_fact(data: bytes | str) -> Fact:
    return _fact_decoder.decode(data)


def to_plain(word: Word) -> dict[str, Any]:
    """One word as a dict of JSON types, for templates and APIs."""
    plain: dict[str, Any] = msgspec.to_builtins(word)
    return plain
