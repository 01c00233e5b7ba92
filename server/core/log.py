"""Structured logs: one JSON object a line on standard error (plain lines on a terminal).

Events are named `noun.verb`; values are ids, counts and reasons. It refuses, by dropping them, keys that could
carry secrets or text of people.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from io import TextIOBase
from typing import Any, TextIO, cast

import structlog

FORBIDDEN = frozenset(
    {
        "password",
        "token",
        "access_token",
        "authorization",
        "secret",
        "body",
        "content",
        "text",
        "email",
        "cookie",
    }
)


def _drop_forbidden(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in FORBIDDEN & event.keys():
        event[key] = "[dropped]"
    return event


class _StandardError(TextIOBase):
    """Standard error as it is when a line is written: whoever redirects it later gets the lines."""

    def write(self, text: str, /) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def configure(level: str = "info") -> None:
    """Sets up structlog and quietens libraries. Called once by the composition root."""
    terminal = sys.stderr.isatty()
    renderer: Any = structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _drop_forbidden,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=cast("TextIO", _StandardError())),
        cache_logger_on_first_use=True,
    )
    # libraries' own loggers can hold request lines with tokens in them
    for name in ("httpx", "httpcore", "uvicorn.access", "uvicorn.error", "arq.worker"):
        logging.getLogger(name).setLevel(logging.WARNING)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    bound: structlog.stdlib.BoundLogger = structlog.get_logger(component=name)
    return bound
