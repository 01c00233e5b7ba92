"""The keys of local actors: made with the actor, private parts sealed.

A key that was replaced is kept as well, for one thing: to vouch for those that came after it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from federation.keys import PrivateKey
from federation.types import Iri
from server.core.errors import SettingsError
from server.domain.changes import ChangeKind
from server.store import accounts as rows
from server.store.session import Unit

RSA_NAME = "main-key"
ED25519_NAME = "ed25519-1"
VOUCHING = 8
"""Of how many earlier keys a card or a document bears the word, the newest first."""


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
    _add(unit, account_id, actor, RSA_NAME, ED25519_NAME)


def rotate(unit: Unit, account_id: int, actor: str) -> Iri:
    """Takes new keys into use; answers the id of the new Ed25519 key. The names of keys are never used again."""
    number = 1 + sum(row.algorithm == "ed25519" for row in rows.all_keys(unit, account_id))
    for retired in rows.retire_keys(unit, account_id, ()):
        unit.changed(ChangeKind.KEY, retired)
    _add(unit, account_id, actor, f"{RSA_NAME}-{number}", f"ed25519-{number}")
    return Iri(f"{actor}#ed25519-{number}")


def retired(unit: Unit, account_id: int) -> list[LocalKey]:
    """Ed25519 keys that were replaced, the newest first."""
    found = [
        row
        for row in rows.all_keys(unit, account_id)
        if row.algorithm == "ed25519" and row.retired_at is not None and row.private_sealed is not None
    ]
    opened = []
    for row in found[::-1][:VOUCHING]:
        assert row.private_sealed is not None
        private = PrivateKey.from_bytes(unit.context.sealer.open(row.key_id, row.private_sealed))
        opened.append(LocalKey(row.key_id, private))
    return opened


def _add(unit: Unit, account_id: int, actor: str, rsa: str, ed25519: str) -> None:
    for name, key in ((rsa, unit.context.rsa_key()), (ed25519, PrivateKey.generate_ed25519())):
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
