"""Statuses as their readers see them: one, several, with their thread, their history, who liked them."""

from __future__ import annotations

from starlette.responses import Response

from server.domain.posts import Post, Revision
from server.domain.reads import Depth
from server.domain.viewers import Viewer
from server.services import accounts, interactions
from server.services.posts import edit as editing
from server.services.posts import visible
from server.web.kit import pagination, responses
from server.web.kit.call import Call
from server.web.kit.sight import Sight, find, see
from server.web.kit.unit import Unit
from server.web.mastodon import answers, asked
from server.web.mastodon.entities import statuses as entities
from server.web.mastodon.rendering import statuses
from server.web.mastodon.rendering.renderer import Renderer, joined


async def show(call: Call) -> Response:
    """GET /api/v1/statuses/:id."""
    sight = await call.read(find, call.viewer, call.id())
    return responses.raw(statuses.status(Renderer.of(call, Depth.OPENED), sight.only, sight))


async def several(call: Call) -> Response:
    """GET /api/v1/statuses?id[]=…: those that the reader may see, in the order asked for."""
    wanted = asked.ids(asked.query_words(call, "id"))[:40]
    sight = await call.read(_several, call.viewer, wanted)
    return responses.raw(statuses.statuses(Renderer.of(call), sight))


def _several(unit: Unit, viewer: Viewer, ids: list[int]) -> Sight:
    found = visible.visible_posts(unit, viewer, ids)
    return see(unit, viewer, [found[one] for one in ids if one in found])


async def context(call: Call) -> Response:
    """GET /api/v1/statuses/:id/context."""
    sight, above = await call.read(_context, call.viewer, call.id())
    renderer = Renderer.of(call, Depth.OPENED)
    rendered = [statuses.status(renderer, post, sight) for post in sight.posts]
    return responses.raw(
        b'{"ancestors":%b,"descendants":%b}' % (joined(rendered[:above]), joined(rendered[above:]))
    )


def _context(unit: Unit, viewer: Viewer, post_id: int) -> tuple[Sight, int]:
    """The thread around a post, and how many of it stand above."""
    post = visible.visible_original(unit, viewer, post_id)
    above, below = visible.context_of(unit, viewer, post)
    return see(unit, viewer, [*above, *below]), len(above)


async def history(call: Call) -> Response:
    """GET /api/v1/statuses/:id/history: oldest first, the last is what it says now."""
    revisions, sight = await call.read(_history, call.viewer, call.id())
    return responses.raw(statuses.edits(Renderer.of(call, Depth.OPENED), revisions, sight))


def _history(unit: Unit, viewer: Viewer, post_id: int) -> tuple[list[Revision], Sight]:
    post = visible.visible_original(unit, viewer, post_id)
    return editing.history(unit, viewer, post), see(unit, viewer, [post])


async def source(call: Call) -> Response:
    """GET /api/v1/statuses/:id/source: its author's alone."""
    post = await call.read(_source, call.account_id, call.id())
    return responses.json(entities.StatusSource(str(post.id), post.source or "", post.summary))


def _source(unit: Unit, account_id: int, post_id: int) -> Post:
    return editing.source(unit, accounts.get(unit, account_id), post_id)


async def favourited_by(call: Call) -> Response:
    """GET /api/v1/statuses/:id/favourited_by."""
    page = pagination.page(call, pagination.ACCOUNTS)
    return answers.account_rows(
        call, await call.read(interactions.favourited_by, call.viewer, call.id(), page)
    )


async def reblogged_by(call: Call) -> Response:
    """GET /api/v1/statuses/:id/reblogged_by."""
    page = pagination.page(call, pagination.ACCOUNTS)
    return answers.account_rows(call, await call.read(interactions.boosted_by, call.viewer, call.id(), page))
