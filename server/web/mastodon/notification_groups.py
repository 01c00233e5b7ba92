"""What the caller is told about, with what belongs together shown as one."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.responses import Response

from server.core.clock import iso
from server.domain.accounts import Account
from server.domain.notifications import NotificationGroup
from server.domain.pages import Page
from server.services import accounts, notification_groups
from server.services.notification_groups import GroupPage, Wanted
from server.web.kit import forms, pagination, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.mastodon import answers, asked
from server.web.mastodon.entities import nouns as entities
from server.web.mastodon.notifications import LIMITS, Told, told_of, wanted_of
from server.web.mastodon.rendering import accounts as account_rendering
from server.web.mastodon.rendering import statuses
from server.web.mastodon.rendering.renderer import Renderer, encode, joined

SAMPLE = 8
MOST_COUNTED = 1000


def _told(unit: Unit, account_id: int, groups: Iterable[NotificationGroup]) -> Told:
    return told_of(unit, account_id, [one for group in groups for one in group.items])


def _page(unit: Unit, account_id: int, page: Page, wanted: Wanted) -> tuple[GroupPage, Told]:
    found = notification_groups.page(unit, account_id, page, wanted)
    return found, _told(unit, account_id, found.groups)


async def index(call: Call) -> Response:
    """GET /api/v2/notifications."""
    wanted = wanted_of(await forms.body(call))
    page = pagination.page(call, LIMITS)
    found, told = await call.read(_page, call.account_id, page, wanted)
    link = pagination.link(call, *(found.bounds or (None, None)))
    return responses.raw(_rendered(call, found.groups, told), headers=link)


def _one(unit: Unit, account_id: int, key: str) -> tuple[NotificationGroup, Told]:
    group = notification_groups.get(unit, account_id, key)
    return group, _told(unit, account_id, [group])


async def show(call: Call) -> Response:
    """GET /api/v2/notifications/:group_key."""
    group, told = await call.read(_one, call.account_id, call.parameters["key"])
    return responses.raw(_rendered(call, [group], told))


def _people(unit: Unit, account_id: int, key: str) -> list[Account]:
    group = notification_groups.get(unit, account_id, key)
    known = accounts.many(unit, _senders(group))
    return [known[one] for one in _senders(group) if one in known]


async def people(call: Call) -> Response:
    """GET /api/v2/notifications/:group_key/accounts."""
    return answers.account_list(call, await call.read(_people, call.account_id, call.parameters["key"]))


async def dismiss(call: Call) -> Response:
    """POST /api/v2/notifications/:group_key/dismiss."""
    await call.write(notification_groups.dismiss, call.account_id, call.parameters["key"])
    return responses.json({})


async def unread(call: Call) -> Response:
    """GET /api/v2/notifications/unread_count."""
    wanted = wanted_of(await forms.body(call))
    limit = asked.small_number(call, "limit", 100, MOST_COUNTED)
    count = await call.read(notification_groups.unread_count, call.account_id, wanted, limit)
    return responses.json(entities.UnreadCount(count))


def _senders(group: NotificationGroup) -> list[int]:
    """Each once, newest first."""
    return list(dict.fromkeys(one.from_id for one in group.items))


def _rendered(call: Call, groups: Iterable[NotificationGroup], told: Told) -> bytes:
    renderer = Renderer.of(call)
    shown = [group for group in groups if any(one in told.accounts for one in _senders(group))]
    people = dict.fromkeys(one for group in shown for one in _sample(group, told))
    posts = dict.fromkeys(group.items[0].post_id for group in shown)
    return b'{"accounts":%b,"statuses":%b,"notification_groups":%b}' % (
        joined([account_rendering.account(renderer, told.accounts[one]) for one in people]),
        joined(
            [statuses.status(renderer, told.posts[one], told.sight) for one in posts if one in told.posts]
        ),
        encode([_entity(group, told) for group in shown]),
    )


def _sample(group: NotificationGroup, told: Told) -> list[int]:
    return [one for one in _senders(group) if one in told.accounts][:SAMPLE]


def _entity(group: NotificationGroup, told: Told) -> entities.NotificationGroup:
    newest, oldest = group.items[0], group.items[-1]
    return entities.NotificationGroup(
        group_key=group.key,
        notifications_count=group.count,
        type=newest.kind.value,
        most_recent_notification_id=str(group.newest_id),
        page_min_id=str(oldest.id),
        page_max_id=str(newest.id),
        latest_page_notification_at=iso(newest.created_at),
        sample_account_ids=[str(one) for one in _sample(group, told)],
        status_id=str(newest.post_id) if newest.post_id in told.posts else None,
    )
