"""Tags that a member shows on the profile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FeaturedTag:
    """uses, last_used_at: of posts that everybody may read."""

    id: int
    account_id: int
    tag: str
    uses: int
    last_used_at: datetime | None
