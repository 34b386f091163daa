"""Texts of one line that people write: names shown on pages, on phones and in reports."""

from calls.errors import InputInvalid


def one_line(field: str, text: str, most: int = 80) -> str:
    """The text without blanks around it. Raises `InputInvalid`, naming the field.

    Control characters are refused: they would reach SIP headers and Asterisk's configuration.
    """
    line = text.strip()
    if len(line) > most:
        raise InputInvalid(f"{field}: at most {most} characters, not {len(line)}")
    if not line.replace("\u00a0", " ").isprintable():
        raise InputInvalid(f"{field}: {line!r} holds characters that cannot be shown")
    return line
