"""Rows of the last test round with each partner, and what has come of its invented case."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from federation.types import Origin
from server.domain.trials import Trial
from server.store.session import Unit
from server.store.statement import upsert
from server.store.tables.accounts import account
from server.store.tables.instances import trial
from server.store.tables.posts import post

_BEGUN = {"post_uri": None, "withdrawn_at": None, "ended_at": None, "passed": False}


def find(unit: Unit, domain: Origin) -> Trial | None:
    row = unit.first(select(trial).where(trial.c.domain == domain))
    return Trial(**row._asdict()) if row else None


def begin(unit: Unit, values: dict[str, Any]) -> None:
    """The round before is forgotten. values: columns of `trial`."""
    upsert(unit, trial, {**_BEGUN, **values}, ["domain"])


def change(unit: Unit, domain: Origin, values: dict[str, Any]) -> None:
    unit.run(update(trial).where(trial.c.domain == domain).values(**values))


def answered(unit: Unit, group_id: int, post_uri: str, domain: Origin) -> bool:
    """Whether somebody of an instance has answered a post in the group."""
    statement = (
        select(post.c.id)
        .join(account, account.c.id == post.c.account_id)
        .where(post.c.group_id == group_id, post.c.in_reply_to_uri == post_uri, account.c.domain == domain)
    )
    return unit.value(statement.limit(1)) is not None
