"""Public keys of peers: from memory, from rows, or fetched anew from their owner, at most once a minute a key.

A key that could not be had is not asked for again for ten minutes: a dead key must not cost a fetch a request.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from federation.errors import FederationError, KeyUnavailable
from federation.keys import PublicKey
from federation.ports import Clock, KnownKey
from federation.resolve import ResolvedKey, Resolver
from federation.types import Iri
from server.core.errors import AppError, Overloaded, StorageFull
from server.domain.changes import Change, ChangeKind
from server.services import remote_accounts
from server.store import accounts as rows
from server.store.session import Database, Unit

REMEMBERED = 5000
AGAIN_AFTER = timedelta(minutes=1)
DEAD_FOR = timedelta(minutes=10)


class KeyRing:
    """`ports.KeyStore`. resolver: makes a fresh one, with its own budget, for each refresh."""

    def __init__(self, database: Database, clock: Clock, resolver: Callable[[], Resolver]) -> None:
        self._database = database
        self._clock = clock
        self._resolver = resolver
        self._known: OrderedDict[Iri, KnownKey] = OrderedDict()
        self._generation = 0
        self._fetching: dict[Iri, asyncio.Task[KnownKey]] = {}
        self._tried: OrderedDict[Iri, tuple[datetime, FederationError | None]] = OrderedDict()

    async def find(self, key_id: Iri) -> KnownKey | None:
        known = self._known.get(key_id)
        if known is not None:
            self._known.move_to_end(key_id)
            return known
        generation = self._generation
        known = await self._database.read(_find, key_id)
        # a key that was taken away while we read would else be believed until it is taken away once more
        if known is not None and generation == self._generation:
            self._remember(known)
        return known

    async def refresh(self, key_id: Iri) -> KnownKey:
        now = self._clock.now()
        tried = self._tried.get(key_id)
        if tried is not None:
            at, problem = tried
            if problem is not None and now - at < DEAD_FOR:
                raise problem
            if now - at < AGAIN_AFTER:
                return await self._just_fetched(key_id)
        under_way = self._fetching.get(key_id)
        if under_way is None:
            under_way = self._fetching[key_id] = asyncio.create_task(self._fetch(key_id, now))
            under_way.add_done_callback(lambda _: self._fetching.pop(key_id, None))
        return await asyncio.shield(under_way)  # others wait for it, whoever gives up

    async def _just_fetched(self, key_id: Iri) -> KnownKey:
        """By a request that ran beside this one, after this one had looked."""
        known = await self.find(key_id)
        if known is None:
            raise KeyUnavailable("key-fetched-a-moment-ago")
        return known

    async def _fetch(self, key_id: Iri, now: datetime) -> KnownKey:
        try:
            resolved = await self._resolver().key(key_id)
            known = await self._database.write(_store, resolved)
        except FederationError as problem:
            self._note(key_id, now, problem)
            raise
        except (Overloaded, StorageFull):
            raise  # it is our database that cannot now: that says nothing of the key
        except AppError:
            unusable = KeyUnavailable("owner-unusable")
            self._note(key_id, now, unusable)
            raise unusable from None
        self._note(key_id, now, None)
        self._remember(known)
        return known

    def heard(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if change.kind in {ChangeKind.KEY, ChangeKind.EVERYTHING}:
                self._generation += 1
            if change.kind is ChangeKind.KEY:
                self._known.pop(Iri(change.key), None)
            elif change.kind is ChangeKind.EVERYTHING:
                self._known.clear()

    def _remember(self, known: KnownKey) -> None:
        self._known[known.key_id] = known
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def _note(self, key_id: Iri, at: datetime, problem: FederationError | None) -> None:
        self._tried[key_id] = (at, problem)
        self._tried.move_to_end(key_id)
        if len(self._tried) > REMEMBERED:
            self._tried.popitem(last=False)


def _find(unit: Unit, key_id: Iri) -> KnownKey | None:
    found = rows.find_key(unit, key_id)
    if found is None:
        return None
    row, owner = found
    if row.retired_at is not None or row.private_sealed is not None:
        return None
    return KnownKey(key_id, owner, PublicKey.from_der(row.public), row.fetched_at or row.created_at)


def _store(unit: Unit, resolved: ResolvedKey) -> KnownKey:
    account = remote_accounts.receive(unit, resolved.owner.actor)
    return KnownKey(resolved.key_id, account.uri, resolved.key, unit.now)
