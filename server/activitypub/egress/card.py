"""Our card, signed by the key of the instance: what another administrator loads to pair with us."""

from __future__ import annotations

from federation.types import JsonObject
from server.activitypub import signing
from server.services import accounts, keys, partners
from server.store.session import Unit


def signed_card(unit: Unit) -> JsonObject:
    """Raises Invalid until it is stated who answers for this instance."""
    actor = accounts.get_instance_actor(unit)
    _, private = keys.private(unit, actor.id, "ed25519")
    card = partners.card(unit, actor.uri, private.public.to_multibase(), private.public.fingerprint())
    earlier = [key.private.public.to_multibase() for key in keys.retired(unit, actor.id)]
    if earlier:
        card |= {"retiredKeys": earlier}
    return signing.vouched(unit, actor.id, card)
