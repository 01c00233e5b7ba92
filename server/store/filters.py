"""Rows of filters, their keywords and the posts that they name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, delete, func, or_, select, update

from server.domain.filters import Filter, FilterAction, FilterContext, FilterKeyword, FilterPost
from server.store.session import Unit
from server.store.statement import insert_ignore
from server.store.tables.filters import filter_, filter_keyword, filter_post

_OF_ACCOUNT = select(filter_).where(filter_.c.account_id == bindparam("account_id")).order_by(filter_.c.id)
_ACTIVE = _OF_ACCOUNT.where(
    or_(
        filter_.c.expires_at.is_(None),
        filter_.c.expires_at > bindparam("now", type_=filter_.c.expires_at.type),
    )
)
_KEYWORDS = (
    select(filter_keyword)
    .where(filter_keyword.c.filter_id.in_(bindparam("ids", expanding=True)))
    .order_by(filter_keyword.c.id)
)
_POSTS = (
    select(filter_post)
    .where(filter_post.c.filter_id.in_(bindparam("ids", expanding=True)))
    .order_by(filter_post.c.id)
)


def of_account(unit: Unit, account_id: int) -> list[Filter]:
    """Oldest first, those that have ended too."""
    return _whole(unit, unit.all(_OF_ACCOUNT, {"account_id": account_id}))


def active(unit: Unit, account_id: int) -> list[Filter]:
    """Those that have not ended."""
    return _whole(unit, unit.all(_ACTIVE, {"account_id": account_id, "now": unit.now}))


def find(unit: Unit, account_id: int, filter_id: int) -> Filter | None:
    row = unit.first(select(filter_).where(filter_.c.id == filter_id, filter_.c.account_id == account_id))
    return _whole(unit, [row])[0] if row else None


def _whole(unit: Unit, rows: Iterable[Row[Any]]) -> list[Filter]:
    found = list(rows)
    if not found:
        return []
    ids = {"ids": [row.id for row in found]}
    keywords: dict[int, list[FilterKeyword]] = {}
    for row in unit.all(_KEYWORDS, ids):
        keywords.setdefault(row.filter_id, []).append(_keyword(row))
    posts: dict[int, list[FilterPost]] = {}
    for row in unit.all(_POSTS, ids):
        posts.setdefault(row.filter_id, []).append(_post(row))
    return [
        Filter(
            id=row.id,
            account_id=row.account_id,
            title=row.title,
            contexts=tuple(FilterContext(word) for word in row.contexts),
            action=FilterAction(row.action),
            expires_at=row.expires_at,
            keywords=tuple(keywords.get(row.id, ())),
            posts=tuple(posts.get(row.id, ())),
        )
        for row in found
    ]


def _keyword(row: Row[Any]) -> FilterKeyword:
    return FilterKeyword(row.id, row.filter_id, row.keyword, row.whole_word)


def _post(row: Row[Any]) -> FilterPost:
    return FilterPost(row.id, row.filter_id, row.post_id)


def count(unit: Unit, account_id: int) -> int:
    return int(
        unit.value(select(func.count()).select_from(filter_).where(filter_.c.account_id == account_id))
    )


def add(unit: Unit, values: dict[str, Any]) -> None:
    unit.run(filter_.insert(), values)


def change(unit: Unit, filter_id: int, values: dict[str, Any]) -> None:
    unit.run(update(filter_).where(filter_.c.id == filter_id).values(**values))


def remove(unit: Unit, filter_id: int) -> None:
    unit.run(delete(filter_).where(filter_.c.id == filter_id))


# -- keywords --------------------------------------------------------------------------------------------


def add_keyword(unit: Unit, filter_id: int, keyword: str, *, whole_word: bool) -> int:
    keyword_id = unit.new_id()
    values = {"id": keyword_id, "filter_id": filter_id, "keyword": keyword, "whole_word": whole_word}
    unit.run(filter_keyword.insert(), values)
    return keyword_id


def change_keyword(unit: Unit, keyword_id: int, values: dict[str, Any]) -> None:
    unit.run(update(filter_keyword).where(filter_keyword.c.id == keyword_id).values(**values))


def remove_keyword(unit: Unit, keyword_id: int) -> None:
    unit.run(delete(filter_keyword).where(filter_keyword.c.id == keyword_id))


def find_keyword(unit: Unit, account_id: int, keyword_id: int) -> FilterKeyword | None:
    row = unit.first(
        select(filter_keyword).where(filter_keyword.c.id == keyword_id, _owned(filter_keyword.c, account_id))
    )
    return _keyword(row) if row else None


# -- posts -----------------------------------------------------------------------------------------------


def add_post(unit: Unit, filter_id: int, post_id: int) -> FilterPost:
    """The same post is named once."""
    insert_ignore(unit, filter_post, {"id": unit.new_id(), "filter_id": filter_id, "post_id": post_id})
    row = unit.first(
        select(filter_post).where(filter_post.c.filter_id == filter_id, filter_post.c.post_id == post_id)
    )
    assert row is not None
    return _post(row)


def remove_post(unit: Unit, row_id: int) -> None:
    unit.run(delete(filter_post).where(filter_post.c.id == row_id))


def find_post(unit: Unit, account_id: int, row_id: int) -> FilterPost | None:
    row = unit.first(select(filter_post).where(filter_post.c.id == row_id, _owned(filter_post.c, account_id)))
    return _post(row) if row else None


def _owned(columns: Any, account_id: int) -> ColumnElement[bool]:
    mine = select(filter_.c.id).where(filter_.c.account_id == account_id)
    condition: ColumnElement[bool] = columns.filter_id.in_(mine)
    return condition
