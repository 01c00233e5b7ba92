"""Rows of verifications: what members say of their profession, and who checked it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select, update

from server.domain.verification import Method, Verification, VerificationState
from server.store.session import Unit
from server.store.tables.verification import verification

_OPEN = [VerificationState.REQUESTED.value, VerificationState.SECONDING.value]


def _record(row: Row[Any]) -> Verification:
    values = row._asdict()
    values["state"] = VerificationState(values["state"])
    values["method"] = Method(values["method"])
    values["specialties"] = tuple(values["specialties"])
    return Verification(**values)


def add(unit: Unit, values: dict[str, Any]) -> None:
    """values: columns of `verification`."""
    unit.run(verification.insert(), values)


def find(unit: Unit, verification_id: int) -> Verification | None:
    row = unit.first(select(verification).where(verification.c.id == verification_id))
    return _record(row) if row else None


def change(
    unit: Unit, verification_id: int, before: Iterable[VerificationState], values: dict[str, Any]
) -> bool:
    """False where its state is none of those any more: somebody else was quicker."""
    states = [state.value for state in before]
    statement = update(verification).where(
        verification.c.id == verification_id, verification.c.state.in_(states)
    )
    return unit.run(statement.values(**values)) == 1


def waiting(unit: Unit, limit: int) -> list[Verification]:
    """What wants a decision, oldest first."""
    return _many(unit, verification.c.state.in_(_OPEN), limit=limit)


def of_account(unit: Unit, account_id: int) -> list[Verification]:
    """Newest first."""
    statement = (
        select(verification).where(verification.c.account_id == account_id).order_by(verification.c.id.desc())
    )
    return [_record(row) for row in unit.all(statement)]


def listed(unit: Unit, states: Iterable[VerificationState], limit: int) -> list[Verification]:
    """Those in one of the states, oldest first."""
    return _many(unit, verification.c.state.in_([state.value for state in states]), limit=limit)


def standing(unit: Unit, account_id: int) -> Verification | None:
    """What holds of an account now."""
    row = unit.first(
        select(verification)
        .where(verification.c.account_id == account_id, *_holds(unit.now))
        .order_by(verification.c.id.desc())
        .limit(1)
    )
    return _record(row) if row else None


def open_of(unit: Unit, account_id: int) -> Verification | None:
    """The account's request that waits."""
    row = unit.first(
        select(verification).where(verification.c.account_id == account_id, verification.c.state.in_(_OPEN))
    )
    return _record(row) if row else None


def over(unit: Unit, limit: int) -> list[Verification]:
    """Granted ones whose time has passed."""
    return _many(
        unit,
        (verification.c.state == VerificationState.GRANTED.value) & (verification.c.valid_until <= unit.now),
        limit=limit,
    )


def forgotten(unit: Unit, asked_before: datetime, limit: int) -> list[Verification]:
    """Requests that nobody has decided for long."""
    return _many(
        unit, verification.c.state.in_(_OPEN) & (verification.c.asked_at < asked_before), limit=limit
    )


def specialties_held(unit: Unit) -> list[tuple[int, tuple[str, ...]]]:
    """The specialties of every account here whose verification holds."""
    statement = select(verification.c.account_id, verification.c.specialties).where(*_holds(unit.now))
    return [(row.account_id, tuple(row.specialties)) for row in unit.all(statement)]


def documents_due(unit: Unit, limit: int) -> list[tuple[int, str]]:
    """Ids and digests of documents that are to be erased."""
    statement = (
        select(verification.c.id, verification.c.document_digest)
        .where(verification.c.document_digest.is_not(None), verification.c.document_erase_at <= unit.now)
        .limit(limit)
    )
    return [(row.id, row.document_digest) for row in unit.all(statement)]


def document_erased(unit: Unit, verification_id: int) -> None:
    unit.run(
        update(verification)
        .where(verification.c.id == verification_id)
        .values(document_digest=None, document_erase_at=None)
    )


def counts(unit: Unit) -> dict[VerificationState, int]:
    rows = unit.all(select(verification.c.state, func.count().label("n")).group_by(verification.c.state))
    return {VerificationState(row.state): row.n for row in rows}


def _holds(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return verification.c.state == VerificationState.GRANTED.value, verification.c.valid_until > now


def _many(unit: Unit, condition: ColumnElement[bool], *, limit: int) -> list[Verification]:
    statement = select(verification).where(condition).order_by(verification.c.id).limit(limit)
    return [_record(row) for row in unit.all(statement)]
