"""Rows of members here who moderate open groups elsewhere, and of what they asked of those."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select

from federation.types import Iri
from server.domain.moderation import Asked, Lists, Verb
from server.store.session import Unit
from server.store.statement import upsert
from server.store.tables.groups import moderation_asked, moderator_elsewhere


def find(unit: Unit, group_id: int, account_id: int) -> Lists | None:
    """None for whoever does not moderate it."""
    table = moderator_elsewhere.c
    row = unit.first(
        select(table.moderators_uri, table.featured_uri).where(
            table.group_id == group_id, table.account_id == account_id
        )
    )
    return None if row is None else Lists(Iri(row.moderators_uri), Iri(row.featured_uri))


def of_group(unit: Unit, group_id: int) -> set[int]:
    table = moderator_elsewhere.c
    return {row.account_id for row in unit.all(select(table.account_id).where(table.group_id == group_id))}


def name(unit: Unit, group_id: int, account_id: int, lists: Lists) -> None:
    values = {
        "group_id": group_id,
        "account_id": account_id,
        "moderators_uri": lists.moderators,
        "featured_uri": lists.featured,
    }
    upsert(unit, moderator_elsewhere, values, ["group_id", "account_id"])


def relieve(unit: Unit, group_id: int, account_ids: Iterable[int]) -> None:
    table = moderator_elsewhere.c
    unit.run(
        delete(moderator_elsewhere).where(
            table.group_id == group_id, table.account_id.in_(sorted(set(account_ids)))
        )
    )


# -- what was asked --------------------------------------------------------------------------------------


def ask(unit: Unit, group_id: int, account_id: int, verb: Verb, uri: str) -> None:
    unit.run(
        moderation_asked.insert().values(
            id=unit.new_id(),
            group_id=group_id,
            account_id=account_id,
            verb=verb.value,
            uri=uri,
            asked_at=unit.now,
        )
    )


def answered(unit: Unit, group_id: int, verbs: Iterable[Verb], uri: str) -> None:
    table = moderation_asked.c
    unit.run(
        delete(moderation_asked).where(
            table.group_id == group_id,
            table.uri == uri,
            table.verb.in_(sorted(one.value for one in verbs)),
        )
    )


def asked(unit: Unit, group_id: int) -> list[Asked]:
    """Oldest first."""
    statement = select(moderation_asked).where(moderation_asked.c.group_id == group_id)
    return [
        Asked(Verb(row.verb), Iri(row.uri), row.account_id, row.asked_at)
        for row in unit.all(statement.order_by(moderation_asked.c.id))
    ]


def forget(unit: Unit, before: datetime) -> int:
    return unit.run(delete(moderation_asked).where(moderation_asked.c.asked_at < before))
