"""Reads the stream of a group elsewhere from where it was left: push is the fast way, this is the truth.

Each item is stored in the inbox as if it had been pushed, under the position that the page gives it, before the position
moves; its own proofs are checked when it is applied. It refuses what is no such page, and items of anybody but the group.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec

from federation.errors import FederationError, Malformed
from federation.iri import same_origin
from federation.ports import Fetcher
from federation.types import Iri, JsonObject
from federation.vocab import codec
from federation.vocab.activities import Activity
from federation.vocab.profile import PROFILE
from federation.vocab.stream import StreamMark, write_mark
from server.activitypub.ingress.roster import RosterReader
from server.core.log import logger
from server.domain.accounts import Account
from server.domain.work import PROFILE_SCHEME
from server.services import streams
from server.services.streams import Wanted
from server.store import backlog, work
from server.store.session import Database, Unit

log = logger("pull")

ACCEPT = "application/activity+json"
MOST = 200
PAGE_LIMIT = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StreamPage:
    """items: with the position of each. reached: how far it goes. last: how far the stream goes."""

    epoch: int
    items: tuple[tuple[int, bytes, Activity], ...]
    reached: int
    last: int


class Puller:
    """fetcher: GETs in the name of the instance, signed as members-only traffic must be."""

    def __init__(self, database: Database, fetcher: Fetcher, rosters: RosterReader) -> None:
        self._database = database
        self._fetcher = fetcher
        self._rosters = rosters

    async def pull(self, wanted: Wanted) -> bool:
        """One page. True where there may be more at once. Never raises on what a peer does."""
        url = Iri(f"{wanted.group.uri}/stream?after={wanted.after}")
        try:
            answer = await self._fetcher.get(url, accept=ACCEPT, limit=PAGE_LIMIT)
            found = read(answer.body, wanted.group)
        except FederationError as problem:
            log.info("pull.failed", reason=problem.reason, group=wanted.group.id)
            await self._database.write(streams.pull_failed, wanted)
            return False
        if found.items and not await self._rosters.read(wanted.group):
            await self._database.write(streams.pull_failed, wanted)
            return False
        return await self._database.write(store, wanted, found)


def read(body: bytes, group: Account) -> StreamPage:
    """Raises Malformed."""
    document = codec.parse(body)
    if document.get("profile") != PROFILE or document.get("partOf") != f"{group.uri}/stream":
        raise Malformed("not-a-stream")
    items, positions = document.get("orderedItems"), document.get("positions")
    if not isinstance(items, list) or not isinstance(positions, list) or len(items) != len(positions):
        raise Malformed("stream-shape")
    if len(items) > MOST:
        raise Malformed("stream-shape")
    numbers = [_number(each) for each in positions]
    if numbers != sorted(set(numbers)):
        raise Malformed("stream-shape")
    return StreamPage(
        _number(document.get("epoch")),
        tuple((n, *_activity(item, group)) for n, item in zip(numbers, items, strict=True)),
        _number(document.get("reached")),
        _number(document.get("last")),
    )


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise Malformed("stream-shape")
    return value


def _activity(item: Any, group: Account) -> tuple[bytes, Activity]:
    document: JsonObject = item if isinstance(item, dict) else {}
    activity = codec.decode(document)
    if not isinstance(activity, Activity) or activity.actor != group.uri:
        raise Malformed("stream-item")
    if activity.id is None or not same_origin(activity.id, group.uri):
        raise Malformed(
            "stream-item"
        )  # the id of another instance would keep away what that instance says under it
    return msgspec.json.encode(document), activity


def store(unit: Unit, wanted: Wanted, found: StreamPage) -> bool:
    """The items as inbox rows, then the position. True where there is more."""
    group = wanted.group
    origin = group.origin(unit.context.settings.origin)
    for n, body, activity in found.items:
        assert activity.id is not None
        values = {
            "id": unit.new_id(),
            "activity_id": activity.id,
            "actor": activity.actor,
            "origin": origin,
            "key_id": f"{group.uri}#stream",
            "digest": sha256(body).hexdigest(),
            "received_at": unit.now,
            "scheme": PROFILE_SCHEME,
            "stream": write_mark(StreamMark(group.uri, found.epoch, n)),
            "lane": False,
        }
        if not work.accept(unit, values, body) and backlog.forget_refused(unit, activity.id, origin):
            work.accept(unit, values, body)
    return streams.pulled(unit, wanted, found.epoch, found.reached, found.last)
