"""Timelines: home, the public ones, tags, lists; and a person's favourites and bookmarks."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from server.core.errors import Unauthenticated
from server.domain.outlines import Outline
from server.domain.pages import Page
from server.domain.posts import Post
from server.domain.viewers import Anonymous, Member, Viewer
from server.services import filters, timelines
from server.services.posts import visible
from server.services.timelines import Tags
from server.text.mentions import find_tags
from server.web.kit import pagination, responses
from server.web.kit.call import Call
from server.web.kit.sight import Sight, see
from server.web.kit.unit import Unit
from server.web.mastodon import answers, asked
from server.web.mastodon.rendering import statuses
from server.web.mastodon.rendering.renderer import Renderer, joined
from server.web.mastodon.tags import normal

MOST_TAGS = 4


def _home(unit: Unit, viewer: Member, page: Page) -> tuple[list[Outline], bool]:
    """A page, and whether the reader filters: then each post is read whole, for its words."""
    return timelines.home_outline(unit, viewer, page), bool(filters.active(unit, viewer.account_id))


async def home(call: Call) -> Response:
    """GET /api/v1/timelines/home: joined from what is encoded; only what is not yet is loaded whole."""
    viewer = Member(call.account_id)
    outlines, filtering = await call.read(_home, viewer, pagination.page(call))
    renderer = Renderer.of(call)
    found = {one.id: None if filtering else statuses.from_outline(renderer, one) for one in outlines}
    missing = [post_id for post_id, body in found.items() if body is None]
    if missing:
        sight = await call.read(_some, viewer, missing)
        found |= {post.id: statuses.status(renderer, post, sight) for post in sight.posts}
    bounds = (outlines[0].id, outlines[-1].id) if outlines else (None, None)
    body = joined([one for one in found.values() if one is not None])
    return responses.raw(body, headers=pagination.link(call, *bounds))


def _some(unit: Unit, viewer: Member, ids: list[int]) -> Sight:
    return see(unit, viewer, list(visible.visible_posts(unit, viewer, ids).values()))


def _public(unit: Unit, viewer: Viewer, page: Page, scope: dict[str, bool]) -> Sight:
    return see(unit, viewer, timelines.public(unit, viewer, page, **scope))


async def public(call: Call) -> Response:
    """GET /api/v1/timelines/public."""
    sight = await call.read(_public, _reader(call), pagination.page(call), _scope(call))
    return answers.status_page(call, sight)


def _tag(unit: Unit, viewer: Viewer, page: Page, tags: Tags, scope: dict[str, bool]) -> Sight:
    return see(unit, viewer, timelines.tag(unit, viewer, page, tags, **scope))


async def tag(call: Call) -> Response:
    """GET /api/v1/timelines/tag/:tag, with any[], all[] and none[]."""
    first = normal(call.parameters["tag"])
    tags = Tags(
        any=(first, *_tags(call, "any")),
        all=_tags(call, "all"),
        none=_tags(call, "none"),
    )
    sight = await call.read(_tag, _reader(call), pagination.page(call), tags, _scope(call))
    return answers.status_page(call, sight)


def _list(unit: Unit, viewer: Member, page: Page, list_id: int) -> Sight:
    return see(unit, viewer, timelines.list_(unit, viewer, page, list_id))


async def list_(call: Call) -> Response:
    """GET /api/v1/timelines/list/:id."""
    sight = await call.read(_list, Member(call.account_id), pagination.page(call), call.id())
    return answers.status_page(call, sight)


Rows = tuple[Sight, answers.Bounds]


def _rows(unit: Unit, viewer: Member, found: Sequence[tuple[int, Post]]) -> Rows:
    bounds = (found[0][0], found[-1][0]) if found else None
    return see(unit, viewer, [post for _, post in found]), bounds


def _favourites(unit: Unit, viewer: Member, page: Page) -> Rows:
    return _rows(unit, viewer, timelines.favourites(unit, viewer, page))


def _bookmarks(unit: Unit, viewer: Member, page: Page) -> Rows:
    return _rows(unit, viewer, timelines.bookmarks(unit, viewer, page))


async def favourites(call: Call) -> Response:
    """GET /api/v1/favourites."""
    sight, bounds = await call.read(_favourites, Member(call.account_id), pagination.page(call))
    return answers.status_rows(call, sight, bounds)


async def bookmarks(call: Call) -> Response:
    """GET /api/v1/bookmarks."""
    sight, bounds = await call.read(_bookmarks, Member(call.account_id), pagination.page(call))
    return answers.status_rows(call, sight, bounds)


def _scope(call: Call) -> dict[str, bool]:
    return {name: asked.flag(call, name) for name in ("local", "remote", "only_media")}


def _tags(call: Call, name: str) -> tuple[str, ...]:
    found = [find_tags("#" + word.removeprefix("#")) for word in asked.query_words(call, name)[:MOST_TAGS]]
    return tuple(tags[0] for tags in found if len(tags) == 1)


def _reader(call: Call) -> Viewer:
    """Visitors read public timelines only where public pages are on: else apps are told to sign in."""
    if isinstance(call.viewer, Anonymous) and not call.context.settings.public_pages:
        raise Unauthenticated("This method requires an authenticated user")
    return call.viewer
