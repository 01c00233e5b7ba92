"""The house's own rules of the boundary, version by version: proposed, in force, replaced or refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PolicyState(StrEnum):
    """PROPOSED waits for a second person. One at most is IN_FORCE."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    REPLACED = "replaced"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Link:
    """One filled-in form. template: its id in the shipped file. peer: an origin, group: the id of its actor.

    value: a country code or a level, where the template wants one. Each is "" where the template has no such slot.
    """

    rule_id: str
    template: str
    peer: str = ""
    group: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class OwnRules:
    """What is added to the shipped rules. text: Cedar. links: filled-in forms."""

    text: str = ""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the house's own rules. by, decided_by: as in the audit log; loosens: rule ids that open something."""

    id: int
    digest: str
    rules: OwnRules
    state: PolicyState
    at: datetime
    by: str
    note: str
    loosens: tuple[str, ...]
    decided_at: datetime | None
    decided_by: str


@dataclass(frozen=True, slots=True)
class Crossings:
    """Recorded decisions of one kind that would have been made otherwise. was, would: words of `boundary.Effect`."""

    direction: str
    action: str
    peer: str
    was: str
    would: str
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class Replay:
    """Recorded facts judged again. unreadable: of records whose facts rules of today do not know."""

    considered: int
    unreadable: int
    changed: tuple[Crossings, ...]

    def number(self, would: str) -> int:
        """How many that were decided otherwise would have been decided so."""
        return sum(one.count for one in self.changed if one.would == would)
