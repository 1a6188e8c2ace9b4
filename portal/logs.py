"""Log lines as JSON, without personal data: constant event names with ids as fields.

A filter removes what is never meant to be in a line, should it slip in; the first defence is not to log it.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

_MAIL = re.compile(r"[\w.+%-]+@[\w-]+\.[\w.-]+")
_LINK = re.compile(r"/(l|returns/continue)/[\w.-]+")
_SECRET_KEYS = frozenset({"password", "secret", "token", "authorization", "code", "email", "phone", "name", "address"})


def _scrub(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if key.lower() in _SECRET_KEYS:
            event[key] = "[removed]"
        elif isinstance(value, str):
            event[key] = _LINK.sub(r"/\1/[removed]", _MAIL.sub("[removed]", value))
    return event


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to whatever standard error is at the moment of writing."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def configure(level: str = "INFO", *, stream: Any = None) -> None:
    """Send structlog and the standard library's loggers through one JSON line each."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _scrub,
            structlog.processors.JSONRenderer(),
        ],
    )
    handler = logging.StreamHandler(stream) if stream is not None else _Stderr()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.raiseExceptions = False  # a line that cannot be written must not spill its values instead
    for noisy in ("apscheduler", "urllib3", "werkzeug", "waitress.queue", "fontTools", "fpdf", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
