"""Sessions of our own pages, by cookie.

The cookie is `__Host-`-prefixed over https, HttpOnly and SameSite=Lax, and holds 256 random bits; only their hash
is stored. A session without its second factor is not complete and opens nothing but the page that asks for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.domain.users import Role


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser. complete: every factor that the user has set up was given."""

    id: int
    user_id: int
    account_id: int
    role: Role
    language: str | None
    timezone: str | None
    complete: bool
    factor_at: datetime | None
    created_at: datetime
    csrf: str
    data: dict[str, Any]
