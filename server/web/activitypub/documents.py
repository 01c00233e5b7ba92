"""Actors, objects, activities and collections by id, for signed peers; people are led to the page.

The instance actor alone is public. What a peer may not have is what is missing: the same 404 through the same path.
"""

from __future__ import annotations

from starlette.responses import Response

from server.core.errors import NotFound
from server.core.ids import decimal
from server.media.sealed import decrypt
from server.services import verification
from server.web.activitypub.frames import signer, unless_recovering, viewer_of
from server.web.kit import responses
from server.web.kit.call import Call

MEDIA_TYPE = "application/activity+json; charset=utf-8"
PAGE_TYPES = ("text/html", "application/xhtml+xml")


def _document(body: bytes) -> Response:
    return responses.raw(body, media_type=MEDIA_TYPE)


def wants_page(call: Call) -> bool:
    """A browser, which names HTML and no ActivityPub type, and signs nothing."""
    accept = call.request.headers.get("accept", "")
    names_activity = "activity+json" in accept or "ld+json" in accept
    return (
        not names_activity
        and any(kind in accept for kind in PAGE_TYPES)
        and "signature" not in call.request.headers
    )


async def instance_actor(call: Call) -> Response:
    """Unsigned, so that a peer can check our signature before it trusts us with anything."""
    return _document(await call.read(call.house.egress.instance_actor))


async def actor(call: Call) -> Response:
    if wants_page(call):
        return responses.redirect(
            await call.read(call.house.egress.page_of_actor, call.viewer, call.parameters["id"])
        )
    peer = viewer_of(await signer(call, also_in_recovery=True))
    return _document(
        await call.glance(unless_recovering, call.house.egress.actor, peer, call.parameters["id"])
    )


async def obj(call: Call) -> Response:
    if wants_page(call):
        return responses.redirect(await call.read(call.house.egress.page_of_post, call.viewer, call.id()))
    peer = await signer(call)
    return _document(await call.write(call.house.egress.object, viewer_of(peer), call.id()))


async def activity(call: Call) -> Response:
    peer = await signer(call)
    return _document(await call.write(call.house.egress.activity, viewer_of(peer), call.parameters["id"]))


async def collection(call: Call) -> Response:
    """outbox, followers, following: counts, and pages of what this peer may see."""
    name = call.request.url.path.rsplit("/", 1)[-1]
    peer = await signer(call)
    page = call.request.query_params.get("page")
    before = None if page is None else decimal(page)
    if page is not None and before is None:
        raise NotFound
    return _document(
        await call.read(call.house.egress.collection, peer.origin, call.parameters["id"], name, before)
    )


async def status_list(call: Call) -> Response:
    """A list of ours by which attestations are revoked or suspended, for any signed peer: it names nobody."""
    await signer(call, also_in_recovery=True)
    return _document(await call.write(verification.signed, call.parameters["n"]))


async def stream(call: Call) -> Response:
    """What a group distributed behind a position, for an instance that has members in it."""
    peer = await signer(call)
    asked = call.request.query_params.get("after", "0")
    if not asked.isascii() or not asked.isdigit() or len(asked) > 15:
        raise NotFound
    viewer = viewer_of(peer)
    return _document(await call.write(call.house.egress.stream, viewer, call.parameters["id"], int(asked)))


async def roster(call: Call) -> Response:
    """What a group counts of the asker's own members."""
    peer = await signer(call)
    return _document(await call.read(call.house.egress.roster, viewer_of(peer), call.parameters["id"]))


async def moderators(call: Call) -> Response:
    """Who moderates an open group."""
    peer = await signer(call)
    return _document(await call.read(call.house.egress.moderators, peer.origin, call.parameters["id"]))


async def featured(call: Call) -> Response:
    """What an open group shows first."""
    peer = await signer(call)
    return _document(await call.read(call.house.egress.featured, viewer_of(peer), call.parameters["id"]))


async def catalogue(call: Call) -> Response:
    """The groups that are listed here, for a partner."""
    peer = await signer(call)
    return _document(await call.read(call.house.egress.catalogue, viewer_of(peer)))


async def inventory(call: Call) -> Response:
    """What is held here of the asker's groups, for a partner that was restored."""
    peer = await signer(call)
    since, after = (decimal(call.request.query_params.get(name, "0")) for name in ("since", "after"))
    if since is None or after is None:
        raise NotFound
    return _document(await call.read(call.house.egress.inventory, viewer_of(peer), since, after))


async def media(call: Call) -> Response:
    """Bytes by digest, for a peer that may see a post they hang on, or an avatar of ours."""
    peer = await signer(call)
    digest = call.parameters["digest"]
    served = await call.write(call.house.egress.media, viewer_of(peer), digest)
    data = call.house.media.read(served.name)
    if data is not None and served.key is not None:
        data = decrypt(served.key, data)
    if data is None:
        raise NotFound
    headers = {"Content-Security-Policy": "default-src 'none'; sandbox"}
    return responses.raw(data, headers=headers, media_type=served.mime)
