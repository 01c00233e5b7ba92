"""Follows, blocks, mutes and notes that local accounts make. What other instances say is in `receive`.

It refuses to follow across a block, oneself, and accounts that are gone. Every function may be repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from server.core.errors import Invalid, NotFound, NotPermitted
from server.domain.accounts import Account, AccountKind, Follow, FollowState, Relationship
from server.domain.notifications import NotificationKind
from server.domain.pages import Page
from server.domain.viewers import Member, Viewer
from server.domain.work import EventKind
from server.services import addresses, events, notifications, timelines
from server.store import accounts, domain_blocks, endorsements, groups, memberships
from server.store import relationships as rows
from server.store.session import Unit

NOTE_LIMIT = 2000


# -- following -------------------------------------------------------------------------------------------


def follow(
    unit: Unit,
    by: Account,
    target: Account,
    *,
    reblogs: bool | None = None,
    notify: bool | None = None,
    languages: Sequence[str] | None = None,
) -> Follow:
    """Follows, or asks to; an existing follow takes the new options. None leaves an option. Raises NotPermitted."""
    if by.id == target.id:
        raise NotPermitted("You cannot follow yourself")
    if target.gone or target.kind is AccountKind.APPLICATION:
        raise NotFound
    if rows.blocked_either_way(unit, by.id, target.id):
        raise NotPermitted("This account cannot be followed")
    if target.moved_to_uri is not None:
        raise NotPermitted("This account has moved; follow the new one")
    options: dict[str, Any] = {"reblogs": reblogs, "notify": notify}
    options = {name: value for name, value in options.items() if value is not None}
    if languages is not None:
        options["languages"] = list(languages) or None
    existing = rows.find_follow(unit, by.id, target.id)
    if existing is not None:
        if options:
            rows.change_follow(unit, existing.id, options)
        return _get(unit, by.id, target.id)
    at_once = target.local and not target.locked
    values = {
        "id": unit.new_id(),
        "account_id": by.id,
        "target_id": target.id,
        "state": (FollowState.ACCEPTED if at_once else FollowState.PENDING).value,
        "uri": addresses.new_activity(unit),
        **options,
    }
    if not rows.add_follow(unit, values):
        return _get(unit, by.id, target.id)
    made = _get(unit, by.id, target.id)
    if at_once:
        began(unit, made)
        notifications.notify(unit, [target.id], NotificationKind.FOLLOW, by.id)
    else:
        notifications.notify(unit, [target.id], NotificationKind.FOLLOW_REQUEST, by.id)
        _happened(unit, EventKind.FOLLOW_REQUESTED, made)
    return made


def unfollow(unit: Unit, by: Account, target: Account) -> None:
    """Ends a follow or takes a request back."""
    existing = rows.find_follow(unit, by.id, target.id)
    if existing is not None:
        ended(unit, existing)
        _happened(unit, EventKind.FOLLOW_ENDED, existing)


def accept_request(unit: Unit, target: Account, follower_id: int) -> None:
    """target: the account that was asked. Raises NotFound without a request."""
    request = rows.find_follow(unit, follower_id, target.id)
    if request is None or request.state is not FollowState.PENDING:
        raise NotFound
    if not rows.accept_follow(unit, request.id):
        raise NotFound
    began(unit, request)
    notifications.withdraw(unit, target.id, NotificationKind.FOLLOW_REQUEST, follower_id)
    notifications.notify(unit, [target.id], NotificationKind.FOLLOW, follower_id)
    _happened(unit, EventKind.FOLLOW_ACCEPTED, request)


def reject_request(unit: Unit, target: Account, follower_id: int) -> None:
    """Raises NotFound without a request."""
    request = rows.find_follow(unit, follower_id, target.id)
    if request is None or request.state is not FollowState.PENDING:
        raise NotFound
    ended(unit, request)
    _happened(unit, EventKind.FOLLOW_REJECTED, request)


def remove_follower(unit: Unit, by: Account, follower_id: int) -> None:
    existing = rows.find_follow(unit, follower_id, by.id)
    if existing is not None:
        ended(unit, existing)
        _happened(unit, EventKind.FOLLOW_REJECTED, existing)


def began(unit: Unit, made: Follow) -> None:
    """What an accepted follow brings with it: counts, and posts at the follower's home."""
    accounts.count(unit, made.account_id, following=_seen_by_all(unit, made))
    accounts.count(unit, made.target_id, followers=1)
    timelines.followed(unit, made.account_id, made.target_id, reblogs=made.reblogs)


def ended(unit: Unit, over: Follow) -> None:
    """Takes a follow or a request away, with what it brought."""
    state = rows.end_follow(unit, over.id)
    if state is None:
        return
    if state is FollowState.ACCEPTED:  # as it was at the end: it may just have been accepted
        accounts.count(unit, over.account_id, following=-_seen_by_all(unit, over))
        accounts.count(unit, over.target_id, followers=-1)
    notifications.withdraw(unit, over.target_id, NotificationKind.FOLLOW, over.account_id)
    notifications.withdraw(unit, over.target_id, NotificationKind.FOLLOW_REQUEST, over.account_id)
    timelines.unfollowed(unit, over.account_id, over.target_id)
    endorsements.remove(unit, over.account_id, over.target_id)


def _seen_by_all(unit: Unit, about: Follow) -> int:
    """How much it adds to a number that everybody reads: who is in which members-only group is for its members."""
    return 0 if groups.is_confined(unit, about.target_id) else 1


def _get(unit: Unit, account_id: int, target_id: int) -> Follow:
    found = rows.find_follow(unit, account_id, target_id)
    assert found is not None
    return found


def _happened(unit: Unit, kind: EventKind, about: Follow) -> None:
    events.happened(
        unit,
        kind,
        follow_id=about.id,
        account_id=about.account_id,
        target_id=about.target_id,
        uri=about.uri,
    )


def find_follow(unit: Unit, account_id: int, target_id: int) -> Follow | None:
    return rows.find_follow(unit, account_id, target_id)


def find_follow_by_uri(unit: Unit, uri: str) -> Follow | None:
    return rows.find_follow_by_uri(unit, uri)


# -- blocks, mutes, notes --------------------------------------------------------------------------------


def block(unit: Unit, by: Account, target: Account) -> None:
    """Ends what was between the two, both ways, and hides each from the other."""
    if by.id == target.id:
        raise NotPermitted("You cannot block yourself")
    uri = addresses.new_activity(unit)
    if not rows.add_block(unit, by.id, target.id, uri):
        return
    mine = rows.find_follow(unit, by.id, target.id)
    if mine is not None:
        ended(unit, mine)
        _happened(unit, EventKind.FOLLOW_ENDED, mine)
    theirs = rows.find_follow(unit, target.id, by.id)
    if theirs is not None:
        ended(unit, theirs)
        _happened(unit, EventKind.FOLLOW_REJECTED, theirs)
    timelines.unfollowed(unit, by.id, target.id)
    events.happened(unit, EventKind.BLOCKED, account_id=by.id, target_id=target.id, uri=uri)


def unblock(unit: Unit, by: Account, target: Account) -> None:
    uri = rows.end_block(unit, by.id, target.id)
    if uri is not None:
        events.happened(unit, EventKind.UNBLOCKED, account_id=by.id, target_id=target.id, uri=uri)


def mute(
    unit: Unit,
    by: Account,
    target: Account,
    *,
    notifications: bool = True,
    duration: timedelta | None = None,
) -> None:
    """duration: None is for ever. Nobody else learns of it."""
    if by.id == target.id:
        raise NotPermitted("You cannot mute yourself")
    expires = None if not duration else unit.now + duration
    rows.set_mute(unit, by.id, target.id, notifications=notifications, expires_at=expires)


def unmute(unit: Unit, by: Account, target: Account) -> None:
    rows.end_mute(unit, by.id, target.id)


def note(unit: Unit, by: Account, target: Account, comment: str) -> None:
    """A private remark about an account. Raises Invalid on a long one."""
    if len(comment) > NOTE_LIMIT:
        raise Invalid("A note has at most %(most)s characters", most=NOTE_LIMIT)
    rows.set_note(unit, by.id, target.id, comment)


# -- reading ---------------------------------------------------------------------------------------------


def relationships(unit: Unit, viewer_id: int, ids: Iterable[int]) -> list[Relationship]:
    """In the order asked for."""
    found = rows.relationships(unit, viewer_id, ids)
    asked = [one.target_id for one in found]
    hidden = domain_blocks.among(unit, viewer_id, asked)
    endorsed = endorsements.among(unit, viewer_id, asked)
    return [
        replace(one, domain_blocking=one.target_id in hidden, endorsed=one.target_id in endorsed)
        for one in found
    ]


def followers(unit: Unit, viewer: Viewer, account: Account, page: Page) -> list[tuple[int, Account]]:
    """With the id by which pages are bounded; empty where the account hides it from others.

    Of a members-only group they are its members: for members alone, as the group has it.
    """
    if account.kind is AccountKind.GROUP and not memberships.open_rosters(unit, _id_of(viewer), [account.id]):
        return []
    return [] if _hidden(unit, viewer, account) else rows.followers(unit, account.id, page)


def following(unit: Unit, viewer: Viewer, account: Account, page: Page) -> list[tuple[int, Account]]:
    """With the id by which pages are bounded; empty where the account hides it from others.

    Which members-only groups somebody is in is for those who may see the names there.
    """
    if _hidden(unit, viewer, account):
        return []
    found = rows.following(unit, account.id, page)
    if _id_of(viewer) == account.id:
        return found
    groups = [one.id for _, one in found if one.kind is AccountKind.GROUP]
    hidden = set(groups) - memberships.open_rosters(unit, _id_of(viewer), groups)
    return [each for each in found if each[1].id not in hidden]


def _hidden(unit: Unit, viewer: Viewer, account: Account) -> bool:
    viewer_id = _id_of(viewer)
    if viewer_id == account.id:
        return False
    if account.hides_collections or account.gone:
        return True
    return viewer_id is not None and rows.blocked_either_way(unit, viewer_id, account.id)


def _id_of(viewer: Viewer) -> int | None:
    return viewer.account_id if isinstance(viewer, Member) else None


def requests(unit: Unit, account_id: int, page: Page) -> list[tuple[int, Account]]:
    return rows.requests(unit, account_id, page)


def blocks(unit: Unit, account_id: int, page: Page) -> list[tuple[int, Account]]:
    return rows.blocks(unit, account_id, page)


def mutes(unit: Unit, account_id: int, page: Page) -> list[tuple[int, Account]]:
    return rows.mutes(unit, account_id, page)


def has_local_followers(unit: Unit, account_id: int) -> bool:
    return rows.has_local_followers(unit, account_id)
