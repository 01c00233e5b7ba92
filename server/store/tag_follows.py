"""Rows of tags that members follow."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import Executable, Select, bindparam, delete, exists, literal_column, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from server.domain.pages import Page
from server.domain.posts import Post, Visibility
from server.store import paging
from server.store.session import Unit
from server.store.statement import insert_ignore
from server.store.tables.accounts import tag_follow
from server.store.tables.posts import home_entry, post


def add(unit: Unit, account_id: int, tag: str) -> bool:
    return insert_ignore(unit, tag_follow, {"id": unit.new_id(), "account_id": account_id, "tag": tag})


def remove(unit: Unit, account_id: int, tag: str) -> None:
    unit.run(delete(tag_follow).where(tag_follow.c.account_id == account_id, tag_follow.c.tag == tag))


def among(unit: Unit, account_id: int, tags: Iterable[str]) -> set[str]:
    """Those of the tags that an account follows."""
    wanted = list(tags)
    if not wanted:
        return set()
    rows = unit.all(
        select(tag_follow.c.tag).where(tag_follow.c.account_id == account_id, tag_follow.c.tag.in_(wanted))
    )
    return {row.tag for row in rows}


@cache
def _page(bounds: paging.Shape) -> Select[Any]:
    statement = select(tag_follow.c.id, tag_follow.c.tag).where(
        tag_follow.c.account_id == bindparam("account_id")
    )
    return paging.paged(statement, tag_follow.c.id, bounds)


def page(unit: Unit, account_id: int, page: Page) -> list[tuple[int, str]]:
    """With the id by which pages are bounded."""
    rows = unit.all(_page(paging.shape(page)), {"account_id": account_id, **paging.parameters(page)})
    return [(row.id, row.tag) for row in paging.in_order(page, rows)]


@cache
def _fan_out(*, sqlite: bool) -> Executable:
    readers = (
        select(tag_follow.c.account_id, bindparam("b_post_id", type_=post.c.id.type))
        .where(tag_follow.c.tag.in_(bindparam("b_tags", expanding=True)))
        .where(
            ~exists(
                select(literal_column("1"))
                .select_from(home_entry)
                .where(
                    home_entry.c.account_id == tag_follow.c.account_id,
                    home_entry.c.post_id == bindparam("b_post_id", type_=post.c.id.type),
                )
                .correlate(tag_follow)
            )
        )
        .distinct()
    )
    insert = sqlite_insert if sqlite else postgresql_insert
    return insert(home_entry).from_select(["account_id", "post_id"], readers).on_conflict_do_nothing()


def fan_out(unit: Unit, arrived: Post) -> int:
    """Puts a public post into the homes of those who follow one of its tags; answers how many.

    Answers to others and boosts are left out, as they are for those who follow nobody in them.
    """
    answers = arrived.in_reply_to_uri is not None and arrived.in_reply_to_account_id != arrived.account_id
    if not arrived.tags or arrived.visibility is not Visibility.PUBLIC or arrived.boost_of_id or answers:
        return 0
    values = {"b_post_id": arrived.id, "b_tags": list(arrived.tags)}
    return unit.run(_fan_out(sqlite=unit.is_sqlite), values)
