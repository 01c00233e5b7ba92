"""WebFinger, NodeInfo and host-meta: what the instance says of itself to anybody."""

from __future__ import annotations

from starlette.responses import Response

from federation.errors import Malformed
from server import __version__
from server.activitypub.ingress import wellknown
from server.core.errors import BadRequest, NotFound
from server.services import accounts, health
from server.web.kit import responses
from server.web.kit.call import Call

JRD_TYPE = "application/jrd+json"
ANYWHERE = {"Access-Control-Allow-Origin": "*"}


async def webfinger(call: Call) -> Response:
    """Persons by handle, page or id. 400 for what is no question, 404 for who is not here."""
    try:
        query = wellknown.question(call.request.scope["query_string"])
    except Malformed:
        raise BadRequest("The query needs exactly one resource, such as acct:name@host") from None
    name, iri = wellknown.name_or_iri(query, call.context.settings)
    account = await call.read(accounts.find_for_webfinger, name, iri)
    if account is None:
        raise NotFound
    document = wellknown.describe(query, account, call.context.settings)
    return responses.json(document, headers=ANYWHERE, media_type=JRD_TYPE)


async def nodeinfo_index(call: Call) -> Response:
    return responses.json(wellknown.nodeinfo_links(call.context.settings), headers=ANYWHERE)


async def nodeinfo(call: Call) -> Response:
    version = call.request.url.path.rstrip("/").rsplit("/", 1)[-1]
    usage = await call.read(health.usage)
    document, media_type = wellknown.nodeinfo_document(version, usage, __version__)
    return responses.json(document, headers=ANYWHERE, media_type=media_type)


async def host_meta(call: Call) -> Response:
    body, media_type = wellknown.host_meta_xrd(call.context.settings)
    return responses.raw(body, headers=ANYWHERE, media_type=media_type)


async def host_meta_json(call: Call) -> Response:
    document, media_type = wellknown.host_meta_json(call.context.settings)
    return responses.json(document, headers=ANYWHERE, media_type=media_type)
