"""A partner says that one of its status lists has changed: its lists are fetched with the next look.

It refuses what did not come as the profile demands, and believes the instance actor of a partner alone. Nothing that the hint
says has an effect: what holds stands in the list.
"""

from __future__ import annotations

from federation.errors import SignatureMissing
from federation.iri import origin_of
from federation.vocab.base import id_of
from federation.vocab.profile import read_envelope
from server.activitypub.handlers.arrived import Applied, Arrived, Handler
from server.services import boundary, partners, verification
from server.services.boundary import Crossing
from server.store.session import Unit


def is_hint(arrived: Arrived) -> bool:
    """An Update whose object is, by address, a list of the sender's instance."""
    about = arrived.activity.object
    named = id_of(about) if isinstance(about, str) else None
    return (
        arrived.activity.type == "Update"
        and named is not None
        and origin_of(named) == arrived.origin
        and "/status/" in named
    )


def verify(arrived: Arrived) -> None:
    """Raises SignatureMissing, Malformed."""
    if not arrived.profiled:
        raise SignatureMissing("profile-signature-missing")
    read_envelope(arrived.document)


def receive(unit: Unit, arrived: Arrived) -> Applied:
    partner = partners.find(unit, arrived.origin)
    if partner is None or arrived.actor.uri != partners.instance_actor(partner):
        return Applied.IGNORED
    return Applied.APPLIED if verification.hinted(unit, arrived.origin) else Applied.NOT_OURS


def _crossing(_unit: Unit, _arrived: Arrived) -> Crossing:
    return boundary.RELATION


HINT = Handler(verify, _crossing, receive)
