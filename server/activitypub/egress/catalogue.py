"""The catalogue of listed groups, as a partner gets it: for this partner alone, with a proof by the instance."""

from __future__ import annotations

import msgspec

from federation.vocab.shapes import write_moment
from server.activitypub import signing
from server.activitypub.render import groups as render
from server.core.errors import NotFound
from server.domain.boundary import Tier
from server.domain.viewers import Peer
from server.services import accounts, boundary, catalogue
from server.store.session import Unit


def document(unit: Unit, peer: Peer) -> bytes:
    """Raises NotFound for everybody but partners."""
    if not peer.profiled or boundary.tier_of(unit, peer.origin) is not Tier.T2:
        raise NotFound
    own = accounts.get_instance_actor(unit)
    said = render.catalogue(
        f"{unit.context.settings.base}/actors/catalogue",
        own.uri,
        peer.origin,
        [one.uri for one in catalogue.ours_for(unit, peer.origin)],
        write_moment(unit.now),
        write_moment(unit.now + catalogue.LASTS),
    )
    return msgspec.json.encode(signing.signed(unit, own.id, said))
