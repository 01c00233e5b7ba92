"""What profiles say of a verification: kept beside the account, so that whoever shows one needs no second look.

Of a pseudonym it is neither how the person was checked nor a specialty that few share.
"""

from __future__ import annotations

from server.core.clock import iso
from server.domain.accounts import Account
from server.domain.changes import ChangeKind
from server.domain.verification import Checked, Method
from server.services.verification import attestations
from server.store import accounts as account_rows
from server.store import users
from server.store.session import Unit


def refresh(unit: Unit, account_id: int) -> None:
    """Brings the accounts of a person in step with what holds now."""
    for one in account_rows.many(unit, users.accounts_beside(unit, account_id)).values():
        checked = _checked(unit, one)
        if checked != one.checked:
            account_rows.change(unit, one.id, {"checked": _value(checked)})
            unit.changed(ChangeKind.ACCOUNT, one.id)


def _checked(unit: Unit, account: Account) -> Checked | None:
    held = attestations.held_by(unit, account)
    if held is None or held.decided_at is None or held.valid_until is None:
        return None
    own = held.account_id == account.id
    return Checked(
        held.profession,
        held.specialties if own else attestations.coarsened(unit, held.specialties),
        held.method if own else Method.NONE,
        held.register if own else "",
        held.decided_at,
        held.valid_until,
    )


def _value(checked: Checked | None) -> list[object] | None:
    if checked is None:
        return None
    return [
        checked.profession,
        list(checked.specialties),
        checked.method.value,
        checked.register,
        iso(checked.decided_at),
        iso(checked.valid_until),
    ]
