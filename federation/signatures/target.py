"""The parts of a frame's URL that signatures speak of: authority and request target, and what `Host` must say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from federation.errors import SignatureInvalid
from federation.types import HttpFrame

_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class Target:
    """A URL in parts.

    scheme: lower case. authority: lower case, without the scheme's own port. path: never empty. query: with its
    question mark, or empty.
    """

    scheme: str
    authority: str
    path: str
    query: str

    @property
    def request_target(self) -> str:
        return self.path + self.query

    @property
    def uri(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}{self.query}"


@lru_cache(maxsize=1024)
def split_target(url: str) -> Target:
    """Cuts an absolute URL without changing the spelling of path and query."""
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in _DEFAULT_PORTS:
        raise SignatureInvalid("target-malformed")
    rest = rest.partition("#")[0]
    cut = min((place for place in (rest.find("/"), rest.find("?")) if place >= 0), default=len(rest))
    path, question, query = rest[cut:].partition("?")
    return Target(
        scheme, plain_authority(rest[:cut], scheme), path or "/", question + query if question else ""
    )


def plain_authority(text: str, scheme: str) -> str:
    return text.lower().removesuffix(_DEFAULT_PORTS[scheme])


def check_host(frame: HttpFrame, target: Target) -> None:
    """A signed `Host` of another house is a message for that house, sent here again. Raises SignatureInvalid."""
    hosts = [value for name, value in frame.headers if name == "host"]
    if len(hosts) != 1:
        raise SignatureInvalid("host-header")
    if plain_authority(hosts[0].strip(), target.scheme) != target.authority:
        raise SignatureInvalid("host-mismatch")
