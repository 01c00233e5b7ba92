"""Instances that have no part in a group: strangers, instances of another kind, and partners without members or of former days.

with outsiders_of(circle, "society") as outsiders:
    outsiders["mastodon"].get(circle["society"], "/objects/…")      # signed by its own kind of key
    outsiders["partner"].peer.seen                                    # whatever arrived there
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from federation.signatures.schemes import Scheme, sign_request
from federation.testing.actors import FakeActor
from federation.testing.loopback import LoopbackPeer, answer
from federation.types import HttpFrame, Origin
from server.domain.trust import Trust
from tests.support.hostile import ACTIVITY, neighbourhood, now
from tests.support.instances import LiveInstance
from tests.support.live_groups import Circle
from tests.support.members import trust
from tests.support.partners import as_partner

OTHERS = {"stranger": Trust.UNKNOWN, "mastodon": Trust.ALLOWED, "limited": Trust.LIMITED}
PARTNERS: dict[str, tuple[Trust, dict[str, Any]]] = {
    "partner": (Trust.ALLOWED, {}),
    "candidate": (Trust.ALLOWED, {"confirmed_at": None, "confirmed_by": "", "probed_at": None}),
    "paused": (Trust.SUSPENDED, {}),
    "ended": (Trust.BLOCKED, {"confirmed_at": None, "agreement": "", "agreement_until": None}),
}
"""With the papers that they lack."""
UNHEARD = {"stranger", "paused", "ended"}


@dataclass
class Outsider:
    """Another instance, and how it signs. heard: whether anything is answered to it at all."""

    peer: LoopbackPeer
    actor: FakeActor
    profiled: bool
    client: httpx.Client
    heard: bool = True

    def get(self, target: LiveInstance, path: str) -> httpx.Response:
        frame = HttpFrame("GET", f"{target.base}{path}", (("host", target.origin), ("accept", ACTIVITY)), b"")
        key = self.actor.ed25519_signer if self.profiled else self.actor.rsa_signer
        scheme = Scheme.RFC9421 if self.profiled else Scheme.CAVAGE
        headers = dict(sign_request(frame, key, scheme, now()).headers)
        return self.client.get(f"http://127.0.0.1:{target.port}{path}", headers=headers)


@contextmanager
def outsiders_of(circle: Circle, *names: str) -> Iterator[dict[str, Outsider]]:
    """names: of the instances that know them as what they are."""
    with ExitStack() as stack:
        hood = stack.enter_context(neighbourhood())
        found = {}
        for name in (*OTHERS, *PARTNERS):
            peer = hood.peer(name)
            peer.behaviours["/inbox"] = answer(202)
            client = stack.enter_context(httpx.Client(timeout=20))
            found[name] = Outsider(
                peer, peer.actor("reader"), name in PARTNERS, client, heard=name not in UNHEARD
            )
        for name in names:
            for other, level in OTHERS.items():
                if level is not Trust.UNKNOWN:
                    trust(circle[name], level, found[other].peer.origin)
            for other, (level, papers) in PARTNERS.items():
                origin = Origin(found[other].peer.origin)
                circle.run(circle[name], lambda unit, one=origin, more=papers: as_partner(unit, one, **more))
                trust(circle[name], level, origin)
        yield found
