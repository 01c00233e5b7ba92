"""Fetches the status lists of partners, for the instance and never for one member. What they say is judged by the service.

It believes a list from its own address alone: one that redirects is no answer.
"""

from __future__ import annotations

from federation.errors import FederationError, Malformed
from federation.ports import Fetcher
from federation.vocab import codec
from server.core.log import logger
from server.services import verification
from server.services.verification import WantedList
from server.store.session import Database

log = logger("status_lists")

ACCEPT = "application/activity+json, application/json"
LIMIT = 256 * 1024


class StatusListReader:
    """fetcher: GETs in the name of the instance, signed as members-only traffic must be."""

    def __init__(self, database: Database, fetcher: Fetcher) -> None:
        self._database = database
        self._fetcher = fetcher

    async def read(self, wanted: WantedList) -> bool:
        """False where it could not be had or is not believed; both count as silence. Never raises on what a peer does."""
        document = None
        try:
            answer = await self._fetcher.get(wanted.uri, accept=ACCEPT, limit=LIMIT)
            if answer.url != wanted.uri:
                raise Malformed("list-elsewhere")
            document = codec.parse(answer.body)
        except FederationError as problem:
            log.info("status_list.failed", reason=problem.reason, issuer=wanted.issuer)
        flaw = await self._database.write(verification.arrived, wanted.id, document)
        return document is not None and flaw is None
