"""Boosts and favourites from other instances. Each counts once; what was undone before it came has no effect.

It refuses boosts of what is not for everybody, and reactions to what the reacting account's instance may not see.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from federation.types import Iri, Origin
from server.domain.accounts import Account
from server.domain.notifications import NotificationKind
from server.domain.posts import Post, PostKind, Visibility
from server.domain.viewers import Peer
from server.services import notifications, timelines
from server.services.posts import delete as deletion
from server.services.posts.receive import FUTURE, Received
from server.store import accounts, interactions, relationships, repeats
from server.store import posts as rows
from server.store.posts import Count
from server.store.session import Unit

OPEN = (Visibility.PUBLIC, Visibility.UNLISTED)


class Reacted(StrEnum):
    """What a received Like, or an Undo of a reaction, came to."""

    DONE = "done"
    REPEATED = "repeated"
    TOMBSTONED = "tombstoned"
    REFUSED = "refused"
    UNKNOWN = "unknown"


def receive_boost(
    unit: Unit, booster: Account, target: Post, uri: Iri, published_at: datetime, visibility: Visibility
) -> tuple[Post | None, Received]:
    """No boost is answered where none was stored. A boost of what is not for everybody is irrelevant here."""
    existing = rows.find_boost(unit, booster.id, target.id) or rows.find_by_uri(unit, uri)
    if existing is not None:
        return existing, Received.DUPLICATE
    buried = repeats.find_tombstone(unit, uri)
    if buried is not None and buried.covers(booster):
        return None, Received.TOMBSTONED
    if not _may_boost(unit, booster, target):
        return None, Received.IRRELEVANT
    boost_id = unit.new_id()
    added = rows.add(
        unit,
        {
            "id": boost_id,
            "uri": uri,
            "url": target.url,
            "account_id": booster.id,
            "local": False,
            "kind": PostKind.BOOST.value,
            "visibility": visibility.narrowed(target.visibility).value,
            "boost_of_id": target.id,
            "thread_id": boost_id,
            "published_at": min(published_at, unit.now + FUTURE),
        },
    )
    made = rows.find_boost(unit, booster.id, target.id)
    if not added or made is None:
        return made, Received.DUPLICATE
    rows.count(unit, target.id, Count.BOOSTS, up=True)
    accounts.posted(unit, booster.id, unit.now)
    timelines.arrived(unit, made, author_is_local=False)
    notifications.notify(unit, [target.account_id], NotificationKind.REBLOG, booster.id, target)
    return made, Received.CREATED


def _may_boost(unit: Unit, booster: Account, target: Post) -> bool:
    if target.boost_of_id is not None or target.group_id is not None:
        return False
    own = target.account_id == booster.id
    if target.visibility not in OPEN and not (own and target.visibility is Visibility.FOLLOWERS):
        return False
    if relationships.blocked_either_way(unit, booster.id, target.account_id):
        return False
    return target.local or relationships.has_local_followers(unit, booster.id)


def receive_unboost(unit: Unit, booster: Account, uri: Iri | None, target: Post | None = None) -> Reacted:
    """Only by who boosted. Named by the Announce's id, or by the post."""
    made = None if uri is None else rows.find_by_uri(unit, uri)
    if (made is None or made.account_id != booster.id) and target is not None:
        made = rows.find_boost(unit, booster.id, target.id)
    if made is None or made.account_id != booster.id or made.boost_of_id is None:
        if made is None and uri is not None:
            repeats.bury_unknown(unit, uri, booster.uri)
        return Reacted.UNKNOWN
    original = rows.find(unit, made.boost_of_id)
    deletion.bury(unit, booster, made)
    if original is not None:
        notifications.withdraw(unit, original.account_id, NotificationKind.REBLOG, booster.id, original)
    return Reacted.DONE


def receive_like(unit: Unit, liker: Account, post: Post, uri: Iri) -> Reacted:
    """Only of what the liker's instance may see."""
    buried = repeats.find_tombstone(unit, uri)
    if buried is not None and buried.covers(liker):
        return Reacted.TOMBSTONED
    if not _may_react(unit, liker, post):
        return Reacted.REFUSED
    if not interactions.add_favourite(unit, liker.id, post.id, uri):
        return Reacted.REPEATED
    rows.count(unit, post.id, Count.FAVOURITES, up=True)
    notifications.notify(unit, [post.account_id], NotificationKind.FAVOURITE, liker.id, post)
    return Reacted.DONE


def receive_dislike(unit: Unit, who: Account, post: Post) -> Reacted:
    """Nothing is kept of it: it ends a favourite of the same person. UNKNOWN where there was none."""
    return receive_unlike(unit, who, None, post) if _may_react(unit, who, post) else Reacted.REFUSED


def _may_react(unit: Unit, who: Account, post: Post) -> bool:
    if post.boost_of_id is not None or post.id not in rows.visible(
        unit, Peer(Origin(who.domain)), (post.id,)
    ):
        return False
    return not relationships.blocked_either_way(unit, who.id, post.account_id)


def receive_unlike(unit: Unit, liker: Account, uri: Iri | None, target: Post | None = None) -> Reacted:
    """Only by who liked. Named by the Like's id, or by the post."""
    found = None if uri is None else interactions.find_favourite(unit, uri)
    post_id = found[1] if found is not None and found[0] == liker.id else None
    if post_id is None and target is not None:
        post_id = target.id
    ended = None if post_id is None else interactions.end_favourite(unit, liker.id, post_id)
    if post_id is None or ended is None:
        if found is None and uri is not None:
            repeats.bury_unknown(unit, uri, liker.uri)
        return Reacted.UNKNOWN
    rows.count(unit, post_id, Count.FAVOURITES, up=False)
    post = rows.find(unit, post_id)
    if post is not None:
        notifications.withdraw(unit, post.account_id, NotificationKind.FAVOURITE, liker.id, post)
    return Reacted.DONE


def owner_of(unit: Unit, post: Post) -> Account | None:
    """The author of a known post."""
    return accounts.find(unit, post.account_id)
