"""Avatars and headers. Whoever was given an address may load it; it stops working when the picture changes."""

from __future__ import annotations

import asyncio
import hmac

from starlette.responses import Response

from server.core.errors import NotFound
from server.services import accounts
from server.web.kit import responses
from server.web.kit.call import Call
from server.web.kit.media_kinds import kind_of
from server.web.kit.media_links import MediaLinks
from server.web.media import remote

KINDS = ("avatar", "header")


async def show(call: Call) -> Response:
    """GET /media/faces/:kind/:id/:key."""
    kind = call.parameters["kind"]
    if kind not in KINDS:
        raise NotFound
    account = await call.read(accounts.get, call.id())
    value = account.avatar if kind == "avatar" else account.header
    links = MediaLinks(call.context)
    expected = links.face_key(kind, account.id, value)
    if (
        not value
        or account.gone
        or not hmac.compare_digest(expected.encode(), call.parameters["key"].encode())
    ):
        raise NotFound
    if account.local:
        data = await asyncio.to_thread(call.house.media.read, value)
    else:
        data = await remote.face(call, value, kind)
    if data is None:
        # the picture cannot be had: the house's own image stands in, so that apps draw something
        return responses.redirect(links.face(kind, account.id, ""), 302)
    return responses.raw(data, media_type=kind_of(data))
