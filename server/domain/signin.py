"""How people prove who they are: sessions, second factors, and the closed outcomes of trying."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from server.domain.users import Role


class Stage(StrEnum):
    """How far a session has come. PASSWORD opens nothing but the page that asks for the second factor."""

    PASSWORD = "password"  # noqa: S105  a stage, not a secret
    FULL = "full"


@dataclass(frozen=True, slots=True)
class WebSession:
    """A browser that signed in, with what every page needs of its user."""

    id: int
    user_id: int
    account_id: int
    role: Role
    language: str | None
    timezone: str | None
    stage: Stage
    agent: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    factor_at: datetime | None
    data: dict[str, Any]


class FactorKind(StrEnum):
    TOTP = "totp"
    PASSKEY = "passkey"


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """An authenticator app or a passkey. confirmed_at: none while it is being set up."""

    id: int
    user_id: int
    kind: FactorKind
    name: str
    secret_sealed: bytes | None
    credential_id: bytes | None
    public_key: bytes | None
    sign_count: int
    last_step: int
    confirmed_at: datetime | None
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class GrantedApp:
    """A live token as its owner sees it. blocked: its app is, by the administrators."""

    token_id: int
    app_name: str
    website: str | None
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    blocked: bool


class GrantRefusal(StrEnum):
    """Why an authorization code gives no token: the error codes of RFC 6749."""

    INVALID_CLIENT = "invalid_client"
    INVALID_GRANT = "invalid_grant"
    INVALID_SCOPE = "invalid_scope"
    UNAUTHORIZED_CLIENT = "unauthorized_client"


class MailKind(StrEnum):
    """Which fixed sentences a mail holds."""

    INVITATION = "invitation"
    RESET = "reset"
    EMAIL = "email"  # to a new address: confirm it
    EMAIL_CHANGED = "email_changed"  # to the old one
    AGREEMENT_ENDS = "agreement_ends"  # to administrators, before the end
    AGREEMENT_ENDED = "agreement_ended"  # the instance was paused
    LIST_ENDS = "list_ends"  # a federation list runs out soon
    LIST_ENDED = "list_ended"
    GROUP_OPENED = "group_opened"  # to auditors: break-glass
    SEALS = "seals"  # where the sealed logs end, for auditors; no link
    LISTS_SILENT = "lists_silent"  # to administrators: what an institution attests cannot be checked, and will be suspended
    LISTS_UNREAD = (
        "lists_unread"  # to administrators: what this institution attests cannot be checked by a partner
    )
    HELD = "held"  # something waits at the boundary for a person; no word of it
    SEALS_CONTRADICTED = "seals_contradicted"  # a partner holds an end that is not in the log any more
