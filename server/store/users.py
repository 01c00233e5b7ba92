"""Rows of users, apps, tokens and one-time links."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, delete, func, or_, select, update

from server.domain.users import Invitation, MemberState, Principal, Purpose, Role, User
from server.store import push
from server.store.session import Unit
from server.store.tables.accounts import account
from server.store.tables.users import (
    invitation,
    oauth_app,
    oauth_token,
    user,
    user_account,
    web_session,
)

_PRINCIPAL = (
    select(
        oauth_token.c.id,
        oauth_token.c.app_id,
        oauth_app.c.name,
        oauth_token.c.user_id,
        oauth_token.c.account_id,
        oauth_token.c.scopes,
        oauth_token.c.expires_at,
        oauth_token.c.last_used_at,
        user.c.role,
        user.c.language,
        user.c.disabled_at,
        account.c.suspended_at,
        account.c.deleted_at,
    )
    .join(oauth_app, oauth_app.c.id == oauth_token.c.app_id)
    .outerjoin(user, user.c.id == oauth_token.c.user_id)
    .outerjoin(account, account.c.id == oauth_token.c.account_id)
    .where(
        oauth_token.c.token_hash == bindparam("token_hash"),
        oauth_token.c.revoked_at.is_(None),
        oauth_app.c.blocked_at.is_(None),
    )
)


def record(row: Row[Any]) -> User:
    values = row._asdict()
    values["role"] = Role(values["role"])
    return User(**values)


def add(unit: Unit, values: dict[str, Any]) -> None:
    """values: columns of `user`. The account is added to those that the user owns."""
    unit.run(user.insert(), values)
    unit.run(user_account.insert(), {"user_id": values["id"], "account_id": values["account_id"]})


def find(unit: Unit, user_id: int) -> User | None:
    row = unit.first(select(user).where(user.c.id == user_id))
    return record(row) if row else None


def addresses_of_role(unit: Unit, role: Role) -> list[tuple[str, str]]:
    """E-mail address and language (`""`: the instance's own) of everybody who has this role and may sign in."""
    statement = select(user.c.email, user.c.language).where(
        user.c.role == role.value, user.c.disabled_at.is_(None)
    )
    return [(row.email, row.language or "") for row in unit.all(statement.order_by(user.c.id)) if row.email]


def find_by_email(unit: Unit, email: str) -> User | None:
    row = unit.first(select(user).where(user.c.email == email.strip().casefold()))
    return record(row) if row else None


def find_by_account(unit: Unit, account_id: int) -> User | None:
    row = unit.first(
        select(user)
        .join(user_account, user_account.c.user_id == user.c.id)
        .where(user_account.c.account_id == account_id)
    )
    return record(row) if row else None


def accounts_beside(unit: Unit, account_id: int) -> list[int]:
    """The ids of all accounts of whoever owns this one, itself included."""
    owner = select(user_account.c.user_id).where(user_account.c.account_id == account_id)
    rows = unit.all(select(user_account.c.account_id).where(user_account.c.user_id.in_(owner)))
    return sorted({account_id, *(row.account_id for row in rows)})


_STATES: dict[MemberState, ColumnElement[bool]] = {
    MemberState.ACTIVE: and_(
        user.c.disabled_at.is_(None), user.c.leaves_at.is_(None), account.c.suspended_at.is_(None)
    ),
    MemberState.LEAVING: and_(
        user.c.disabled_at.is_(None), user.c.leaves_at.is_not(None), account.c.suspended_at.is_(None)
    ),
    MemberState.SUSPENDED: and_(account.c.suspended_at.is_not(None), account.c.deleted_at.is_(None)),
    MemberState.LEFT: and_(user.c.disabled_at.is_not(None), account.c.suspended_at.is_(None)),
    MemberState.DELETED: account.c.deleted_at.is_not(None),
}


def listed(
    unit: Unit,
    text: str = "",
    role: Role | None = None,
    state: MemberState | None = None,
    *,
    after: str = "",
    limit: int = 50,
) -> list[User]:
    """By name, from the one that follows `after`. text: part of a name, a display name or an address."""
    statement = select(user).join(account, account.c.id == user.c.account_id)
    if text:
        folded = text.casefold()
        columns = (account.c.username_folded, func.lower(account.c.display_name), user.c.email)
        statement = statement.where(or_(*(column.contains(folded, autoescape=True) for column in columns)))
    if role is not None:
        statement = statement.where(user.c.role == role.value)
    if state is not None:
        statement = statement.where(_STATES[state])
    statement = statement.where(account.c.username_folded > after.casefold())
    return [record(row) for row in unit.all(statement.order_by(account.c.username_folded).limit(limit))]


def leaving_by(unit: Unit, moment: datetime) -> list[int]:
    """The accounts of those whose planned day has come."""
    statement = select(user.c.account_id).where(user.c.leaves_at <= moment, user.c.disabled_at.is_(None))
    return [row.account_id for row in unit.all(statement.order_by(user.c.leaves_at))]


def all_users(unit: Unit) -> list[User]:
    return [record(row) for row in unit.all(select(user).order_by(user.c.id))]


def change(unit: Unit, user_id: int, values: dict[str, Any]) -> None:
    unit.run(update(user).where(user.c.id == user_id).values(**values))


def total(unit: Unit, active_since: datetime | None = None) -> int:
    """How many users can sign in; of those seen since a moment where one is given."""
    statement = select(func.count()).select_from(user).where(user.c.disabled_at.is_(None))
    if active_since is not None:
        statement = statement.where(user.c.last_seen_at >= active_since)
    return int(unit.value(statement) or 0)


# -- tokens -------------------------------------------------------------------------------------


def app_of_token(unit: Unit, token_hash: str) -> int | None:
    """The app that a token, live or not, was given to."""
    found: int | None = unit.value(select(oauth_token.c.app_id).where(oauth_token.c.token_hash == token_hash))
    return found


def add_token(unit: Unit, values: dict[str, Any]) -> None:
    unit.run(oauth_token.insert(), values)


def find_principal(unit: Unit, token_hash: str) -> tuple[Principal, datetime | None] | None:
    """Who a token stands for, with the time of its last use.

    None when it is unknown, revoked, expired, of a blocked app, of a disabled user or of a suspended account.
    """
    row = unit.first(_PRINCIPAL, {"token_hash": token_hash})
    if (
        row is None
        or row.disabled_at
        or row.suspended_at
        or row.deleted_at
        or (row.expires_at and row.expires_at <= unit.now)
    ):
        return None
    principal = Principal(
        token_id=row.id,
        app_id=row.app_id,
        app_name=row.name,
        user_id=row.user_id,
        account_id=row.account_id,
        scopes=frozenset(row.scopes),
        expires_at=row.expires_at,
        role=Role(row.role) if row.role else None,
        language=row.language,
    )
    return principal, row.last_used_at


def blocked_app(unit: Unit, token_hash: str, used_since: datetime) -> str | None:
    """The name of the app of a token that would be believed if its app were not blocked."""
    statement = (
        select(oauth_app.c.name)
        .join(oauth_token, oauth_token.c.app_id == oauth_app.c.id)
        .where(
            oauth_token.c.token_hash == token_hash,
            oauth_token.c.revoked_at.is_(None),
            or_(oauth_token.c.expires_at.is_(None), oauth_token.c.expires_at > unit.now),
            or_(oauth_token.c.last_used_at.is_(None), oauth_token.c.last_used_at >= used_since),
            oauth_app.c.blocked_at.is_not(None),
        )
    )
    found: str | None = unit.value(statement)
    return found


def tokens_of(unit: Unit, user_id: int) -> list[Row[Any]]:
    """The live tokens of a user with the names of their apps, newest first."""
    return list(
        unit.all(
            select(oauth_token, oauth_app.c.name, oauth_app.c.website, oauth_app.c.blocked_at)
            .join(oauth_app, oauth_app.c.id == oauth_token.c.app_id)
            .where(oauth_token.c.user_id == user_id, oauth_token.c.revoked_at.is_(None))
            .order_by(oauth_token.c.id.desc())
        )
    )


def touch_token(unit: Unit, token_id: int) -> None:
    unit.run(update(oauth_token).where(oauth_token.c.id == token_id).values(last_used_at=unit.now))


def revoke_tokens(
    unit: Unit,
    *,
    token_hash: str | None = None,
    token_id: int | None = None,
    user_id: int | None = None,
    app_id: int | None = None,
) -> list[int]:
    """Revokes the live tokens that match all that is given. Answers their ids; at least one condition is needed."""
    conditions = [
        column == value
        for column, value in (
            (oauth_token.c.token_hash, token_hash),
            (oauth_token.c.id, token_id),
            (oauth_token.c.user_id, user_id),
            (oauth_token.c.app_id, app_id),
        )
        if value is not None
    ]
    if not conditions:
        raise ValueError("revoking needs a condition")
    ids = [
        row.id
        for row in unit.all(select(oauth_token.c.id).where(oauth_token.c.revoked_at.is_(None), *conditions))
    ]
    _revoke(unit, ids)
    return ids


def revoke_dead_tokens(unit: Unit, used_before: datetime, most: int) -> list[int]:
    """Revokes tokens whose time is over, and those of users that were not used since. Answers their ids."""
    unused = and_(oauth_token.c.user_id.is_not(None), oauth_token.c.last_used_at < used_before)
    over = or_(oauth_token.c.expires_at <= unit.now, unused)
    statement = select(oauth_token.c.id).where(oauth_token.c.revoked_at.is_(None), over).limit(most)
    ids = [row.id for row in unit.all(statement)]
    _revoke(unit, ids)
    return ids


def _revoke(unit: Unit, ids: list[int]) -> None:
    """With the devices that they spoke for, and what is sealed of them there."""
    if ids:
        push.end(unit, ids)
        unit.run(update(oauth_token).where(oauth_token.c.id.in_(ids)).values(revoked_at=unit.now))


# -- one-time links --------------------------------------------------------------------------------------


def add_invitation(unit: Unit, values: dict[str, Any]) -> None:
    unit.run(invitation.insert(), values)


def find_invitation(unit: Unit, token_hash: str) -> Invitation | None:
    row = unit.first(select(invitation).where(invitation.c.token_hash == token_hash))
    return _invitation(row) if row else None


def _invitation(row: Row[Any]) -> Invitation:
    values = row._asdict()
    del values["token_hash"]
    values["purpose"], values["role"] = Purpose(values["purpose"]), Role(values["role"])
    return Invitation(**values)


def use_invitation(unit: Unit, invitation_id: int) -> bool:
    """False when somebody used it first."""
    return (
        unit.run(
            update(invitation)
            .where(invitation.c.id == invitation_id, invitation.c.used_at.is_(None))
            .values(used_at=unit.now)
        )
        == 1
    )


def end_invitations(unit: Unit, purpose: Purpose, user_id: int | None = None) -> None:
    """The open links of a purpose (and a user) stop to work."""
    statement = update(invitation).where(
        invitation.c.purpose == purpose.value, invitation.c.used_at.is_(None)
    )
    if user_id is not None:
        statement = statement.where(invitation.c.user_id == user_id)
    unit.run(statement.values(used_at=unit.now))


def open_invitations(unit: Unit) -> list[Invitation]:
    """Links neither used nor past their date, newest first."""
    statement = (
        select(invitation)
        .where(invitation.c.used_at.is_(None), invitation.c.expires_at > unit.now)
        .order_by(invitation.c.id.desc())
    )
    return [_invitation(row) for row in unit.all(statement)]


def forget_invitations(unit: Unit, over_before: datetime) -> int:
    return unit.run(delete(invitation).where(invitation.c.expires_at < over_before))


def end_sessions(unit: Unit, user_id: int, but: int | None = None) -> int:
    """Signs a user out of our pages everywhere; `but` one session where given."""
    statement = delete(web_session).where(web_session.c.user_id == user_id)
    if but is not None:
        statement = statement.where(web_session.c.id != but)
    return unit.run(statement)
