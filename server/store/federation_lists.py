"""Rows of the federation lists that are followed, and of every version of them that was believed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, delete, select, update

from federation.types import Origin
from server.domain.federation_lists import Effect, FederationList, Followed, Listed, Received, Version
from server.store.session import Unit
from server.store.tables.instances import federation_list, federation_list_version


def record(row: Row[Any]) -> Followed:
    values = row._asdict()
    values["signers"] = tuple(values["signers"])
    values["entries"] = tuple(Listed(Origin(one[0]), one[1], one[2]) for one in values["entries"])
    values["signed_by"] = tuple(values["signed_by"])
    values["declined"] = tuple((Origin(domain), Effect(effect)) for domain, effect in values["declined"])
    values["came"] = Received(values["came"]) if values["came"] else None
    values["applied"] = tuple(map(Origin, values["applied"]))
    del values["created_at"]
    return Followed(**values)


def all_followed(unit: Unit) -> list[Followed]:
    return [record(row) for row in unit.all(select(federation_list).order_by(federation_list.c.url))]


def find(unit: Unit, url: str) -> Followed | None:
    row = unit.first(select(federation_list).where(federation_list.c.url == url))
    return record(row) if row else None


def put(unit: Unit, given: FederationList, values: dict[str, Any]) -> None:
    """A version that is believed: the list as it stands, and one more of its history."""
    columns = {
        "name": given.name,
        "version": given.version,
        "digest": given.digest,
        "signers": list(given.signers),
        "threshold": given.threshold,
        "signed_by": [key for key in given.signers if key in given.signed_by],
        "entries": [[one.domain, one.controller, one.fingerprint] for one in given.entries],
        "expires": given.expires,
        "reminded_days": None,
        **values,
    }
    if find(unit, given.url) is None:
        unit.run(
            federation_list.insert(),
            {"url": given.url, "applied": [], "declined": [], "created_at": unit.now, **columns},
        )
    else:
        change(unit, given.url, columns)
    unit.run(
        federation_list_version.insert(),
        {"url": given.url, "version": given.version, "document": given.raw, "received_at": unit.now},
    )


def versions(unit: Unit, url: str, limit: int) -> list[Version]:
    """Newest first."""
    table = federation_list_version.c
    statement = (
        select(table.version, table.received_at)
        .where(table.url == url)
        .order_by(table.version.desc())
        .limit(limit)
    )
    return [Version(row.version, row.received_at) for row in unit.all(statement)]


def change(unit: Unit, url: str, values: dict[str, Any]) -> None:
    unit.run(update(federation_list).where(federation_list.c.url == url).values(**values))


def remove(unit: Unit, url: str) -> None:
    unit.run(delete(federation_list_version).where(federation_list_version.c.url == url))
    unit.run(delete(federation_list).where(federation_list.c.url == url))


def due(unit: Unit, limit: int) -> list[Followed]:
    statement = (
        select(federation_list)
        .where(federation_list.c.next_fetch_at <= unit.now, federation_list.c.forked_at.is_(None))
        .order_by(federation_list.c.next_fetch_at)
        .limit(limit)
    )
    return [record(row) for row in unit.all(statement)]
