"""Rows of tags that members show on their profiles, with how often they used them in the open."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, func, select

from server.domain.featured_tags import FeaturedTag
from server.domain.posts import Visibility
from server.store.session import Unit
from server.store.statement import insert_ignore
from server.store.tables.accounts import featured_tag
from server.store.tables.posts import post, post_tag

_OPEN = (Visibility.PUBLIC.value, Visibility.UNLISTED.value)
_USED = (
    select(
        func.count(post.c.id).label("uses"),
        func.max(post.c.published_at, type_=post.c.published_at.type).label("last_used_at"),
    )
    .select_from(post_tag)
    .join(post, post.c.id == post_tag.c.post_id)
    .where(
        post_tag.c.tag == bindparam("tag"),
        post.c.account_id == bindparam("account_id"),
        post.c.group_id.is_(None),
        post.c.visibility.in_(_OPEN),
    )
)
_MOST_USED = (
    select(post_tag.c.tag, func.count(post.c.id).label("uses"))
    .select_from(post)
    .join(post_tag, post_tag.c.post_id == post.c.id)
    .where(
        post.c.account_id == bindparam("account_id"),
        post.c.group_id.is_(None),
        post.c.visibility.in_(_OPEN),
        post_tag.c.tag.not_in(
            select(featured_tag.c.tag).where(featured_tag.c.account_id == bindparam("account_id"))
        ),
    )
    .group_by(post_tag.c.tag)
    .order_by(func.count(post.c.id).desc(), post_tag.c.tag)
    .limit(bindparam("most"))
)


def add(unit: Unit, account_id: int, tag: str) -> bool:
    return insert_ignore(unit, featured_tag, {"id": unit.new_id(), "account_id": account_id, "tag": tag})


def remove(unit: Unit, account_id: int, featured_id: int) -> bool:
    condition = (featured_tag.c.account_id == account_id, featured_tag.c.id == featured_id)
    return unit.run(delete(featured_tag).where(*condition)) == 1


def of_account(unit: Unit, account_id: int) -> list[FeaturedTag]:
    """Oldest first. Counted are posts that everybody may read."""
    rows = unit.all(
        select(featured_tag.c.id, featured_tag.c.tag)
        .where(featured_tag.c.account_id == account_id)
        .order_by(featured_tag.c.id)
    )
    return [_counted(unit, account_id, row) for row in rows]


def _counted(unit: Unit, account_id: int, row: Any) -> FeaturedTag:
    used = unit.first(_USED, {"account_id": account_id, "tag": row.tag})
    assert used is not None  # an aggregate has a row
    return FeaturedTag(row.id, account_id, row.tag, used.uses, used.last_used_at)


def most_used(unit: Unit, account_id: int, most: int) -> list[str]:
    """Tags of an account's open posts that its profile does not show yet."""
    return [row.tag for row in unit.all(_MOST_USED, {"account_id": account_id, "most": most})]
