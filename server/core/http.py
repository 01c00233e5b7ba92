"""The one factory of outgoing connections. Everything that leaves goes through the guarded dialler made here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from federation.net.client import Client, PlainFetcher, SignedFetcher
from federation.net.dial import Dialler, Proxy, tls_context
from federation.net.guard import DangerousPrivate, Guard
from federation.net.lane import Lanes
from federation.ports import Clock, HostGate, SigningKey
from federation.signatures.schemes import Scheme
from federation.types import Origin
from server.core.settings import Settings

USER_AGENT = "Consilium (ActivityPub)"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """client: guarded GETs. lanes: deliveries. back: what takes something back, also to paused and ended instances.

    push: messages to members' devices, which go to whatever public host their apps name.
    Belongs to one event loop; close() when that ends.
    """

    client: Client
    lanes: Lanes
    back: Lanes
    push: Lanes

    def signed(self, key: Callable[[], Awaitable[SigningKey]], clock: Clock) -> SignedFetcher:
        """GETs signed with the key that is in use, usually the instance actor's."""
        return SignedFetcher(self.client, key, clock)

    def profiled(self, key: Callable[[], Awaitable[SigningKey]], clock: Clock) -> SignedFetcher:
        """GETs signed as members-only traffic must be. key: Ed25519."""
        return SignedFetcher(self.client, key, clock, Scheme.RFC9421)

    def plain(self) -> PlainFetcher:
        """Unsigned GETs: discovery documents."""
        return PlainFetcher(self.client)

    async def close(self) -> None:
        await self.client.close()
        await self.lanes.close()
        await self.back.close()
        await self.push.close()


class _AnyHost:
    """For what is encrypted to a member's device: its push service is no instance that anybody could allow."""

    def allows(self, _origin: Origin) -> bool:
        return True


def outgoing(settings: Settings, gate: HostGate, back: HostGate | None = None) -> Outgoing:
    """gate: the allowlist, asked before any name is looked up. back: that of `Outgoing.back`; the same where it is None."""
    private = DangerousPrivate.parse(settings.private_exceptions)
    proxy = Proxy.parse(settings.http_proxy) if settings.http_proxy else None
    tls = tls_context(str(settings.ca_file) if settings.ca_file else None)
    agent = f"{USER_AGENT}; +{settings.base}"
    dialler = Dialler(Guard(gate, private), tls, proxy)
    behind = Dialler(Guard(back or gate, private), tls, proxy)
    return Outgoing(
        Client(dialler, user_agent=agent),
        Lanes(dialler, user_agent=agent),
        Lanes(behind, user_agent=agent),
        Lanes(Dialler(Guard(_AnyHost(), private), tls, proxy), user_agent=agent),
    )
