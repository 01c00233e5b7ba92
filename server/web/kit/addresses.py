"""The address of a caller: X-Forwarded-For is believed from trusted proxies only, right to left."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from starlette.requests import Request

from server.core.errors import SettingsError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ClientAddress:
    """trusted: comma-separated addresses or networks."""

    def __init__(self, trusted: str) -> None:
        try:
            self._trusted = tuple(
                ipaddress.ip_network(part.strip(), strict=False)
                for part in trusted.split(",")
                if part.strip()
            )
        except ValueError:
            raise SettingsError(
                "CONSILIUM_TRUSTED_PROXIES must list addresses or networks, such as 127.0.0.1"
            ) from None
        self._is_trusted = lru_cache(1024)(self._look)

    def of(self, request: Request) -> str:
        """The nearest address that is not a trusted proxy."""
        nearest = request.client.host if request.client else "unknown"
        if not self._trusted or not self._is_trusted(nearest):
            return nearest
        for hop in reversed(request.headers.get("x-forwarded-for", "").split(",")):
            text = hop.strip()
            if not text:
                break
            if not self._is_trusted(text):
                return text[:64]
            nearest = text
        return nearest

    def _look(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        return any(address in network for network in self._trusted)
