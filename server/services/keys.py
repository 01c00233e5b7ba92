"""The keys of local actors: made with the actor, private parts sealed."""

from __future__ import annotations

from dataclasses import dataclass, field

from federation.keys import PrivateKey
from federation.types import Iri
from server.core.errors import SettingsError
from server.store import accounts as rows
from server.store.session import Unit

RSA_NAME = "main-key"
ED25519_NAME = "ed25519-1"


@dataclass(frozen=True, slots=True)
class LocalKey:
    """`ports.SigningKey` of a local actor."""

    key_id: Iri
    private: PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> str:
        return "rsa-sha256" if self.private.algorithm == "rsa" else "ed25519"

    def sign(self, data: bytes) -> bytes:
        return self.private.sign(data)


def make(unit: Unit, account_id: int, actor: str) -> None:
    """Makes an RSA-2048 and an Ed25519 key for a new local actor."""
    for name, key in ((RSA_NAME, unit.context.rsa_key()), (ED25519_NAME, PrivateKey.generate_ed25519())):
        key_id = f"{actor}#{name}"
        rows.add_key(
            unit,
            {
                "id": unit.new_id(),
                "account_id": account_id,
                "key_id": key_id,
                "algorithm": str(key.algorithm),
                "public": key.public.der,
                "private_sealed": unit.context.sealer.seal(key_id, key.to_bytes()),
                "created_at": unit.now,
            },
        )


def private(unit: Unit, account_id: int, algorithm: str) -> tuple[Iri, PrivateKey]:
    """The key id and the opened private key of a local actor. algorithm: `rsa` or `ed25519`."""
    for row in rows.keys(unit, account_id):
        if row.algorithm == algorithm and row.private_sealed is not None:
            return row.key_id, PrivateKey.from_bytes(unit.context.sealer.open(row.key_id, row.private_sealed))
    raise SettingsError(f"account {account_id} has no {algorithm} key")


def signer(unit: Unit, account_id: int, algorithm: str = "ed25519") -> LocalKey:
    """The same, ready to sign."""
    return LocalKey(*private(unit, account_id, algorithm))
