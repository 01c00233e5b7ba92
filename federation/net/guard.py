"""Which addresses may be dialled: names are resolved here, every address is judged, and only judged addresses are used.

The host's gate is asked before a name is resolved. Refused: origins that the gate does not allow, names of which any
address is not a public unicast one (looked at through IPv4-mapped, NAT64, 6to4 and Teredo forms), names that do not
resolve. Exceptions are spelled out by the operator as `DangerousPrivate`. Names under .localhost are 127.0.0.1 without
any look-up (RFC 6761), and as private as that.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final, TypeAlias

from federation.errors import ORIGIN_NOT_ALLOWED, AddressNotPublic, Malformed, Refused, Unreachable
from federation.iri import canonical_origin, origin_of
from federation.net.limits import MAX_ADDRESSES
from federation.ports import HostGate
from federation.types import Iri

Address: TypeAlias = IPv4Address | IPv6Address
Resolver: TypeAlias = Callable[[str, int], Awaitable[list[str]]]

_NAT64: Final = IPv6Network(
    "64:ff9b::/96"
)  # the local-use prefix 64:ff9b:1::/48 is not global and stays refused
_SIX_TO_FOUR: Final = IPv6Network("2002::/16")
_TEREDO: Final = IPv6Network("2001::/32")
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
# special by the IANA registries, though releases of Python call them global
_SPECIAL: Final = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv6Network("2001::/23"),
    IPv6Network("3fff::/20"),
)


def unwrap(address: Address) -> tuple[Address, ...]:
    """The address and every IPv4 address that packets to it may end up at."""
    if isinstance(address, IPv4Address):
        return (address,)
    value = int(address)
    inner: list[Address] = []
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address in _NAT64:
        inner.append(IPv4Address(value & 0xFFFFFFFF))
    if address in _SIX_TO_FOUR:
        inner.append(IPv4Address((value >> 80) & 0xFFFFFFFF))
    if address in _TEREDO:
        inner.append(IPv4Address((value >> 64) & 0xFFFFFFFF))
        inner.append(IPv4Address(~value & 0xFFFFFFFF))
    return (address, *inner)


def is_public(address: Address) -> bool:
    """Whether the address and all that it wraps are public unicast ones."""
    return all(_is_plain_public(each) for each in unwrap(address))


def _is_plain_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        if address in _NAT64 or address in _SIX_TO_FOUR:
            return True  # judged by the address inside; releases of Python do not agree about these
        if address not in _GLOBAL_UNICAST:
            return False
    return address.is_global and not (
        address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or address.is_loopback
        or address.is_link_local
        or address.is_private
        or any(address in network for network in _SPECIAL)
    )


@dataclass(frozen=True, slots=True)
class DangerousPrivate:
    """What may be dialled although it is private: networks, hosts (any port), and `host:port`."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    hosts: frozenset[str] = field(default_factory=frozenset)
    endpoints: frozenset[tuple[str, int]] = field(default_factory=frozenset)

    @classmethod
    def parse(cls, entries: Iterable[str]) -> DangerousPrivate:
        """From the operator's words: `10.0.0.0/8`, `hospital.localhost`, `127.0.0.1:8443`. Raises Malformed."""
        networks: list[IPv4Network | IPv6Network] = []
        hosts: set[str] = set()
        endpoints: set[tuple[str, int]] = set()
        for entry in (text.strip() for text in entries):
            if not entry:
                continue
            if "/" in entry:
                try:
                    networks.append(ip_network(entry, strict=False))
                except ValueError:
                    raise Malformed("private-network") from None
                continue
            host, port = split_authority(entry)
            if port is None:
                hosts.add(host)
            else:
                endpoints.add((host, port))
        return cls(tuple(networks), frozenset(hosts), frozenset(endpoints))

    def names(self, host: str, port: int) -> bool:
        """Whether the host is spelled out. host: canonical, brackets off."""
        return host in self.hosts or (host, port) in self.endpoints

    def allows(self, host: str, port: int, address: Address) -> bool:
        """host: canonical. Multicast and unspecified addresses are never allowed."""
        if address.is_multicast or address.is_unspecified:
            return False
        if self.names(host, port):
            return True
        seen = unwrap(address)
        return all(any(each in network for network in self.networks) for each in seen)


def split_authority(text: str) -> tuple[str, int | None]:
    """Canonical host, brackets off, and the port where one is written."""
    head, colon, tail = text.rpartition(":")
    if colon and tail.isdigit() and not (":" in head and not head.endswith("]")):
        canonical_origin(text)  # judges the port as well, but may drop it
        return canonical_origin(head).strip("[]"), int(tail)
    return canonical_origin(text).strip("[]"), None


async def system_resolver(host: str, port: int) -> list[str]:
    """The system's getaddrinfo, in a thread."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Guard:
    """Answers with addresses that may be dialled, or refuses.

    gate: the host's allowlist. private: the operator's exceptions. resolver: how names become addresses.
    """

    def __init__(
        self,
        gate: HostGate,
        private: DangerousPrivate | None = None,
        resolver: Resolver = system_resolver,
    ) -> None:
        self._gate = gate
        self._private = private or DangerousPrivate()
        self._resolver = resolver

    def check_origin(self, url: Iri) -> None:
        """Asks the gate, before anything is looked up; plain http is for local and excepted hosts alone.

        Raises Refused, Malformed.
        """
        origin = origin_of(url)
        if not self._gate.allows(origin):
            raise Refused(ORIGIN_NOT_ALLOWED)
        if url.startswith("http://"):
            host, port = split_authority(origin)
            literal = _literal(host)
            excepted = self._private.names(host, port or 80) or (
                literal is not None and self._private.allows(host, port or 80, literal)
            )
            if not (excepted or _is_local(host)):
                raise Refused("plain-http")

    def check_literal(self, host: str, port: int) -> None:
        """Judges a host that is an address itself; for requests through a proxy, which resolves names on its own."""
        name = canonical_origin(host).strip("[]")
        literal = _literal(name)
        if literal is not None or _is_local(name):
            self._judge(name, port, literal or IPv4Address("127.0.0.1"))

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses to dial, every one judged. Raises AddressNotPublic, Unreachable, Malformed."""
        name = canonical_origin(host).strip("[]")
        literal = _literal(name)
        if literal is not None:
            found: list[Address] = [literal]
        elif _is_local(name):
            found = [IPv4Address("127.0.0.1")]
        else:
            found = await self._resolve(name, port)
        for address in found:
            self._judge(name, port, address)
        return [str(address) for address in found]

    def _judge(self, host: str, port: int, address: Address) -> None:
        if not is_public(address) and not self._private.allows(host, port, address):
            raise AddressNotPublic("address-not-public")

    async def _resolve(self, host: str, port: int) -> list[Address]:
        try:
            texts = await self._resolver(host, port)
            found = [ip_address(text) for text in texts]
        except (OSError, UnicodeError, ValueError):
            raise Unreachable("name-does-not-resolve") from None
        if not found:
            raise Unreachable("name-does-not-resolve")
        if len(found) > MAX_ADDRESSES:
            raise Unreachable("name-has-too-many-addresses")
        return found


def _is_local(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
