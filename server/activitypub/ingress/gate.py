"""Everything remote that enters: verified, stored, then applied.

`accept` runs before the answer: origin, signature, ownership, then a row. `apply` runs afterwards from that row and
ends with an outcome, whatever happens. It refuses what is not verified, what the policy does not permit, and to
fetch from an origin that is not allowed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from federation import inbound
from federation.errors import ORIGIN_NOT_ALLOWED, FederationError, Gone, KeyUnavailable, Unreachable
from federation.inbound import InboundPorts, Refusal, SignedBy, VerifiedActivity
from federation.iri import origin_of
from federation.types import HttpFrame, Iri, JsonObject, Origin
from federation.vocab import codec
from federation.vocab.activities import Activity
from federation.vocab.base import id_of
from server.activitypub.handlers import handler_for
from server.activitypub.handlers import lane as lane_handler
from server.activitypub.handlers.arrived import Absent, Applied, Arrived, Kind, Wanted
from server.activitypub.handlers.concerned import concerned
from server.activitypub.ingress import lane as lane_rules
from server.activitypub.ingress.keys import KeyRing
from server.activitypub.ingress.lane import LaneGate, LaneKeys
from server.activitypub.ingress.lookup import Lookup
from server.activitypub.ingress.trust import TrustTable
from server.core.clock import Clock
from server.core.errors import AppError, Overloaded, StorageFull
from server.core.log import logger
from server.core.metrics import Metrics
from server.domain.boundary import Direction, Effect
from server.domain.changes import Change
from server.domain.holds import Verdict
from server.domain.work import PROFILE_SCHEME, STREAM_HEADER, InboxItem, ItemState
from server.services import audit, boundary, groups, holds, instances, streams
from server.services.waiting import Overload
from server.store import accounts as account_rows
from server.store import backlog, work
from server.store.session import Database, Unit

log = logger("ingress")

SEEN_EVERY = timedelta(seconds=2)
"""How soon a peer that is heard again gets what waited for it."""
FRESH = 2000
FRESH_BYTES = 16 * 1024
"""Decoded activities that are kept until they are applied, and how long one may be: longer ones are read again."""
KNOCKERS = 5000
WANTS = 6
ATTEMPTS = 5
LATER = 60
"""Seconds after which whoever is asked to come again may do so."""


@dataclass(frozen=True, slots=True)
class Content:
    """An accepted activity as it came: decoded, parsed, and its bytes."""

    activity: Activity
    document: JsonObject
    raw: bytes


class _WorkedElsewhereError(Exception):
    """Another process has the item in its hands, or its origin is paused: it waits."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the inbox answers. reason: for the log; the body says nothing of it."""

    status: int
    reason: str
    retry_after: int | None = None


class Ingress:
    """Built once. lookup: fetches and remembers remote actors and posts."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        trust: TrustTable,
        keys: KeyRing,
        lookup: Lookup,
        metrics: Metrics,
    ) -> None:
        self._database = database
        self._clock = clock
        self._trust = trust
        self._keys = keys
        self._metrics = metrics
        self._ports = InboundPorts(clock, trust, keys)
        own = database.context.settings.origin
        self._lane_ports = InboundPorts(clock, LaneGate(own, trust), LaneKeys(database))
        self._seen: dict[Origin, datetime] = {}
        self._knocked: set[Origin] = set()
        self._knocked_on = ""
        self._fresh: OrderedDict[int, VerifiedActivity] = OrderedDict()
        self.lookup = lookup
        self.overload = Overload()

    def heard(self, changes: Iterable[Change]) -> None:
        """Callable from any thread."""
        self._trust.heard(changes)
        self._keys.heard(changes)
        self._seen.clear()

    # -- before the answer ---------------------------------------------------------------------------

    async def accept(self, frame: HttpFrame) -> Answer:
        """Judges a delivery and stores it. 202 only after the commit."""
        if self._later(frame):
            self._metrics.received("backlog")
            return Answer(503, "backlog", LATER)
        return await self._accept(frame, self._ports, lane=False)

    def _later(self, frame: HttpFrame) -> bool:
        """By the origin that it claims to come from: whoever claims another's is refused in any case."""
        late = self.overload.origins
        return self.overload.everybody or (bool(late) and inbound.origin_of_request(frame) in late)

    async def accept_lane(self, frame: HttpFrame) -> Answer:
        """The same for the way that stays open, which takes purges and receipts alone and fetches nothing."""
        return await self._accept(frame, self._lane_ports, lane=True)

    async def _accept(self, frame: HttpFrame, ports: InboundPorts, *, lane: bool) -> Answer:
        verdict = await inbound.verify(frame, ports)
        if isinstance(verdict, Refusal):
            await self._refused(verdict)
            self._metrics.received(verdict.reason)
            return Answer(verdict.status, verdict.reason, LATER if verdict.status == 503 else None)
        if lane and verdict.activity.type not in lane_rules.TYPES:
            return Answer(400, "not-for-the-lane")
        note = not lane and self._must_note(verdict.origin)
        item_id, stored = await self._database.write(_store, verdict, note, lane)
        if stored is not Applied.APPLIED:
            self._metrics.received(stored.value)
            return Answer(202 if stored is Applied.DUPLICATE else 409, stored.value)
        if len(verdict.raw) <= FRESH_BYTES:
            self._fresh[item_id] = verdict
        if len(self._fresh) > FRESH:
            self._fresh.popitem(last=False)
        return Answer(202, "accepted")

    async def signer(self, frame: HttpFrame) -> SignedBy | Refusal:
        """Who signed a GET; knocks are counted."""
        verdict = await inbound.verify_get(frame, self._ports)
        if isinstance(verdict, Refusal):
            await self._refused(verdict)
        return verdict

    async def _refused(self, refusal: Refusal) -> None:
        log.info("inbound.refused", reason=refusal.reason, origin=refusal.origin)
        if refusal.reason != ORIGIN_NOT_ALLOWED or refusal.origin is None:
            return
        self._metrics.knocked()
        today = self._clock.now().date().isoformat()
        if self._knocked_on != today:
            self._knocked.clear()
            self._knocked_on = today
        if refusal.origin not in self._knocked and len(self._knocked) < KNOCKERS:
            self._knocked.add(refusal.origin)
            await self._database.write(instances.knock, refusal.origin)

    def _must_note(self, origin: Origin) -> bool:
        """Whether it is time to note that the peer is alive: not with every activity."""
        now = self._clock.now()
        last = self._seen.get(origin)
        if last is not None and now - last < SEEN_EVERY:
            return False
        self._seen[origin] = now
        return True

    # -- after the answer ----------------------------------------------------------------------------

    async def apply(self, item: InboxItem) -> bool:
        """Works one stored item to an outcome. Never raises on what a peer sent. False: another process or a pause has it."""
        try:
            outcome = await self._apply(item)
        except _WorkedElsewhereError:
            return False
        except (Unreachable, KeyUnavailable) as problem:
            outcome = await self._again(item, problem.reason)
        except FederationError as problem:
            outcome = problem.reason
            await self._database.write(refuse, item, problem.reason)
        except (Overloaded, StorageFull):
            raise  # it is our database that cannot now: the item waits as it did
        except AppError as problem:
            # what an activity asks is not possible here: that is its outcome, not a defect
            outcome = problem.code
            await self._database.write(refuse, item, problem.code)
        except Exception as error:
            log.error("inbound.failed", item=item.id, error=type(error).__name__, exc_info=True)
            outcome = await self._again(item, "failed")
        self._metrics.received(outcome)
        log.debug("inbound.applied", item=item.id, outcome=outcome)
        return True

    async def _again(self, item: InboxItem, reason: str) -> str:
        if item.attempts + 1 >= ATTEMPTS:
            await self._database.write(refuse, item, reason, ItemState.PARKED)
            return "parked"
        wait = timedelta(seconds=30 * 4**item.attempts)
        await self._database.write(work.retry_item, item.id, self._clock.now() + wait, reason)
        return "retry"

    async def _apply(self, item: InboxItem) -> str:
        verified = self._fresh.pop(item.id, None)
        if verified is not None:
            content = Content(verified.activity, verified.document, verified.raw)
        else:
            stored = await self._stored(item)
            if stored is None:
                return await self._database.write(_settle, item, Applied.UNSUPPORTED)
            content = stored
        fetched: dict[Iri, codec.Decoded] = {}
        missing: dict[Iri, Absent] = {}
        for _ in range(WANTS):
            try:
                return await self._database.write(_effect, item, content, dict(fetched), dict(missing))
            except Wanted as wanted:
                found = await self._fetch(wanted)
                if isinstance(found, Absent):
                    missing[wanted.iri] = found
                else:
                    fetched[wanted.iri] = found
        return await self._database.write(_settle, item, Applied.UNAVAILABLE)

    async def _stored(self, item: InboxItem) -> Content | None:
        """An activity that another process accepted, or this one before it was killed."""
        body = await self._database.read(work.body_of, item.id)
        if body is None:
            return None
        document = codec.parse(body)
        activity = codec.decode(document)
        if not isinstance(activity, Activity):
            return None
        return Content(replace(activity, id=item.activity_id), document, body)

    async def _fetch(self, wanted: Wanted) -> codec.Decoded | Absent:
        """A document from its own origin, or why it cannot be had.

        Raises Unreachable where trying later may help.
        """
        iri = wanted.iri
        if not self._trust.allows(origin_of(iri)):
            return Absent.WITHHELD
        try:
            if wanted.kind is Kind.GROUP:
                return await self.lookup.group(iri) or Absent.WITHHELD
            return (await self.lookup.resolver().object(iri)).thing
        except Gone:
            return Absent.GONE
        except Unreachable:
            raise
        except FederationError:
            return Absent.WITHHELD


def is_judged_anew(unit: Unit, values: dict[str, Any], body: bytes, kind: str) -> bool:
    """What a member says to a group of ours comes again until it is answered: where it was refused, it is judged anew.

    While an instance is no partner, a refusal does not cross to it either.
    """
    again = kind == "Create" and values["scheme"] == PROFILE_SCHEME
    same = again and work.digest_of(unit, values["activity_id"]) == values["digest"]
    if not same or not backlog.forget_refused(unit, values["activity_id"], values["origin"]):
        return False
    return work.accept(unit, values, body)


def _store(unit: Unit, verified: VerifiedActivity, note_origin: bool, lane: bool) -> tuple[int, Applied]:
    """The row of an accepted activity. DUPLICATE: the same again. DENIED: the same id with another content."""
    item_id = unit.new_id()
    values = {
        "id": item_id,
        "activity_id": verified.id,
        "actor": verified.actor,
        "origin": verified.origin,
        "key_id": verified.key_id,
        "digest": verified.digest,
        "received_at": verified.received_at,
        "scheme": _scheme(verified),
        "stream": verified.covered.get(STREAM_HEADER),
        "lane": lane,
    }
    fresh = work.accept(unit, values, verified.raw) or is_judged_anew(
        unit, values, verified.raw, verified.activity.type
    )
    if note_origin:
        instances.seen(unit, verified.origin, verifies_rfc9421=verified.scheme.value == "rfc9421")
    if fresh:
        return item_id, Applied.APPLIED
    if work.digest_of(unit, verified.id) == verified.digest:
        if verified.activity.type == "Join":
            # whoever asks again has not heard the answer
            groups.repeated(unit, verified.id, verified.actor, id_of(verified.activity.object))
        elif verified.activity.type == "Offer":
            groups.newcomer_repeated(unit, verified.actor, verified.id)
        return item_id, Applied.DUPLICATE
    audit.record(unit, verified.origin, "inbound.conflict", verified.id)
    return item_id, Applied.DENIED


def _scheme(verified: VerifiedActivity) -> str:
    """As `InboxItem.scheme` keeps it: members-only traffic is told from the rest by it."""
    return PROFILE_SCHEME if verified.profiled else verified.scheme.value


def _from_lane(unit: Unit, item: InboxItem, content: Content) -> Applied:
    key = lane_rules.held_key(unit, item.key_id)
    if key is None:
        return Applied.IGNORED
    return lane_handler.apply(unit, item, content.activity, content.document, content.raw, key.key)


def refuse(unit: Unit, item: InboxItem, reason: str, state: ItemState = ItemState.DONE) -> None:
    """It has no effect now. What came in the order of a group's stream may be judged anew when it is read again."""
    work.settle_item(unit, item.id, state, reason)
    streams.not_taken(unit, item)


def _settle(unit: Unit, item: InboxItem, outcome: Applied) -> str:
    work.settle_item(
        unit, item.id, ItemState.HELD if outcome is Applied.HELD else ItemState.DONE, outcome.value
    )
    return outcome.value


def _effect(
    unit: Unit,
    item: InboxItem,
    content: Content,
    fetched: dict[Iri, codec.Decoded],
    missing: dict[Iri, Absent],
) -> str:
    """Policy, then the handler, then the outcome: one transaction. Raises Wanted, which undoes all of it."""
    standing = work.hold_item(unit, item.id)
    if standing is None:
        raise _WorkedElsewhereError
    if standing.state is not ItemState.WAITING:
        return Applied.DUPLICATE.value
    if item.lane:
        return _settle(unit, item, _from_lane(unit, item, content))
    actor = account_rows.find_by_uri(unit, item.actor)
    if actor is None or actor.suspended_at is not None:
        return _settle(unit, item, Applied.IGNORED)
    arrived = Arrived(
        content.activity,
        actor,
        item.origin,
        item.received_at,
        fetched,
        missing,
        content.raw,
        content.document,
        item.profiled,
        item.stream,
        concerned(unit, content.activity, actor),
    )
    handler = handler_for(arrived)
    if handler is None:
        return _settle(unit, item, Applied.UNSUPPORTED)
    if actor.deleted_at is not None:
        return _settle(unit, item, Applied.TOMBSTONED)
    handler.verify(arrived)
    crossing = handler.crossing(unit, arrived)
    decision = boundary.decide(
        unit,
        Direction.IN,
        handler.action,
        item.origin,
        crossing,
        subject=item.activity_id,
        released=standing.verdict is Verdict.RELEASED,
        author_origin=None if handler.author_origin is None else handler.author_origin(arrived),
    )
    if decision.effect is Effect.HOLD and standing.verdict is None:
        within = crossing.group.id
        holds.hold(unit, Direction.IN, item.id, item.origin, item.activity_id, decision, within)
        return _settle(unit, item, Applied.HELD)
    if standing.verdict is Verdict.REFUSED or not decision.allowed:
        if handler.refused is not None:
            handler.refused(unit, arrived)
        if standing.verdict is not Verdict.REFUSED:
            streams.not_taken(unit, item)
        return _settle(unit, item, Applied.DENIED)
    return _settle(unit, item, handler.receive(unit, arrived))
