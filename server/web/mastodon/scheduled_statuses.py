"""Statuses that the caller has scheduled: listed, moved to another time, cancelled."""

from __future__ import annotations

from starlette.responses import Response

from server.core.clock import iso
from server.core.errors import Invalid
from server.domain.pages import Page
from server.domain.posts import Media
from server.domain.scheduled_posts import ScheduledPost
from server.services import scheduled_posts
from server.web.kit import forms, pagination, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.mastodon import asked
from server.web.mastodon.entities import statuses as entities
from server.web.mastodon.rendering import media as rendering
from server.web.mastodon.rendering.renderer import Renderer
from server.web.mastodon.rendering.statuses import WORDS

Rows = tuple[list[ScheduledPost], dict[int, Media]]


def with_media(unit: Unit, many: list[ScheduledPost]) -> Rows:
    return many, scheduled_posts.media_of(unit, many)


def _page(unit: Unit, account_id: int, page: Page) -> Rows:
    return with_media(unit, scheduled_posts.page(unit, account_id, page))


def _one(unit: Unit, account_id: int, scheduled_id: int) -> Rows:
    return with_media(unit, [scheduled_posts.get(unit, account_id, scheduled_id)])


async def index(call: Call) -> Response:
    """GET /api/v1/scheduled_statuses."""
    many, media = await call.read(_page, call.account_id, pagination.page(call))
    bounds = (many[0].id, many[-1].id) if many else (None, None)
    found = [entity(Renderer.of(call), one, media) for one in many]
    return responses.json(found, headers=pagination.link(call, *bounds))


async def show(call: Call) -> Response:
    """GET /api/v1/scheduled_statuses/:id."""
    return only(call, await call.read(_one, call.account_id, call.id()))


async def update(call: Call) -> Response:
    """PUT /api/v1/scheduled_statuses/:id: another time."""
    due_at = asked.moment((await forms.body(call)).get("scheduled_at"), "scheduled_at")
    if due_at is None:
        raise Invalid("Validation failed: %(field)s is not of the right form", field="scheduled_at")
    await call.write(scheduled_posts.move, call.account_id, call.id(), due_at)
    return await show(call)


async def delete(call: Call) -> Response:
    """DELETE /api/v1/scheduled_statuses/:id."""
    await call.write(scheduled_posts.cancel, call.account_id, call.id())
    return responses.json({})


def only(call: Call, rows: Rows) -> Response:
    """One of them."""
    many, media = rows
    return responses.json(entity(Renderer.of(call), many[0], media))


def entity(renderer: Renderer, one: ScheduledPost, media: dict[int, Media]) -> entities.ScheduledStatus:
    draft = scheduled_posts.draft_of(one)
    poll = draft.poll
    return entities.ScheduledStatus(
        id=str(one.id),
        scheduled_at=iso(one.due_at),
        params=entities.ScheduledParams(
            text=draft.text,
            spoiler_text=draft.summary,
            visibility=WORDS[draft.visibility] if draft.visibility else None,
            sensitive=draft.sensitive,
            language=draft.language,
            in_reply_to_id=str(draft.in_reply_to_id) if draft.in_reply_to_id else None,
            media_ids=[str(each) for each in one.media_ids] or None,
            poll=None
            if poll is None
            else entities.ScheduledPoll(
                list(poll.options), int(poll.expires_in.total_seconds()), poll.multiple, poll.hide_totals
            ),
        ),
        media_attachments=[
            rendering.entity(renderer, media[each]) for each in one.media_ids if each in media
        ],
    )
