"""Hashtags as entities. Uses are not counted: a count would tell of posts that the reader may not see."""

from __future__ import annotations

from starlette.responses import Response

from server.core.errors import NotFound
from server.services import tag_follows
from server.text.mentions import find_tags
from server.web.kit import pagination, responses
from server.web.kit.call import Call
from server.web.mastodon.entities import nouns as entities
from server.web.mastodon.rendering.renderer import Renderer
from server.web.mastodon.rendering.statuses import tag_url

LIMITS = pagination.Limits(100, 200)


def entity(renderer: Renderer, tag: str, *, following: bool) -> entities.Tag:
    return entities.Tag(id=tag, name=tag, url=tag_url(renderer, tag), history=[], following=following)


def normal(text: str) -> str:
    """The folded tag. Raises NotFound for what can be none."""
    found = find_tags("#" + text.removeprefix("#"))
    if len(found) != 1:
        raise NotFound
    return found[0]


async def show(call: Call) -> Response:
    """GET /api/v1/tags/:tag."""
    tag = normal(call.parameters["tag"])
    followed = await call.read(tag_follows.among, call.account_id, [tag])
    return responses.json(entity(Renderer.of(call), tag, following=bool(followed)))


async def follow(call: Call) -> Response:
    """POST /api/v1/tags/:tag/follow."""
    tag = normal(call.parameters["tag"])
    await call.write(tag_follows.follow, call.account_id, tag)
    return responses.json(entity(Renderer.of(call), tag, following=True))


async def unfollow(call: Call) -> Response:
    """POST /api/v1/tags/:tag/unfollow."""
    tag = normal(call.parameters["tag"])
    await call.write(tag_follows.unfollow, call.account_id, tag)
    return responses.json(entity(Renderer.of(call), tag, following=False))


async def followed(call: Call) -> Response:
    """GET /api/v1/followed_tags."""
    rows = await call.read(tag_follows.page, call.account_id, pagination.page(call, LIMITS))
    renderer = Renderer.of(call)
    bounds = (rows[0][0], rows[-1][0]) if rows else (None, None)
    found = [entity(renderer, tag, following=True) for _, tag in rows]
    return responses.json(found, headers=pagination.link(call, *bounds))
