"""Whole calls, word for word. See `tests.scripts.script` for how the scripts are written.

Rewrite them with ``UPDATE_SCRIPTS=1 python -m pytest tests/scripts``, and commit only what you
can explain.
"""

import os
from pathlib import Path

import pytest

from tests.scripts.script import Script

SCRIPTS = sorted((Path(__file__).parent / "calls").glob("*.txt"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_script(path: Path) -> None:
    written = path.read_text(encoding="utf-8")
    really = Script().run(written)
    if os.environ.get("UPDATE_SCRIPTS"):
        path.write_text(really, encoding="utf-8")
    else:
        assert really == written, f"{path.name}: see the head of this file for how to update it"


def test_there_are_scripts() -> None:
    assert SCRIPTS
