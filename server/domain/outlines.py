"""A timeline's rows without their words: enough to join what is encoded already."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outline:
    """One post of a page for one reader, by ids and versions. original_…: of what it boosts; 0 where it is no boost.

    The flags are what the reader did with the post, or with what it boosts.
    """

    id: int
    version: int
    author_id: int
    author_version: int
    original_id: int
    original_version: int
    original_author_id: int
    original_author_version: int
    favourited: bool
    boosted: bool
    bookmarked: bool
    pinned: bool
    muted: bool
