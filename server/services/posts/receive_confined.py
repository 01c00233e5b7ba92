"""Posts in members-only groups from other instances, once the proofs were checked and the policy has decided.

At the group's instance they come from their authors, at a member's instance from the group. It refuses what was deleted or
removed before, and an edit that does not follow on the version that is here. A class is never lowered.
"""

from __future__ import annotations

from dataclasses import replace

from server.domain.accounts import Account
from server.domain.boundary import ContentClass
from server.domain.notifications import NotificationKind
from server.domain.posts import Post, Standing, Visibility
from server.services import notifications
from server.services.posts import delete as deletion
from server.services.posts import earlier, group_life
from server.services.posts.confined import Place
from server.services.posts.delete import Deleted
from server.services.posts.named import people_named
from server.services.posts.receive import (
    FUTURE,
    Edited,
    Incoming,
    Received,
    adopt,
    hang,
    rewrite,
    tally,
    values_of,
)
from server.services.posts.receive_reactions import Reacted
from server.store import accounts, interactions, repeats
from server.store import posts as rows
from server.store.posts import Count
from server.store.session import Unit


def receive(unit: Unit, author: Account, incoming: Incoming, place: Place) -> tuple[Post | None, Received]:
    """Stores a post; one of ours that waited for the group is published. No post is answered where none was stored."""
    existing = rows.find_by_uri(unit, incoming.uri)
    if existing is not None:
        if existing.account_id == author.id and existing.group_id == place.group.id:
            group_life.published(unit, existing)
        return existing, Received.DUPLICATE
    buried = repeats.find_tombstone(unit, incoming.uri)
    if author.local or (buried is not None and buried.covers(author, place.group)):
        return None, Received.TOMBSTONED
    if _is_gone(unit, author, incoming, place):
        return None, Received.TOMBSTONED
    parent = None if incoming.in_reply_to_uri is None else rows.find_by_uri(unit, incoming.in_reply_to_uri)
    if parent is not None and parent.group_id != place.group.id:
        parent = None
    incoming = _confined(incoming)
    post_id = unit.new_id()
    values = values_of(unit, author, incoming, parent, post_id)
    rows.add(
        unit,
        {
            **values,
            "group_id": place.group.id,
            "content_class": place.content_class.word,
            "standing": place.standing.value,
            "digest": place.digest,
        },
    )
    named = people_named(unit, author, incoming.mentions, incoming.addressed, place.group)
    post = hang(unit, author, incoming, post_id, named)
    adopt(unit, post)
    group_life.stored(unit, post, named.everyone)
    return post, Received.CREATED


def _confined(incoming: Incoming) -> Incoming:
    """Whoever is named is a name in the text: it reaches the members, and nobody besides."""
    return replace(incoming, visibility=Visibility.FOLLOWERS, addressed=())


def _is_gone(unit: Unit, author: Account, incoming: Incoming, place: Place) -> bool:
    """A version from before what was taken away."""
    kept = earlier.gone_before(unit, incoming.uri, author, place.group)
    return kept is not None and (incoming.updated_at or incoming.published_at) < kept


def receive_edit(
    unit: Unit, author: Account, incoming: Incoming, place: Place, replaces: str | None
) -> Edited:
    """Only what is newer than what is here, and names the version that it replaces. replaces: its digest."""
    before = rows.find_by_uri(unit, incoming.uri)
    if before is None or before.standing is not Standing.PUBLISHED:
        return Edited.UNKNOWN
    if before.account_id != author.id or before.group_id != place.group.id:
        return Edited.NOT_OWNER
    if before.digest == place.digest:
        return Edited.TALLIED
    updated = incoming.updated_at
    if updated is None or updated <= (before.edited_at or before.published_at) or before.local:
        return Edited.STALE
    if _is_gone(unit, author, incoming, place):
        return Edited.STALE
    if replaces is None or (before.digest is not None and replaces != before.digest):
        return Edited.STALE
    rewrite(unit, author, before, _confined(incoming), min(updated, unit.now + FUTURE))
    raised = max(place.content_class, ContentClass.from_word(before.content_class))
    rows.change(unit, before.id, {"digest": place.digest, "content_class": raised.word})
    earlier.forget(unit, before)  # what was there said nothing any more, or had to go
    return Edited.EDITED


def receive_tally(unit: Unit, group: Account, incoming: Incoming) -> bool:
    """The counts of a poll, as its group states them."""
    post = rows.find_by_uri(unit, incoming.uri)
    return post is not None and post.group_id == group.id and tally(unit, post, incoming)


def receive_delete(unit: Unit, author: Account | None, uri: str, group: Account) -> Deleted:
    """By its author through the group, or by the group (author None) where this instance may not have it any more."""
    post = rows.find_by_uri(unit, uri)
    if post is None:
        repeats.bury_unknown(unit, uri, group.uri if author is None else author.uri, kept=True)
        return Deleted.UNKNOWN
    owner = accounts.find(unit, post.account_id)
    if owner is None or post.group_id != group.id or (author is not None and owner.id != author.id):
        return Deleted.NOT_OWNER
    if post.local:
        return Deleted.NOT_OWNER  # our member's own words stay where they were written
    deletion.bury(unit, owner, post)
    return Deleted.DELETED


def receive_like(unit: Unit, liker: Account, post: Post, uri: str) -> Reacted:
    """liker: an active member, as the group's instance says."""
    buried = repeats.find_tombstone(unit, uri)
    if buried is not None and buried.covers(liker):
        return Reacted.TOMBSTONED
    if post.standing is not Standing.PUBLISHED:
        return Reacted.REFUSED
    if not interactions.add_favourite(unit, liker.id, post.id, uri):
        return Reacted.REPEATED
    rows.count(unit, post.id, Count.FAVOURITES, up=True)
    notifications.notify(unit, [post.account_id], NotificationKind.FAVOURITE, liker.id, post)
    return Reacted.DONE
