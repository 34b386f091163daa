"""Generated secrets, one file each in ``<home>/secrets``, readable by the owner alone."""

import os
import secrets
from pathlib import Path


def secret(home: Path, name: str) -> str:
    """The secret of that name, made at first use; the same for every process from then on."""
    folder = home / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    if not path.exists():
        scratch = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
        scratch.touch(mode=0o600)
        scratch.write_text(secrets.token_urlsafe(24) + "\n")
        try:
            path.hardlink_to(scratch)  # whole or not at all, and never over another's
        except FileExistsError:
            pass
        finally:
            scratch.unlink()
    return path.read_text().strip()
