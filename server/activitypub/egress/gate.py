"""Sending, planning and releasing, on one object that is built once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from federation.delivery import Attempt, Outcome, deliver
from federation.errors import ORIGIN_NOT_ALLOWED
from federation.signatures.schemes import scheme_for
from server.activitypub.egress import catalogue, group_documents, inventory, probes, release, stream
from server.activitypub.egress import plan as planning
from server.activitypub.ingress.trust import TrustTable
from server.activitypub.keychain import Keychain
from server.core.clock import Clock
from server.core.errors import AppError, Overloaded, StorageFull
from server.core.http import Outgoing
from server.domain.changes import Change
from server.domain.trust import Instance
from server.domain.viewers import Peer
from server.domain.work import STREAM_HEADER, Delivery, Event
from server.store.session import Unit

ASK_AGAIN = timedelta(seconds=1)
"""How long what trust has overtaken rests."""


class Egress:
    """What leaves: `send` pushes, the others release what a peer fetches.

    outgoing: the guarded connections, which ask the trust table. keychain: signs in the name of each activity's actor.
    """

    instance_actor = staticmethod(release.instance_actor)
    object = staticmethod(release.object_)
    activity = staticmethod(release.activity)
    collection = staticmethod(release.collection)
    media = staticmethod(release.media)
    stream = staticmethod(stream.page)
    canary = staticmethod(probes.canary)
    canary_media = staticmethod(probes.canary_media)
    catalogue = staticmethod(catalogue.document)
    moderators = staticmethod(release.moderators)
    featured = staticmethod(release.featured)
    inventory = staticmethod(inventory.page)
    roster = staticmethod(group_documents.roster)
    page_of_actor = staticmethod(release.page_of_actor)
    page_of_post = staticmethod(release.page_of_post)

    def __init__(self, outgoing: Outgoing, trust: TrustTable, keychain: Keychain, clock: Clock) -> None:
        self._trust = trust
        self._outgoing = outgoing
        self._keychain = keychain
        self._clock = clock
        self._rendered: dict[tuple[int, int], bytes] = {}

    def heard(self, changes: Iterable[Change]) -> None:
        """Callable from any thread."""
        self._keychain.heard(changes)

    def actor(self, unit: Unit, peer: Peer, public_id: str) -> bytes:
        """The document of a local actor, for a peer."""
        return release.actor(unit, peer, public_id, self._rendered)

    def plan(self, unit: Unit, event: Event) -> None:
        """The activity of an event and its deliveries, as rows of this transaction."""
        planning.plan(unit, event)

    async def send(self, delivery: Delivery, instance: Instance, version: int) -> Attempt:
        """One attempt at one leased delivery. version: of the account that speaks. Never raises on what a peer does."""
        algorithm = "ed25519" if delivery.profile else "rsa"
        try:
            key = await self._keychain.key(delivery.account_id, algorithm, version)
        except (Overloaded, StorageFull):
            raise  # it is our database that cannot now: the delivery comes back when its lease ends
        except AppError:
            return Attempt(Outcome.REFUSED, "no-signing-key")
        # the rows that were leased may be newer than the table: a command has ended a pause a moment ago
        self._trust.read_elsewhere(delivery.destination, instance.trust)
        attempt = await deliver(
            self._outgoing.back if delivery.lane else self._outgoing.lanes,
            delivery.inbox,
            delivery.body,
            key,
            scheme=scheme_for(verifies_rfc9421=delivery.profile or instance.verifies_rfc9421),
            clock=self._clock,
            headers=((STREAM_HEADER, delivery.stream),) if delivery.stream else (),
        )
        if attempt.reason == ORIGIN_NOT_ALLOWED:
            # allowed when it was leased, and changed since. Nothing has left: the next lease asks the rows again, and
            # cancels what may not leave
            return replace(attempt, outcome=Outcome.RETRY, retry_after=ASK_AGAIN)
        return attempt
