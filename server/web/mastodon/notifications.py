"""What the caller is told about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from server.core.clock import iso
from server.domain.accounts import Account
from server.domain.notifications import GROUPED, Notification, NotificationKind
from server.domain.pages import Page
from server.domain.posts import Post
from server.domain.viewers import Member
from server.services import accounts, notifications
from server.services.notification_groups import Wanted
from server.services.posts import visible
from server.web.kit import forms, pagination, responses
from server.web.kit.call import Call
from server.web.kit.pagination import Limits
from server.web.kit.sight import Sight, see
from server.web.kit.unit import Unit
from server.web.mastodon import asked
from server.web.mastodon.entities import nouns as entities
from server.web.mastodon.rendering import accounts as account_rendering
from server.web.mastodon.rendering import statuses
from server.web.mastodon.rendering.renderer import Renderer, encode, joined

LIMITS = Limits(40, 80)


@dataclass(frozen=True, slots=True)
class Told:
    """Notifications with what they are about."""

    items: list[Notification]
    accounts: dict[int, Account]
    posts: dict[int, Post]
    sight: Sight


def told_of(unit: Unit, account_id: int, items: list[Notification]) -> Told:
    viewer = Member(account_id)
    posts = visible.visible_posts(unit, viewer, [one.post_id for one in items if one.post_id])
    people = accounts.many(unit, [one.from_id for one in items])
    return Told(items, people, posts, see(unit, viewer, list(posts.values())))


def _page(unit: Unit, account_id: int, page: Page, wanted: Wanted) -> Told:
    items = notifications.page(
        unit, account_id, page, wanted.kinds, wanted.without, wanted.from_id, filtered=wanted.filtered
    )
    return told_of(unit, account_id, items)


def _one(unit: Unit, account_id: int, notification_id: int) -> Told:
    return told_of(unit, account_id, [notifications.get(unit, account_id, notification_id)])


async def index(call: Call) -> Response:
    """GET /api/v1/notifications."""
    fields = await forms.body(call)
    page = pagination.page(call, LIMITS)
    wanted = wanted_of(fields)
    told = await call.read(_page, call.account_id, page, wanted)
    bounds = (told.items[0].id, told.items[-1].id) if told.items else (None, None)
    renderer = Renderer.of(call)
    body = joined([rendered(renderer, one, told) for one in told.items if one.from_id in told.accounts])
    return responses.raw(body, headers=pagination.link(call, *bounds))


async def show(call: Call) -> Response:
    """GET /api/v1/notifications/:id."""
    told = await call.read(_one, call.account_id, call.id())
    return responses.raw(rendered(Renderer.of(call), told.items[0], told))


async def clear(call: Call) -> Response:
    """POST /api/v1/notifications/clear."""
    await call.write(notifications.clear, call.account_id)
    return responses.json({})


async def dismiss(call: Call) -> Response:
    """POST /api/v1/notifications/:id/dismiss."""
    await call.write(notifications.dismiss, call.account_id, call.id())
    return responses.json({})


async def unread(call: Call) -> Response:
    """GET /api/v1/notifications/unread_count."""
    count = await call.read(notifications.unread_count, call.account_id)
    return responses.json(entities.UnreadCount(count))


def wanted_of(fields: dict[str, Any]) -> Wanted:
    """Which notifications an app asks for."""
    return Wanted(
        kinds=_kinds(fields["types"]) if "types" in fields else None,
        without=_kinds(fields.get("exclude_types")),
        from_id=asked.optional_number(fields.get("account_id"), "account_id"),
        grouped=_kinds(fields["grouped_types"]) if "grouped_types" in fields else GROUPED,
        filtered=forms.truth(fields.get("include_filtered")) is True,
    )


def _kinds(value: object) -> frozenset[NotificationKind]:
    """Kinds that exist; an app may ask for ones that this house never makes."""
    known = set(NotificationKind)
    return frozenset(NotificationKind(word) for word in asked.words(value) if word in known)


def rendered(renderer: Renderer, one: Notification, told: Told) -> bytes:
    """An encoded notification."""
    head = encode(
        {
            "id": str(one.id),
            "type": one.kind.value,
            "created_at": iso(one.created_at),
            "group_key": one.group_key(),
        }
    )
    account = account_rendering.account(renderer, told.accounts[one.from_id])
    pieces = [head[:-1], b',"account":', account]
    post = told.posts.get(one.post_id) if one.post_id else None
    if post is not None:
        pieces += [b',"status":', statuses.status(renderer, post, told.sight)]
    return b"".join([*pieces, b"}"])
