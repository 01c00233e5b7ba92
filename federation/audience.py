"""to/cc/bto/bcc/audience <-> Audience. What is read is never wider than what was written, and never grows when written.

`bto` and `bcc` name people who were meant to stay hidden: they are not read from a peer, and `strip_blind` takes them
out of a document before it is kept or shown. The public collection counts in `to` and `cc` alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from federation.types import Iri, Json, JsonObject
from federation.vocab.base import PUBLIC, PUBLIC_SPELLINGS


class Visibility(StrEnum):
    """How far a post reaches, widest first."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    FOLLOWERS = "followers"
    DIRECT = "direct"

    @property
    def rank(self) -> int:
        """0 for the narrowest."""
        return _RANKS[self]

    def narrowed_to(self, highest: Visibility) -> Visibility:
        """The narrower of the two."""
        return self if self.rank <= highest.rank else highest


_RANKS: Final = {
    Visibility.DIRECT: 0,
    Visibility.FOLLOWERS: 1,
    Visibility.UNLISTED: 2,
    Visibility.PUBLIC: 3,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who a post is for.

    followers: the author's followers collection where it is addressed, or is to be addressed; None under DIRECT.
    named: everyone and every collection else that is addressed, each once, in order.
    """

    visibility: Visibility
    followers: Iri | None = None
    named: tuple[Iri, ...] = ()


def read_audience(
    to: Iterable[Iri], cc: Iterable[Iri], followers: Iri | None, audience: Iterable[Iri] = ()
) -> Audience:
    """What the addressing of a document says. followers: the author's collection, as their actor document names it.

    Public in `to` is public, in `cc` unlisted; the author's followers alone are followers; anything else is direct,
    other people's followers collections included. `audience` adds names (a group) and never widens.
    """
    first, second = tuple(to), tuple(cc)
    everyone = (*first, *second)
    addressed = followers is not None and followers in everyone
    if any(iri in PUBLIC_SPELLINGS for iri in first):
        visibility = Visibility.PUBLIC
    elif any(iri in PUBLIC_SPELLINGS for iri in second):
        visibility = Visibility.UNLISTED
    elif addressed:
        visibility = Visibility.FOLLOWERS
    else:
        visibility = Visibility.DIRECT
    named = dict.fromkeys(
        iri for iri in (*everyone, *audience) if iri not in PUBLIC_SPELLINGS and iri != followers
    )
    return Audience(visibility=visibility, followers=followers if addressed else None, named=tuple(named))


def write_audience(audience: Audience) -> tuple[tuple[Iri, ...], tuple[Iri, ...]]:
    """`to` and `cc`, as Mastodon writes them: the collection that gives the visibility in `to`, who is named in `cc`.

    A direct post names its people in `to`. A visibility of followers without a collection reaches the named only.
    """
    followers = () if audience.followers is None else (audience.followers,)
    named = tuple(iri for iri in dict.fromkeys(audience.named) if iri not in PUBLIC_SPELLINGS)
    if audience.visibility is Visibility.PUBLIC:
        return (PUBLIC,), (*followers, *named)
    if audience.visibility is Visibility.UNLISTED:
        return (*followers, *(() if followers else named)), (PUBLIC, *(named if followers else ()))
    if audience.visibility is Visibility.FOLLOWERS:
        return (followers, named) if followers else (named, ())
    return tuple(iri for iri in named if iri != audience.followers), ()


def strip_blind(document: JsonObject) -> JsonObject:
    """A copy without `bto` and `bcc` at any level."""
    return {key: _stripped(value) for key, value in document.items() if key not in {"bto", "bcc"}}


def _stripped(value: Json) -> Json:
    if isinstance(value, dict):
        return strip_blind(value)
    if isinstance(value, list):
        return [_stripped(item) for item in value]
    return value
