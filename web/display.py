"""How times and numbers are written on pages."""

import datetime
import zoneinfo

from flask import Flask

from cti.words import OUTCOMES


def install(app: Flask, zone: zoneinfo.ZoneInfo) -> None:
    """Filters for templates; moments are shown in the center's time zone."""

    def moment(at: float | None) -> str:
        if at is None:
            return ""
        return datetime.datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S")

    app.jinja_env.filters.update(
        moment=moment, duration=duration, outcome=lambda name: OUTCOMES.get(name, "in progress")
    )


def duration(seconds: float | None) -> str:
    """``0:07``, ``12:30``, ``1:02:03``; nothing for None."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
