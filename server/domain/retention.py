"""What goes in time: kinds, and how much of each would go now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RetentionKind(StrEnum):
    """Each has a time of its own. UPLOADS: pictures that no post came for."""

    POSTS = "posts"
    UPLOADS = "uploads"
    DOCUMENTS = "documents"
    READS = "reads"
    AUDIT = "audit"
    DECISIONS = "decisions"


@dataclass(frozen=True, slots=True)
class Due:
    """What a round would take away. days: of its retention, None where nothing says that it goes.

    group: for posts, the group's name. kept: past its time, and kept all the same, for an incident, a lawful hold or a report.
    """

    kind: RetentionKind
    days: int | None
    count: int
    oldest: datetime | None
    group: str = ""
    kept: int = 0
