"""What this instance tells anybody about itself and its actors: WebFinger, NodeInfo, host-meta."""

from __future__ import annotations

from federation.discovery import host_meta, nodeinfo, webfinger
from federation.discovery.webfinger import Handle, Query
from federation.types import Iri, JsonObject
from server.core.settings import Settings
from server.domain.accounts import Account
from server.domain.usage import Usage

question = webfinger.parse_query
"""Raises Malformed where the query is no question."""


def name_or_iri(query: Query, settings: Settings) -> tuple[str | None, Iri | None]:
    """The local name or the local id that is asked for; both None where it is not ours."""
    return webfinger.local_name(query.resource, settings.origin), webfinger.local_iri(
        query.resource, settings.origin
    )


def describe(query: Query, account: Account, settings: Settings) -> JsonObject:
    """The answer for one of our accounts, with the relations that were asked for."""
    handle = Handle(account.username, settings.origin)
    jrd = webfinger.describe(handle, account.uri, page=account.url)
    return webfinger.encode(jrd.only(query.rels))


def nodeinfo_links(settings: Settings) -> JsonObject:
    return nodeinfo.links(settings.base)


def nodeinfo_document(version: str, usage: Usage, software_version: str) -> tuple[JsonObject, str]:
    """The document of a version (`2.0` or `2.1`) and its media type."""
    which: nodeinfo.Version = "2.0" if version == "2.0" else "2.1"
    info = nodeinfo.NodeInfo(
        software="consilium",
        version=software_version,
        users=usage.users,
        active_month=usage.active_month,
        active_half_year=usage.active_half_year,
        local_posts=usage.local_posts,
    )
    return nodeinfo.build(info, which), nodeinfo.media_type(which)


def host_meta_xrd(settings: Settings) -> tuple[bytes, str]:
    return host_meta.build_xrd(settings.base), host_meta.XRD_TYPE


def host_meta_json(settings: Settings) -> tuple[JsonObject, str]:
    return host_meta.build_json(settings.base), host_meta.JSON_TYPE
