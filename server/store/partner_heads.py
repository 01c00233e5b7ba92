"""Rows of where partners' chains ended, as they told it. Only ever added to: what came later changes no copy."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from federation.types import Origin
from server.domain.seals import Head, SealedLog
from server.store.session import Unit
from server.store.tables.audit import partner_head


def keep(unit: Unit, domain: Origin, heads: Sequence[Head]) -> None:
    """The first of a day stays."""
    insert = (sqlite_insert if unit.is_sqlite else postgresql_insert)(partner_head)
    values = [
        {
            "domain": domain,
            "log": head.log.value,
            "day": head.at.date().isoformat(),
            "sequence": head.sequence,
            "seal": head.seal,
            "at": head.at,
        }
        for head in heads
    ]
    if values:
        unit.run(insert.on_conflict_do_nothing(), values)


def of(unit: Unit, domain: Origin, limit: int, log: SealedLog | None = None) -> list[Head]:
    """Newest first. log: of this chain alone."""
    statement = select(partner_head).where(partner_head.c.domain == domain)
    if log is not None:
        statement = statement.where(partner_head.c.log == log.value)
    found = unit.all(statement.order_by(partner_head.c.day.desc(), partner_head.c.log).limit(limit))
    return [Head(SealedLog(row.log), row.sequence, row.seal, row.at) for row in found]
