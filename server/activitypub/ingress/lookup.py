"""Looking up remote actors and posts for a person here: by handle, by address, by id.

It refuses origins that are not allowed before anything is resolved, and believes a document only from its own origin.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from federation.discovery import webfinger
from federation.errors import FederationError, Gone, Malformed, SignatureInvalid, Unreachable
from federation.iri import canonical_iri, origin_of, parse_handle
from federation.ports import Fetcher
from federation.resolve import ResolvedActor, Resolver
from federation.types import Iri
from federation.vocab.actors import Actor
from federation.vocab.objects import Object
from federation.vocab.profile import read_group
from server.activitypub import signing
from server.activitypub.handlers import posts as post_handler
from server.activitypub.ingress.trust import TrustTable
from server.core.errors import AppError, Overloaded, StorageFull
from server.core.log import logger
from server.core.settings import Settings
from server.domain.accounts import Account, AccountKind
from server.domain.boundary import Action, Direction, Tier
from server.domain.posts import Post
from server.services import boundary, groups, partners, remote_accounts, trials
from server.services.boundary import Crossing
from server.store import accounts as rows
from server.store import groups as group_rows
from server.store.session import Database, Unit
from server.text.rel_me import links_back

log = logger("lookup")
PAGE_LIMIT = 1024 * 1024


class Lookup:
    """signed: GETs in the name of the instance. plain: for WebFinger. profiled: GETs signed as members-only traffic must be."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        trust: TrustTable,
        signed: Fetcher,
        plain: Fetcher,
        profiled: Fetcher,
    ) -> None:
        self._database = database
        self._settings = settings
        self._trust = trust
        self._signed = signed
        self._plain = plain
        self._profiled = profiled

    def resolver(self) -> Resolver:
        """A fresh budget of fetches."""
        return Resolver(self._signed)

    async def account(self, text: str, *, fresh: bool = False) -> Account | None:
        """The account that a handle or an address names: known, or fetched where its origin is allowed.

        fresh: fetched even when it is known.
        """
        text = text.strip()
        try:
            if "://" in text:
                return await self._account_at(canonical_iri(text), fresh=fresh)
            name, origin = parse_handle(
                text if "@" in text.lstrip("@") else f"{text}@{self._settings.origin}"
            )
            domain = "" if origin == self._settings.origin else origin
            known = await self._database.read(rows.find_by_name, name, domain)
            if domain == "" or (known is not None and not fresh):
                return known if known is None or not known.gone else None
            if not self._trust.allows(origin):
                return None
            _, actor_id = await webfinger.look_up(f"@{name}@{origin}", self._plain, self._settings.scheme_of)
            return await self._account_at(actor_id, fresh=fresh)
        except (FederationError, AppError) as problem:
            log.info("lookup.failed", reason=getattr(problem, "reason", "refused"))
            return None

    async def _account_at(self, iri: Iri, *, fresh: bool) -> Account | None:
        known = await self._database.read(rows.find_by_uri, iri)
        if known is not None and (known.local or not fresh):
            return None if known.gone else known
        if not self._trust.allows(origin_of(iri)):
            return None
        found = await self.resolver().look_up(iri)
        if not isinstance(found.thing, Actor):
            return None
        account = await self._database.write(_remember, found.thing)
        if account.kind is AccountKind.GROUP:
            await self.group(account.uri)
        return account

    async def group(self, iri: Iri) -> Actor | None:
        """The document of a group, as a partner gets it: fetched and stored. None where it is not to be had, or not believed.

        Raises nothing.
        """
        try:
            if not self._trust.allows(origin_of(iri)):
                return None
            found = await Resolver(self._profiled).actor(iri)
            return await self._database.write(remember_group, found)
        except (FederationError, AppError) as problem:
            log.info("lookup.no_group", reason=getattr(problem, "reason", "refused"))
            return None

    async def post(self, url: str, above: int = 0) -> Post | None:
        """The post at an address: known, or fetched with its author where the origin is allowed.

        above: how far above a post that arrived it is looked for.
        """
        try:
            return await self._post(url, above)
        except (FederationError, AppError) as problem:
            log.info("lookup.failed", reason=getattr(problem, "reason", "refused"))
            return None

    async def parent(self, url: str, above: int) -> Post | None:
        """`post` for what an answer names. Raises Unreachable where asking later may help."""
        try:
            return await self._post(url, above)
        except Gone:
            return None
        except (Unreachable, Overloaded, StorageFull):
            raise
        except (FederationError, AppError) as problem:
            log.info("lookup.failed", reason=getattr(problem, "reason", "refused"))
            return None

    async def _post(self, url: str, above: int) -> Post | None:
        iri = canonical_iri(url.strip())
        known = await self._database.read(post_handler.known, iri)
        if known is not None or not self._trust.allows(origin_of(iri)):
            return known
        resolver = self.resolver()
        found = await resolver.look_up(iri)
        thing = found.thing
        if not isinstance(thing, Object) or thing.attributed_to is None:
            return None
        known = await self._database.read(post_handler.known, found.id)
        if known is not None:
            return known
        if origin_of(thing.attributed_to) != origin_of(found.id):
            return None
        author = await self._database.read(rows.find_by_uri, thing.attributed_to)
        actor = None if author is not None else (await resolver.actor(thing.attributed_to)).actor
        return await self._database.write(_remember_post, thing, actor, above)

    async def links_back(self, url: str, wanted: Collection[str]) -> bool:
        """Whether a page on an allowed origin says that one of the addresses is its author's."""
        try:
            iri = canonical_iri(url)
            if not self._trust.allows(origin_of(iri)):
                return False
            page = await self._plain.get(iri, accept="text/html", limit=PAGE_LIMIT)
        except (FederationError, AppError) as problem:
            log.info("lookup.no_page", reason=getattr(problem, "reason", "refused"))
            return False
        # what another origin says after a redirect proves nothing of this one
        if origin_of(page.url) != origin_of(iri):
            return False
        return await asyncio.to_thread(links_back, page.body, wanted)

    async def picture(
        self, url: str, crossing: Crossing, limit: int, *, profiled: bool = False, accept: str = "image/*"
    ) -> bytes | None:
        """The bytes of a picture, or what else is accepted, on a connected instance, where policy permits; None where they cannot be had."""
        try:
            iri = canonical_iri(url)
            origin = origin_of(iri)
            if not self._trust.allows(origin):
                return None
            decision = await self._database.write(
                boundary.decide, Direction.IN, Action.MEDIA, origin, crossing, subject=iri
            )
            if not decision.allowed:
                return None
            fetcher = self._profiled if profiled else self._signed
            return (await fetcher.get(iri, accept=accept, limit=limit)).body
        except (FederationError, AppError) as problem:
            log.info("lookup.no_picture", reason=getattr(problem, "reason", "refused"))
            return None


def _remember(unit: Unit, actor: Actor) -> Account:
    assert actor.id is not None
    boundary.decide(unit, Direction.IN, Action.SEARCH, origin_of(actor.id), boundary.ACTOR, subject=actor.id)
    return remote_accounts.receive(unit, actor)


def remember_group(unit: Unit, found: ResolvedActor) -> Actor | None:
    """It is proven by the group's key, and by that of its instance, which we have pinned: so the one vouches for the other.

    A key other than the one we know of the group is believed where that one has signed the document as well.
    """
    partner = partners.find(unit, origin_of(found.id))
    if partner is None or boundary.tier_of(unit, partner.domain) is not Tier.T2:
        return None
    if not signing.fits_each(found.document, [partner.key], unit.now):
        raise SignatureInvalid("proof-of-instance")
    terms = read_group(found.document)
    keys = [one.key for one in found.actor.assertion_methods if one.key is not None]
    key = next((one.to_multibase() for one in keys if one.algorithm == "ed25519"), None)
    if key is None:
        raise Malformed("group-without-key")
    if not signing.fits_each(found.document, {key, _known_key(unit, found.id) or key}, unit.now):
        raise SignatureInvalid("proof-of-group")
    account = _remember(unit, found.actor)
    digest = signing.digest_of(found.document)
    stored = groups.receive_document(unit, account, terms, key, found.raw, digest)
    if stored and terms.trial:
        trials.learn(unit, account)
    return found.actor if stored else None


def _known_key(unit: Unit, iri: Iri) -> str:
    account = rows.find_by_uri(unit, iri)
    known = None if account is None else group_rows.find(unit, account.id)
    return "" if known is None else known.key


def _remember_post(unit: Unit, thing: Object, actor: Actor | None, above: int) -> Post | None:
    if actor is not None:
        remote_accounts.receive(unit, actor)
    return post_handler.remember(unit, thing, above)
