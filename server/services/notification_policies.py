"""From whom members want to hear: what the policy lets through, what waits with a request, what is dropped.

Groups and the instance itself are always heard, and so is everything about a poll or an edit: it was asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from federation.types import Origin
from server.core.errors import NotFound
from server.domain.accounts import Account, AccountKind, FollowState
from server.domain.notifications import (
    NotificationKind,
    NotificationPolicy,
    NotificationRequest,
    Treatment,
)
from server.domain.pages import Page
from server.domain.posts import Post, Visibility
from server.domain.trust import Trust
from server.store import accounts, instances, relationships
from server.store import notification_policies as rows
from server.store.session import Unit

YOUNG_ACCOUNT = timedelta(days=30)
YOUNG_FOLLOW = timedelta(days=3)
ASKED_FOR = frozenset({NotificationKind.POLL, NotificationKind.UPDATE})
HEARD = frozenset({AccountKind.GROUP, AccountKind.APPLICATION})


def treatments(
    unit: Unit, account_ids: Iterable[int], kind: NotificationKind, from_id: int, post: Post | None
) -> Mapping[int, Treatment]:
    """By recipient; who is not in the answer takes it."""
    if kind in ASKED_FOR:
        return {}
    policies = rows.of_accounts(unit, account_ids)
    if not policies:
        return {}
    sender = accounts.find(unit, from_id)
    if sender is None or sender.kind in HEARD:
        return {}
    mention = post if kind is NotificationKind.MENTION else None
    permitting = rows.permitting(unit, policies, from_id)
    return {
        account_id: _treatment(unit, account_id, policy, sender, mention)
        for account_id, policy in policies.items()
        if account_id not in permitting
    }


def _treatment(
    unit: Unit, account_id: int, policy: NotificationPolicy, sender: Account, mention: Post | None
) -> Treatment:
    """The strictest of those that hold. mention: the post, where it is one."""
    if _follows(unit, account_id, sender.id):
        return policy.not_followers if not _known(unit, account_id, sender) else Treatment.ACCEPT
    found = [policy.not_following]
    if not _known(unit, account_id, sender):
        found.append(policy.not_followers)
    if sender.created_at > unit.now - YOUNG_ACCOUNT:
        found.append(policy.new_accounts)
    if mention is not None and _unasked(mention, account_id):
        found.append(policy.private_mentions)
    if _limited(unit, sender):
        found.append(policy.limited_accounts)
    return max(found, key=list(Treatment).index)


def _unasked(mention: Post, account_id: int) -> bool:
    """A direct message that answers nothing of the recipient."""
    return mention.visibility is Visibility.DIRECT and mention.in_reply_to_account_id != account_id


def _follows(unit: Unit, account_id: int, target_id: int) -> bool:
    follow = relationships.find_follow(unit, account_id, target_id)
    return follow is not None and follow.state is FollowState.ACCEPTED


def _known(unit: Unit, account_id: int, sender: Account) -> bool:
    """Whether somebody follows the recipient, and not since yesterday only."""
    follow = relationships.find_follow(unit, sender.id, account_id)
    if follow is None or follow.state is not FollowState.ACCEPTED:
        return False
    return follow.created_at <= unit.now - YOUNG_FOLLOW


def _limited(unit: Unit, sender: Account) -> bool:
    if sender.limited_at is not None:
        return True
    instance = None if sender.local else instances.find(unit, Origin(sender.domain))
    return instance is not None and instance.trust is Trust.LIMITED


def get(unit: Unit, account_id: int) -> NotificationPolicy:
    return rows.of_accounts(unit, [account_id]).get(account_id, NotificationPolicy())


def change(unit: Unit, account_id: int, policy: NotificationPolicy) -> None:
    rows.put(unit, account_id, policy)


def waiting(unit: Unit, account_id: int) -> tuple[int, int]:
    """How many requests wait, and how many notifications with them."""
    return rows.totals(unit, account_id)


def filtered(unit: Unit, account_id: int, from_id: int) -> None:
    """A notification of somebody waits."""
    rows.ask(unit, account_id, from_id)


def requests(unit: Unit, account_id: int, page: Page) -> list[NotificationRequest]:
    return rows.requests(unit, account_id, page)


def get_request(unit: Unit, account_id: int, request_id: int) -> NotificationRequest:
    """Raises NotFound."""
    found = rows.find_requests(unit, account_id, [request_id])
    if not found:
        raise NotFound
    return found[0]


def answer(unit: Unit, account_id: int, ids: Iterable[int], *, accepted: bool) -> None:
    """accepted: what waits is shown, and so is everything from them later. Raises NotFound where one is not there."""
    wanted = set(ids)
    found = rows.find_requests(unit, account_id, wanted)
    if len(found) != len(wanted):
        raise NotFound
    for one in found:
        if accepted:
            rows.permit(unit, account_id, one.from_id)
        rows.answered(unit, one, accepted=accepted)
