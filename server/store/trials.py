"""Rows of the last test round with each partner, and what has come of its invented case."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from federation.types import Iri, Origin
from server.domain.trials import Trial
from server.store.session import Unit
from server.store.statement import upsert
from server.store.tables.accounts import account
from server.store.tables.instances import trial
from server.store.tables.ledger import purge_register
from server.store.tables.posts import post

_BEGUN = {"post_uri": None, "withdrawn_at": None, "ended_at": None, "passed": False}


def find(unit: Unit, domain: Origin) -> Trial | None:
    row = unit.first(select(trial).where(trial.c.domain == domain))
    return Trial(**row._asdict()) if row else None


def is_group(unit: Unit, group_id: int) -> bool:
    """Whether a group was made for such a round."""
    return unit.value(select(trial.c.domain).where(trial.c.group_id == group_id)) is not None


def begin(unit: Unit, values: dict[str, Any]) -> None:
    """The round before is forgotten. values: columns of `trial`."""
    upsert(unit, trial, {**_BEGUN, **values}, ["domain"])


def change(unit: Unit, domain: Origin, values: dict[str, Any]) -> None:
    unit.run(update(trial).where(trial.c.domain == domain).values(**values))


def case_of(unit: Unit, group_id: int, domain: Origin) -> Iri | None:
    """What an instance has posted first in the group, no answer, as long as it is here."""
    statement = (
        select(post.c.uri)
        .join(account, account.c.id == post.c.account_id)
        .where(post.c.group_id == group_id, account.c.domain == domain, post.c.in_reply_to_uri.is_(None))
        .order_by(post.c.id)
    )
    found = unit.value(statement.limit(1))
    return None if found is None else Iri(found)


def receipted(unit: Unit, group_uri: str) -> Iri | None:
    """What was taken back in a group elsewhere, as we signed it first."""
    statement = select(purge_register.c.object_uri).where(purge_register.c.group_uri == group_uri)
    found = unit.value(statement.order_by(purge_register.c.at).limit(1))
    return None if found is None else Iri(found)


def answered(unit: Unit, group_id: int, post_uri: str, domain: Origin | str) -> bool:
    """Whether somebody of an instance, "" for this one, has answered a post in the group."""
    statement = (
        select(post.c.id)
        .join(account, account.c.id == post.c.account_id)
        .where(post.c.group_id == group_id, post.c.in_reply_to_uri == post_uri, account.c.domain == domain)
    )
    return unit.value(statement.limit(1)) is not None
