"""Posts deleted, here or by their owner elsewhere. A tombstone stays, so that a late copy does not bring one back.

It refuses everybody but the owner.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from federation.types import Iri
from server.core.errors import NotFound
from server.domain.accounts import Account
from server.domain.posts import Post, Visibility
from server.domain.work import EventKind
from server.services import audiences, events
from server.store import accounts, backlog, conversations, group_activities, media, repeats, work
from server.store import posts as rows
from server.store.posts import Count
from server.store.session import Unit

TOMBSTONES_LIVE = timedelta(days=30)
OPEN = (Visibility.PUBLIC, Visibility.UNLISTED)


class Deleted(StrEnum):
    """What a received Delete came to."""

    DELETED = "deleted"
    UNKNOWN = "unknown"
    NOT_OWNER = "not_owner"


def delete(unit: Unit, author: Account, post_id: int, *, keeps_media: bool = False) -> Post:
    """Deletes a local post; answers what it was. Raises NotFound for what is not the author's.

    keeps_media: what it showed becomes an upload again, for a new draft, until the sweep of uploads that no post came for. Never
    of what was said in a members-only group or in a message: that leaves the vault with its post.
    """
    post = rows.find(unit, post_id)
    if post is None or post.account_id != author.id or post.boost_of_id is not None:
        raise NotFound
    if post.group_id is not None:
        return _withdraw(unit, author, post)
    recipients = " ".join(map(str, audiences.named_remotely(unit, post)))
    inboxes = " ".join(audiences.reached(unit, post))
    if keeps_media and post.visibility is not Visibility.DIRECT:
        media.detach(unit, post.id)
    # what has not left yet stays here: its author took it back
    backlog.cancel_of_post(unit, post.id)
    bury(unit, author, post)
    events.happened(
        unit,
        EventKind.POST_DELETED,
        post_id=post.id,
        account_id=author.id,
        uri=post.uri,
        visibility=post.visibility.value,
        recipients=recipients,
        inboxes=inboxes,
    )
    return post


def _withdraw(unit: Unit, author: Account, post: Post) -> Post:
    """Out of a members-only group: whatever carries it stays here, and whoever may have it is asked to delete it."""
    bury(unit, author, post)
    events.happened(
        unit,
        EventKind.GROUP_WITHDRAWN,
        group_id=int(post.group_id or 0),
        account_id=author.id,
        uri=post.uri,
        digest=post.digest or "",
        verb="delete",
    )
    return post


def bury(unit: Unit, author: Account, post: Post) -> None:
    """Takes a post away with all that hangs on it, and leaves its tombstone. Twice at the same moment, it is done once."""
    if not rows.lock(unit, post.id):
        return
    if post.visibility is Visibility.DIRECT:
        conversations.forget_post(unit, post.id)
    if post.in_reply_to_id is not None and post.visibility in OPEN:
        rows.count(unit, post.in_reply_to_id, Count.REPLIES, up=False)
    if post.boost_of_id is not None:
        rows.count(unit, post.boost_of_id, Count.BOOSTS, up=False)
    confined = post.group_id is not None
    if confined:
        work.forget_activities(unit, post.id)
    group_activities.forget_bytes(unit, post.id)
    rows.remove(unit, post.id)
    if post.visibility is not Visibility.DIRECT and not confined:
        accounts.count(unit, author.id, posts=-1)
    repeats.bury(unit, post.uri, author.uri, kept=confined)


def receive_delete(unit: Unit, actor_uri: Iri, object_uri: Iri) -> Deleted:
    """Only by the stored owner. What is not known leaves a tombstone, so that a late Create has no effect."""
    post = rows.find_by_uri(unit, object_uri)
    if post is None:
        repeats.bury_unknown(unit, object_uri, actor_uri)
        return Deleted.UNKNOWN
    owner = accounts.find(unit, post.account_id)
    if owner is None or owner.uri != actor_uri or post.local or post.group_id is not None:
        return Deleted.NOT_OWNER  # of a post in a members-only group the group speaks
    bury(unit, owner, post)
    return Deleted.DELETED


def forget_old(unit: Unit) -> int:
    """Drops old tombstones of other instances, and idempotency keys that have served; answers how many."""
    keys = repeats.forget_keys(unit)
    return keys + repeats.forget_tombstones(unit, unit.now - TOMBSTONES_LIVE, unit.context.settings.base)
