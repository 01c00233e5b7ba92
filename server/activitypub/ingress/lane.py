"""The way that stays open: who may speak on `/lane`, and by which keys, when everything else between two instances is closed.

Instances that are known here, paused and ended ones included. Keys are those that we hold: the pinned key of a partner's instance,
and the keys of groups of which members here were. Nothing is fetched, and a stranger is refused like everywhere.
"""

from __future__ import annotations

from federation.errors import KeyUnavailable, Malformed
from federation.iri import origin_of, strip_fragment
from federation.keys import PublicKey
from federation.ports import KnownKey
from federation.types import Iri, Origin
from server.activitypub.ingress.trust import TrustTable
from server.domain.accounts import AccountKind
from server.domain.trust import Trust
from server.services import partners
from server.store import accounts
from server.store.session import Database, Unit

TYPES = frozenset({"PurgeRequest", "Receipt", "Delete"})


class LaneGate:
    """`ports.HostGate`: whoever was ever decided about."""

    def __init__(self, own: Origin, trust: TrustTable) -> None:
        self._own = own
        self._trust = trust

    def allows(self, origin: Origin) -> bool:
        return origin != self._own and self._trust.trust(origin) is not Trust.UNKNOWN


class LaneKeys:
    """`ports.KeyStore` of what is held already."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, key_id: Iri) -> KnownKey | None:
        return await self._database.read(held_key, key_id)

    async def refresh(self, key_id: Iri) -> KnownKey:  # noqa: ARG002  the protocol's signature
        raise KeyUnavailable("key-not-held")


def held_key(unit: Unit, key_id: Iri) -> KnownKey | None:
    """The pinned key of an instance, or the Ed25519 key of a group, whether it is still listed or not."""
    partner = partners.find(unit, origin_of(key_id))
    if partner is not None and strip_fragment(key_id) == partners.instance_actor(partner):
        try:
            key = PublicKey.from_multibase(partner.key)
        except Malformed:
            return None
        return KnownKey(key_id, partners.instance_actor(partner), key, partner.pinned_at)
    found = accounts.find_key(unit, key_id)
    if found is None:
        return None
    row, owner = found
    account = accounts.find(unit, row.account_id)
    if row.private_sealed is not None or row.algorithm != "ed25519" or account is None:
        return None
    if account.kind is not AccountKind.GROUP:
        return None
    return KnownKey(key_id, owner, PublicKey.from_der(row.public), row.fetched_at or row.created_at)
