"""Rows of the sealed logs in the order of their seals, and the heads of the chains."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, Table, bindparam, delete, exists, func, or_, select

from server.domain.ledger import IncidentState
from server.domain.seals import Head, SealedLog, Waiting
from server.store.session import Unit
from server.store.statement import upsert
from server.store.tables.audit import audit, decided, decision, ruling, seal, seal_start
from server.store.tables.ledger import incident, legal_hold

_TABLES: dict[SealedLog, Table] = {SealedLog.AUDIT: audit, SealedLog.DECISIONS: decision}
_ROWS: dict[SealedLog, Select[Any]] = {SealedLog.AUDIT: select(audit), SealedLog.DECISIONS: decided}
_APART = frozenset({"sequence", "seal"})


def content(row: Row[Any]) -> dict[str, Any]:
    """What a seal covers: the whole row but the seal itself."""
    return {name: value for name, value in row._asdict().items() if name not in _APART}


def unsealed(unit: Unit, log: SealedLog, limit: int) -> Sequence[Row[Any]]:
    """In the order in which they are to be sealed."""
    table = _TABLES[log]
    return unit.all(_ROWS[log].where(table.c.sequence.is_(None)).order_by(table.c.id).limit(limit))


def waiting(unit: Unit, log: SealedLog) -> Waiting:
    table = _TABLES[log]
    row = unit.first(
        select(func.count().label("number"), func.min(table.c.at).label("oldest")).where(
            table.c.sequence.is_(None)
        )
    )
    return Waiting(row.number, row.oldest) if row else Waiting(0, None)


def put(unit: Unit, log: SealedLog, seals: list[tuple[int, int, bytes]]) -> None:
    """seals: row id, sequence, seal."""
    table = _TABLES[log]
    statement = (
        table.update()
        .where(table.c.id == bindparam("row_id"))
        .values(sequence=bindparam("number"), seal=bindparam("sealed"))
    )
    unit.run(statement, [{"row_id": row, "number": number, "sealed": value} for row, number, value in seals])


def sealed(unit: Unit, log: SealedLog, after: int, limit: int) -> Sequence[Row[Any]]:
    """Rows after a sequence, in order."""
    table = _TABLES[log]
    statement = _ROWS[log].where(table.c.sequence > after).order_by(table.c.sequence).limit(limit)
    return unit.all(statement)


def last_sequence(unit: Unit, log: SealedLog) -> int:
    """The highest that a row holds; 0 where none does."""
    return int(unit.value(select(func.max(_TABLES[log].c.sequence))) or 0)


def at_sequence(unit: Unit, log: SealedLog, sequence: int) -> bytes | None:
    """The seal of one row; None where no row has this sequence."""
    table = _TABLES[log]
    value: bytes | None = unit.value(select(table.c.seal).where(table.c.sequence == sequence))
    return value


def between(
    unit: Unit, log: SealedLog, since: datetime, until: datetime, after_id: int, limit: int
) -> Sequence[Row[Any]]:
    """Rows written in [since, until), by id; for exports page by page."""
    table = _TABLES[log]
    statement = (
        _ROWS[log]
        .where(table.c.id > after_id, table.c.at >= since, table.c.at < until)
        .order_by(table.c.id)
        .limit(limit)
    )
    return unit.all(statement)


def head(unit: Unit, log: SealedLog, *, to_change: bool = False) -> tuple[Head, bytes] | None:
    """The head and its code. to_change: others who would change it wait."""
    return _kept(unit, seal, log, to_change=to_change)


def keep_head(unit: Unit, kept: Head, code: bytes) -> None:
    _keep(unit, seal, kept, code)


def start(unit: Unit, log: SealedLog) -> tuple[Head, bytes] | None:
    """The last row that was let go, and its code; None where the chain stands from its first row on."""
    return _kept(unit, seal_start, log)


def keep_start(unit: Unit, kept: Head, code: bytes) -> None:
    _keep(unit, seal_start, kept, code)


def _kept(unit: Unit, table: Table, log: SealedLog, *, to_change: bool = False) -> tuple[Head, bytes] | None:
    statement = select(table).where(table.c.log == log.value)
    row = unit.first(statement.with_for_update() if to_change else statement)
    return (Head(log, row.sequence, row.seal, row.at), row.code) if row else None


def _keep(unit: Unit, table: Table, kept: Head, code: bytes) -> None:
    values = {
        "log": kept.log.value,
        "sequence": kept.sequence,
        "seal": kept.seal,
        "at": kept.at,
        "code": code,
    }
    upsert(unit, table, values, ["log"])


# -- what may go -----------------------------------------------------------------------------------------


def stays_from(unit: Unit, log: SealedLog, after: int, before: datetime) -> int | None:
    """The first sealed row after a sequence that must stay: young, or about what is under an incident or a lawful hold.

    None where none must. It looks no further than that row.
    """
    table = _TABLES[log]
    about = table.c.target if log is SealedLog.AUDIT else table.c.subject
    must = or_(
        table.c.at >= before,
        about.in_(select(incident.c.object_uri).where(incident.c.state == IncidentState.OPEN.value)),
        about.in_(select(legal_hold.c.object_uri)),
    )
    statement = select(table.c.sequence).where(table.c.sequence > after, must)
    value: int | None = unit.value(statement.order_by(table.c.sequence).limit(1))
    return value


def oldest(unit: Unit, log: SealedLog, after: int) -> datetime | None:
    """When the first sealed row after a sequence was written."""
    table = _TABLES[log]
    statement = select(table.c.at).where(table.c.sequence > after).order_by(table.c.sequence)
    value: datetime | None = unit.value(statement.limit(1))
    return value


def drop(unit: Unit, log: SealedLog, through: int) -> int:
    """Answers how many. A ruling goes with the last row that names it."""
    table = _TABLES[log]
    gone = table.c.sequence <= through
    if log is SealedLog.AUDIT:
        return unit.run(delete(table).where(gone))
    named = [row.ruling_id for row in unit.all(select(decision.c.ruling_id).where(gone).distinct())]
    count = unit.run(delete(table).where(gone))
    unused = ~exists().where(decision.c.ruling_id == ruling.c.id)
    unit.run(delete(ruling).where(ruling.c.id.in_(named), unused))
    return count
