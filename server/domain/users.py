"""People who sign in, and what a request is allowed to do in their name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """None of them gives a right to read groups that one is not in."""

    MEMBER = "member"
    MODERATOR = "moderator"
    ADMIN = "admin"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class User:
    """A local login. account_id: the account that it signs in with. leaves_at: when it is closed, where that is planned."""

    id: int
    email: str
    password_hash: str | None
    role: Role
    language: str | None
    timezone: str | None
    quiet_from: str | None
    quiet_until: str | None
    account_id: int
    created_at: datetime
    accepted_terms_at: datetime | None
    disabled_at: datetime | None
    last_seen_at: datetime | None
    leaves_at: datetime | None


class MemberState(StrEnum):
    """How the staff sees a person who signs in here, or did."""

    ACTIVE = "active"
    LEAVING = "leaving"  # on a date
    SUSPENDED = "suspended"
    LEFT = "left"
    DELETED = "deleted"


class Purpose(StrEnum):
    """What a one-time link is for."""

    SETUP = "setup"
    INVITE = "invite"
    RESET = "reset"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Invitation:
    """A one-time link; only the hash of its token is stored."""

    id: int
    purpose: Purpose
    email: str
    role: Role
    user_id: int | None
    created_by: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class App:
    """A registered OAuth client."""

    id: int
    client_id: str
    client_secret_hash: str
    name: str
    website: str | None
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    created_at: datetime
    blocked_at: datetime | None


@dataclass(frozen=True, slots=True)
class AppInUse:
    """All registrations of one name and website, as the staff sees them. id: of the oldest.

    members, tokens, last_used_at: of what members gave it and it may still use, but for a block.
    """

    id: int
    name: str
    website: str | None
    registrations: int
    members: int
    tokens: int
    last_used_at: datetime | None
    blocked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling through the client API: a token, already found valid.

    user_id and account_id are None for an app's own token (client credentials).
    """

    token_id: int
    app_id: int
    app_name: str
    user_id: int | None
    account_id: int | None
    scopes: frozenset[str]
    expires_at: datetime | None
    role: Role | None
    language: str | None

    def allows(self, scope: str) -> bool:
        """Whether a granted scope covers `scope`: `write` covers `write:statuses`, `follow` covers the old three."""
        if scope in self.scopes:
            return True
        top, _, noun = scope.partition(":")
        if top in self.scopes:
            return True
        return "follow" in self.scopes and noun in {"follows", "blocks", "mutes"} and top in {"read", "write"}
