"""Ctrl-C and SIGTERM while `ringdesk run` starts."""

import signal

import pytest

from engine.cli.run import Interruption


def test_an_interruption_that_was_dropped_is_raised_again() -> None:
    interruption = Interruption()
    interruption.check()
    with pytest.raises(KeyboardInterrupt):
        interruption.take(signal.SIGTERM, None)
    with pytest.raises(KeyboardInterrupt):
        interruption.check()
