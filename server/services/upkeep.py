"""What is forgotten in time, and what a clock that went backwards needs."""

from __future__ import annotations

from datetime import timedelta

from server.services import sessions, waiting
from server.store import change_feed, posts
from server.store import work as rows
from server.store.session import Unit

TOMBSTONES = timedelta(days=30)


def forget(unit: Unit) -> int:
    """Drops what nobody needs any more. Answers how many rows."""
    sessions.sweep(unit)
    return (
        waiting.forget_done(unit)
        + change_feed.forget_old(unit)
        + posts.forget_keys(unit)
        + posts.forget_tombstones(unit, unit.now - TOMBSTONES, unit.context.settings.base)
    )


def clock_went_back(unit: Unit) -> None:
    """Leases and due times written by a clock that was ahead must not hold work for hours."""
    rows.due_again(unit)
