"""Sessions of our own pages, by cookie.

The cookie is `__Host-`-prefixed over https, HttpOnly and SameSite=Lax, and holds 256 random bits; only their hash
is stored. A session without its second factor is not complete and opens nothing but the page that asks for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from server.core.settings import Settings
from server.domain.users import Role
from server.services.sessions import LIFETIME


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser. complete: every factor that the user has set up was given.

    reader: what pages that this browser keeps are kept for, and no longer than it stays the same; empty: it keeps none.
    """

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
    reader: str = ""


def cookie_name(settings: Settings) -> str:
    """Browsers take the `__Host-` prefix over https only."""
    return "__Host-consilium" if settings.scheme == "https" else "consilium"


def cookie_of(request: Request, settings: Settings) -> str | None:
    text = request.cookies.get(cookie_name(settings))
    return text if text and len(text) < 200 else None


def give(response: Response, settings: Settings, text: str) -> None:
    """Sets the cookie of a new or raised session."""
    response.set_cookie(
        cookie_name(settings),
        text,
        max_age=int(LIFETIME.total_seconds()),
        path="/",
        secure=settings.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def take(response: Response, settings: Settings) -> None:
    """Removes the cookie, and has the browser erase what it keeps of us: pages of groups, and pictures."""
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    response.delete_cookie(
        cookie_name(settings), path="/", secure=settings.scheme == "https", httponly=True, samesite="lax"
    )
