"""Reads what member instances hold of groups here, after a restore: from their own address, proven by the pinned key, made for us."""

from __future__ import annotations

from typing import Any

from federation.errors import FederationError, Gone, Malformed, SignatureInvalid
from federation.iri import find_iri
from federation.ports import Fetcher
from federation.types import Iri, JsonObject, Origin
from federation.vocab import codec
from federation.vocab.profile import PROFILE
from server.activitypub import signing
from server.core.log import logger
from server.services import inventories
from server.services.inventories import Item
from server.store import inventories as rows
from server.store import partners
from server.store.session import Database, Unit

log = logger("inventory")

ACCEPT = "application/activity+json"
LIMIT = 2 * 1024 * 1024
DIGEST = 64


class InventoryReader:
    """fetcher: GETs in the name of the instance, signed as members-only traffic must be."""

    def __init__(self, database: Database, fetcher: Fetcher) -> None:
        self._database = database
        self._fetcher = fetcher

    async def read(self, host: Origin, url: Iri) -> bool:
        """One page. False where it could not be had. Never raises on what a peer does."""
        try:
            answer = await self._fetcher.get(url, accept=ACCEPT, limit=LIMIT)
            await self._database.write(store, host, url, codec.parse(answer.body))
        except Gone:
            await self._database.write(inventories.none, host)
            return False
        except FederationError as problem:
            log.info("inventory.failed", reason=problem.reason, origin=host)
            await self._database.write(inventories.failed, host)
            return False
        return True


def store(unit: Unit, host: Origin, url: Iri, document: JsonObject) -> None:
    """Takes a page in. Raises FederationError."""
    partner = partners.find(unit, host)
    if partner is None or not signing.fits(document, partner.key, unit.now):
        raise SignatureInvalid("proof-of-instance")
    if document.get("profile") != PROFILE or document.get("id") != url:
        raise Malformed("not-an-inventory")
    if document.get("instance") != unit.context.settings.origin:
        raise Malformed("inventory-of-another")
    listed, following = document.get("orderedItems"), document.get("next")
    if not isinstance(listed, list) or len(listed) > inventories.PAGE:
        raise Malformed("inventory-shape")
    if following is not None and not (isinstance(following, str) and _goes_on(following, url)):
        raise Malformed("inventory-shape")
    if rows.is_expected(unit, host, url):
        inventories.take(unit, host, map(_item, listed), None if following is None else Iri(following))


def _goes_on(following: str, url: str) -> bool:
    """At the same address, and further on: it comes to an end."""
    base, _, before = url.partition("&after=")
    start, _, after = following.partition("&after=")
    numbered = after.isascii() and after.isdecimal() and len(after) < 20
    return start == base and numbered and int(after) > int(before or 0)


def _item(line: Any) -> Item:
    named = (
        [line.get(name) for name in ("subject", "object", "attributedTo")] if isinstance(line, dict) else []
    )
    iris = [find_iri(one) for one in named if isinstance(one, str)]
    digest = line.get("digest") if isinstance(line, dict) else None
    if len(iris) != len(named) or not named or not isinstance(digest, str) or len(digest) > DIGEST:
        raise Malformed("inventory-shape")
    found = [one for one in iris if one is not None]
    if len(found) != len(named):
        raise Malformed("inventory-shape")
    return Item(found[0], found[1], found[2], digest)
