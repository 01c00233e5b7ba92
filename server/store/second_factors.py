"""Rows of second factors and recovery codes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, delete, func, select, update

from server.domain.signin import FactorKind, SecondFactor
from server.domain.users import Role
from server.store.session import Unit
from server.store.tables.accounts import account
from server.store.tables.users import recovery_code, second_factor, user


def _record(row: Row[Any]) -> SecondFactor:
    values = row._asdict()
    values["kind"] = FactorKind(values["kind"])
    return SecondFactor(**values)


def add(unit: Unit, values: dict[str, Any]) -> None:
    """values: columns of `second_factor`."""
    unit.run(second_factor.insert(), values)


def of_user(unit: Unit, user_id: int, *, confirmed: bool = True) -> list[SecondFactor]:
    """Oldest first; those still being set up where `confirmed` is False."""
    condition = (
        second_factor.c.confirmed_at.is_not(None) if confirmed else second_factor.c.confirmed_at.is_(None)
    )
    statement = (
        select(second_factor)
        .where(second_factor.c.user_id == user_id, condition)
        .order_by(second_factor.c.id)
    )
    return [_record(row) for row in unit.all(statement)]


def staff_without(unit: Unit) -> list[str]:
    """Local names of those whose login has a role but no second factor, the suspended included; in order."""
    factors = select(second_factor.c.user_id).where(second_factor.c.confirmed_at.is_not(None))
    statement = (
        select(account.c.username)
        .join(user, user.c.account_id == account.c.id)
        .where(user.c.role != Role.MEMBER.value, user.c.disabled_at.is_(None), user.c.id.not_in(factors))
        .order_by(account.c.username)
    )
    return [row.username for row in unit.all(statement)]


def find_passkey(unit: Unit, credential_id: bytes) -> SecondFactor | None:
    row = unit.first(select(second_factor).where(second_factor.c.credential_id == credential_id))
    return _record(row) if row else None


def change(unit: Unit, factor_id: int, values: dict[str, Any]) -> None:
    unit.run(update(second_factor).where(second_factor.c.id == factor_id).values(**values))


def take_step(unit: Unit, factor_id: int, step: int) -> bool:
    """Notes that the code of a time step was used; False when it or a later one was used before."""
    condition = (second_factor.c.id == factor_id) & (second_factor.c.last_step < step)
    return unit.run(update(second_factor).where(condition).values(last_step=step, last_used_at=unit.now)) == 1


def remove(unit: Unit, user_id: int, factor_id: int) -> bool:
    """False when the user has no such factor."""
    condition = (second_factor.c.id == factor_id) & (second_factor.c.user_id == user_id)
    return unit.run(delete(second_factor).where(condition)) == 1


def remove_all(unit: Unit, user_id: int) -> int:
    return unit.run(delete(second_factor).where(second_factor.c.user_id == user_id))


def remove_unconfirmed(unit: Unit, user_id: int) -> None:
    unit.run(
        delete(second_factor).where(
            second_factor.c.user_id == user_id, second_factor.c.confirmed_at.is_(None)
        )
    )


def put_codes(unit: Unit, user_id: int, hashes: list[str]) -> None:
    """Replaces a user's recovery codes."""
    unit.run(delete(recovery_code).where(recovery_code.c.user_id == user_id))
    if hashes:
        unit.run(recovery_code.insert(), [{"user_id": user_id, "code_hash": one} for one in hashes])


def use_code(unit: Unit, user_id: int, code_hash: str) -> bool:
    """False when there is no such code, or it was used before."""
    condition = (
        (recovery_code.c.user_id == user_id)
        & (recovery_code.c.code_hash == code_hash)
        & recovery_code.c.used_at.is_(None)
    )
    return unit.run(update(recovery_code).where(condition).values(used_at=unit.now)) == 1


def codes_left(unit: Unit, user_id: int) -> int:
    statement = select(func.count()).select_from(recovery_code)
    return int(
        unit.value(statement.where(recovery_code.c.user_id == user_id, recovery_code.c.used_at.is_(None)))
        or 0
    )
