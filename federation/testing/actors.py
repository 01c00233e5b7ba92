"""Actors with real keys, and in-memory stand-ins for what a host supplies. For tests; keys are made per process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

from federation.errors import Gone, KeyUnavailable
from federation.iri import canonical_iri
from federation.keys import PrivateKey
from federation.ports import KnownKey
from federation.types import HttpAnswer, Iri, JsonObject, Origin

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ActorSigningKey:
    """`ports.SigningKey` over a private key in memory."""

    key_id: Iri
    private: PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> str:
        return "rsa-sha256" if self.private.algorithm == "rsa" else "ed25519"

    def sign(self, data: bytes) -> bytes:
        return self.private.sign(data)


@cache
def rsa_key(name: str = "") -> PrivateKey:
    """An RSA key for each name, made once per process: they are dear."""
    del name
    return PrivateKey.generate_rsa()


@dataclass(frozen=True, slots=True)
class FakeActor:
    """An actor of an instance at `base`, with an RSA and an Ed25519 key."""

    base: str
    name: str
    rsa: PrivateKey = field(repr=False)
    ed25519: PrivateKey = field(repr=False)

    @classmethod
    def create(cls, base: str, name: str) -> FakeActor:
        return cls(base.rstrip("/"), name, rsa_key(name), PrivateKey.generate_ed25519())

    @property
    def id(self) -> Iri:
        return canonical_iri(f"{self.base}/actors/{self.name}")

    @property
    def inbox(self) -> Iri:
        return Iri(f"{self.id}/inbox")

    @property
    def rsa_signer(self) -> ActorSigningKey:
        return ActorSigningKey(Iri(f"{self.id}#main-key"), self.rsa)

    @property
    def ed25519_signer(self) -> ActorSigningKey:
        return ActorSigningKey(Iri(f"{self.id}#ed25519-1"), self.ed25519)

    def known_key(self, *, ed25519: bool = False) -> KnownKey:
        signer = self.ed25519_signer if ed25519 else self.rsa_signer
        return KnownKey(signer.key_id, self.id, signer.private.public, NOON)

    def document(self) -> JsonObject:
        return {
            "@context": [
                "https://www.w3.org/ns/activitystreams",
                "https://www.w3.org/ns/did/v1",
                "https://w3id.org/security/v1",
                "https://w3id.org/security/multikey/v1",
            ],
            "id": self.id,
            "type": "Person",
            "preferredUsername": self.name,
            "inbox": self.inbox,
            "outbox": f"{self.id}/outbox",
            "endpoints": {"sharedInbox": f"{self.base}/inbox"},
            "publicKey": {
                "id": self.rsa_signer.key_id,
                "owner": self.id,
                "publicKeyPem": self.rsa.public.to_pem(),
            },
            "assertionMethod": [
                {
                    "id": self.ed25519_signer.key_id,
                    "type": "Multikey",
                    "controller": self.id,
                    "publicKeyMultibase": self.ed25519.public.to_multibase(),
                }
            ],
        }

    def note(self, number: int = 1, content: str = "Bonjour") -> JsonObject:
        """A Create of a public note."""
        note_id = f"{self.base}/objects/{number}"
        public = "https://www.w3.org/ns/activitystreams#Public"
        return {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{self.base}/activities/{number}",
            "type": "Create",
            "actor": self.id,
            "to": [public],
            "object": {
                "id": note_id,
                "type": "Note",
                "attributedTo": self.id,
                "content": content,
                "to": [public],
                "published": "2026-11-23T11:59:00Z",
            },
        }


@dataclass(slots=True)
class FixedClock:
    """A clock that stands until it is set."""

    moment: datetime = NOON

    def now(self) -> datetime:
        return self.moment


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251  a test against real peers needs their time


@dataclass(slots=True)
class ListGate:
    """Allows the origins in the list, or all where it is None. asked: what it was asked, in order."""

    allowed: frozenset[str] | None = None
    asked: list[Origin] = field(default_factory=list)

    def allows(self, origin: Origin) -> bool:
        self.asked.append(origin)
        return self.allowed is None or origin in self.allowed


@dataclass(slots=True)
class MemoryKeys:
    """`ports.KeyStore`. remote: what a refresh would learn; refreshed: the key ids asked for."""

    stored: dict[Iri, KnownKey] = field(default_factory=dict)
    remote: dict[Iri, KnownKey] = field(default_factory=dict)
    gone: set[Iri] = field(default_factory=set)
    refreshed: list[Iri] = field(default_factory=list)

    async def find(self, key_id: Iri) -> KnownKey | None:
        return self.stored.get(key_id)

    async def refresh(self, key_id: Iri) -> KnownKey:
        self.refreshed.append(key_id)
        if key_id in self.gone:
            raise Gone("peer-says-gone")
        if key_id not in self.remote:
            raise KeyUnavailable("key-unavailable")
        self.stored[key_id] = self.remote[key_id]
        return self.stored[key_id]


@dataclass(slots=True)
class MemoryFetcher:
    """`ports.Fetcher` over a table of answers. fetched: the URLs asked for, in order."""

    answers: Mapping[str, HttpAnswer | Exception | Callable[[], HttpAnswer]]
    fetched: list[str] = field(default_factory=list)

    async def get(self, url: Iri, *, accept: str, limit: int) -> HttpAnswer:
        del accept, limit
        self.fetched.append(url)
        found = self.answers.get(url)
        if found is None:
            raise Gone("peer-says-not-found")
        if isinstance(found, Exception):
            raise found
        return found if isinstance(found, HttpAnswer) else found()
