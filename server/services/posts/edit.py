"""A member edits a post. What it said before is kept as a revision.

The audience never changes: under a narrow visibility only those already addressed can be mentioned. Other choices of a
poll void its votes. It refuses everybody but the author, and what `writing` and `text_checks` refuse.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from server.core.errors import Invalid, NotFound
from server.deid.findings import Purpose
from server.domain.accounts import Account
from server.domain.boundary import ContentClass
from server.domain.groups import Reason
from server.domain.messages import Refusal
from server.domain.notifications import NotificationKind
from server.domain.posts import Media, Poll, Post, PostKind, Revision, Standing, Visibility
from server.domain.viewers import Member, Viewer
from server.domain.work import EventKind
from server.services import events, media, notifications, polls, text_checks
from server.services.polls import PollDraft
from server.services.posts import confined, earlier, visible, writing
from server.services.posts.refusals import NotPublished, because
from server.services.posts.writing import Draft, Written
from server.store import groups, memberships, post_words, revisions
from server.store import media as media_rows
from server.store import polls as poll_rows
from server.store import posts as rows
from server.store.session import Unit
from server.text.folding import folded

OPEN = (Visibility.PUBLIC, Visibility.UNLISTED)


def edit(
    unit: Unit,
    author: Account,
    post_id: int,
    draft: Draft,
    media_words: dict[int, dict[str, Any]] | None = None,
) -> Post:
    """Stores the new words and keeps the old ones. Raises NotFound, Invalid.

    draft: the whole new post; its visibility and what it answers count for nothing.
    media_words: columns to change by media id (description, focus_x, focus_y).
    """
    before = _editable(unit, author, post_id)
    writing.check(draft)
    poll = None if draft.poll is None else polls.check(draft.poll)
    media_ids = _media(unit, author, before, draft)
    mentioned_before = {each.account_id for each in rows.mentions(unit, [post_id])}
    written = _written(unit, author, before, draft, frozenset(mentioned_before))
    described = {**media.descriptions(unit, media_ids), **_described(media_words or {})}
    _check_words(unit, before, written, writing.words(draft, written, described.values()))
    shown = media_rows.of_posts(unit, [post_id]).get(post_id, ())
    asked = poll_rows.of_posts(unit, [post_id]).get(post_id)
    _keep(unit, before, shown, asked)
    media_rows.remove_of_post(unit, post_id, but=media_ids)
    media.attach(unit, before, media_ids)
    for media_id, words in (media_words or {}).items():
        if media_id in media_ids:
            media_rows.change(unit, media_id, words)
    kind = _change_poll(unit, before, asked, poll)
    mentioned = [each.id for each in written.mentioned]
    rows.add_mentions(unit, post_id, mentioned)
    rows.silence_mentions(unit, post_id, but=mentioned)
    rows.replace_tags(unit, post_id, written.tags)
    rows.change(
        unit,
        post_id,
        {
            "kind": kind.value,
            "summary": draft.summary.strip(),
            "content": written.html,
            "source": draft.text,
            "source_type": draft.content_type.value,
            "language": draft.language or before.language,
            "sensitive": before.sensitive if draft.sensitive is None else draft.sensitive,
            "tags": list(written.tags),
            "edited_at": unit.now,
            **_raised(before, shows_media=bool(media_ids)),
        },
    )
    after = rows.find(unit, post_id)
    assert after is not None
    notifications.notify(unit, set(mentioned) - mentioned_before, NotificationKind.MENTION, author.id, after)
    notifications.notify(unit, rows.local_boosters(unit, post_id), NotificationKind.UPDATE, author.id, after)
    if after.group_id is None:
        events.happened(unit, EventKind.POST_EDITED, post_id=post_id, account_id=author.id)
    else:
        events.happened(
            unit, EventKind.GROUP_SUBMITTED, post_id=post_id, group_id=after.group_id, verb="update"
        )
    return after


def _own(unit: Unit, author: Account, post_id: int) -> Post:
    found = rows.find(unit, post_id)
    if found is None or found.account_id != author.id or not found.local:
        raise NotFound
    if found.boost_of_id is not None:
        raise Invalid("A boost cannot be edited")
    if found.standing is not Standing.PUBLISHED:
        raise NotPublished(
            "This post is not published in its group, so it cannot be edited",
            Refusal.UNPUBLISHED,
            confined.group_of(unit, found),
        )
    return found


def _editable(unit: Unit, author: Account, post_id: int) -> Post:
    """Whoever is out of a group says nothing more in it; taking back stays possible. Raises NotFound, Invalid."""
    before = _own(unit, author, post_id)
    if before.group_id is None or memberships.is_active(unit, before.group_id, author.id):
        return before
    group = confined.group_of(unit, before)
    title = "" if group is None else group.display_name or group.acct
    raise NotPublished("You are not a member of %(group)s", Reason.NOT_A_MEMBER, group, group=title)


def _written(unit: Unit, author: Account, before: Post, draft: Draft, named: frozenset[int]) -> Written:
    """Who reads a post never changes: what everybody reads does not name a members-only group afterwards. Raises Invalid.

    named: accounts that it names already.
    """
    written = writing.write(unit, draft, author, None if before.visibility in OPEN else named)
    for one in written.mentioned:
        if before.group_id is None and one.id not in named and groups.is_confined(unit, one.id):
            raise NotPublished(
                "Who can read this post stays as it is: write a new one for %(group)s",
                Refusal.READERS_STAY,
                one,
                group=one.display_name or one.acct,
            )
    return written


def _media(unit: Unit, author: Account, before: Post, draft: Draft) -> tuple[int, ...]:
    """What it may show. Raises Invalid."""
    media_ids = media.check_free(unit, author, draft.media_ids, on_post=before.id)
    about = confined.answered(unit, before)
    if about is not None:
        with because(Refusal.RECORDING, confined.group_of(unit, about)):
            media.check_confined(unit, media_ids)
    return media_ids


def _raised(before: Post, *, shows_media: bool) -> dict[str, Any]:
    """Pictures make a post in a group a case at least. A class is never lowered."""
    if before.group_id is None or not shows_media:
        return {}
    raised = max(ContentClass.from_word(before.content_class), ContentClass.CASE)
    return {"content_class": raised.word}


def _check_words(unit: Unit, before: Post, written: Written, said: list[str]) -> None:
    """Held to what its first words were held to; then it is found by the new ones. Raises Invalid."""
    purpose: Purpose | None = Purpose.GROUP
    if before.group_id is None:
        purpose = text_checks.purpose(before.visibility, written.mentioned)
    with because(Reason.IDENTIFIERS, confined.group_of(unit, before)):
        text_checks.check(unit, said, purpose)
    post_words.change(unit, before.id, folded(said[1:]))


def _described(media_words: dict[int, dict[str, Any]]) -> dict[int, str]:
    return {each: str(words["description"]) for each, words in media_words.items() if "description" in words}


def _keep(unit: Unit, before: Post, shown: tuple[Media, ...], asked: Poll | None) -> None:
    words = [{"id": str(each.id), "description": each.description} for each in shown]
    options = None if asked is None else [option.title for option in asked.options]
    revisions.add(unit, before, words, options)


def _change_poll(unit: Unit, before: Post, asked: Poll | None, draft: PollDraft | None) -> PostKind:
    if draft is None:
        if asked is not None:
            poll_rows.remove(unit, asked.id)
        return PostKind.NOTE if before.kind is PostKind.QUESTION else before.kind
    if asked is None:
        polls.add(unit, before.id, draft)
    elif tuple(o.title for o in asked.options) != draft.options or asked.multiple != draft.multiple:
        values = {
            "options": [[option, 0] for option in draft.options],
            "multiple": draft.multiple,
            "hide_totals": draft.hide_totals,
            "expires_at": unit.now + draft.expires_in,
            "closed_at": None,
            "voters_count": 0,
        }
        poll_rows.replace(unit, asked.id, values)
    return PostKind.QUESTION


def history(unit: Unit, viewer: Viewer, post: Post) -> list[Revision]:
    """What a visible post said, oldest first, the present words last. Raises NotFound."""
    current = visible.visible_post(unit, viewer, post.id)
    shown = media_rows.of_posts(unit, [post.id]).get(post.id, ())
    asked = poll_rows.of_posts(unit, [post.id]).get(post.id)
    before = revisions.of_post(unit, post.id) if _may_see_earlier(unit, viewer, current) else []
    gone = earlier.gone_before_of(unit, current)
    now = Revision(
        id=current.id,
        post_id=current.id,
        summary=current.summary,
        content=current.content,
        sensitive=current.sensitive,
        media=tuple({"id": str(each.id), "description": each.description} for each in shown),
        poll=None if asked is None else tuple(option.title for option in asked.options),
        created_at=current.edited_at or current.published_at,
    )
    return [*(one for one in before if gone is None or one.created_at >= gone), now]


def _may_see_earlier(unit: Unit, viewer: Viewer, post: Post) -> bool:
    """In a members-only group only its author and the moderators see what a post said before."""
    if post.group_id is None:
        return True
    if not isinstance(viewer, Member):
        return False
    standing = memberships.find(unit, post.group_id, viewer.account_id)
    moderates = standing is not None and standing.active and standing.role.moderates
    return moderates or viewer.account_id == post.account_id


def source(unit: Unit, author: Account, post_id: int) -> Post:
    """The author's own post, whose `source` and `summary` are as typed. Raises NotFound."""
    found = _own(unit, author, post_id)
    return found if found.source is not None else replace(found, source="")
