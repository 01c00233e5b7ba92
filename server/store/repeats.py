"""What must not happen twice: idempotency keys of apps, and tombstones of what was deleted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, delete, select, update

from federation.types import Iri
from server.domain.posts import Tombstone
from server.store.session import Unit
from server.store.statement import insert_ignore, upsert
from server.store.tables.posts import idempotency, tombstone

EARLIER = "#earlier"
"""Behind the id of a post: what was said of its earlier versions."""
KEY_LIVES = timedelta(hours=1)
"""How long an idempotency key gives the first post again."""


def claim_key(unit: Unit, account_id: int, key: str, post_id: int) -> int | None:
    """Ties an idempotency key to a post about to be made; answers the post it was tied to before, within its time."""
    values = {"account_id": account_id, "key": key, "post_id": post_id, "created_at": unit.now}
    if insert_ignore(unit, idempotency, values):
        return None
    row = unit.first(
        select(idempotency.c.post_id, idempotency.c.created_at).where(
            idempotency.c.account_id == account_id, idempotency.c.key == key
        )
    )
    if row is not None and row.created_at > unit.now - KEY_LIVES:
        return int(row.post_id)
    rekey(unit, account_id, key, post_id)
    return None


def rekey(unit: Unit, account_id: int, key: str, post_id: int) -> None:
    """Ties a key that has served its time to a new post."""
    unit.run(
        update(idempotency)
        .where(idempotency.c.account_id == account_id, idempotency.c.key == key)
        .values(post_id=post_id, created_at=unit.now)
    )


def forget_keys(unit: Unit) -> int:
    return unit.run(delete(idempotency).where(idempotency.c.created_at < unit.now - KEY_LIVES))


_TOMBSTONE = select(tombstone).where(tombstone.c.uri == bindparam("uri"))


def find_tombstone(unit: Unit, uri: str) -> Tombstone | None:
    row = unit.first(_TOMBSTONE, {"uri": uri})
    return None if row is None else _tombstone_of(row)


def is_buried_by(unit: Unit, uri: str, account_uri: str) -> bool:
    found = find_tombstone(unit, uri)
    return found is not None and found.owner == account_uri


def _tombstone_of(row: Row[Any]) -> Tombstone:
    return Tombstone(Iri(row.uri), Iri(row.account_uri), row.deleted_at, bool(row.kept))


def bury(unit: Unit, uri: str, account_uri: str, *, kept: bool = False) -> None:
    """Marks an id as deleted by its owner, so that a late copy does not bring it back. kept: for ever, as of groups."""
    values = {"uri": uri, "deleted_at": unit.now, "account_uri": account_uri}
    upsert(unit, tombstone, {**values, "kept": True} if kept else values, ["uri"])
    unit.buried.append(Tombstone(Iri(uri), Iri(account_uri), unit.now, kept))


def bury_unknown(unit: Unit, uri: str, account_uri: str, *, kept: bool = False) -> None:
    """What is not here, by who says that it is theirs. Only the object's own origin takes the place of what another said."""
    found, said = find_tombstone(unit, uri), Tombstone(Iri(uri), Iri(account_uri), unit.now, kept)
    if found is None or (said.certain and not found.certain):
        bury(unit, uri, account_uri, kept=kept)


def bury_earlier(
    unit: Unit, post_uri: str, named: str, account_uri: str, before: datetime, *, known: bool
) -> bool:
    """Marks the versions of a post from before a moment as gone for ever. False where that was said already.

    Its tombstone bears that moment; `named` is what the purge register calls them. known: the post is here, and who says it may.
    """
    found = find_tombstone(unit, f"{post_uri}{EARLIER}")
    if found is not None and found.owner != account_uri and not known:
        return False
    if found is not None and found.deleted_at >= before and found.owner == account_uri:
        return False
    values = {"uri": f"{post_uri}{EARLIER}", "deleted_at": before, "account_uri": account_uri, "kept": True}
    upsert(unit, tombstone, values, ["uri"])
    unit.buried.append(Tombstone(Iri(named), Iri(account_uri), unit.now, kept=True))
    return True


def unbury(unit: Unit, uri: str, account_uri: str) -> bool:
    """What one who had it taken away takes back. False where that was not theirs."""
    found = delete(tombstone).where(tombstone.c.uri == uri, tombstone.c.account_uri == account_uri)
    return unit.run(found) == 1


def tombstones_since(unit: Unit, moment: datetime) -> list[Tombstone]:
    """Of whole posts, oldest first."""
    whole = ~tombstone.c.uri.endswith(EARLIER, autoescape=True)
    statement = select(tombstone).where(tombstone.c.deleted_at >= moment, whole)
    return [
        _tombstone_of(row) for row in unit.all(statement.order_by(tombstone.c.deleted_at, tombstone.c.uri))
    ]


def forget_tombstones(unit: Unit, older_than: datetime, own_base: str) -> int:
    """Drops the tombstones of other instances' objects that need not be kept."""
    return unit.run(
        delete(tombstone).where(
            ~tombstone.c.kept,
            tombstone.c.deleted_at < older_than,
            ~tombstone.c.uri.startswith(f"{own_base}/", autoescape=True),
        )
    )
