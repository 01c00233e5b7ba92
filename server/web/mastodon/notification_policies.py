"""From whom the caller wants to hear, and the requests of those who wait."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from server.core.clock import iso
from server.core.errors import Invalid
from server.domain.accounts import Account
from server.domain.notifications import (
    POLICY_FIELDS,
    NotificationPolicy,
    NotificationRequest,
    Treatment,
)
from server.domain.pages import Page
from server.domain.viewers import Member
from server.services import accounts, notification_policies
from server.services.posts import visible
from server.web.kit import forms, pagination, responses
from server.web.kit.call import Call
from server.web.kit.sight import Sight, see
from server.web.kit.unit import Unit
from server.web.mastodon import asked
from server.web.mastodon.entities import nouns as entities
from server.web.mastodon.rendering import accounts as account_rendering
from server.web.mastodon.rendering import statuses
from server.web.mastodon.rendering.renderer import Renderer, encode, joined

Policy = tuple[NotificationPolicy, tuple[int, int]]


def _get(unit: Unit, account_id: int) -> Policy:
    policy = notification_policies.get(unit, account_id)
    return policy, notification_policies.waiting(unit, account_id)


def _change(unit: Unit, account_id: int, wanted: dict[str, Treatment]) -> Policy:
    known = notification_policies.get(unit, account_id)
    values = {name: wanted.get(name, getattr(known, name)) for name in POLICY_FIELDS}
    notification_policies.change(unit, account_id, NotificationPolicy(**values))
    return _get(unit, account_id)


def _entity(found: Policy) -> entities.NotificationPolicy:
    policy, (requests, notifications) = found
    return entities.NotificationPolicy(
        **{f"for_{name}": getattr(policy, name).value for name in POLICY_FIELDS},
        summary=entities.NotificationSummary(requests, notifications),
    )


async def show(call: Call) -> Response:
    """GET /api/v2/notifications/policy."""
    return responses.json(_entity(await call.read(_get, call.account_id)))


async def update(call: Call) -> Response:
    """PATCH /api/v2/notifications/policy, and PUT, which masto.js says."""
    fields = await forms.body(call)
    wanted = {
        name: _treatment(fields[f"for_{name}"], name) for name in POLICY_FIELDS if f"for_{name}" in fields
    }
    return responses.json(_entity(await call.write(_change, call.account_id, wanted)))


def _treatment(value: Any, name: str) -> Treatment:
    if str(value) not in set(Treatment):
        raise Invalid("Validation failed: %(field)s is not of the right form", field=f"for_{name}")
    return Treatment(str(value))


# -- requests --------------------------------------------------------------------------------------------

Requests = tuple[list[NotificationRequest], dict[int, Account], Sight]


def _with_parts(unit: Unit, account_id: int, found: list[NotificationRequest]) -> Requests:
    viewer = Member(account_id)
    posts = visible.visible_posts(unit, viewer, [one.last_post_id for one in found if one.last_post_id])
    people = accounts.many(unit, [one.from_id for one in found])
    return found, people, see(unit, viewer, list(posts.values()))


def _page(unit: Unit, account_id: int, page: Page) -> Requests:
    return _with_parts(unit, account_id, notification_policies.requests(unit, account_id, page))


def _one(unit: Unit, account_id: int, request_id: int) -> Requests:
    return _with_parts(unit, account_id, [notification_policies.get_request(unit, account_id, request_id)])


async def requests(call: Call) -> Response:
    """GET /api/v1/notifications/requests."""
    found = await call.read(_page, call.account_id, pagination.page(call, pagination.ACCOUNTS))
    bounds = (found[0][0].id, found[0][-1].id) if found[0] else (None, None)
    return responses.raw(joined(_rendered(call, found)), headers=pagination.link(call, *bounds))


async def request(call: Call) -> Response:
    """GET /api/v1/notifications/requests/:id."""
    return responses.raw(_rendered(call, await call.read(_one, call.account_id, call.id()))[0])


def _rendered(call: Call, found: Requests) -> list[bytes]:
    renderer = Renderer.of(call)
    many, people, sight = found
    posts = {one.id: one for one in sight.posts}
    rendered = []
    for one in many:
        head = encode(
            {
                "id": str(one.id),
                "created_at": iso(one.created_at),
                "updated_at": iso(one.updated_at),
                "notifications_count": str(one.count),
            }
        )
        post = posts.get(one.last_post_id) if one.last_post_id else None
        account = account_rendering.account(renderer, people[one.from_id])
        status = statuses.status(renderer, post, sight) if post else b"null"
        rendered.append(b'%b,"account":%b,"last_status":%b}' % (head[:-1], account, status))
    return rendered


async def accept(call: Call) -> Response:
    """POST /api/v1/notifications/requests/:id/accept."""
    return await _answered(call, [call.id()], accepted=True)


async def dismiss(call: Call) -> Response:
    """POST /api/v1/notifications/requests/:id/dismiss."""
    return await _answered(call, [call.id()], accepted=False)


async def accept_several(call: Call) -> Response:
    """POST /api/v1/notifications/requests/accept, with id[]."""
    fields = await forms.body(call)
    return await _answered(call, asked.ids(fields.get("id")), accepted=True)


async def dismiss_several(call: Call) -> Response:
    """POST /api/v1/notifications/requests/dismiss, with id[]."""
    fields = await forms.body(call)
    return await _answered(call, asked.ids(fields.get("id")), accepted=False)


async def _answered(call: Call, ids: list[int], *, accepted: bool) -> Response:
    await call.write(notification_policies.answer, call.account_id, ids, accepted=accepted)
    return responses.json({})


async def merged(call: Call) -> Response:  # noqa: ARG001  a handler's shape
    """GET /api/v1/notifications/requests/merged: what was accepted is there at once."""
    return responses.json(entities.Merged(merged=True))
