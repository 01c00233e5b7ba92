"""The one canonicaliser of origins and ids: whatever spelling a peer uses, trust is decided about one form.

A host is lower case, in A-labels, without a trailing dot; an address literal has one spelling (an IPv4-mapped IPv6
address is its IPv4 address); the scheme's own port is dropped and any other is kept. Beyond scheme and authority an id
is kept byte for byte, an empty path included, since peers compare their ids as strings.

Refused as Malformed: other schemes than http and https, user information, blanks, control and format characters,
backslashes, empty or over-long labels, host names that IDNA 2008 does not know, ports outside 1..65535, ids longer than
MAX_IRI.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

import idna

from federation.errors import Malformed
from federation.types import Iri, Origin

MAX_IRI: Final = 2048
MAX_HOST: Final = 253
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}

_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMERIC_LABEL: Final = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)")
_IRI: Final = re.compile(r"([A-Za-z]{4,5})://([^/?#]*)([^#]*)(#.*)?")
_NAME: Final = re.compile(r"[^\s@/:?#\\<>\"'&%]{1,128}")


def canonical_origin(text: str, scheme: str = "https") -> Origin:
    """The canonical `host` or `host:port` of an authority as written. scheme tells which port goes without saying."""
    if not isinstance(text, str):
        raise Malformed("origin-not-text")
    return _authority(text, scheme)


def canonical_iri(text: str) -> Iri:
    """An absolute http(s) URL with scheme and authority canonical and the rest byte for byte."""
    scheme, origin, rest = _split(text)
    return Iri(f"{scheme}://{origin}{rest}")


def find_iri(value: object) -> Iri | None:
    """The canonical form where the value is an id, else None: for places where anything else is merely dropped."""
    if not isinstance(value, str):
        return None
    try:
        return canonical_iri(value)
    except Malformed:
        return None


def origin_of(iri: str) -> Origin:
    """The origin that an id belongs to."""
    return _split(iri)[1]


def same_origin(first: str, second: str) -> bool:
    """Whether two ids have one scheme and one origin. False where either is not an id."""
    try:
        one, other = _split(first), _split(second)
    except Malformed:
        return False
    return one[:2] == other[:2]


def strip_fragment(iri: str) -> Iri:
    """The document that an id lives in, canonical."""
    return Iri(canonical_iri(iri).partition("#")[0])


def parse_handle(text: str) -> tuple[str, Origin]:
    """Name and origin of `@name@host`, `name@host` or `acct:name@host`. The name's case is the caller's matter."""
    if len(text) > MAX_HOST + 160:
        raise Malformed("handle-malformed")
    bare = text.strip()
    if bare[:5].lower() == "acct:":
        bare = bare[5:]
    name, at, host = bare.removeprefix("@").rpartition("@")
    if not at or not _NAME.fullmatch(name) or not name.isprintable():
        raise Malformed("handle-malformed")
    return name, canonical_origin(host)


def _split(text: str) -> tuple[str, Origin, str]:
    if not isinstance(text, str):
        raise Malformed("iri-not-text")
    return _parts(text)


@lru_cache(maxsize=1024)
def _parts(text: str) -> tuple[str, Origin, str]:
    if len(text) > MAX_IRI:
        raise Malformed("iri-too-long")
    # isprintable: neither controls, nor surrogates, nor invisible format characters, nor any blank but U+0020
    if not text.isprintable() or " " in text or "\\" in text:
        raise Malformed("iri-illegal-character")
    match = _IRI.fullmatch(text)
    if match is None:
        raise Malformed("iri-not-absolute")
    scheme, authority, path, fragment = match.groups()
    if scheme not in _DEFAULT_PORTS:
        scheme = scheme.lower()
        if scheme not in _DEFAULT_PORTS:
            raise Malformed("iri-scheme")
    return scheme, _authority(authority, scheme), path + (fragment or "")


@lru_cache(maxsize=8192)
def _authority(text: str, scheme: str) -> Origin:
    if scheme not in _DEFAULT_PORTS:
        raise Malformed("iri-scheme")
    if "@" in text:
        raise Malformed("origin-user-information")
    if not text or len(text) > MAX_HOST * 4 or not text.isprintable() or any(c in text for c in " \\/?#%"):
        raise Malformed("origin-illegal-character")
    host, port = _divide(text)
    canonical = f"[{_ipv6(host[1:-1])}]" if host.startswith("[") else _host(host)
    if canonical.startswith("[") and (mapped := IPv6Address(canonical[1:-1]).ipv4_mapped) is not None:
        canonical = str(mapped)
    if port is None or port == _DEFAULT_PORTS[scheme]:
        return Origin(canonical)
    return Origin(f"{canonical}:{port}")


def _divide(text: str) -> tuple[str, int | None]:
    """Host (an IPv6 literal in brackets) and port."""
    if text.startswith("["):
        host, bracket, rest = text.partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise Malformed("origin-address")
        return host + "]", _port(rest[1:])
    if text.count(":") > 1:  # an IPv6 literal without its brackets, as people type it
        return f"[{text}]", None
    host, _, port = text.partition(":")
    return host, _port(port)


def _port(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 8):
        raise Malformed("origin-port")
    port = int(text)
    if not 0 < port < 65536:
        raise Malformed("origin-port")
    return port


def _ipv6(text: str) -> str:
    try:
        address = IPv6Address(text)
    except AddressValueError:
        raise Malformed("origin-address") from None
    if address.scope_id is not None:
        raise Malformed("origin-address")
    # built by hand from the packed form: releases of Python differ in how they print mapped addresses
    return str(IPv6Address(int(address))) if address.ipv4_mapped is None else f"::ffff:{address.ipv4_mapped}"


def _host(text: str) -> str:
    host = text.lower() if text.isascii() else _to_ascii(text)
    host = host.removesuffix(".")
    if not host or len(host) > MAX_HOST:
        raise Malformed("origin-host")
    labels = host.split(".")
    if _NUMERIC_LABEL.fullmatch(labels[-1]):
        return _ipv4(labels)
    for label in labels:
        if not _LABEL.fullmatch(label):
            raise Malformed("origin-host")
        if label.startswith("xn--"):
            _check_a_label(label)
    return host


def _to_ascii(text: str) -> str:
    try:
        # mapping (case, width, the ideographic full stop) first, then the strict rules of IDNA 2008
        return idna.encode(text, uts46=True, std3_rules=True, transitional=False).decode("ascii")
    except (idna.IDNAError, UnicodeError, IndexError, ValueError):
        raise Malformed("origin-idna") from None


def _check_a_label(label: str) -> None:
    try:
        back = idna.alabel(idna.ulabel(label)).decode("ascii")
    except (idna.IDNAError, UnicodeError, IndexError, ValueError):
        raise Malformed("origin-idna") from None
    if back != label:
        raise Malformed("origin-idna")


def _ipv4(labels: list[str]) -> str:
    """The address that browsers and `inet_aton` read from one to four decimal, octal or hexadecimal numbers."""
    if len(labels) > 4:
        raise Malformed("origin-address")
    numbers = [_number(label) for label in labels]
    last = numbers.pop()
    if any(number > 255 for number in numbers) or last >= 256 ** (4 - len(numbers)):
        raise Malformed("origin-address")
    value = last
    for place, number in enumerate(numbers):
        value += number << (8 * (3 - place))
    return str(IPv4Address(value))


def _number(label: str) -> int:
    if len(label) > 16 or not _NUMERIC_LABEL.fullmatch(label):
        raise Malformed("origin-address")
    try:
        if label.startswith("0x"):
            return int(label[2:] or "0", 16)
        return int(label, 8) if len(label) > 1 and label.startswith("0") else int(label)
    except ValueError:
        raise Malformed("origin-address") from None
