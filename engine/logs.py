"""Structured logs: lines for people, or one JSON object a line. Secrets never reach them."""

import logging
import sys
from typing import Any

import structlog

#: Keys whose values are never written.
_SECRET = ("password", "secret", "token", "authorization", "cookie")


def set_up(log_format: str, level: int = logging.INFO) -> None:
    """Send our logs and the libraries' to standard error. `log_format`: ``text`` or ``json``."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide_secrets,
        structlog.processors.format_exc_info,
    ]
    final = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processor=final, foreign_pre_chain=shared)
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("uvicorn", "panoramisk", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _hide_secrets(_logger: object, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    for key in event:
        if any(word in key.lower() for word in _SECRET):
            event[key] = "***"
    return event
