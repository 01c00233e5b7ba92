"""Follows, blocks and moves that other instances tell of. Their words count for their own accounts alone."""

from __future__ import annotations

from enum import StrEnum

from federation.types import Iri, Origin
from server.domain.accounts import Account, AccountKind, Follow, FollowState
from server.domain.groups import MembershipState
from server.domain.notifications import NotificationKind
from server.domain.trust import Trust
from server.domain.work import EventKind
from server.services import events, instances, notifications, timelines
from server.services.relationships import local
from server.store import accounts, domain_blocks, memberships
from server.store import relationships as rows
from server.store.session import Unit


class FollowAnswer(StrEnum):
    """What a received Follow came to."""

    ACCEPTED = "accepted"
    PENDING = "pending"
    REJECTED = "rejected"


class Answered(StrEnum):
    """What a received Accept or Reject, or an Undo, came to."""

    DONE = "done"
    REPEATED = "repeated"
    UNKNOWN = "unknown"


def receive_follow(unit: Unit, follower: Account, target: Account, uri: Iri) -> FollowAnswer:
    """A repeated Follow is answered again: the peer may have lost the first answer."""
    if target.gone or not target.local or target.kind is AccountKind.APPLICATION or follower.gone:
        return _answer(unit, FollowAnswer.REJECTED, follower, target, uri)
    if rows.blocked_either_way(unit, follower.id, target.id) or domain_blocks.blocks_domain(
        unit, target.id, follower.domain
    ):
        return _answer(unit, FollowAnswer.REJECTED, follower, target, uri)
    standing = memberships.find(unit, target.id, follower.id) if target.kind is AccountKind.GROUP else None
    if standing is not None and standing.state is MembershipState.BANNED:
        return _answer(unit, FollowAnswer.REJECTED, follower, target, uri)
    existing = rows.find_follow(unit, follower.id, target.id)
    if existing is not None:
        if existing.uri != uri and rows.find_follow_by_uri(unit, uri) is None:
            rows.change_follow(unit, existing.id, {"uri": uri})
        state = FollowAnswer.ACCEPTED if existing.state is FollowState.ACCEPTED else FollowAnswer.PENDING
        return _answer(unit, state, follower, target, uri)
    instance = instances.find(unit, Origin(follower.domain))
    held = target.locked or (instance is not None and instance.trust is Trust.LIMITED)
    values = {
        "id": unit.new_id(),
        "account_id": follower.id,
        "target_id": target.id,
        "state": (FollowState.PENDING if held else FollowState.ACCEPTED).value,
        "uri": uri,
    }
    if not rows.add_follow(unit, values):
        return _answer(unit, FollowAnswer.REJECTED, follower, target, uri)
    if held:
        notifications.notify(unit, [target.id], NotificationKind.FOLLOW_REQUEST, follower.id)
        return _answer(unit, FollowAnswer.PENDING, follower, target, uri)
    accounts.count(unit, follower.id, following=1)
    accounts.count(unit, target.id, followers=1)
    notifications.notify(unit, [target.id], NotificationKind.FOLLOW, follower.id)
    return _answer(unit, FollowAnswer.ACCEPTED, follower, target, uri)


def _answer(unit: Unit, answer: FollowAnswer, follower: Account, target: Account, uri: Iri) -> FollowAnswer:
    if answer is FollowAnswer.PENDING or not target.local:
        return answer
    kind = EventKind.FOLLOW_ACCEPTED if answer is FollowAnswer.ACCEPTED else EventKind.FOLLOW_REJECTED
    events.happened(unit, kind, follow_id=0, account_id=follower.id, target_id=target.id, uri=uri)
    return answer


def receive_accept(
    unit: Unit, by: Account, follow_uri: Iri | None, follower: Account | None = None
) -> Answered:
    """Only from the account that was asked. Named by the Follow's id, or by who asked."""
    found = _own(unit, by, follow_uri, follower)
    if found is None:
        return Answered.UNKNOWN
    if not rows.accept_follow(unit, found.id):
        return Answered.REPEATED
    local.began(unit, found)
    return Answered.DONE


def receive_reject(
    unit: Unit, by: Account, follow_uri: Iri | None, follower: Account | None = None
) -> Answered:
    """Only from the account that was asked; ends an accepted follow too."""
    found = _own(unit, by, follow_uri, follower)
    if found is None:
        return Answered.UNKNOWN
    local.ended(unit, found)
    return Answered.DONE


def _own(unit: Unit, target: Account, follow_uri: Iri | None, follower: Account | None) -> Follow | None:
    """The follow towards `target`. Somebody else's is none."""
    found = rows.find_follow_by_uri(unit, follow_uri) if follow_uri is not None else None
    if found is None and follower is not None:
        found = rows.find_follow(unit, follower.id, target.id)
    return found if found is not None and found.target_id == target.id else None


def receive_undo_follow(
    unit: Unit, follower: Account, follow_uri: Iri | None, target: Account | None = None
) -> Answered:
    """Only by who follows."""
    found = rows.find_follow_by_uri(unit, follow_uri) if follow_uri is not None else None
    if (found is None or found.account_id != follower.id) and target is not None:
        found = rows.find_follow(unit, follower.id, target.id)
    if found is None or found.account_id != follower.id:
        return Answered.UNKNOWN
    local.ended(unit, found)
    return Answered.DONE


def receive_block(unit: Unit, by: Account, target: Account, uri: Iri) -> Answered:
    """Ends follows both ways; nobody is notified."""
    if not rows.add_block(unit, by.id, target.id, uri):
        return Answered.REPEATED
    for one, other in ((by.id, target.id), (target.id, by.id)):
        found = rows.find_follow(unit, one, other)
        if found is not None:
            local.ended(unit, found)
    timelines.unfollowed(unit, target.id, by.id)
    return Answered.DONE


def receive_unblock(
    unit: Unit, by: Account, block_uri: Iri | None, target: Account | None = None
) -> Answered:
    """Only by who blocked."""
    pair = rows.find_block_by_uri(unit, block_uri) if block_uri is not None else None
    if pair is not None and pair[0] == by.id:
        rows.end_block(unit, *pair)
        return Answered.DONE
    if target is not None and rows.end_block(unit, by.id, target.id) is not None:
        return Answered.DONE
    return Answered.UNKNOWN


def move_followers(unit: Unit, old: Account, new: Account) -> int:
    """Local followers of `old` follow `new`; answers how many. The caller checked that `new` names `old`."""
    accounts.change(unit, old.id, {"moved_to_uri": new.uri})
    moved = 0
    for each in rows.local_follows_of(unit, old.id):
        follower = accounts.find(unit, each.account_id)
        if follower is None or follower.gone or follower.id == new.id:
            continue
        local.unfollow(unit, follower, old)
        if new.gone or new.moved_to_uri is not None or rows.blocked_either_way(unit, follower.id, new.id):
            continue
        local.follow(unit, follower, new, reblogs=each.reblogs, notify=each.notify, languages=each.languages)
        moved += 1
    return moved
