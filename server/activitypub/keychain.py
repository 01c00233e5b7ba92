"""The opened private keys of local actors, for signing what leaves. Kept in memory only while they are used."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from federation.keys import PrivateKey
from federation.types import Iri
from server.services import keys
from server.store.session import Database

OPENED = 500


@dataclass(frozen=True, slots=True)
class LocalKey:
    """`ports.SigningKey` of a local actor."""

    key_id: Iri
    private: PrivateKey

    @property
    def algorithm(self) -> str:
        return "rsa-sha256" if self.private.algorithm == "rsa" else "ed25519"

    def sign(self, data: bytes) -> bytes:
        return self.private.sign(data)


class Keychain:
    """Signing keys by account."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._opened: OrderedDict[tuple[int, str], LocalKey] = OrderedDict()

    async def key(self, account_id: int, algorithm: str = "rsa") -> LocalKey:
        """algorithm: `rsa` or `ed25519`."""
        known = self._opened.get((account_id, algorithm))
        if known is not None:
            self._opened.move_to_end((account_id, algorithm))
            return known
        key_id, private = await self._database.read(keys.private, account_id, algorithm)
        opened = self._opened[account_id, algorithm] = LocalKey(Iri(key_id), private)
        if len(self._opened) > OPENED:
            self._opened.popitem(last=False)
        return opened

    def forget(self) -> None:
        self._opened.clear()
