"""Structured logs: one JSON object a line on standard error (plain lines on a terminal).

Events are named `noun.verb`; values are ids, counts and reasons. It refuses, by dropping them, keys that could
carry secrets or text of people, and what errors say: a database, a parser or a library quotes there what it was given. Of an error
stand its kind, its code and the places in the program.
"""

from __future__ import annotations

import logging
import sys
import traceback
from asyncio import AbstractEventLoop
from collections.abc import Iterator, MutableMapping
from io import TextIOBase
from types import TracebackType
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


ABOUT_THE_PROGRAM = (AttributeError, ImportError, NameError)
"""Whose words name parts of the program only."""


def trace(error: BaseException) -> str:
    """Where an error comes from, the first cause first: kinds, codes of databases, and places; none of its words."""
    return "\n".join(["Traceback, causes first:", *_lines(error, set())])


def _lines(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and id(cause) not in seen:
        yield from _lines(cause, seen)
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _lines(one, seen)
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} {frame.name}"
    code = getattr(error, "sqlstate", None) or getattr(error, "errno", None)
    said = f": {error}" if isinstance(error, ABOUT_THE_PROGRAM) else ""
    yield f"{type(error).__module__}.{type(error).__qualname__}{said}" + (f" [{code}]" if code else "")


def _without_words(exc_info: tuple[type[BaseException], BaseException, TracebackType | None]) -> str:
    return trace(exc_info[1])


class _OfLibraries(logging.Formatter):
    """What libraries log by themselves."""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # as another handler may have written it
        return super().format(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802  the name is the base's
        return "" if ei[1] is None else trace(ei[1])


def of_loop(_loop: AbstractEventLoop, context: dict[str, Any]) -> None:
    """For errors that nobody awaited: the loop's own words would show the error's."""
    error = context.get("exception")
    logger("loop").error(
        "loop.error", exc_info=error if isinstance(error, BaseException) else None, kind=context["message"]
    )


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
            structlog.processors.ExceptionRenderer(_without_words),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=cast("TextIO", _StandardError())),
        cache_logger_on_first_use=True,
    )
    # libraries' own loggers can hold request lines with tokens in them
    root = logging.getLogger()
    if not any(isinstance(each.formatter, _OfLibraries) for each in root.handlers):
        handler = logging.StreamHandler(cast("TextIO", _StandardError()))
        handler.setFormatter(_OfLibraries())
        root.addHandler(handler)
    for name in ("httpx", "httpcore", "uvicorn.access", "uvicorn.error", "arq.worker"):
        logging.getLogger(name).setLevel(logging.WARNING)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    bound: structlog.stdlib.BoundLogger = structlog.get_logger(component=name)
    return bound
