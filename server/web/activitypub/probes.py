"""The canary and its picture, through the same gate and under the same paths as what members write."""

from __future__ import annotations

from starlette.responses import Response

from server.web.activitypub.documents import MEDIA_TYPE
from server.web.activitypub.frames import signer, viewer_of
from server.web.kit import responses
from server.web.kit.call import Call

PICTURE_TYPE = "image/png"


async def canary(call: Call) -> Response:
    peer = viewer_of(await signer(call))
    return responses.raw(await call.read(call.house.egress.canary, peer), media_type=MEDIA_TYPE)


async def canary_media(call: Call) -> Response:
    peer = viewer_of(await signer(call))
    body = await call.read(call.house.egress.canary_media, peer)
    headers = {"Content-Security-Policy": "default-src 'none'; sandbox"}
    return responses.raw(body, headers=headers, media_type=PICTURE_TYPE)
