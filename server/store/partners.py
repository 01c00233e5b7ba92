"""Rows of partners: the papers, the pinned key and the last probe of each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from federation.types import Origin
from server.domain.trust import Partner, ProbeLine
from server.store.session import Unit
from server.store.tables.instances import instance, partner

_BY_DOMAIN = select(partner).where(partner.c.domain == bindparam("domain"))
_BY_DOMAINS = select(partner).where(partner.c.domain.in_(bindparam("domains", expanding=True)))


def record(row: Row[Any]) -> Partner:
    values = row._asdict()
    for name in ("labels", "versions", "classes"):
        values[name] = tuple(values[name])
    values["probe"] = tuple(ProbeLine(*line) for line in values["probe"])
    return Partner(**values)


def find(unit: Unit, domain: Origin) -> Partner | None:
    row = unit.first(_BY_DOMAIN, {"domain": domain})
    return record(row) if row else None


def find_many(unit: Unit, domains: Iterable[Origin]) -> dict[Origin, Partner]:
    """Those among the origins that have papers here."""
    wanted = sorted(set(domains))
    if not wanted:
        return {}
    return {Origin(row.domain): record(row) for row in unit.all(_BY_DOMAINS, {"domains": wanted})}


def all_known(unit: Unit) -> list[Partner]:
    return [record(row) for row in unit.all(select(partner).order_by(partner.c.domain))]


def put(unit: Unit, values: dict[str, Any]) -> None:
    """values: columns of `partner`; those that are not named keep what they hold."""
    if find(unit, values["domain"]) is not None:
        change(unit, values["domain"], values)
    else:
        unit.run(partner.insert(), {"labels": [], "probe": [], "created_at": unit.now, **values})


def change(unit: Unit, domain: Origin, values: dict[str, Any]) -> None:
    unit.run(update(partner).where(partner.c.domain == domain).values(**values))


def ending(unit: Unit, before: datetime) -> list[Partner]:
    """Those that are paired and whose agreement ends before a moment or has ended, the first to end first."""
    statement = (
        select(partner)
        .where(partner.c.confirmed_at.is_not(None), partner.c.agreement_until <= before)
        .order_by(partner.c.agreement_until, partner.c.domain)
    )
    return [record(row) for row in unit.all(statement)]


def due(unit: Unit, limit: int) -> list[Origin]:
    """Connected instances whose probe is due, the longest overdue first."""
    statement = (
        select(partner.c.domain)
        .join(instance, instance.c.domain == partner.c.domain)
        .where(partner.c.next_probe_at <= unit.now, instance.c.trust == "allowed")
        .order_by(partner.c.next_probe_at)
        .limit(limit)
    )
    return [Origin(row.domain) for row in unit.all(statement)]
