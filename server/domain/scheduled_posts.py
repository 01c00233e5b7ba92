"""Posts that are to be published later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ScheduledPost:
    """draft: what the author wrote, as plain values. media_ids: in their order. failed_at: it could not be published."""

    id: int
    account_id: int
    due_at: datetime
    draft: dict[str, Any]
    media_ids: tuple[int, ...]
    created_at: datetime
    failed_at: datetime | None
