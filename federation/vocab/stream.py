"""The header Consilium-Stream: where in a group's stream to one instance a request stands, and what the roster comes to.

A dictionary of RFC 9651. It refuses as Malformed what lacks the group, the epoch or the position.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import http_sf

from federation.errors import Malformed
from federation.iri import find_iri
from federation.types import Iri

LONGEST: Final = 1024
MOST: Final = 999_999_999_999_999


@dataclass(frozen=True, slots=True)
class StreamMark:
    """n: counts what this instance was given, from 1, within an epoch. stamp, roster: version and digest of its slice."""

    group: Iri
    epoch: int
    n: int
    stamp: int = 0
    roster: str = ""


def write_mark(mark: StreamMark) -> str:
    members: dict[str, Any] = {"group": str(mark.group), "epoch": mark.epoch, "n": mark.n}
    if mark.roster:
        members |= {"stamp": mark.stamp, "roster": mark.roster}
    return http_sf.ser(members)


def read_mark(header: str) -> StreamMark:
    """Raises Malformed."""
    if len(header) > LONGEST or not header.isascii():
        raise Malformed("stream-shape")
    try:
        parsed = http_sf.parse(header.encode("ascii"), tltype="dictionary")
    except (http_sf.StructuredFieldError, ValueError):
        raise Malformed("stream-shape") from None
    if not isinstance(parsed, dict):
        raise Malformed("stream-shape")
    group, roster = _bare(parsed, "group"), _bare(parsed, "roster")
    iri = find_iri(group) if isinstance(group, str) else None
    if iri is None:
        raise Malformed("stream-shape")
    return StreamMark(
        group=iri,
        epoch=_number(parsed, "epoch", 1),
        n=_number(parsed, "n", 0),
        stamp=_number(parsed, "stamp", 0) if "stamp" in parsed else 0,
        roster=roster if isinstance(roster, str) else "",
    )


def _bare(parsed: dict[str, Any], name: str) -> Any:
    member = parsed.get(name)
    return member[0] if isinstance(member, tuple) else None


def _number(parsed: dict[str, Any], name: str, least: int) -> int:
    value = _bare(parsed, name)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= MOST:
        raise Malformed("stream-shape")
    return value
