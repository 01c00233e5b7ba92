"""Posts that are published later. Each is judged twice: when it is made, as if it were said now, and when it is sent.

What would be refused is not kept either. Who may read it, whether its author is still in the group, of which class it is, what the house's rules say: as of the moment
at which it is sent. One that cannot be sent then is not lost: it stays, and its author is told.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from server.core.errors import Conflict, Invalid, NotFound
from server.domain.accounts import Account
from server.domain.messages import Sentence
from server.domain.pages import Page
from server.domain.posts import Media, Visibility
from server.domain.scheduled_posts import ScheduledPost
from server.services import accounts, events, media
from server.services.polls import PollDraft
from server.services.posts.publish import publish
from server.services.posts.writing import Draft
from server.store import media as media_rows
from server.store import repeats, users
from server.store import scheduled_posts as rows
from server.store.session import Unit
from server.text.compose import ContentType

SOONEST = timedelta(minutes=5)
LATEST = timedelta(days=366)
MOST = 300
AT_ONCE = 50


def schedule(unit: Unit, author: Account, draft: Draft, due_at: datetime) -> ScheduledPost:
    """The same idempotency key gives the first one again for an hour. Raises Invalid, NotFound, Conflict."""
    scheduled_id = unit.new_id()
    first = _first_with_key(unit, author, draft, scheduled_id)
    if first is not None:
        return first
    _check_time(unit, due_at)
    if rows.count(unit, author.id) >= MOST:
        raise Invalid("You can have at most %(most)s scheduled posts", most=MOST)
    with unit.undone():
        publish(unit, author, replace(draft, idempotency_key=None))
    media_ids = media.check_free(unit, author, draft.media_ids)
    rows.add(
        unit,
        {
            "id": scheduled_id,
            "account_id": author.id,
            "due_at": due_at,
            "draft": _packed(draft),
            "media_ids": list(media_ids),
            "created_at": unit.now,
        },
    )
    if media_ids and rows.hold_media(unit, scheduled_id, media_ids) != len(media_ids):
        raise Conflict("One of the files is on another post already")
    return get(unit, author.id, scheduled_id)


def _first_with_key(unit: Unit, author: Account, draft: Draft, scheduled_id: int) -> ScheduledPost | None:
    if not draft.idempotency_key:
        return None
    key = hashlib.sha256(b"scheduled\0" + draft.idempotency_key.encode()).hexdigest()
    earlier = repeats.claim_key(unit, author.id, key, scheduled_id)
    if earlier is None:
        return None
    found = rows.find(unit, earlier)
    if found is None:
        raise Conflict("This post was scheduled before, and is published or deleted by now")
    return found


def _check_time(unit: Unit, due_at: datetime) -> None:
    if due_at < unit.now + SOONEST:
        raise Invalid("A post can be scheduled from five minutes ahead")
    if due_at > unit.now + LATEST:
        raise Invalid("A post can be scheduled for a year ahead at most")


def get(unit: Unit, account_id: int, scheduled_id: int) -> ScheduledPost:
    """Raises NotFound, for somebody else's too."""
    found = rows.find(unit, scheduled_id)
    if found is None or found.account_id != account_id:
        raise NotFound
    return found


def page(unit: Unit, account_id: int, page: Page) -> list[ScheduledPost]:
    return rows.page(unit, account_id, page)


def media_of(unit: Unit, many: list[ScheduledPost]) -> dict[int, Media]:
    """The uploads that scheduled posts keep, by id."""
    return media_rows.many(unit, [media_id for one in many for media_id in one.media_ids])


def move(unit: Unit, account_id: int, scheduled_id: int, due_at: datetime) -> ScheduledPost:
    """To another time; one that could not be sent is tried again then. Raises NotFound, Invalid."""
    get(unit, account_id, scheduled_id)
    _check_time(unit, due_at)
    rows.change(unit, scheduled_id, {"due_at": due_at, "failed_at": None})
    return get(unit, account_id, scheduled_id)


def cancel(unit: Unit, account_id: int, scheduled_id: int) -> None:
    """Raises NotFound."""
    get(unit, account_id, scheduled_id)
    rows.free_media(unit, scheduled_id)
    rows.remove(unit, scheduled_id)


# -- sending ---------------------------------------------------------------------------------------------


def due(unit: Unit) -> list[int]:
    """Those whose time has come."""
    return rows.due(unit, AT_ONCE)


def send(unit: Unit, scheduled_id: int) -> None:
    """Publishes one, judged as of now. Raises what publishing raises; then nothing was done."""
    found = rows.find(unit, scheduled_id)
    if found is None or found.failed_at is not None or found.due_at > unit.now:
        return
    author = accounts.get(unit, found.account_id)
    user = users.find_by_account(unit, author.id)
    if author.gone or user is None or user.disabled_at is not None:
        raise NotFound
    rows.free_media(unit, scheduled_id)
    publish(unit, author, draft_of(found))
    rows.remove(unit, scheduled_id)


def failed(unit: Unit, scheduled_id: int) -> None:
    """It could not be sent: it stays with its author, who is told."""
    found = rows.find(unit, scheduled_id)
    if found is None or found.failed_at is not None:
        return
    rows.change(unit, scheduled_id, {"failed_at": unit.now})
    speaker = accounts.ensure_instance_actor(unit)
    events.message(unit, found.account_id, speaker.id, Sentence.SCHEDULED_NOT_SENT)


# -- a draft as plain values -----------------------------------------------------------------------------


def _packed(draft: Draft) -> dict[str, Any]:
    poll = draft.poll
    return {
        "text": draft.text,
        "content_type": draft.content_type.value,
        "visibility": draft.visibility.value if draft.visibility else None,
        "summary": draft.summary,
        "sensitive": draft.sensitive,
        "language": draft.language,
        "in_reply_to_id": draft.in_reply_to_id,
        "application": draft.application,
        "expected": None if draft.expected is None else sorted(draft.expected),
        "poll": None
        if poll is None
        else {
            "options": list(poll.options),
            "expires_in": int(poll.expires_in.total_seconds()),
            "multiple": poll.multiple,
            "hide_totals": poll.hide_totals,
        },
    }


def draft_of(one: ScheduledPost) -> Draft:
    """What is published."""
    kept = one.draft
    poll = kept["poll"]
    return Draft(
        text=kept["text"],
        content_type=ContentType(kept["content_type"]),
        visibility=Visibility(kept["visibility"]) if kept["visibility"] else None,
        summary=kept["summary"],
        sensitive=kept["sensitive"],
        language=kept["language"],
        in_reply_to_id=kept["in_reply_to_id"],
        media_ids=one.media_ids,
        application=kept["application"],
        expected=None if kept["expected"] is None else frozenset(kept["expected"]),
        poll=None
        if poll is None
        else PollDraft(
            tuple(poll["options"]),
            timedelta(seconds=poll["expires_in"]),
            multiple=poll["multiple"],
            hide_totals=poll["hide_totals"],
        ),
    )
