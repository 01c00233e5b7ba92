"""The people who sign in here, as the staff sees them: name, address, role, state. Nothing of what they write or read."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.errors import NotFound
from server.domain.accounts import Account
from server.domain.users import MemberState, Role, User
from server.services import second_factors, sessions
from server.store import accounts, users
from server.store.session import Unit

SHOWN = 50


@dataclass(frozen=True, slots=True)
class MemberLine:
    """One line of the list."""

    user: User
    account: Account
    state: MemberState


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a lock-out would end, and how many second factors there are."""

    sessions: int
    apps: int
    factors: int


def listed(
    unit: Unit, text: str = "", role: Role | None = None, state: MemberState | None = None, after: str = ""
) -> list[MemberLine]:
    """By name; one more than SHOWN where there is a further page. after: the last name of the page before."""
    found = users.listed(unit, text, role, state, after=after, limit=SHOWN + 1)
    known = accounts.many(unit, [one.account_id for one in found])
    return [_line(one, known[one.account_id]) for one in found]


def get(unit: Unit, account_id: int) -> MemberLine:
    """Raises NotFound for an account with which nobody signs in."""
    account = accounts.find(unit, account_id)
    user = users.find_by_account(unit, account_id)
    if account is None or user is None or user.account_id != account_id:
        raise NotFound
    return _line(user, account)


def signed_in(unit: Unit, user: User) -> SignedIn:
    return SignedIn(
        len(sessions.of_user(unit, user.id)),
        len(sessions.apps_of(unit, user.id)),
        len(second_factors.of_user(unit, user.id)),
    )


def state_of(account: Account, user: User | None) -> MemberState:
    """The gravest of what holds."""
    if account.deleted_at is not None:
        return MemberState.DELETED
    if account.suspended_at is not None:
        return MemberState.SUSPENDED
    if user is None or user.disabled_at is not None:
        return MemberState.LEFT
    return MemberState.LEAVING if user.leaves_at is not None else MemberState.ACTIVE


def _line(user: User, account: Account) -> MemberLine:
    return MemberLine(user, account, state_of(account, user))
