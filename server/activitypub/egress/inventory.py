"""What came to this instance of a partner's groups since a moment, for that partner alone: its ids and digests, and no words.

It is asked for by an instance that was restored. It names nothing of anybody else's groups, and nothing that was written here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from federation.vocab.profile import CONTEXT, PROFILE
from federation.vocab.shapes import write_moment
from server.activitypub import signing
from server.core.errors import NotFound
from server.domain.boundary import Tier
from server.domain.viewers import Peer
from server.services import accounts, boundary, inventories
from server.store import inventories as rows
from server.store.session import Unit

LAST = 2**63 - 1
"""No row has a greater id."""


def page(unit: Unit, peer: Peer, since: int, after: int) -> bytes:
    """since: seconds since 1970. Raises NotFound for everybody but partners."""
    if not peer.profiled or boundary.tier_of(unit, peer.origin) is not Tier.T2:
        raise NotFound
    own = accounts.get_instance_actor(unit)
    moment = min(since, int(unit.now.timestamp()))  # nothing came later than now
    found = rows.held(
        unit, peer.origin, datetime.fromtimestamp(moment, UTC), min(after, LAST), inventories.PAGE
    )
    base = f"{unit.context.settings.base}/actors/inventory?since={since}"
    document: dict[str, Any] = {
        "@context": ["https://www.w3.org/ns/activitystreams", CONTEXT],
        "id": f"{base}&after={after}" if after else base,
        "type": "OrderedCollectionPage",
        "attributedTo": own.uri,
        "profile": PROFILE,
        "instance": peer.origin,
        "published": write_moment(unit.now),
        "orderedItems": [
            {
                "type": "Relationship",
                "subject": one.object_uri,
                "object": one.group_uri,
                "attributedTo": one.author_uri,
                "digest": one.digest,
            }
            for one in found
        ],
    }
    if len(found) == inventories.PAGE:
        document["next"] = f"{base}&after={found[-1].row}"
    return msgspec.json.encode(signing.signed(unit, own.id, document))
