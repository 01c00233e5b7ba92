"""Rows of inventories: what is held here of an instance's groups, and who is still to say, after a restore, what they hold of ours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update

from federation.types import Iri, Origin
from server.core.ids import first_id_at
from server.domain.boundary import GroupAccess
from server.store.session import Unit
from server.store.statement import insert_all_ignore
from server.store.tables.accounts import account
from server.store.tables.groups import group
from server.store.tables.ledger import inventory
from server.store.tables.posts import post


@dataclass(frozen=True, slots=True)
class Held:
    """A post of elsewhere in a members-only group of elsewhere. row: orders them."""

    row: int
    object_uri: Iri
    group_uri: Iri
    author_uri: Iri
    digest: str


def held(unit: Unit, home: Origin, since: datetime, after: int, limit: int) -> list[Held]:
    """In groups of one instance: what came or was edited from a moment on; in the order in which it came."""
    author, place = account.alias("author"), account.alias("place")
    statement = (
        select(post.c.id, post.c.uri, post.c.digest, author.c.uri.label("author"), place.c.uri.label("place"))
        .join(place, place.c.id == post.c.group_id)
        .join(group, group.c.account_id == place.c.id)
        .join(author, author.c.id == post.c.account_id)
        .where(
            place.c.domain == home,
            group.c.access != GroupAccess.OPEN.value,
            author.c.domain != "",
            post.c.id > after,
            or_(post.c.id >= first_id_at(since), post.c.edited_at >= since),
        )
        .order_by(post.c.id)
        .limit(limit)
    )
    return [
        Held(row.id, Iri(row.uri), Iri(row.place), Iri(row.author), row.digest or "")
        for row in unit.all(statement)
    ]


def expect(unit: Unit, urls: Iterable[tuple[Origin, Iri]]) -> None:
    """From which instances one is wanted, and where it begins."""
    values = [{"host": host, "url": url, "due_at": unit.now} for host, url in urls]
    unit.run(delete(inventory))
    if values:
        insert_all_ignore(unit, inventory, values)


def due(unit: Unit, limit: int) -> list[tuple[Origin, Iri]]:
    statement = select(inventory).where(inventory.c.due_at <= unit.now).order_by(inventory.c.due_at)
    return [(Origin(row.host), Iri(row.url)) for row in unit.all(statement.limit(limit))]


def expected(unit: Unit) -> list[Origin]:
    return [Origin(row.host) for row in unit.all(select(inventory.c.host).order_by(inventory.c.host))]


def is_expected(unit: Unit, host: Origin, url: str) -> bool:
    found = select(func.count()).where(inventory.c.host == host, inventory.c.url == url)
    return bool(unit.value(found))


def turn(unit: Unit, host: Origin, url: Iri) -> None:
    """The next page is wanted."""
    unit.run(update(inventory).where(inventory.c.host == host).values(url=url, due_at=unit.now))


def later(unit: Unit, host: Origin, at: datetime) -> None:
    unit.run(update(inventory).where(inventory.c.host == host).values(due_at=at))


def read(unit: Unit, host: Origin) -> None:
    """Nothing more is wanted of it."""
    unit.run(delete(inventory).where(inventory.c.host == host))
