"""How far the caller has read."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from server.core.clock import iso
from server.core.errors import Invalid
from server.domain.markers import Marker
from server.services import markers
from server.web.kit import forms, responses
from server.web.kit.call import Call
from server.web.mastodon.asked import number
from server.web.mastodon.entities import nouns as entities


async def show(call: Call) -> Response:
    """GET /api/v1/markers."""
    fields = await forms.body(call)
    wanted = [str(name) for name in forms.listed(fields.get("timeline"))]
    found = await call.read(markers.get, call.account_id, wanted)
    return responses.json(_entity(found))


async def move(call: Call) -> Response:
    """POST /api/v1/markers."""
    fields = await forms.body(call)
    positions = {name: _position(fields[name]) for name in markers.TIMELINES if name in fields}
    moved = await call.write(markers.move, call.account_id, positions)
    return responses.json(_entity(moved))


def _position(value: Any) -> markers.Position:
    if not isinstance(value, dict) or "last_read_id" not in value:
        raise Invalid("Validation failed: %(field)s is not of the right form", field="last_read_id")
    version = value.get("version")
    return markers.Position(
        number(value["last_read_id"], "last_read_id"), None if version is None else number(version, "version")
    )


def _entity(found: dict[str, Marker]) -> entities.Markers:
    return entities.Markers(
        **{
            name: entities.Marker(str(one.last_read_id), one.version, iso(one.updated_at))
            for name, one in found.items()
        }
    )
