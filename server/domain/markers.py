"""How far somebody has read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Marker:
    """timeline: `home` or `notifications`. version: raised by each change."""

    timeline: str
    last_read_id: int
    version: int
    updated_at: datetime
