"""Pages for whoever sees little or uses no mouse (WCAG 2.2 AA)."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.web.panel import log_in
from web import app

STYLE = (Path(app.__file__).parent / "static" / "ringdesk.css").read_text()


def colours(text: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", text))


def luminance(colour: str) -> float:
    """WCAG's relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_coloured_words_stand_out_from_their_ground(scheme: str) -> None:
    light, _, dark = STYLE.partition("prefers-color-scheme: dark")
    found = colours(light) | (colours(dark.partition("\n}\n")[0]) if scheme == "dark" else {})
    for tone in ("good", "bad", "warn", "busy"):
        assert contrast(found[tone], found[f"{tone}-tint"]) >= 4.5, tone
    for ground in ("paper", "ground"):
        assert contrast(found["ink"], found[ground]) >= 4.5
        assert contrast(found["faint"], found[ground]) >= 4.5


@pytest.mark.parametrize(
    "path", ["/supervisor", "/supervisor/calls", "/admin/users", "/admin/queues"]
)
def test_tables_scroll_by_the_keyboard(client: FlaskClient, path: str) -> None:
    log_in(client, "admin")
    page = client.get(path).text
    scrolled = re.findall(r'<div class="scroll"[^>]*>', page)
    assert scrolled
    assert all('tabindex="0"' in one and "aria-label" in one for one in scrolled)
    assert "<th></th>" not in page
