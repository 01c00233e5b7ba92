"""A slice of rows that are ordered by id, newest first."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """max_id: below it. since_id: the newest above it. min_id: those just above it. limit: at least 1."""

    limit: int = 20
    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None
