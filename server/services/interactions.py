"""What members do with posts: boost, favourite, bookmark, pin, mute a thread. Each may be repeated without effect.

It refuses to boost what is for fewer people than everybody (one's own posts for followers excepted), and to pin what is
not one's own.
"""

from __future__ import annotations

from server.core.errors import Invalid
from server.domain.accounts import Account
from server.domain.groups import Reason
from server.domain.notifications import NotificationKind
from server.domain.pages import Page
from server.domain.posts import Post, PostKind, Visibility
from server.domain.viewers import Member, Viewer
from server.domain.work import EventKind
from server.services import addresses, audiences, events, notifications, timelines
from server.services.posts import confined, visible, writing
from server.services.posts import delete as deletion
from server.services.posts.refusals import NotPublished
from server.store import accounts, feeds, posts
from server.store import interactions as rows
from server.store.posts import Count
from server.store.session import Unit

PIN_LIMIT = 5
OPEN = (Visibility.PUBLIC, Visibility.UNLISTED)


def _target(unit: Unit, by: Account, post_id: int) -> Post:
    return visible.visible_original(unit, Member(by.id), post_id)


# -- boosts ----------------------------------------------------------------------------------------------


def boost(unit: Unit, by: Account, post_id: int, visibility: Visibility | None = None) -> Post:
    """Answers the boost, whose `boost_of_id` is the post. Raises NotFound, Invalid."""
    original = _target(unit, by, post_id)
    if original.group_id is not None:
        raise NotPublished(
            "This post is for certain people only; it cannot be boosted",
            Reason.AUDIENCE,
            confined.group_of(unit, original),
        )
    if not may_be_boosted(by.id, original):
        raise Invalid("This post is for certain people only; it cannot be boosted")
    existing = posts.find_boost(unit, by.id, original.id)
    if existing is not None:
        return existing
    wanted = visibility or Visibility(by.default_visibility)
    if wanted is Visibility.DIRECT:
        raise Invalid("A boost cannot be a direct message")
    reach = writing.permitted(unit, wanted).narrowed(original.visibility)
    boost_id = unit.new_id()
    uri = addresses.new_activity(unit)
    posts.add(
        unit,
        {
            "id": boost_id,
            "uri": uri,
            "url": original.url,
            "account_id": by.id,
            "local": True,
            "kind": PostKind.BOOST.value,
            "visibility": reach.value,
            "boost_of_id": original.id,
            "thread_id": boost_id,
            "published_at": unit.now,
        },
    )
    made = posts.find_boost(unit, by.id, original.id)
    assert made is not None
    if made.id != boost_id:
        return made
    posts.count(unit, original.id, Count.BOOSTS, up=True)
    accounts.posted(unit, by.id, unit.now)
    timelines.arrived(unit, made, author_is_local=True)
    notifications.notify(unit, [original.account_id], NotificationKind.REBLOG, by.id, original)
    events.happened(
        unit,
        EventKind.BOOSTED,
        post_id=made.id,
        account_id=by.id,
        boost_of_id=original.id,
        uri=uri,
    )
    return made


def may_be_boosted(by_id: int, original: Post) -> bool:
    """Whether an account may boost a post that it sees."""
    if original.group_id is not None:
        return False
    own = original.account_id == by_id
    return original.visibility in OPEN or (own and original.visibility is Visibility.FOLLOWERS)


def unboost(unit: Unit, by: Account, post_id: int) -> Post:
    """Answers the post that was boosted. Raises NotFound."""
    original = _target(unit, by, post_id)
    made = posts.find_boost(unit, by.id, original.id)
    if made is not None:
        recipients = " ".join(map(str, audiences.named_remotely(unit, made)))
        inboxes = " ".join(audiences.reached(unit, made))
        deletion.bury(unit, by, made)
        notifications.withdraw(unit, original.account_id, NotificationKind.REBLOG, by.id, original)
        events.happened(
            unit,
            EventKind.UNBOOSTED,
            post_id=made.id,
            account_id=by.id,
            boost_of_id=original.id,
            uri=made.uri,
            object_uri=original.uri,
            target_id=original.account_id,
            visibility=made.visibility.value,
            recipients=recipients,
            inboxes=inboxes,
        )
    return _target(unit, by, original.id)


# -- favourites ------------------------------------------------------------------------------------------


def favourite(unit: Unit, by: Account, post_id: int) -> Post:
    """Raises NotFound."""
    original = _target(unit, by, post_id)
    uri = addresses.new_activity(unit)
    if not rows.add_favourite(unit, by.id, original.id, uri):
        return original
    posts.count(unit, original.id, Count.FAVOURITES, up=True)
    notifications.notify(unit, [original.account_id], NotificationKind.FAVOURITE, by.id, original)
    _favoured(unit, EventKind.FAVOURITED, by, original, uri)
    return _target(unit, by, original.id)


def unfavourite(unit: Unit, by: Account, post_id: int) -> Post:
    """Raises NotFound."""
    original = _target(unit, by, post_id)
    uri = rows.end_favourite(unit, by.id, original.id)
    if uri is None:
        return original
    posts.count(unit, original.id, Count.FAVOURITES, up=False)
    notifications.withdraw(unit, original.account_id, NotificationKind.FAVOURITE, by.id, original)
    _favoured(unit, EventKind.UNFAVOURITED, by, original, uri)
    return _target(unit, by, original.id)


def _favoured(unit: Unit, kind: EventKind, by: Account, original: Post, uri: str) -> None:
    if original.group_id is not None:
        events.happened(
            unit,
            EventKind.GROUP_REACTED,
            group_id=original.group_id,
            account_id=by.id,
            post_id=original.id,
            object_uri=original.uri,
            uri=uri,
            verb="like" if kind is EventKind.FAVOURITED else "unlike",
        )
        return
    events.happened(
        unit,
        kind,
        account_id=by.id,
        post_id=original.id,
        target_id=original.account_id,
        object_uri=original.uri,
        uri=uri,
    )


# -- what concerns nobody else ---------------------------------------------------------------------------


def bookmark(unit: Unit, by: Account, post_id: int) -> Post:
    original = _target(unit, by, post_id)
    rows.add_bookmark(unit, by.id, original.id)
    return original


def unbookmark(unit: Unit, by: Account, post_id: int) -> Post:
    original = _target(unit, by, post_id)
    rows.end_bookmark(unit, by.id, original.id)
    return original


def pin(unit: Unit, by: Account, post_id: int) -> Post:
    """Raises NotFound, Invalid."""
    original = visible.visible_post(unit, Member(by.id), post_id)
    if original.account_id != by.id:
        raise Invalid("You can pin only your own posts")
    if original.boost_of_id is not None or original.visibility is Visibility.DIRECT:
        raise Invalid("A boost or a direct message cannot be pinned")
    if rows.add_pin(unit, by.id, original.id) and rows.count_pins(unit, by.id) > PIN_LIMIT:
        raise Invalid("You have pinned %(most)s posts already", most=PIN_LIMIT)
    return original


def unpin(unit: Unit, by: Account, post_id: int) -> Post:
    """Raises NotFound."""
    original = visible.visible_post(unit, Member(by.id), post_id)
    rows.end_pin(unit, by.id, original.id)
    return original


def mute_thread(unit: Unit, by: Account, post_id: int) -> Post:
    """No notifications about the thread from now on."""
    original = _target(unit, by, post_id)
    rows.mute_thread(unit, by.id, original.thread_id)
    return original


def unmute_thread(unit: Unit, by: Account, post_id: int) -> Post:
    original = _target(unit, by, post_id)
    rows.unmute_thread(unit, by.id, original.thread_id)
    return original


# -- who did it ------------------------------------------------------------------------------------------


def favourited_by(unit: Unit, viewer: Viewer, post_id: int, page: Page) -> list[tuple[int, Account]]:
    """With the id by which pages are bounded. Raises NotFound."""
    original = visible.visible_original(unit, viewer, post_id)
    return rows.favourited_by(unit, viewer, original.id, page)


def boosted_by(unit: Unit, viewer: Viewer, post_id: int, page: Page) -> list[tuple[int, Account]]:
    """With the id by which pages are bounded; only boosts that the viewer may see. Raises NotFound."""
    original = visible.visible_original(unit, viewer, post_id)
    return feeds.boosted_by(unit, viewer, original.id, page)
