"""Sounds at addresses that nobody can guess, for Twilio to fetch.

Callers hear the files that an Asterisk would play: the same recordings and the same voices. An
address names a file below one of a few folders and carries a signature, so that it needs no memory,
survives a restart, and gives nothing else away.
"""

import functools
import hashlib
import hmac
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

_KEY = b"media"
#: Files whose addresses are remembered: to work one out costs as much as a whole document.
REMEMBERED = 4096


class MediaShelf:
    """`folders` have the sounds; `secret` signs. `base`: how Twilio reaches us."""

    def __init__(self, base: str, secret: bytes, folders: Sequence[Path]) -> None:
        self._base = base
        self._secret = hmac.new(secret, _KEY, hashlib.sha256).digest()
        self._folders = [folder.resolve() for folder in folders]
        self.url = functools.lru_cache(REMEMBERED)(self._url)

    def _url(self, file: Path) -> str:
        """The address of a file. Raises ValueError for one that is in none of the folders."""
        resolved = file.resolve()
        for number, folder in enumerate(self._folders):
            if resolved.is_relative_to(folder):
                name = f"{number}/{resolved.relative_to(folder).as_posix()}"
                return f"{self._base}/twilio/media/{self._sign(name)}/{quote(name)}"
        raise ValueError(f"{file} is in no folder of sounds")

    def file(self, signature: str, name: str) -> Path | None:
        """The file at an address; None where there is none, or the address is not ours."""
        if not hmac.compare_digest(signature.encode(), self._sign(name).encode()):
            return None
        number, _, inside = name.partition("/")
        path = self._folders[int(number)] / inside
        return path if path.is_file() else None

    def _sign(self, name: str) -> str:
        return hmac.new(self._secret, name.encode(), hashlib.sha256).hexdigest()[:32]
