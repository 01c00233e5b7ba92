"""What a member is told about, with what belongs together shown as one; read up to a mark that apps share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from server.core.i18n import N_
from server.domain.accounts import Account
from server.domain.filters import FilterContext
from server.domain.notifications import NotificationGroup, NotificationKind
from server.domain.pages import Page
from server.domain.posts import Post
from server.domain.viewers import Member
from server.services import accounts, markers, notification_groups
from server.services.markers import Position
from server.services.notification_groups import GroupPage, Wanted
from server.services.notifications import NOTIFICATIONS
from server.services.posts import visible
from server.web.kit import forms, html, pagination, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.site.posts import Around, Shown, around, page_of_person, posts_shown
from server.web.site.security import signed

SHOWN = pagination.Limits(20, 40)
NAMED = 3
"""So many people of one notification are named; the others are counted."""
KINDS: Mapping[NotificationKind, str] = {
    NotificationKind.MENTION: N_("You were mentioned"),
    NotificationKind.STATUS: N_("Somebody whom you watch has posted"),
    NotificationKind.REBLOG: N_("Your post was boosted"),
    NotificationKind.FAVOURITE: N_("Your post was marked as a favourite"),
    NotificationKind.FOLLOW: N_("You have new followers"),
    NotificationKind.FOLLOW_REQUEST: N_("Somebody asks to follow you"),
    NotificationKind.POLL: N_("A poll has ended"),
    NotificationKind.UPDATE: N_("A post was edited"),
}


@dataclass(frozen=True, slots=True)
class _Told:
    page: GroupPage
    people: Mapping[int, Account]
    posts: Mapping[int, Post]
    around: Around
    read_up_to: int


@dataclass(frozen=True, slots=True)
class Told:
    """One notification as the template shows it. people: name and page of each. others: how many more."""

    group: NotificationGroup
    title: str
    people: list[tuple[str, str]]
    others: int
    asks: int | None
    post: Shown | None
    new: bool


async def show(call: Call) -> Response:
    page = pagination.page(call, SHOWN)
    found = await call.read(_read, signed(call).account_id, page)
    full = len(found.page.groups) >= page.limit
    return html.page(
        call,
        "site/notifications.html",
        told=[one for group in found.page.groups if (one := _told(call, group, found)) is not None],
        newest=max((group.newest_id for group in found.page.groups), default=0),
        older=found.page.bounds[1] if found.page.bounds and full else None,
    )


async def mark_read(call: Call) -> Response:
    """Everything up to what the page showed; a mark never goes back."""
    up_to = str((await forms.body(call)).get("up_to", ""))
    if up_to.isascii() and up_to.isdigit() and len(up_to) < 19:
        await call.write(_mark_read, signed(call).account_id, int(up_to))
    return responses.redirect("/notifications")


def _read(unit: Unit, account_id: int, page: Page) -> _Told:
    found = notification_groups.page(unit, account_id, page, Wanted())
    items = [one for group in found.groups for one in group.items]
    viewer = Member(account_id)
    posts = visible.visible_posts(unit, viewer, [one.post_id for one in items if one.post_id])
    return _Told(
        found,
        accounts.many(unit, [one.from_id for one in items]),
        posts,
        around(unit, viewer, list(posts.values())),
        _marker(unit, account_id),
    )


def _marker(unit: Unit, account_id: int) -> int:
    found = markers.get(unit, account_id, [NOTIFICATIONS]).get(NOTIFICATIONS)
    return 0 if found is None else found.last_read_id


def _mark_read(unit: Unit, account_id: int, up_to: int) -> None:
    if up_to > _marker(unit, account_id):
        markers.move(unit, account_id, {NOTIFICATIONS: Position(up_to)})


def _told(call: Call, group: NotificationGroup, found: _Told) -> Told | None:
    """None where nobody is left who caused it, or the reader's filters hide what it is about."""
    senders = dict.fromkeys(one.from_id for one in group.items)
    people = [found.people[one] for one in senders if one in found.people]
    about = found.posts.get(group.items[0].post_id or 0)
    shown = posts_shown(call, [about] if about else [], found.around, FilterContext.NOTIFICATIONS)
    if not people or (about is not None and not shown):
        return None
    kind = group.items[0].kind
    return Told(
        group=group,
        title=call.translator.raw(KINDS[kind]),
        people=[(one.display_name or one.username, page_of_person(one)) for one in people[:NAMED]],
        others=max(0, group.count - len(people[:NAMED])),
        asks=people[0].id if kind is NotificationKind.FOLLOW_REQUEST else None,
        post=shown[0] if shown else None,
        new=group.newest_id > found.read_up_to,
    )
