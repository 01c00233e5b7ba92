"""Tags on profiles."""

from __future__ import annotations

from starlette.responses import Response

from server.core.clock import iso
from server.core.errors import Invalid
from server.domain.featured_tags import FeaturedTag
from server.domain.viewers import Viewer
from server.services import featured_tags
from server.text.mentions import find_tags, normal_tag
from server.web.kit import forms, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.mastodon import asked, tags
from server.web.mastodon.accounts.show import shown
from server.web.mastodon.entities import nouns as entities
from server.web.mastodon.rendering.renderer import Renderer
from server.web.mastodon.rendering.statuses import tag_url

LONGEST = 300


def _entity(renderer: Renderer, one: FeaturedTag) -> entities.FeaturedTag:
    last = iso(one.last_used_at)[:10] if one.last_used_at else None
    return entities.FeaturedTag(str(one.id), one.tag, tag_url(renderer, one.tag), str(one.uses), last)


async def index(call: Call) -> Response:
    """GET /api/v1/featured_tags."""
    found = await call.read(featured_tags.all_of, call.account_id)
    return responses.json([_entity(Renderer.of(call), one) for one in found])


def _theirs(unit: Unit, viewer: Viewer, account_id: int) -> list[FeaturedTag]:
    return featured_tags.all_of(unit, shown(unit, viewer, account_id).id)


async def theirs(call: Call) -> Response:
    """GET /api/v1/accounts/:id/featured_tags."""
    found = await call.read(_theirs, call.viewer, call.id())
    return responses.json([_entity(Renderer.of(call), one) for one in found])


async def create(call: Call) -> Response:
    """POST /api/v1/featured_tags."""
    fields = await forms.body(call)
    name = asked.text(fields.get("name"), "name", LONGEST).strip().removeprefix("#")
    found = find_tags(f"#{name}")
    if found != (normal_tag(name),):
        raise Invalid("Validation failed: %(field)s is not of the right form", field="name")
    made = await call.write(featured_tags.feature, call.account_id, found[0])
    return responses.json(_entity(Renderer.of(call), made))


async def delete(call: Call) -> Response:
    """DELETE /api/v1/featured_tags/:id."""
    await call.write(featured_tags.unfeature, call.account_id, call.id())
    return responses.json({})


async def suggestions(call: Call) -> Response:
    """GET /api/v1/featured_tags/suggestions."""
    found = await call.read(featured_tags.suggestions, call.account_id)
    return responses.json([tags.entity(Renderer.of(call), one, following=False) for one in found])


async def feature(call: Call) -> Response:
    """POST /api/v1/tags/:tag/feature."""
    return await _featured(call, wanted=True)


async def unfeature(call: Call) -> Response:
    """POST /api/v1/tags/:tag/unfeature."""
    return await _featured(call, wanted=False)


async def _featured(call: Call, *, wanted: bool) -> Response:
    tag = tags.normal(call.parameters["tag"])
    await call.write(featured_tags.feature if wanted else featured_tags.unfeature_tag, call.account_id, tag)
    following, featuring = await call.read(tags.about, call.account_id, tag)
    return responses.json(tags.entity(Renderer.of(call), tag, following=following, featuring=featuring))
