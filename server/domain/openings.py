"""That a member of the staff opened a members-only group without being in it, in an emergency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

MOST_HOURS: Final = 4


@dataclass(frozen=True, slots=True)
class Opening:
    """account_id: of who opened it. ended_at, ended_by: where somebody ended it before `until`."""

    id: int
    group_id: int
    group_uri: str
    account_id: int
    reason: str
    opened_at: datetime
    until: datetime
    ended_at: datetime | None
    ended_by: str

    def live(self, now: datetime) -> bool:
        return self.ended_at is None and self.opened_at <= now < min(self.until, self.latest)

    @property
    def latest(self) -> datetime:
        """Whatever a row says, no opening lasts longer."""
        return self.opened_at + timedelta(hours=MOST_HOURS)
