"""How much an instance is used, as NodeInfo tells it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    users: int
    active_month: int
    active_half_year: int
    local_posts: int
