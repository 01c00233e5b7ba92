"""WebFinger (RFC 7033): what others ask us, what we answer, and whom a handle names.

Refused: queries without exactly one `resource` that is an absolute URI (400 at the host's edge); resources that are not
ours (404). Looking up, an answer is believed only as far as its host may speak: a handle belongs to the host it
names, so that host is asked, and an actor on another host must in turn be known by that handle at home.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias
from urllib.parse import quote, unquote

from federation.errors import Malformed, OriginMismatch
from federation.iri import canonical_iri, find_iri, origin_of, parse_handle
from federation.net.limits import JSON_LIMIT
from federation.net.media_type import is_activity_type
from federation.ports import Fetcher
from federation.types import Iri, JsonObject, Origin
from federation.vocab.actors import Actor
from federation.vocab.codec import parse

MEDIA_TYPE: Final = "application/jrd+json"
PATH: Final = "/.well-known/webfinger"
REL_PROFILE: Final = "http://webfinger.net/rel/profile-page"
REL_SUBSCRIBE: Final = "http://ostatus.org/schema/1.0/subscribe"
ACTIVITY_TYPE: Final = "application/activity+json"

_MAX_QUERY: Final = 8192
_MAX_RELS: Final = 32
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,63}:\S+")

SchemeOf: TypeAlias = Callable[[Origin], str]
"""`https`, or `http` for the loopback names that the host speaks plainly with."""


def always_https(_origin: Origin) -> str:
    return "https"


@dataclass(frozen=True, slots=True)
class Query:
    """A well-formed query. rels: those asked for; empty means all."""

    resource: str
    rels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a JRD."""

    rel: str
    href: str | None = None
    type: str | None = None
    template: str | None = None


@dataclass(frozen=True, slots=True)
class Jrd:
    """A JSON Resource Descriptor, as far as the fediverse uses it."""

    subject: str
    aliases: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()

    def only(self, rels: Iterable[str]) -> Jrd:
        """With the links of these relations (RFC 7033 4.3); all where none is named."""
        wanted = frozenset(rels)
        if not wanted:
            return self
        return replace(self, links=tuple(link for link in self.links if link.rel in wanted))

    def actor(self) -> Iri | None:
        """The ActivityPub actor that the `self` link names."""
        for link in self.links:
            if link.rel == "self" and link.href is not None and is_activity_type(link.type):
                return find_iri(link.href)
        return None


@dataclass(frozen=True, slots=True)
class Handle:
    """`name@host`, the name as its host spells it."""

    name: str
    host: Origin

    def __str__(self) -> str:
        return f"{self.name}@{self.host}"


def parse_query(query: str | bytes) -> Query:
    """The query string of a request, still percent-encoded. Raises Malformed: the answer is 400."""
    text = query.decode("latin-1") if isinstance(query, bytes) else query
    if len(text) > _MAX_QUERY:
        raise Malformed("query-too-long")
    resources: list[str] = []
    rels: list[str] = []
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        if name == "resource":
            resources.append(_unquoted(value))
        elif name == "rel":
            rels.append(_unquoted(value))
    if not resources:
        raise Malformed("resource-missing")
    if len(resources) > 1:
        raise Malformed("resource-repeated")
    if not _URI.fullmatch(resources[0]) or not resources[0].isprintable():
        raise Malformed("resource-malformed")
    if len(rels) > _MAX_RELS:
        raise Malformed("too-many-rels")
    return Query(resources[0], tuple(rels))


def _unquoted(value: str) -> str:
    try:
        return unquote(value, errors="strict")  # RFC 7033 knows no plus for a blank
    except UnicodeDecodeError:
        raise Malformed("resource-malformed") from None


def local_name(resource: str, own: Origin) -> str | None:
    """The account's name where the resource is an `acct:` of our host; None where it is not."""
    if resource[:5].lower() != "acct:":
        return None
    try:
        name, host = parse_handle(resource)
    except Malformed:
        return None
    return name if host == own else None


def local_iri(resource: str, own: Origin) -> Iri | None:
    """The id or page where the resource is an http(s) URL of our host; None where it is not."""
    iri = find_iri(resource)
    return iri if iri is not None and origin_of(iri) == own else None


def describe(handle: Handle, actor: Iri, *, page: str | None = None, subscribe: str | None = None) -> Jrd:
    """What we answer for one of our actors."""
    links = [Link("self", href=actor, type=ACTIVITY_TYPE)]
    if page is not None:
        links.insert(0, Link(REL_PROFILE, href=page, type="text/html"))
    if subscribe is not None:
        links.append(Link(REL_SUBSCRIBE, template=subscribe))
    aliases = (page, actor) if page is not None else (actor,)
    return Jrd(f"acct:{handle}", aliases, tuple(links))


def encode(jrd: Jrd) -> JsonObject:
    links = []
    for link in jrd.links:
        members = {"rel": link.rel, "type": link.type, "href": link.href, "template": link.template}
        links.append({name: value for name, value in members.items() if value is not None})
    return {"subject": jrd.subject, "aliases": list(jrd.aliases), "links": links}


def decode(document: JsonObject) -> Jrd:
    """A JRD that a peer sent. Raises Malformed without a subject; links that are none are dropped."""
    subject, links = document.get("subject"), document.get("links")
    if not isinstance(subject, str):
        raise Malformed("subject-missing")
    found = []
    for link in links[:64] if isinstance(links, list) else []:
        if isinstance(link, dict) and isinstance(link.get("rel"), str):
            texts = {name: link.get(name) for name in ("href", "type", "template")}
            plain = {name: value for name, value in texts.items() if isinstance(value, str)}
            found.append(Link(link["rel"], **plain))
    aliases = document.get("aliases")
    names = tuple(name for name in aliases[:64] if isinstance(name, str)) if isinstance(aliases, list) else ()
    return Jrd(subject, names, tuple(found))


async def ask(host: Origin, resource: str, fetcher: Fetcher, scheme_of: SchemeOf = always_https) -> Jrd:
    """What a host says of a resource. Raises FederationError."""
    url = canonical_iri(f"{scheme_of(host)}://{host}{PATH}?resource={quote(resource, safe=':@')}")
    answer = await fetcher.get(url, accept=f"{MEDIA_TYPE}, application/json", limit=JSON_LIMIT)
    return decode(parse(answer.body))


async def look_up(text: str, fetcher: Fetcher, scheme_of: SchemeOf = always_https) -> tuple[Handle, Iri]:
    """The handle, as its host spells it, and the actor it names. Raises FederationError.

    Where handle and actor live on different hosts, the actor's document must still be asked: see `handle_of`.
    """
    name, host = parse_handle(text)
    jrd = await ask(host, f"acct:{name}@{host}", fetcher, scheme_of)
    handle, actor = _read(jrd)
    if handle.host != host:
        # one host speaks of another's name: that other host decides, and must name the same actor
        named, its_actor = _read(await ask(handle.host, f"acct:{handle}", fetcher, scheme_of))
        if its_actor != actor or named.host != handle.host:
            raise OriginMismatch("handle-of-another-host")
        handle = named
    elif handle.name.lower() != name.lower():
        raise OriginMismatch("handle-differs")
    return handle, actor


async def handle_of(actor: Actor, fetcher: Fetcher, scheme_of: SchemeOf = always_https) -> Handle:
    """The handle of an actor that was resolved: its own host names it, and the named host agrees.

    Raises FederationError.
    """
    if actor.id is None or actor.preferred_username is None:
        raise Malformed("username-missing")
    home = origin_of(actor.id)
    jrd = await ask(home, f"acct:{actor.preferred_username}@{home}", fetcher, scheme_of)
    handle, named = _read(jrd)
    if named != actor.id:
        raise OriginMismatch("handle-of-another-actor")
    if handle.host != home:
        handle, named = _read(await ask(handle.host, f"acct:{handle}", fetcher, scheme_of))
        if named != actor.id:
            raise OriginMismatch("handle-of-another-actor")
    if handle.name.lower() != actor.preferred_username.lower():
        raise OriginMismatch("handle-differs")
    return handle


def _read(jrd: Jrd) -> tuple[Handle, Iri]:
    if jrd.subject[:5].lower() != "acct:":
        raise Malformed("subject-not-a-handle")
    name, host = parse_handle(jrd.subject)
    actor = jrd.actor()
    if actor is None:
        raise Malformed("actor-link-missing")
    return Handle(name, host), actor
