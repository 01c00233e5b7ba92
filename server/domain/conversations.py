"""Threads of direct posts, as one account sees them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Conversation:
    """participants: account ids without the owner's."""

    id: int
    account_id: int
    thread_id: int
    last_post_id: int
    unread: bool
    participants: tuple[int, ...]
