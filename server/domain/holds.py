"""What waits at the boundary for a person: held by a rule, until somebody lets it go or refuses it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from federation.types import Origin
from server.domain.boundary import Direction


class Verdict(StrEnum):
    """What a person said. A released thing is judged once more, by everything but the rules that hold."""

    RELEASED = "released"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Hold:
    """One activity that waits, or waited. work_id: of the inbox item (in) or the delivery (out).

    peer: the other side. subject: the activity's id. rules: ids of those that hold it. verdict: None while it waits.
    """

    id: int
    direction: Direction
    work_id: int
    peer: Origin
    subject: str
    rules: tuple[str, ...]
    at: datetime
    verdict: Verdict | None
    decided_at: datetime | None
    decided_by: str
    reason: str
