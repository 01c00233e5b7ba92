"""Uploading files before they are posted, and describing them. Pictures are done at once; for video and sound apps ask again."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import Response

from server.core.errors import Invalid
from server.domain.posts import Media
from server.media.limits import RefusalReason
from server.media.refusals import SENTENCES
from server.services import accounts, media
from server.web.kit import forms, pictures, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.mastodon import asked
from server.web.mastodon.rendering import media as rendering
from server.web.mastodon.rendering.renderer import Renderer

LONGEST_DESCRIPTION = 10_000


async def upload(call: Call) -> Response:
    """POST /api/v2/media and /api/v1/media."""
    fields = await forms.body(call)
    file = fields.get("file")
    if not isinstance(file, UploadFile):
        raise Invalid("Validation failed: File can't be blank")
    focus = focus_of(fields.get("focus")) or (0, 0)
    said = {"description": _description(fields) or "", "focus_x": focus[0], "focus_y": focus[1]}
    values = {**await pictures.uploaded(call, file), **said}
    return _answer(call, await call.write(_add, call.account_id, values), unfinished=202)


async def show(call: Call) -> Response:
    """GET /api/v1/media/:id."""
    return _answer(call, await call.read(_get, call.account_id, call.id()), unfinished=206)


async def update(call: Call) -> Response:
    """PUT /api/v1/media/:id."""
    fields = await forms.body(call)
    changed = await call.write(
        _change, call.account_id, call.id(), _description(fields), focus_of(fields.get("focus"))
    )
    return _answer(call, changed, unfinished=200)


def _add(unit: Unit, owner_id: int, values: dict[str, Any]) -> Media:
    return media.add(unit, accounts.get(unit, owner_id), values)


def _get(unit: Unit, owner_id: int, media_id: int) -> Media:
    return media.get(unit, accounts.get(unit, owner_id), media_id)


def _change(
    unit: Unit, owner_id: int, media_id: int, description: str | None, focus: tuple[int, int] | None
) -> Media:
    return media.change(unit, accounts.get(unit, owner_id), media_id, description=description, focus=focus)


def _description(fields: dict[str, Any]) -> str | None:
    if "description" not in fields:
        return None
    return asked.text(fields["description"], "description", LONGEST_DESCRIPTION)


def focus_of(value: Any) -> tuple[int, int] | None:
    """`x,y`, each from -1 to 1, in thousandths. Raises Invalid."""
    if value is None or value == "":
        return None
    try:
        x, y = (float(part) for part in str(value).split(","))
    except ValueError:
        raise Invalid("Validation failed: %(field)s is not of the right form", field="focus") from None
    if not (-1 <= x <= 1 and -1 <= y <= 1):
        raise Invalid("Validation failed: %(field)s is not of the right form", field="focus")
    return round(x * 1000), round(y * 1000)


def _answer(call: Call, one: Media, *, unfinished: int) -> Response:
    """unfinished: the status while it is being made anew. Raises Invalid for what could not be."""
    if one.refusal is not None:
        raise Invalid(SENTENCES[RefusalReason(one.refusal)])
    status = 200 if one.is_finished else unfinished
    return responses.raw(rendering.media(Renderer.of(call), one), status)
