"""Reads partners' catalogues of groups: from their own address, with a proof by the key that was pinned, made for us.

It refuses what has run out, what is older than the one before, and groups of any other instance.
"""

from __future__ import annotations

from federation.errors import FederationError, Malformed, SignatureInvalid
from federation.ports import Fetcher
from federation.types import Iri, JsonObject, Origin
from federation.vocab import codec
from federation.vocab.profile import PROFILE
from federation.vocab.shapes import iris, moment
from server.activitypub import signing
from server.activitypub.ingress.lookup import Lookup
from server.core.log import logger
from server.domain.boundary import Tier
from server.services import boundary, catalogue
from server.services.catalogue import Fault
from server.store import accounts, partners
from server.store.session import Database, Unit

log = logger("catalogue")

ACCEPT = "application/activity+json"
LIMIT = 256 * 1024


class CatalogueReader:
    """fetcher: GETs in the name of the instance, signed as members-only traffic must be. lookup: fetches groups' documents."""

    def __init__(self, database: Database, fetcher: Fetcher, lookup: Lookup) -> None:
        self._database = database
        self._fetcher = fetcher
        self._lookup = lookup

    async def read(self, origin: Origin) -> bool:
        """False where it could not be had or is not believed. Never raises on what a peer does."""
        scheme = self._database.context.settings.scheme_of(origin)
        url = Iri(f"{scheme}://{origin}/actors/catalogue")
        try:
            answer = await self._fetcher.get(url, accept=ACCEPT, limit=LIMIT)
            if answer.url != url:
                raise Malformed("catalogue-elsewhere")
            fresh = await self._database.write(store, origin, url, codec.parse(answer.body))
        except FederationError as problem:
            log.info("catalogue.failed", reason=problem.reason, origin=origin)
            return False
        for uri in fresh:
            if await self._lookup.group(uri) is not None:
                await self._database.write(_add, uri)
        return True


def store(unit: Unit, origin: Origin, url: Iri, document: JsonObject) -> list[Iri]:
    """Takes a catalogue in; answers the groups that are not known here yet. Raises FederationError."""
    partner = partners.find(unit, origin)
    if partner is None or boundary.tier_of(unit, origin) is not Tier.T2:
        raise SignatureInvalid("not-a-partner")
    if not signing.fits(document, partner.key, unit.now):
        raise SignatureInvalid("proof-of-instance")
    own = unit.context.settings.origin
    if (
        document.get("profile") != PROFILE
        or document.get("id") != url
        or document.get("instance") != own
        or document.get("type") != "OrderedCollection"
    ):
        raise Malformed("catalogue-of-another")
    made_at, until = moment(document.get("published")), moment(document.get("endTime"))
    if made_at is None or until is None:
        raise Malformed("catalogue-without-time")
    listed = [one for one in iris(document.get("orderedItems")) or () if one]
    taken = catalogue.take(unit, origin, listed, made_at, until)
    if isinstance(taken, Fault):
        raise Malformed(taken.value)
    return taken


def _add(unit: Unit, uri: Iri) -> None:
    account = accounts.find_by_uri(unit, uri)
    if account is not None:
        catalogue.add(unit, uri, account)
