"""NodeInfo 2.0 and 2.1: built for others, and read from others with nothing believed but plain text.

Refused: documents that name no software, links to another host than the one asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urljoin

from federation.errors import Malformed, OriginMismatch
from federation.iri import canonical_iri, same_origin
from federation.net.limits import JSON_LIMIT
from federation.ports import Fetcher
from federation.types import JsonObject, Origin
from federation.vocab.codec import parse

Version: TypeAlias = Literal["2.0", "2.1"]

PATH: Final = "/.well-known/nodeinfo"
_SCHEMA: Final = "http://nodeinfo.diaspora.software/ns/schema/"
_NAME: Final = re.compile(r"[a-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """What an instance says of itself. Counts are None where it does not tell them."""

    software: str
    version: str
    open_registrations: bool = False
    users: int | None = None
    active_month: int | None = None
    active_half_year: int | None = None
    local_posts: int | None = None
    repository: str | None = None
    homepage: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


def media_type(version: Version) -> str:
    return f'application/json; profile="{_SCHEMA}{version}#"'


def links(base: str) -> JsonObject:
    """The document at /.well-known/nodeinfo. base: our scheme and host, without a slash at the end."""
    versions: tuple[Version, ...] = ("2.0", "2.1")
    return {"links": [{"rel": _SCHEMA + each, "href": f"{base}/nodeinfo/{each}"} for each in versions]}


def build(info: NodeInfo, version: Version) -> JsonObject:
    """The document of a version, valid by its schema.

    `metadata.upstream` names Mastodon, whose API we speak: client libraries tell by it what we can do.
    """
    software: JsonObject = {"name": info.software, "version": info.version}
    if version == "2.1":
        software |= _present(repository=info.repository, homepage=info.homepage)
    users = _present(total=info.users, activeMonth=info.active_month, activeHalfyear=info.active_half_year)
    return {
        "version": version,
        "software": software,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": info.open_registrations,
        "usage": {"users": users, **_present(localPosts=info.local_posts)},
        "metadata": {"upstream": {"name": "mastodon"}, **info.metadata},
    }


def _present(**members: object) -> JsonObject:
    return {name: value for name, value in members.items() if value is not None}


async def fetch(origin: Origin, fetcher: Fetcher, scheme: str = "https") -> NodeInfo:
    """What a peer says of itself. Raises FederationError."""
    base = canonical_iri(f"{scheme}://{origin}{PATH}")
    listed = parse((await fetcher.get(base, accept="application/json", limit=JSON_LIMIT)).body).get("links")
    hrefs: dict[str, str] = {}
    for link in listed[:16] if isinstance(listed, list) else []:
        if isinstance(link, dict) and isinstance(link.get("rel"), str) and isinstance(link.get("href"), str):
            hrefs[link["rel"]] = link["href"]
    href = next((hrefs[_SCHEMA + each] for each in ("2.1", "2.0") if _SCHEMA + each in hrefs), None)
    if href is None:
        raise Malformed("nodeinfo-links")
    url = canonical_iri(urljoin(base, href))
    if not same_origin(url, base):
        raise OriginMismatch("nodeinfo-of-another-host")
    return decode(parse((await fetcher.get(url, accept="application/json", limit=JSON_LIMIT)).body))


def decode(document: JsonObject) -> NodeInfo:
    """A peer's document, read leniently. Raises Malformed where it names no software."""
    software = _dict(document.get("software"))
    name, version = software.get("name"), software.get("version")
    if not isinstance(name, str) or not _NAME.fullmatch(name.lower()):
        raise Malformed("nodeinfo-software")
    usage = _dict(document.get("usage"))
    users = _dict(usage.get("users"))
    return NodeInfo(
        software=name.lower(),
        version=version[:128] if isinstance(version, str) else "",
        open_registrations=document.get("openRegistrations") is True,
        users=_count(users.get("total")),
        active_month=_count(users.get("activeMonth")),
        active_half_year=_count(users.get("activeHalfyear")),
        local_posts=_count(usage.get("localPosts")),
        metadata=_dict(document.get("metadata")),
    )


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53:
        return value
    return None
