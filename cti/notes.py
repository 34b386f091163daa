"""What a call leaves on its ticket."""

from collections.abc import Callable

from cti.record import CallRecord
from cti.words import OUTCOMES, duration


def call_note(record: CallRecord, caller: str, address: Callable[[str], str]) -> str:
    """The note about an ended call; `caller` is the number as people write it, `address` says where
    a recording can be heard.

    Call from +48 22 123 01 01 to 1000: handled.
    Menu: Main menu > Support. Queue: support, waited 12 s.
    agent1 talked 2 min 5 s, of it 20 s on hold, wrap-up 10 s: resolved.
    Recorded, 1 min 50 s: /recordings/c-12
    Restarted the router.
    """
    outcome = OUTCOMES[record.outcome] if record.outcome else "still up"
    lines = [f"Call from {caller} to {record.called}: {outcome}."]
    way = []
    if record.path:
        way.append(f"Menu: {' > '.join(record.path)}.")
    if record.queue:
        way.append(f"Queue: {record.queue}, waited {duration(record.waited)}.")
    if way:
        lines.append(" ".join(way))
    if record.agent:
        talk = f"{record.agent} talked {duration(record.talked)}"
        if record.held:
            talk += f", of it {duration(record.held)} on hold"
        if record.wrapped:
            talk += f", wrap-up {duration(record.wrapped)}"
        lines.append(f"{talk}: {record.code}." if record.code else f"{talk}.")
    for recording, seconds in record.recordings.items():
        lines.append(f"Recorded, {duration(seconds)}: {address(recording)}")
    if record.note.strip():
        lines.append(record.note.strip())
    return "\n".join(lines)
