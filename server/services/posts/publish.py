"""A member publishes a post: one unit stores it with everything that hangs on it, and the event that sends it.

It refuses what `writing` and `text_checks` refuse, replies to what the author does not see, and media and polls that do
not fit.
"""

from __future__ import annotations

import hashlib
from typing import Any

from server.core.errors import Invalid, NotFound
from server.deid.findings import Purpose
from server.domain.accounts import Account
from server.domain.boundary import ContentClass
from server.domain.groups import Reason
from server.domain.messages import Refusal
from server.domain.notifications import NotificationKind
from server.domain.posts import Post, PostKind, Visibility
from server.domain.viewers import Member
from server.domain.work import EventKind
from server.services import (
    addresses,
    conversations,
    events,
    media,
    notifications,
    polls,
    text_checks,
    timelines,
)
from server.services.posts import confined, group_life, visible, writing
from server.services.posts.refusals import because
from server.services.posts.writing import Draft, Written
from server.store import accounts, groups, post_words, relationships, repeats
from server.store import posts as rows
from server.store.posts import Count
from server.store.session import Unit
from server.text.folding import folded

OPEN = (Visibility.PUBLIC, Visibility.UNLISTED)


def publish(unit: Unit, author: Account, draft: Draft) -> Post:
    """Stores a local post. The same idempotency key gives the first post again for an hour, as its author sees it.

    Raises Invalid, NotFound.
    """
    post_id = unit.new_id()
    first = _first_with_key(unit, author, draft, post_id)
    if first is not None:
        return first
    writing.check(draft)
    parent = _parent(unit, author, draft)
    wanted = _wanted(author, draft, parent)
    poll = None if draft.poll is None else polls.check(draft.poll)
    media_ids = media.check_free(unit, author, draft.media_ids)
    written = writing.write(unit, draft, author)
    place = confined.place(unit, author, written, parent, wanted, shows_media=bool(media_ids))
    if draft.confined_to is not None and (place is None or place.group.id != draft.confined_to):
        raise Invalid("This could not be addressed to the group; nothing was sent")
    said = writing.words(draft, written, media.descriptions(unit, media_ids).values())
    if place is None:
        visibility, content_class = writing.permitted(unit, wanted), ContentClass.DISCUSSION
        if parent is not None and visibility in OPEN:
            confined.check_not_closed(unit, parent)
        with because(Reason.IDENTIFIERS, None):
            text_checks.check(unit, said, text_checks.purpose(visibility, written.mentioned))
        if visibility is Visibility.DIRECT:
            written, content_class = _direct(unit, author, written, parent, media_ids)
    else:
        visibility, content_class = Visibility.FOLLOWERS, place.content_class
        with because(Refusal.RECORDING, place.group):
            media.check_confined(unit, media_ids)
        with because(Reason.IDENTIFIERS, place.group):
            text_checks.check(unit, said, Purpose.GROUP)
    values = _values(unit, author, draft, written, post_id=post_id, visibility=visibility, parent=parent)
    rows.add(unit, {**values, "content_class": content_class.word, **_in_group(place)})
    post_words.add(unit, post_id, folded(said[1:]))
    if poll is not None:
        polls.add(unit, post_id, poll)
    post = rows.find(unit, post_id)
    assert post is not None
    media.attach(unit, post, media_ids)
    rows.add_mentions(unit, post_id, (each.id for each in written.mentioned))
    if place is None and parent is not None and visibility in OPEN:
        # an answer in an open group goes there as well, whether or not an app repeats its name
        named = (each.id for each in groups.open_groups_named(unit, [parent.id]))
        rows.add_mentions(unit, post_id, named, silent=True)
    rows.add_tags(unit, post_id, written.tags)
    if place is not None:
        group_life.stored(unit, post, [each.id for each in written.mentioned])
        events.happened(
            unit, EventKind.GROUP_SUBMITTED, post_id=post_id, group_id=place.group.id, verb="create"
        )
        return post
    if visibility is not Visibility.DIRECT:  # a count or a date that others see must not tell of messages
        accounts.posted(unit, author.id, unit.now)
    if parent is not None and visibility in OPEN:
        rows.count(unit, parent.id, Count.REPLIES, up=True)
    _spread(unit, author, post, written)
    events.happened(unit, EventKind.POST_PUBLISHED, post_id=post_id, account_id=author.id)
    return post


def _direct(
    unit: Unit, author: Account, written: Written, parent: Post | None, media_ids: tuple[int, ...]
) -> tuple[Written, ContentClass]:
    """Whom a direct post reaches, and of which class it is at least."""
    answered = None if parent is None else confined.answered(unit, parent)
    if answered is not None:
        with because(Refusal.RECORDING, confined.group_of(unit, answered)):
            media.check_confined(unit, media_ids)
        return confined.aside(unit, written, answered)
    return confined.to_moderators(unit, author, written), ContentClass.DISCUSSION


def _in_group(place: confined.Place | None) -> dict[str, Any]:
    if place is None:
        return {}
    return {"group_id": place.group.id, "standing": place.standing.value}


def _spread(unit: Unit, author: Account, post: Post, written: Written) -> None:
    """Homes, conversations and notifications here."""
    timelines.arrived(unit, post, author_is_local=True)
    mentioned = [each.id for each in written.mentioned]
    if post.visibility is Visibility.DIRECT:
        conversations.arrived(unit, post, mentioned)
    notifications.notify(unit, mentioned, NotificationKind.MENTION, author.id, post)
    if post.visibility is not Visibility.DIRECT and post.in_reply_to_id is None:
        watching = relationships.notified_of_posts(unit, author.id)
        notifications.notify(unit, set(watching) - set(mentioned), NotificationKind.STATUS, author.id, post)


def _first_with_key(unit: Unit, author: Account, draft: Draft, post_id: int) -> Post | None:
    if not draft.idempotency_key:
        return None
    key = hashlib.sha256(draft.idempotency_key.encode()).hexdigest()
    earlier = repeats.claim_key(unit, author.id, key, post_id)
    if earlier is None:
        return None
    if rows.find(unit, earlier) is None:
        repeats.rekey(unit, author.id, key, post_id)
        return None
    return visible.visible_post(unit, Member(author.id), earlier)


def _parent(unit: Unit, author: Account, draft: Draft) -> Post | None:
    if draft.in_reply_to_id is None:
        return None
    found = rows.visible(unit, Member(author.id), (draft.in_reply_to_id,)).get(draft.in_reply_to_id)
    if found is not None and found.boost_of_id is not None:
        found = rows.visible(unit, Member(author.id), (found.boost_of_id,)).get(found.boost_of_id)
    if found is None:
        raise NotFound("The post that you answer is not there any more")
    return found


def _wanted(author: Account, draft: Draft, parent: Post | None) -> Visibility:
    if draft.visibility is not None:
        return draft.visibility
    usual = Visibility(author.default_visibility)
    return usual if parent is None else usual.narrowed(parent.visibility)


def _values(
    unit: Unit,
    author: Account,
    draft: Draft,
    written: Written,
    *,
    post_id: int,
    visibility: Visibility,
    parent: Post | None,
) -> dict[str, Any]:
    sensitive = author.default_sensitive if draft.sensitive is None else draft.sensitive
    return {
        "id": post_id,
        "uri": addresses.post_object(unit, post_id),
        "url": addresses.post_page(unit, author, post_id),
        "account_id": author.id,
        "local": True,
        "kind": (PostKind.NOTE if draft.poll is None else PostKind.QUESTION).value,
        "visibility": visibility.value,
        "in_reply_to_id": None if parent is None else parent.id,
        "in_reply_to_uri": None if parent is None else parent.uri,
        "in_reply_to_account_id": None if parent is None else parent.account_id,
        "thread_id": post_id if parent is None else parent.thread_id,
        "summary": draft.summary.strip(),
        "content": written.html,
        "source": draft.text,
        "source_type": draft.content_type.value,
        "language": draft.language or author.default_language or unit.context.settings.language,
        "sensitive": sensitive or (bool(draft.summary.strip()) and bool(draft.media_ids)),
        "tags": list(written.tags),
        "application": draft.application,
        "published_at": unit.now,
    }


__all__ = ["Draft", "publish"]
