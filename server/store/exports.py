"""Rows of one account, as plain values for its owner to take along."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Select, Table, select

from server.store.session import Unit
from server.store.tables.accounts import account, block, follow, mute
from server.store.tables.posts import post


def posts(unit: Unit, account_id: int) -> list[dict[str, Any]]:
    """Oldest first, boosts left out."""
    statement = (
        select(
            post.c.uri, post.c.visibility, post.c.summary, post.c.content, post.c.source, post.c.published_at
        )
        .where(post.c.account_id == account_id, post.c.boost_of_id.is_(None))
        .order_by(post.c.id)
    )
    return [
        {**row._asdict(), "published_at": row.published_at.isoformat() if row.published_at else None}
        for row in unit.all(statement)
    ]


def following(unit: Unit, account_id: int) -> list[str]:
    return _uris(
        unit, follow, follow.c.target_id, (follow.c.account_id == account_id) & (follow.c.state == "accepted")
    )


def followers(unit: Unit, account_id: int) -> list[str]:
    return _uris(
        unit, follow, follow.c.account_id, (follow.c.target_id == account_id) & (follow.c.state == "accepted")
    )


def blocks(unit: Unit, account_id: int) -> list[str]:
    return _uris(unit, block, block.c.target_id, block.c.account_id == account_id)


def mutes(unit: Unit, account_id: int) -> list[str]:
    return _uris(unit, mute, mute.c.target_id, mute.c.account_id == account_id)


def _uris(unit: Unit, table: Table, other: Column[Any], condition: Any) -> list[str]:
    statement: Select[Any] = (
        select(account.c.uri)
        .select_from(table)
        .join(account, account.c.id == other)
        .where(condition)
        .order_by(table.c.id)
    )
    return [str(row.uri) for row in unit.all(statement)]
