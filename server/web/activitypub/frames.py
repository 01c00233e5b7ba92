"""A request as the protocol library takes it: under our public address, headers as they came."""

from __future__ import annotations

from collections.abc import Callable

from federation.types import HttpFrame
from server.activitypub.ingress import Refusal, SignedBy
from server.core.errors import AppError, NotPermitted, Overloaded, Unauthenticated
from server.domain.viewers import Peer
from server.services import recovery
from server.web.kit.call import Call
from server.web.kit.unit import Unit

COME_AGAIN = 60
"""Seconds."""


async def frame(call: Call, *, with_body: bool = False) -> HttpFrame:
    """The address is ours by the settings, whatever stood in Host: a signature is checked against what a peer meant."""
    request = call.request
    path = request.scope["raw_path"].decode("latin-1")
    query = request.scope["query_string"].decode("latin-1")
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.scope["headers"]
    )
    url = call.context.settings.base + path + (f"?{query}" if query else "")
    return HttpFrame(request.method, url, headers, await request.body() if with_body else b"")


async def signer(call: Call, *, also_in_recovery: bool = False) -> SignedBy:
    """Who signed this GET. Raises Unauthenticated, NotPermitted: constant answers, before any look-up.

    Raises Overloaded while the house catches up after a restore: what it would say now is of the time of the backup.
    """
    verdict = await call.house.ingress.signer(await frame(call))
    if isinstance(verdict, Refusal):
        raise refusal(verdict.status)
    if not also_in_recovery and await call.glance(recovery.is_under_way):
        raise Overloaded(COME_AGAIN)
    return verdict


def unless_recovering(unit: Unit, read: Callable[[Unit, Peer, str], bytes], peer: Peer, name: str) -> bytes:
    """What a signer `also_in_recovery` may read otherwise: one unit for both where many ask. Raises Overloaded, as `signer` does."""
    if recovery.is_under_way(unit):
        raise Overloaded(COME_AGAIN)
    return read(unit, peer, name)


def viewer_of(peer: SignedBy) -> Peer:
    """As whom a peer reads: only one that signed as the profile demands sees anything of members-only groups."""
    return Peer(peer.origin, profiled=peer.profiled)


def refusal(status: int) -> AppError:
    """401 or 403 in one constant sentence each."""
    return NotPermitted("Not allowed") if status == 403 else Unauthenticated("A valid signature is required")
