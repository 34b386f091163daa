"""``pytest -p tests.compiled``: the tests of the compiled build (`make compiled`)."""

from pathlib import Path

import pytest

from engine import compiled

if not compiled.use():
    raise pytest.UsageError("these sources are not compiled: say `make compiled`")

#: They change the Acd to see whether a defect is noticed; compiled code cannot be changed.
_OF_SOURCES = ("test_acd_defects.py",)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """The tests of the sources alone are none of this build."""
    return True if collection_path.name in _OF_SOURCES else None
