"""Rows of the ledger: which instance may have which object, since when. They outlive the object."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, literal, literal_column, or_, select

from federation.types import Iri, Origin
from server.domain.ledger import LedgerEntry, Via
from server.store.session import Unit
from server.store.statement import insert_all_ignore
from server.store.tables.ledger import ledger, purge


def record(row: Row[Any]) -> LedgerEntry:
    values = row._asdict()
    values["via"] = Via(values["via"])
    values["host"] = Origin(values["host"])
    values["object_uri"] = Iri(values["object_uri"])
    return LedgerEntry(**values)


def add(unit: Unit, values: list[dict[str, Any]]) -> None:
    """values: columns of `ledger` but id and since. What is there already stays: a host had it from then on."""
    rows = [{"id": unit.new_id(), "since": unit.now, **each} for each in values]
    if rows:
        insert_all_ignore(unit, ledger, rows)


def of_object(unit: Unit, object_uri: str) -> list[LedgerEntry]:
    """By host."""
    statement = select(ledger).where(ledger.c.object_uri == object_uri).order_by(ledger.c.host)
    return [record(row) for row in unit.all(statement)]


def hosts_of(unit: Unit, object_uri: str) -> list[Origin]:
    statement = select(ledger.c.host).where(ledger.c.object_uri == object_uri).order_by(ledger.c.host)
    return [Origin(row.host) for row in unit.all(statement)]


def holders(unit: Unit, object_uris: Iterable[str], host: Origin) -> set[str]:
    """Those of the objects that a host may have."""
    wanted = sorted(set(object_uris))
    if not wanted:
        return set()
    statement = select(ledger.c.object_uri).where(ledger.c.object_uri.in_(wanted), ledger.c.host == host)
    return {row.object_uri for row in unit.all(statement)}


def of_host(unit: Unit, host: Origin, after: int = 0, limit: int = 500) -> list[LedgerEntry]:
    """Everything that a host may have, in the order in which it left."""
    statement = (
        select(ledger).where(ledger.c.host == host, ledger.c.id > after).order_by(ledger.c.id).limit(limit)
    )
    return [record(row) for row in unit.all(statement)]


_ASKED = (
    select(literal_column("1"))
    .select_from(purge)
    .where(purge.c.object_uri == ledger.c.object_uri, purge.c.host == ledger.c.host)
    .exists()
)


def not_asked_back(*hosts: Origin) -> Select[Any]:
    """What hosts may have and were never asked to remove, in the order in which it left. What was written there is not ours to take."""
    own = []
    for scheme in ("https://", "http://"):
        beginning: ColumnElement[str] = literal(scheme) + ledger.c.host + literal("/")
        own.append(func.substr(ledger.c.object_uri, 1, func.length(beginning)) == beginning)
    return select(ledger).where(ledger.c.host.in_(hosts), ~or_(*own), ~_ASKED).order_by(ledger.c.id)


def still_given(unit: Unit, host: Origin, limit: int) -> list[LedgerEntry]:
    """The oldest of what a host may have and was never asked to remove."""
    return [record(row) for row in unit.all(not_asked_back(host).limit(limit))]


def not_asked(unit: Unit, group_id: int, host: Origin, limit: int) -> list[LedgerEntry]:
    """The same of one group."""
    of_group = not_asked_back(host).where(ledger.c.group_id == group_id)
    return [record(row) for row in unit.all(of_group.limit(limit))]


def of_group_at(unit: Unit, group_id: int, host: Origin) -> list[LedgerEntry]:
    """What a host may have of one group."""
    statement = select(ledger).where(ledger.c.group_id == group_id, ledger.c.host == host)
    return [record(row) for row in unit.all(statement.order_by(ledger.c.id))]


def groups_and_hosts(unit: Unit) -> list[tuple[int, Origin]]:
    """Which hosts may have something of which group that they were never asked to remove."""
    statement = select(ledger.c.group_id, ledger.c.host).where(ledger.c.group_id.is_not(None), ~_ASKED)
    ordered = statement.distinct().order_by(ledger.c.group_id, ledger.c.host)
    return [(row.group_id, Origin(row.host)) for row in unit.all(ordered)]


def of_author(unit: Unit, author_id: int, limit: int) -> list[LedgerEntry]:
    """What a member here wrote and others may have, newest first."""
    statement = select(ledger).where(ledger.c.author_id == author_id).order_by(ledger.c.id.desc())
    return [record(row) for row in unit.all(statement.limit(limit))]


def of_post(unit: Unit, post_id: int) -> list[LedgerEntry]:
    """By host; also when the post is gone."""
    statement = select(ledger).where(ledger.c.post_id == post_id).order_by(ledger.c.host)
    return [record(row) for row in unit.all(statement)]
