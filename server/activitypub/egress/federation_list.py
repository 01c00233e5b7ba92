"""Our signature under a federation list: one of those by which others believe it."""

from __future__ import annotations

from federation.keys import PrivateKey
from federation.signatures.proof import add_proof
from federation.types import Iri, JsonObject
from server.activitypub.ingress.federation_list import method
from server.services import accounts, keys
from server.store.session import Unit


class _Signer:
    """The instance's key under the name that needs no look-up."""

    algorithm = "ed25519"

    def __init__(self, private: PrivateKey) -> None:
        self.key_id = Iri(method(private.public.to_multibase()))
        self._private = private

    def sign(self, data: bytes) -> bytes:
        return self._private.sign(data)


def signed(unit: Unit, document: JsonObject) -> JsonObject:
    """The document with one more proof: that of the instance's key."""
    actor = accounts.get_instance_actor(unit)
    _, private = keys.private(unit, actor.id, "ed25519")
    return add_proof(document, _Signer(private), unit.now)


def own_key(unit: Unit) -> str:
    """The Multikey to name among the signers."""
    actor = accounts.get_instance_actor(unit)
    return keys.private(unit, actor.id, "ed25519")[1].public.to_multibase()
