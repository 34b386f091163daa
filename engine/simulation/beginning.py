"""How a process begins that makes runs for another one. It imports nothing of a run, since what is
imported before the compiled build is in use is not compiled."""

import signal

from engine import compiled


def begin(is_compiled: bool) -> None:
    """Run the build that the other runs. Who interrupts the command ends it, without a word from
    each process."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if is_compiled:
        compiled.use()
