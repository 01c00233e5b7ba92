"""A member's own lists of accounts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RepliesPolicy(StrEnum):
    """Whose replies a list shows."""

    LIST = "list"
    FOLLOWED = "followed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class AccountList:
    """exclusive: what it shows is left out of home. group_id: where it is a group that the member is in."""

    id: int
    account_id: int
    title: str
    replies_policy: RepliesPolicy
    exclusive: bool
    group_id: int | None = None
