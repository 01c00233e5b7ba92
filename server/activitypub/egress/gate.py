"""Sending, planning and releasing, on one object that is built once."""

from __future__ import annotations

from federation.delivery import Attempt, Outcome, deliver
from federation.signatures.schemes import scheme_for
from server.activitypub.egress import plan as planning
from server.activitypub.egress import release
from server.activitypub.keychain import Keychain
from server.core.clock import Clock
from server.core.errors import AppError
from server.core.http import Outgoing
from server.domain.trust import Instance
from server.domain.work import Delivery, Event
from server.store.session import Unit


class Egress:
    """What leaves: `send` pushes, the others release what a peer fetches.

    outgoing: the guarded connections. keychain: signs in the name of each activity's actor.
    """

    instance_actor = staticmethod(release.instance_actor)
    actor = staticmethod(release.actor)
    object = staticmethod(release.object_)
    activity = staticmethod(release.activity)
    collection = staticmethod(release.collection)
    media = staticmethod(release.media)
    page_of_actor = staticmethod(release.page_of_actor)
    page_of_post = staticmethod(release.page_of_post)

    def __init__(self, outgoing: Outgoing, keychain: Keychain, clock: Clock) -> None:
        self._outgoing = outgoing
        self._keychain = keychain
        self._clock = clock

    def plan(self, unit: Unit, event: Event) -> None:
        """The activity of an event and its deliveries, as rows of this transaction."""
        planning.plan(unit, event)

    async def send(self, delivery: Delivery, instance: Instance) -> Attempt:
        """One attempt at one leased delivery. Never raises on what a peer does."""
        try:
            key = await self._keychain.key(delivery.account_id)
        except AppError:
            return Attempt(Outcome.REFUSED, "no-signing-key")
        return await deliver(
            self._outgoing.lanes,
            delivery.inbox,
            delivery.body,
            key,
            scheme=scheme_for(verifies_rfc9421=instance.verifies_rfc9421),
            clock=self._clock,
        )
