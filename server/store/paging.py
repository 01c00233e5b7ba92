"""Pages over a column of ids, for statements that are built once and run often.

`max_id` is exclusive; `since_id` gives the newest rows above it; `min_id` those just above it. The answer is
always newest first, so `in_order` turns what `min_id` reads upwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam

from server.domain.pages import Page

T = TypeVar("T")


class Shape(NamedTuple):
    """Which bounds a page has; the key under which a statement is kept."""

    below: bool
    above: bool
    just_above: bool


def shape(page: Page) -> Shape:
    return Shape(
        page.max_id is not None, page.since_id is not None and page.min_id is None, page.min_id is not None
    )


def paged(statement: Select[Any], column: ColumnElement[Any], bounds: Shape) -> Select[Any]:
    """The statement with the bounds, order and limit of a page; run it with `parameters`."""
    if bounds.below:
        statement = statement.where(column < bindparam("page_max"))
    if bounds.above:
        statement = statement.where(column > bindparam("page_since"))
    if bounds.just_above:
        statement = statement.where(column > bindparam("page_min"))
    return statement.order_by(column.asc() if bounds.just_above else column.desc()).limit(
        bindparam("page_limit")
    )


def parameters(page: Page) -> dict[str, int]:
    found = {"page_limit": page.limit}
    if page.max_id is not None:
        found["page_max"] = page.max_id
    if page.min_id is not None:
        found["page_min"] = page.min_id
    elif page.since_id is not None:
        found["page_since"] = page.since_id
    return found


def in_order(page: Page, rows: Sequence[T]) -> list[T]:
    """Newest first."""
    return list(reversed(rows)) if page.min_id is not None else list(rows)
