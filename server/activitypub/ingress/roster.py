"""Fetches what a group elsewhere counts of this instance: push is the fast way, this is the truth.

It refuses what the group did not sign, and what is about another instance than this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from federation.errors import FederationError, Malformed, SignatureInvalid
from federation.ports import Fetcher
from federation.types import Iri, JsonObject
from federation.vocab import codec
from federation.vocab.profile import PROFILE
from server.activitypub import signing
from server.activitypub.handlers.groups import memberships as words
from server.core.log import logger
from server.domain.accounts import Account
from server.services import groups
from server.store import groups as rows
from server.store.session import Database, Unit

log = logger("roster")

ACCEPT = "application/activity+json"
LIMIT = 4 * 1024 * 1024
MOST = 10_000


@dataclass(frozen=True, slots=True)
class RosterPage:
    """stamp: of the roster that it is. lines: one for each membership."""

    stamp: int
    lines: tuple[JsonObject, ...]


class RosterReader:
    """fetcher: GETs in the name of the instance, signed as members-only traffic must be."""

    def __init__(self, database: Database, fetcher: Fetcher) -> None:
        self._database = database
        self._fetcher = fetcher

    async def read(self, group: Account) -> bool:
        """False where it could not be had. Never raises on what a peer does."""
        try:
            url = Iri(f"{group.uri}/affiliations")
            answer = await self._fetcher.get(url, accept=ACCEPT, limit=LIMIT)
            await self._database.write(store, group, codec.parse(answer.body))
        except FederationError as problem:
            log.info("roster.failed", reason=problem.reason, group=group.id)
            await self._database.write(groups.slice_failed, group)
            return False
        return True


def store(unit: Unit, group: Account, document: JsonObject) -> int:
    """Takes a roster in; answers how many lost access. Raises FederationError."""
    record = rows.find(unit, group.id)
    if record is None or not signing.fits(document, record.key, unit.now):
        raise SignatureInvalid("proof-of-group")
    found = read(document, group, unit.context.settings.origin)
    said = [words.read(unit, group, line) for line in found.lines]
    return groups.receive_slice(unit, group, found.stamp, [one for one in said if one is not None])


def read(document: JsonObject, group: Account, own: str) -> RosterPage:
    """Raises Malformed."""
    if document.get("profile") != PROFILE or document.get("partOf") != group.uri:
        raise Malformed("not-a-roster")
    if document.get("instance") != own:
        raise Malformed("roster-of-another")
    stamp, items = document.get("stamp"), document.get("orderedItems")
    if isinstance(stamp, bool) or not isinstance(stamp, int) or not 0 <= stamp < 2**53:
        raise Malformed("roster-shape")
    if not isinstance(items, list) or len(items) > MOST:
        raise Malformed("roster-shape")
    return RosterPage(stamp, tuple(_line(item) for item in items))


def _line(item: Any) -> JsonObject:
    if not isinstance(item, dict):
        raise Malformed("roster-shape")
    return item
