"""The few shapes that every part of the library shares. It refuses nothing: checks live where bytes enter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NewType, TypeAlias

Json: TypeAlias = Any
"""A decoded JSON value. Only the gate (`vocab.codec.parse`) and the wire encoders handle it."""

JsonObject: TypeAlias = dict[str, Any]

Iri = NewType("Iri", str)
"""An absolute http(s) URL in the canonical form of `federation.iri`."""

Origin = NewType("Origin", str)
"""A canonical `host` or `host:port` (port only where it is not the scheme's own): lower case, A-labels,
no trailing dot. What trust is decided about."""


@dataclass(frozen=True, slots=True)
class HttpFrame:
    """One HTTP request as it arrived or is to be sent, free of any web framework.

    method: upper case. url: the absolute public URL the peer meant (scheme, host as configured, path, query).
    headers: names in lower case, in order, repeated names kept as separate pairs. body: the bytes read.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The value of a header that may occur once; None when absent. Repeats are joined by `, ` (RFC 9110 5.3)."""
        found = [value for key, value in self.headers if key == name]
        return ", ".join(found) if found else None

    def count(self, name: str) -> int:
        return sum(1 for key, _ in self.headers if key == name)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An HTTP response read whole. url: where it came from after redirects. headers: names in lower case."""

    status: int
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
