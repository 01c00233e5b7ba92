"""Signed federation lists for tests: a publisher with several keys, and the versions that it makes.

publisher = Publisher(keys=3, threshold=2)
first = publisher.version(1, ["a.example"])            # JSON, signed by all
publisher.version(2, ["b.example"], after=first, by=[0])   # by the first key alone
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from federation.keys import PrivateKey
from federation.signatures.proof import add_proof
from federation.testing.actors import ActorSigningKey
from federation.types import Iri
from server.activitypub.ingress import federation_list
from server.activitypub.ingress.federation_list import TYPE, method
from tests.support.house import START

URL = "https://society.example/list.json"


@dataclass
class Publisher:
    keys: int = 3
    threshold: int = 2
    private: list[PrivateKey] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.private = [PrivateKey.generate_ed25519() for _ in range(self.keys)]

    def signers(self) -> list[str]:
        return [key.public.to_multibase() for key in self.private]

    def fingerprints(self) -> list[str]:
        return [key.public.fingerprint() for key in self.private]

    def version(
        self,
        number: int,
        domains: list[str],
        *,
        after: bytes = b"",
        by: list[int] | None = None,
        at: datetime = START,
        **changes: Any,
    ) -> bytes:
        """by: which keys sign; all where it is None."""
        document: dict[str, Any] = {
            "type": TYPE,
            "id": URL,
            "name": "Society of Cardiology",
            "version": number,
            "previous": federation_list.judge(after, at).digest if after else "",
            "issued": at.isoformat(),
            "expires": (at + timedelta(days=30)).isoformat(),
            "signers": self.signers(),
            "threshold": self.threshold,
            "entries": [{"domain": domain, "controller": f"Controller of {domain}"} for domain in domains],
            **changes,
        }
        for key in [self.private[each] for each in (range(self.keys) if by is None else by)]:
            document = add_proof(document, ActorSigningKey(Iri(method(key.public.to_multibase())), key), at)
        return json.dumps(document).encode()
