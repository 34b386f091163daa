"""``pytest -p tests.compiled``: the tests of the compiled build (`make compiled`)."""

import pytest

from engine import compiled

if not compiled.use():
    raise pytest.UsageError("these sources are not compiled: say `make compiled`")
