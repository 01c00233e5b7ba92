"""Rows of devices that are told of notifications, and of what they still have to be told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, delete, exists, insert, or_, select, update

from server.domain.notifications import NotificationKind
from server.domain.push import DueMessage, KeptSubscription, PushPolicy
from server.store.session import Unit
from server.store.statement import upsert
from server.store.tables.accounts import account
from server.store.tables.users import (
    notification,
    oauth_app,
    oauth_token,
    push_message,
    push_subscription,
    user,
)

_ENQUEUE = insert(push_message).from_select(
    ["token_id", "notification_id", "created_at", "due_at"],
    select(
        push_subscription.c.token_id,
        bindparam("b_notification_id", type_=push_message.c.notification_id.type),
        bindparam("b_now", type_=push_message.c.created_at.type),
        bindparam("b_now", type_=push_message.c.due_at.type),
    ).where(push_subscription.c.account_id == bindparam("b_account_id")),
)


def enqueue(unit: Unit, account_id: int, notification_id: int) -> None:
    """Each device of an account is to be told of a notification."""
    unit.run(_ENQUEUE, {"b_account_id": account_id, "b_notification_id": notification_id, "b_now": unit.now})


def save(unit: Unit, values: dict[str, Any]) -> None:
    """values: columns of `push_subscription`. Takes the place of what the token had."""
    upsert(unit, push_subscription, values, ["token_id"])


def find(unit: Unit, token_id: int) -> KeptSubscription | None:
    row = unit.first(select(push_subscription).where(push_subscription.c.token_id == token_id))
    return _kept(row) if row else None


def every(unit: Unit) -> list[KeptSubscription]:
    return [_kept(row) for row in unit.all(select(push_subscription))]


def _kept(row: Row[Any]) -> KeptSubscription:
    return KeptSubscription(
        token_id=row.token_id,
        account_id=row.account_id,
        sealed=row.sealed,
        standard=row.standard,
        alerts=row.alerts,
        policy=PushPolicy(row.policy),
        failures=row.failures,
        retry_at=row.retry_at,
    )


def change(unit: Unit, token_id: int, values: dict[str, Any]) -> None:
    unit.run(update(push_subscription).where(push_subscription.c.token_id == token_id).values(**values))


def end(unit: Unit, token_ids: Iterable[int]) -> None:
    """The subscriptions of these tokens, with all that waits for them."""
    unit.run(delete(push_subscription).where(push_subscription.c.token_id.in_(list(token_ids))))


def _due(*columns: Any) -> Select[Any]:
    """Of tokens that are believed, and of nobody who is gone."""
    return (
        select(*columns)
        .select_from(push_message)
        .join(push_subscription, push_subscription.c.token_id == push_message.c.token_id)
        .join(oauth_token, oauth_token.c.id == push_message.c.token_id)
        .join(oauth_app, oauth_app.c.id == oauth_token.c.app_id)
        .join(user, user.c.id == oauth_token.c.user_id)
        .join(account, account.c.id == push_subscription.c.account_id)
        .join(notification, notification.c.id == push_message.c.notification_id)
        .where(
            push_message.c.due_at <= bindparam("now"),
            or_(push_subscription.c.retry_at.is_(None), push_subscription.c.retry_at <= bindparam("now")),
            oauth_token.c.revoked_at.is_(None),
            or_(oauth_token.c.expires_at.is_(None), oauth_token.c.expires_at > bindparam("now")),
            or_(oauth_token.c.last_used_at.is_(None), oauth_token.c.last_used_at >= bindparam("used_since")),
            oauth_app.c.blocked_at.is_(None),
            user.c.disabled_at.is_(None),
            account.c.suspended_at.is_(None),
            account.c.deleted_at.is_(None),
        )
        .order_by(push_message.c.due_at, push_message.c.notification_id)
        .limit(bindparam("most"))
    )


_DUE = _due(
    push_subscription.c.token_id,
    push_subscription.c.account_id,
    push_subscription.c.sealed,
    push_subscription.c.standard,
    push_subscription.c.alerts,
    push_subscription.c.policy,
    push_subscription.c.failures,
    push_subscription.c.retry_at,
    push_message.c.notification_id,
    push_message.c.created_at,
    user.c.language,
    user.c.timezone,
    user.c.quiet_from,
    user.c.quiet_until,
    notification.c.kind,
    notification.c.from_id,
    notification.c.post_id,
)
_ANY_DUE = select(exists(_due(push_message.c.token_id)))


def any_due(unit: Unit, used_since: datetime) -> bool:
    return bool(unit.value(_ANY_DUE, {"now": unit.now, "used_since": used_since, "most": 1}))


def due(unit: Unit, used_since: datetime, most: int) -> list[DueMessage]:
    """The longest due first."""
    found = unit.all(_DUE, {"now": unit.now, "used_since": used_since, "most": most})
    return [
        DueMessage(
            at=_kept(row),
            notification_id=row.notification_id,
            kind=NotificationKind(row.kind),
            from_id=row.from_id,
            post_id=row.post_id,
            created_at=row.created_at,
            language=row.language,
            timezone=row.timezone,
            quiet_from=row.quiet_from,
            quiet_until=row.quiet_until,
        )
        for row in found
    ]


def put_off(unit: Unit, token_id: int, notification_id: int, until: datetime) -> None:
    unit.run(update(push_message).where(*_one(token_id, notification_id)).values(due_at=until))


def remove(unit: Unit, token_id: int, notification_id: int) -> None:
    unit.run(delete(push_message).where(*_one(token_id, notification_id)))


def _one(token_id: int, notification_id: int) -> tuple[Any, ...]:
    return push_message.c.token_id == token_id, push_message.c.notification_id == notification_id


def forget(unit: Unit, made_before: datetime) -> int:
    """What is too old to be told."""
    return unit.run(delete(push_message).where(push_message.c.created_at < made_before))
