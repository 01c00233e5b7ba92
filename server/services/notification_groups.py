"""Notifications of one kind about one thing, shown as one: favourites, boosts and new followers of half a day.

A group stands where its newest notification stands, and nowhere else: pages meet it once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from server.core.errors import NotFound
from server.domain.notifications import (
    GROUPED,
    TOGETHER,
    Notification,
    NotificationGroup,
    NotificationKind,
)
from server.domain.pages import Page
from server.services import notifications
from server.store import markers
from server.store import notification_groups as rows
from server.store.session import Unit

KEY = re.compile(r"(favourite|reblog|follow)-(?:([0-9]{1,19})-)?([0-9]{1,9})", re.ASCII)
ALONE = re.compile(r"ungrouped-([0-9]{1,19})", re.ASCII)
MOST_COUNTED = 1000
BATCH = 200
MOST_BATCHES = 10
BIGGEST = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which notifications, and which kinds of them are shown as one. kinds: None is all."""

    kinds: frozenset[NotificationKind] | None = None
    without: frozenset[NotificationKind] = frozenset()
    from_id: int | None = None
    grouped: frozenset[NotificationKind] = GROUPED
    filtered: bool = False


@dataclass(frozen=True, slots=True)
class GroupPage:
    """bounds: the newest and the oldest notification that the page went through."""

    groups: tuple[NotificationGroup, ...]
    bounds: tuple[int, int] | None


def page(unit: Unit, account_id: int, page: Page, wanted: Wanted) -> GroupPage:
    """At most as many groups as the page has places."""
    kept: dict[str, list[Notification]] = {}
    whole: dict[str, tuple[int, int]] = {}
    first: int | None = None
    last: int | None = None
    upwards = page.min_id is not None
    for _ in range(1 if upwards else MOST_BATCHES):
        size = page.limit if upwards else BATCH
        at = page if last is None else replace(page, max_id=last)
        batch = _read(unit, account_id, replace(at, limit=size), wanted)
        for one in batch:
            key = one.group_key(wanted.grouped)
            if key not in kept and len(kept) >= page.limit:
                return _page(kept, whole, first, last)
            first, last = one.id if first is None else first, one.id
            if key not in whole:
                whole[key] = _whole(unit, one, key)
            if page.max_id is None or upwards or whole[key][0] < page.max_id:
                kept.setdefault(key, []).append(one)
        if len(batch) < size:
            break
    return _page(kept, whole, first, last)


def _read(unit: Unit, account_id: int, page: Page, wanted: Wanted) -> list[Notification]:
    return notifications.page(
        unit, account_id, page, wanted.kinds, wanted.without, wanted.from_id, filtered=wanted.filtered
    )


def _page(
    kept: dict[str, list[Notification]],
    whole: dict[str, tuple[int, int]],
    first: int | None,
    last: int | None,
) -> GroupPage:
    groups = tuple(NotificationGroup(key, tuple(items), *whole[key]) for key, items in kept.items())
    return GroupPage(groups, None if first is None or last is None else (first, last))


def _whole(unit: Unit, one: Notification, key: str) -> tuple[int, int]:
    """The newest of a group, and how many there are in all."""
    if key.startswith("ungrouped-"):
        return one.id, 1
    found = _of_key(unit, one.account_id, key)
    return max(one.id, *(each.id for each in found)) if found else one.id, max(1, len(found))


def _of_key(unit: Unit, account_id: int, key: str) -> list[Notification]:
    """All of a group, newest first, up to a limit."""
    match = KEY.fullmatch(key)
    if match is None:
        return []
    seconds = int(TOGETHER.total_seconds())
    try:
        since = datetime.fromtimestamp(int(match[3]) * seconds, UTC)
        until = since + TOGETHER
    except (OverflowError, OSError, ValueError):
        return []
    post_id = int(match[2]) if match[2] else None
    kind = NotificationKind(match[1])
    if (post_id is None) != (kind is NotificationKind.FOLLOW) or (post_id or 0) > BIGGEST:
        return []
    return rows.of_period(unit, account_id, kind, post_id, (since, until), MOST_COUNTED)


def get(unit: Unit, account_id: int, key: str) -> NotificationGroup:
    """Raises NotFound."""
    alone = ALONE.fullmatch(key)
    if alone is not None and int(alone[1]) <= BIGGEST:
        one = notifications.get(unit, account_id, int(alone[1]))
        return NotificationGroup(key, (one,), one.id, 1)
    found = notifications.still_visible(unit, account_id, _of_key(unit, account_id, key))
    if not found:
        raise NotFound
    return NotificationGroup(key, tuple(found), found[0].id, len(found))


def dismiss(unit: Unit, account_id: int, key: str) -> None:
    """Raises NotFound."""
    rows.dismiss(unit, account_id, [one.id for one in get(unit, account_id, key).items])


def unread_count(unit: Unit, account_id: int, wanted: Wanted, limit: int) -> int:
    """Groups with something newer than the marker of notifications, counted up to a limit."""
    marker = markers.find(unit, account_id, [notifications.NOTIFICATIONS]).get(notifications.NOTIFICATIONS)
    newer = Page(limit=MOST_COUNTED, since_id=0 if marker is None else marker.last_read_id)
    keys = {one.group_key(wanted.grouped) for one in _read(unit, account_id, newer, wanted)}
    return min(limit, len(keys))
