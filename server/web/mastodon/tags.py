"""Hashtags as entities. Uses are not counted: a count would tell of posts that the reader may not see."""

from __future__ import annotations

from starlette.responses import Response

from server.core.errors import NotFound
from server.text.mentions import find_tags
from server.web.kit import responses
from server.web.kit.call import Call
from server.web.mastodon.entities import nouns as entities
from server.web.mastodon.rendering.renderer import Renderer
from server.web.mastodon.rendering.statuses import tag_url


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
    return responses.json(entity(Renderer.of(call), normal(call.parameters["tag"]), following=False))
