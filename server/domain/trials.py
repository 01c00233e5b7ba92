"""A test round with a partner: an invented case in a group that is made for it alone, and what has been seen of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from federation.types import Iri, Origin
from server.domain.pairing import Actor


@dataclass(frozen=True, slots=True)
class Trial:
    """The last round with one partner. post_uri: of the invented case, once it was posted. ended_at: the group is dissolved.

    withdrawn_at: the case was taken back, after it had been answered. passed: the end was receipted.
    founder_id: who of ours takes part; 0 where they began the round, and the group is theirs.
    """

    domain: Origin
    group_id: int
    founder_id: int
    started_at: datetime
    post_uri: Iri | None = None
    withdrawn_at: datetime | None = None
    ended_at: datetime | None = None
    passed: bool = False

    @property
    def theirs(self) -> bool:
        return self.founder_id == 0


@dataclass(frozen=True, slots=True)
class TrialLine:
    """One thing that has to be seen. says: a gettext id. actor: who makes it come true."""

    check: str
    passed: bool
    actor: Actor
    says: str
