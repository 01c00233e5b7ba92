"""Complaints about an account and its posts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReportCategory(StrEnum):
    """Mastodon's words."""

    SPAM = "spam"
    LEGAL = "legal"
    VIOLATION = "violation"
    OTHER = "other"


IDENTIFIES_A_PATIENT = "1"
"""The rule by which a post in a group is hidden at once. The instance announces it under this id."""


@dataclass(frozen=True, slots=True)
class Report:
    """uri: of the Flag, ours or theirs."""

    id: int
    uri: str | None
    account_id: int
    target_id: int
    post_ids: tuple[int, ...]
    comment: str
    category: ReportCategory
    forwarded: bool
    created_at: datetime
    resolved_at: datetime | None
