"""Hashtags as entities. Uses are not counted: a count would tell of posts that the reader may not see."""

from __future__ import annotations

import hashlib

from starlette.responses import Response

from server.core.errors import NotFound
from server.services import featured_tags, tag_follows
from server.text.mentions import find_tags
from server.web.kit import pagination, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.mastodon.entities import nouns as entities
from server.web.mastodon.rendering.renderer import Renderer
from server.web.mastodon.rendering.statuses import tag_url

LIMITS = pagination.Limits(100, 200)


def entity(renderer: Renderer, tag: str, *, following: bool, featuring: bool = False) -> entities.Tag:
    url = tag_url(renderer, tag)
    return entities.Tag(
        id=tag_id(tag), name=tag, url=url, history=[], following=following, featuring=featuring
    )


def tag_id(tag: str) -> str:
    """The same for the same tag: clients take an id for a number, and no route of ours asks for it."""
    return str(int.from_bytes(hashlib.sha256(tag.encode()).digest()[:7]))


def about(unit: Unit, account_id: int, tag: str) -> tuple[bool, bool]:
    """Whether the caller follows it, and shows it on the profile."""
    return bool(tag_follows.among(unit, account_id, [tag])), featured_tags.features(unit, account_id, tag)


def normal(text: str) -> str:
    """The folded tag. Raises NotFound for what can be none."""
    found = find_tags("#" + text.removeprefix("#"))
    if len(found) != 1:
        raise NotFound
    return found[0]


async def show(call: Call) -> Response:
    """GET /api/v1/tags/:tag."""
    tag = normal(call.parameters["tag"])
    following, featuring = await call.read(about, call.account_id, tag)
    return responses.json(entity(Renderer.of(call), tag, following=following, featuring=featuring))


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
