"""Rows that a search names: tags of visible posts, posts and accounts by their address, followed accounts."""

from __future__ import annotations

from sqlalchemy import func, or_, select

from server.domain.accounts import Account
from server.domain.viewers import Viewer
from server.store.accounts import record
from server.store.session import Unit
from server.store.tables.accounts import account, follow
from server.store.tables.groups import group
from server.store.tables.posts import post, post_tag
from server.store.visibility import parameters, visible

ESCAPE = "\\"


def tags(unit: Unit, viewer: Viewer, prefix: str, limit: int, offset: int) -> list[str]:
    """Tags that begin with the folded prefix and that a post visible to the viewer carries."""
    statement = (
        select(post_tag.c.tag)
        .join(post, post.c.id == post_tag.c.post_id)
        .join(account, account.c.id == post.c.account_id)
        .where(
            post_tag.c.tag.like(f"{escaped(prefix)}%", escape=ESCAPE),
            visible(viewer, unit.context.settings),
        )
        .group_by(post_tag.c.tag)
        .order_by(func.length(post_tag.c.tag), post_tag.c.tag)
        .limit(limit)
        .offset(offset)
    )
    return [row.tag for row in unit.all(statement, parameters(viewer))]


def post_ids_by_address(unit: Unit, address: str) -> list[int]:
    """Ids of posts with this id on the wire or this page; the caller asks whether they are visible."""
    statement = (
        select(post.c.id)
        .where(or_(post.c.uri == address, post.c.url == address))
        .order_by(post.c.id)
        .limit(5)
    )
    return [row.id for row in unit.all(statement)]


def groups_of(unit: Unit, specialties: list[str], limit: int) -> list[Account]:
    """Groups of one of these specialties, those here first. The caller asks who may know of them."""
    if not specialties:
        return []
    statement = (
        select(account)
        .join(group, group.c.account_id == account.c.id)
        .where(
            group.c.specialty.in_(specialties),
            group.c.dissolved_at.is_(None),
            account.c.suspended_at.is_(None),
            account.c.deleted_at.is_(None),
        )
        .order_by(account.c.domain != "", account.c.id)
        .limit(limit)
    )
    return [record(row) for row in unit.all(statement)]


def find_account_by_url(unit: Unit, url: str) -> Account | None:
    """An account by its page, or by its id on the wire."""
    row = unit.first(select(account).where(or_(account.c.uri == url, account.c.url == url)).limit(1))
    return record(row) if row else None


def followed_among(unit: Unit, follower_id: int, ids: list[int]) -> set[int]:
    """Which of these accounts one follows."""
    statement = select(follow.c.target_id).where(
        follow.c.account_id == follower_id, follow.c.target_id.in_(ids), follow.c.state == "accepted"
    )
    return {row.target_id for row in unit.all(statement)}


def escaped(text: str) -> str:
    """Text that LIKE takes for itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
