"""What a pause or an end of the relation with another instance would touch, in numbers. Never who, never what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """What may be done to the relation with an instance."""

    ALLOW = "allow"
    BLOCK = "block"
    PAUSE = "pause"
    RESUME = "resume"
    END = "end"


@dataclass(frozen=True, slots=True)
class Counts:
    """theirs, ours: members of one side in groups of the other. posts: what they were given and were not asked back."""

    theirs: int
    ours: int
    groups: int
    follows: int
    outgoing: int
    incoming: int
    posts: int


@dataclass(frozen=True, slots=True)
class Consequences:
    """now, later, never: sentences (gettext ids); the counts fill them. never: what cannot be undone."""

    counts: Counts
    now: tuple[str, ...]
    later: tuple[str, ...]
    never: tuple[str, ...]
