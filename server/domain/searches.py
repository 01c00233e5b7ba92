"""What is asked of a search for posts, once the words and operators have been read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Has(StrEnum):
    """What a post can have."""

    MEDIA = "media"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    POLL = "poll"
    LINK = "link"


class Trait(StrEnum):
    """What a post can be."""

    REPLY = "reply"
    SENSITIVE = "sensitive"


@dataclass(frozen=True, slots=True)
class PostSearch:
    """Everything holds at once.

    words: folded; a post's words begin with each of them. phrases: folded words that stand together.
    unwanted: folded words that no word of the post begins with. authors, groups: one of these ids, where any is asked for.
    library: only what the viewer wrote, was named in, or kept by a reaction.
    """

    words: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    unwanted: tuple[str, ...] = ()
    authors: tuple[int, ...] = ()
    unwanted_authors: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    has: tuple[Has, ...] = ()
    lacks: tuple[Has, ...] = ()
    traits: tuple[Trait, ...] = ()
    languages: tuple[str, ...] = ()
    before: datetime | None = None
    after: datetime | None = None
    library: bool = False
    public: bool = False
    """Only what everybody may read."""

    @property
    def empty(self) -> bool:
        return self == PostSearch()
