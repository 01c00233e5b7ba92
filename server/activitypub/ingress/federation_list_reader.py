"""Fetches the federation lists that are followed, from their own address and, where versions are missing, from their history.

The history of a list stands below its address: version 3 of `…/list.json` is `…/list.json/3`. The guarded client dials connected
instances only: a list of anybody else is brought by file.
"""

from __future__ import annotations

from federation.errors import FederationError, Malformed
from federation.ports import Fetcher
from federation.types import Iri
from server.activitypub.ingress import federation_list
from server.core.clock import Clock
from server.core.errors import Invalid
from server.core.log import logger
from server.domain.federation_lists import FederationList, Followed, Received
from server.services import federation_lists
from server.store.session import Database

log = logger("federation_lists")
ACCEPT = "application/json"
CAUGHT_UP = 50
"""So many missing versions are fetched one after the other."""


class FederationListReader:
    """fetcher: GETs in the name of the instance."""

    def __init__(self, database: Database, fetcher: Fetcher, clock: Clock) -> None:
        self._database = database
        self._fetcher = fetcher
        self._clock = clock

    async def read(self, followed: Followed) -> Received | None:
        """None where nothing came that can be read. Never raises on what a peer does."""
        newest = await self._version(followed, followed.url)
        found = await self._database.write(federation_lists.fetched, followed.url, newest)
        if found is not Received.GAP or newest is None:
            return found
        for number in range(followed.version + 1, newest.version)[:CAUGHT_UP]:
            known = await self._database.read(federation_lists.get, followed.url)
            missing = await self._version(known, f"{followed.url}/{number}")
            came = await self._database.write(federation_lists.fetched, followed.url, missing)
            if came is not Received.NEW:
                return came
        known = await self._database.read(federation_lists.get, followed.url)
        return await self._database.write(
            federation_lists.fetched, followed.url, await self._version(known, followed.url)
        )

    async def _version(self, known: Followed, address: str) -> FederationList | None:
        try:
            answer = await self._fetcher.get(Iri(address), accept=ACCEPT, limit=federation_list.LARGEST)
            if answer.url != address:
                raise Malformed("list-elsewhere")
            return federation_list.judge(answer.body, self._clock.now(), known.signers)
        except FederationError as problem:
            log.info("federation_list.failed", reason=problem.reason)
        except Invalid:
            log.info("federation_list.failed", reason="not-a-list")
        return None
