"""Programs that Ringdesk needs and does not carry: found on PATH, else fetched without root.

    part = find("chromium", settings.parts)      # -> Part(path=...), or PartMissing

A Debian part is downloaded by apt with a private state, unpacked into a folder of its own below
`settings.parts` and started by a small launcher script there; nothing is installed system-wide.
`python -m engine.parts NAME` prints the path of a part, fetching it first where need be.
"""

from engine.parts.finding import Part, find

__all__ = ["Part", "find"]
