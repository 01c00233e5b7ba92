"""What members are told about. One cause gives one notification, however often it is reported.

It stays silent where somebody blocks or mutes somebody, where a thread is muted, and towards accounts that are gone.
What a member's policy holds back waits with a request.
"""

from __future__ import annotations

from collections.abc import Iterable

from server.core.errors import NotFound
from server.domain.notifications import Notification, NotificationKind, Treatment
from server.domain.pages import Page
from server.domain.posts import Post
from server.domain.viewers import Member
from server.services import notification_policies
from server.store import markers, posts
from server.store import notifications as rows
from server.store.session import Unit

COUNT_LIMIT = 100
NOTIFICATIONS = "notifications"
"""The marker's name, as apps write it."""


def cause_of(kind: NotificationKind, from_id: int, post: Post | None) -> str:
    """The natural key of a notification."""
    match kind:
        case NotificationKind.FOLLOW | NotificationKind.FOLLOW_REQUEST:
            return f"{kind.value}:{from_id}"
        case NotificationKind.MENTION | NotificationKind.STATUS | NotificationKind.POLL:
            return f"{kind.value}:{_id(post)}"
        case NotificationKind.UPDATE:
            edited = post.edited_at if post else None
            return f"{kind.value}:{_id(post)}:{0 if edited is None else int(edited.timestamp() * 1000)}"
        case NotificationKind.REBLOG | NotificationKind.FAVOURITE:
            return f"{kind.value}:{_id(post)}:{from_id}"


def _id(post: Post | None) -> int:
    assert post is not None
    return post.id


def notify(
    unit: Unit, recipients: Iterable[int], kind: NotificationKind, from_id: int, post: Post | None = None
) -> int:
    """Tells those of the recipients that are local and willing; answers how many were told anew.

    post: what it is about; the boosted post for a boost.
    """
    wanted = {each for each in recipients if each != from_id or kind is NotificationKind.POLL}
    if not wanted:
        return 0
    cause = cause_of(kind, from_id, post)
    thread_id = None if post is None else post.thread_id
    post_id = None if post is None else post.id
    told = 0
    willing = rows.willing(unit, wanted, from_id, thread_id)
    treatments = notification_policies.treatments(unit, willing, kind, from_id, post) if willing else {}
    for account_id in willing:
        match treatments.get(account_id, Treatment.ACCEPT):
            case Treatment.ACCEPT:
                told += rows.add(unit, account_id, kind, from_id, post_id, cause=cause)
            case Treatment.FILTER:
                if rows.add(unit, account_id, kind, from_id, post_id, cause=cause, filtered=True):
                    notification_policies.filtered(unit, account_id, from_id)
            case Treatment.DROP:
                pass
    return told


def withdraw(
    unit: Unit, account_id: int, kind: NotificationKind, from_id: int, post: Post | None = None
) -> None:
    """Takes a notification back: the favourite was withdrawn, the request answered."""
    rows.withdraw(unit, account_id, cause_of(kind, from_id, post))


def page(
    unit: Unit,
    account_id: int,
    page: Page,
    types: Iterable[NotificationKind] | None = None,
    exclude_types: Iterable[NotificationKind] = (),
    from_id: int | None = None,
    *,
    filtered: bool = False,
) -> list[Notification]:
    """Those about posts that the member may still see. types: None is all. filtered: with those that wait."""
    excluded = set(exclude_types)
    kinds: list[NotificationKind] | None = None
    if types is not None or excluded:
        kinds = [kind for kind in (NotificationKind if types is None else types) if kind not in excluded]
        if not kinds:
            return []
    found = rows.page(unit, account_id, page, kinds, from_id, filtered=filtered)
    return still_visible(unit, account_id, found)


def still_visible(unit: Unit, account_id: int, found: list[Notification]) -> list[Notification]:
    """Those about nothing, or about a post that the member sees."""
    about = {each.post_id for each in found if each.post_id is not None}
    if not about:
        return found
    seen = posts.visible(unit, Member(account_id), about)
    return [each for each in found if each.post_id is None or each.post_id in seen]


def get(unit: Unit, account_id: int, notification_id: int) -> Notification:
    """Raises NotFound."""
    found = rows.find(unit, account_id, notification_id)
    if found is None or not still_visible(unit, account_id, [found]):
        raise NotFound
    return found


def clear(unit: Unit, account_id: int) -> None:
    rows.clear(unit, account_id)


def dismiss(unit: Unit, account_id: int, notification_id: int) -> None:
    """Raises NotFound."""
    if not rows.dismiss(unit, account_id, notification_id):
        raise NotFound


def unread_count(unit: Unit, account_id: int) -> int:
    """Newer than the marker of notifications and still to be seen, counted up to a limit."""
    marker = markers.find(unit, account_id, [NOTIFICATIONS]).get(NOTIFICATIONS)
    newer = Page(limit=COUNT_LIMIT, since_id=0 if marker is None else marker.last_read_id)
    return len(page(unit, account_id, newer))
