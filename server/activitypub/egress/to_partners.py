"""What the instance itself says to one partner: signed by the instance actor, and sent as the profile demands."""

from __future__ import annotations

import msgspec

from federation.types import Iri, JsonObject
from server.activitypub import signing
from server.domain.boundary import Action, Direction
from server.domain.trust import Partner
from server.services import accounts, boundary
from server.store import work
from server.store.session import Unit


def send(unit: Unit, partner: Partner, document: JsonObject, inbox: Iri) -> None:
    """Signs it, and leaves it for the partner at an address of the profile. What policy denies is not sent."""
    crossing, uri = boundary.RELATION, str(document["id"])
    decision = boundary.decide(unit, Direction.OUT, Action.DELIVER, partner.domain, crossing, subject=uri)
    if not decision.allowed:
        return
    own = accounts.get_instance_actor(unit)
    row_id = work.add_activity(
        unit,
        uri=uri,
        kind=str(document["type"]),
        account_id=own.id,
        post_id=None,
        crossing=crossing.record(),
        body=msgspec.json.encode(signing.signed(unit, own.id, document)),
    )
    work.add_deliveries(unit, row_id, [(partner.domain, inbox)], profile=True)
