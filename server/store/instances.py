"""Rows of other instances, their knocks, and the circuit breaker of deliveries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, case, func, select, true, update

from federation.types import Origin
from server.domain.trust import Instance, Knock, Stranger, Trust
from server.store.session import Unit
from server.store.statement import insert_ignore
from server.store.tables.instances import instance, knock

_BY_DOMAIN = select(instance).where(instance.c.domain == bindparam("domain"))
_BY_DOMAINS = select(instance).where(instance.c.domain.in_(bindparam("domains", expanding=True)))
KNOCK_LIMIT = 1000
"""Rows of one day; beyond it knocks are only counted in the metrics."""


def record(row: Row[Any]) -> Instance:
    values = row._asdict()
    values["trust"] = Trust(values["trust"])
    values["resume_trust"] = Trust(values["resume_trust"]) if values["resume_trust"] else None
    return Instance(**values)


def find(unit: Unit, domain: Origin) -> Instance | None:
    row = unit.first(_BY_DOMAIN, {"domain": domain})
    return record(row) if row else None


def all_known(unit: Unit) -> list[Instance]:
    return [record(row) for row in unit.all(select(instance).order_by(instance.c.domain))]


def trusts(unit: Unit) -> dict[Origin, Trust]:
    """The whole trust table, small enough to keep in memory."""
    return {
        Origin(row.domain): Trust(row.trust) for row in unit.all(select(instance.c.domain, instance.c.trust))
    }


def set_trust(unit: Unit, domain: Origin, values: dict[str, Any]) -> None:
    """Adds the instance or changes it. values: trust, reason and other columns."""
    new = {"id": unit.new_id(), "domain": domain, "created_at": unit.now, "changed_at": unit.now, **values}
    if not insert_ignore(unit, instance, new):
        unit.run(update(instance).where(instance.c.domain == domain).values(**values, changed_at=unit.now))


def change(unit: Unit, domain: Origin, values: dict[str, Any]) -> None:
    unit.run(update(instance).where(instance.c.domain == domain).values(**values))


def seen(unit: Unit, domain: Origin, *, verifies_rfc9421: bool) -> None:
    """A signed request came from there: its breaker closes, and what it signs with is remembered.

    A rest that it asked for itself lasts: it is alive, and not ready.
    """
    values: dict[str, Any] = {
        "last_seen_at": unit.now,
        "failing_since": None,
        "failures": 0,
        "next_probe_at": case((instance.c.failing_since.is_(None), instance.c.next_probe_at)),
    }
    if verifies_rfc9421:
        values["verifies_rfc9421"] = True
    unit.run(update(instance).where(instance.c.domain == domain).values(**values))


def record_breaker(
    unit: Unit, domain: Origin, failing_since: datetime | None, failures: int, next_probe_at: datetime | None
) -> None:
    unit.run(
        update(instance)
        .where(instance.c.domain == domain)
        .values(failing_since=failing_since, failures=failures, next_probe_at=next_probe_at)
    )


def add_knock(unit: Unit, domain: Origin) -> bool:
    """Counts a knock. True when it is the first of the day from there."""
    day = unit.now.date().isoformat()
    touched = unit.run(
        update(knock)
        .where(knock.c.domain == domain, knock.c.day == day)
        .values(count=knock.c.count + 1, last_at=unit.now)
    )
    if touched:
        return False
    known = len(unit.all(select(knock.c.domain).where(knock.c.day == day).limit(KNOCK_LIMIT)))
    if known >= KNOCK_LIMIT:
        return False
    return insert_ignore(
        unit, knock, {"domain": domain, "day": day, "count": 1, "first_at": unit.now, "last_at": unit.now}
    )


def knocks(unit: Unit, limit: int = 100) -> list[Knock]:
    """Newest first."""
    return [
        Knock(**row._asdict())
        for row in unit.all(select(knock).order_by(knock.c.last_at.desc()).limit(limit))
    ]


def knocks_of(unit: Unit, domain: Origin, limit: int) -> list[Knock]:
    """Of one origin, newest first."""
    statement = select(knock).where(knock.c.domain == domain).order_by(knock.c.last_at.desc()).limit(limit)
    return [Knock(**row._asdict()) for row in unit.all(statement)]


def strangers(unit: Unit, limit: int, domain: Origin | None = None) -> list[Stranger]:
    """The last to knock first. domain: only this one."""
    decided = select(instance.c.domain).where(instance.c.trust != Trust.UNKNOWN.value)
    last = func.max(knock.c.last_at).label("last_at")
    statement = (
        select(
            knock.c.domain,
            func.sum(knock.c.count).label("total"),
            func.min(knock.c.first_at).label("first_at"),
            last,
        )
        .where(knock.c.domain.not_in(decided), knock.c.domain == domain if domain else true())
        .group_by(knock.c.domain)
        .order_by(last.desc(), knock.c.domain)
        .limit(limit)
    )
    return [
        Stranger(Origin(row.domain), int(row.total), row.first_at, row.last_at) for row in unit.all(statement)
    ]


def find_many(unit: Unit, domains: Iterable[Origin]) -> dict[Origin, Instance | None]:
    """The rows of many origins; None for those that have none."""
    found: dict[Origin, Instance | None] = dict.fromkeys(domains)
    if found:
        for row in unit.all(_BY_DOMAINS, {"domains": list(found)}):
            found[Origin(row.domain)] = record(row)
    return found
