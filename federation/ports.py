"""What a host supplies: small protocols, so that the library knows no database and no settings.

Implementations must be quick and must not block the event loop: answers come from memory or are awaited.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from federation.keys import PublicKey
from federation.types import HttpAnswer, Iri, Origin


class Clock(Protocol):
    """Aware UTC time."""

    def now(self) -> datetime: ...


class HostGate(Protocol):
    """Whether an origin may be spoken with at all. Asked before any DNS look-up, fetch or signature work."""

    def allows(self, origin: Origin) -> bool: ...


class KeyStatus(StrEnum):
    """What the host knows of a key."""

    KNOWN = "known"
    GONE = "gone"  # the owner was deleted: an actor's own Delete may be accepted quietly


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A public key with its owner, as learned from the owner's actor document.

    key_id: the IRI in signatures. owner: actor id. fetched_at: when the document was last read.
    """

    key_id: Iri
    owner: Iri
    key: PublicKey
    fetched_at: datetime


class KeyStore(Protocol):
    """Public keys by key id."""

    async def find(self, key_id: Iri) -> KnownKey | None:
        """The stored key, or None when it was never seen."""
        ...

    async def refresh(self, key_id: Iri) -> KnownKey:
        """Fetch the owner's document anew (rate-limited by the host), store it, and answer its key.

        Raises KeyUnavailable, OriginMismatch, Refused, Malformed, Unreachable.
        """
        ...


class Fetcher(Protocol):
    """A guarded, signed GET. Raises FederationError only."""

    async def get(self, url: Iri, *, accept: str, limit: int) -> HttpAnswer: ...


class SigningKey(Protocol):
    """A private key that the host keeps sealed. scheme-independent: signs bytes."""

    @property
    def key_id(self) -> Iri: ...

    @property
    def algorithm(self) -> str:
        """`rsa-sha256` or `ed25519`."""
        ...

    def sign(self, data: bytes) -> bytes: ...
