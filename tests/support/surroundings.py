"""An instance that a hostile peer speaks with, among addresses that it must not dial: for the tests of what it is made to ask, and to show.

    with surrounded(folder) as around:
        around.peer        # allowed, and the one address that may be dialled
        around.canary      # allowed too, but as private as an internal service
        around.stranger    # not connected at all

At the end the log of the instance holds no traceback.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from federation.testing.loopback import LoopbackPeer, answer
from server.domain.trust import Trust
from tests.support.hostile import neighbourhood
from tests.support.instances import Launcher, LiveAccount, LiveInstance
from tests.support.members import add_members, trust


@dataclass(frozen=True)
class Surroundings:
    """target serves; Dora is a member of it."""

    target: LiveInstance
    dora: LiveAccount
    peer: LoopbackPeer
    canary: LoopbackPeer
    stranger: LoopbackPeer


@contextmanager
def surrounded(folder: Path) -> Iterator[Surroundings]:
    launcher = Launcher(folder)
    try:
        with neighbourhood() as hood:
            peer, canary, stranger = (hood.peer(name) for name in ("peer", "canary", "stranger"))
            target = launcher.prepare(
                "target", CONSILIUM_POSTS="public", CONSILIUM_DANGEROUS_PRIVATE_ADDRESSES=peer.origin
            )
            [dora] = add_members(target, "dora")
            trust(target, Trust.ALLOWED, peer.origin, canary.origin, f"127.0.0.1:{canary.port}")
            target.start()
            peer.behaviours["/inbox"] = answer(202)
            yield Surroundings(target, dora, peer, canary, stranger)
            assert "Traceback" not in target.log(), target.log()[-4000:]
    finally:
        launcher.close()
