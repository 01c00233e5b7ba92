"""What a database's errors mean to whoever waits: a full disk, a moment to wait, or a defect."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, OperationalError

from server.core.errors import Overloaded, StorageFull

ENDED_BY_ANOTHER = {"40001", "40P01"}
"""Serialisation failures and deadlocks of PostgreSQL: nothing is wrong with what was asked."""


def is_fatal(error: BaseException) -> bool:
    """Errors after which the whole transaction cannot go on."""
    if isinstance(error, OperationalError):
        text = str(error.orig)
        return "disk is full" in text or "disk I/O" in text or "locked" in text or "readonly" in text
    return isinstance(error, MemoryError | KeyboardInterrupt | SystemExit)


def translate(error: BaseException) -> BaseException:
    if isinstance(error, StopIteration):
        return RuntimeError(
            "a unit raised StopIteration"
        )  # which no future can hold: its caller would wait for ever
    if isinstance(error, DBAPIError):
        text = str(error.orig)
        if "disk is full" in text or "disk I/O" in text or getattr(error.orig, "sqlstate", "") == "53100":
            return StorageFull()
        if (
            "locked" in text
            or "unable to open" in text
            or error.connection_invalidated
            or getattr(error.orig, "sqlstate", "") in ENDED_BY_ANOTHER
            or _is_unreachable(error)
        ):
            return Overloaded()
    return error


def _is_unreachable(error: DBAPIError) -> bool:
    """PostgreSQL is away, starting, stopping, or has no room for one more connection."""
    state = getattr(error.orig, "sqlstate", "") if isinstance(error, OperationalError) else ""
    # no state at all: psycopg never got as far as an answer
    return state is None or state[:2] in {"08", "53", "57"}
