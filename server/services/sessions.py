"""Browser sessions: begun, believed, raised to a full one, ended.

A session ends after two weeks, after a day without use, and at once when its user is disabled. Its cookie is
changed whenever what it opens changes. Only hashes are stored.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from server.core.errors import NotFound
from server.core.ids import Ids
from server.core.secrets import hash_token
from server.domain.signin import GrantedApp, Stage, WebSession
from server.services import audit, second_factors, tokens
from server.store import apps, users
from server.store import sessions as rows
from server.store.session import Unit

LIFETIME = timedelta(days=14)
IDLE = timedelta(days=1)
UNFINISHED = timedelta(minutes=15)
FRESH = timedelta(minutes=15)
TOUCH_EVERY = timedelta(minutes=5)


def begin(
    unit: Unit, user_id: int, *, full: bool, agent: str, address: str, data: dict[str, Any] | None = None
) -> str:
    """A new session. Answers the text of its cookie, which is not stored."""
    text = Ids.token()
    rows.add(
        unit,
        {
            "id": unit.new_id(),
            "token_hash": hash_token(text),
            "user_id": user_id,
            "stage": (Stage.FULL if full else Stage.PASSWORD).value,
            "agent": agent[:200],
            "address": address[:64],
            "created_at": unit.now,
            "last_seen_at": unit.now,
            "factor_at": unit.now if full else None,
            "data": data or {},
        },
    )
    if full:
        users.change(unit, user_id, {"last_seen_at": unit.now})
    return text


def believe(unit: Unit, text: str) -> WebSession | None:
    """The live session of a cookie, or None."""
    found = rows.find(unit, hash_token(text))
    if found is None or found.created_at + LIFETIME <= unit.now or found.last_seen_at + IDLE <= unit.now:
        return None
    if found.stage is Stage.PASSWORD and found.created_at + UNFINISHED <= unit.now:
        return None
    return found


def touched(unit: Unit, session: WebSession) -> None:
    """Notes that a session is in use; callers do this at most once in TOUCH_EVERY."""
    rows.change(unit, session.id, {"last_seen_at": unit.now})
    users.change(unit, session.user_id, {"last_seen_at": unit.now})


def raise_to_full(unit: Unit, session_id: int) -> str:
    """A second factor (or the password again) was given. Answers the session's new cookie."""
    text = Ids.token()
    rows.change(
        unit,
        session_id,
        {
            "token_hash": hash_token(text),
            "stage": Stage.FULL.value,
            "factor_at": unit.now,
            "last_seen_at": unit.now,
        },
    )
    return text


def remember(unit: Unit, session_id: int, data: dict[str, Any]) -> None:
    """Keeps a few values for the session's next page."""
    rows.change(unit, session_id, {"data": data})


def of_user(unit: Unit, user_id: int) -> list[WebSession]:
    """A user's sessions, newest first."""
    return [one for one in rows.of_user(unit, user_id) if one.stage is Stage.FULL]


def end(unit: Unit, user_id: int, session_id: int) -> None:
    """Raises NotFound when the user has no such session."""
    if not rows.end(unit, session_id, user_id):
        raise NotFound
    audit.record(unit, f"user:{user_id}", "session.end", f"session:{session_id}")


def end_others(unit: Unit, user_id: int, session_id: int) -> int:
    """Ends all sessions but one. Answers how many."""
    return users.end_sessions(unit, user_id, but=session_id)


def apps_of(unit: Unit, user_id: int) -> list[GrantedApp]:
    """The apps that can act for a user, newest first."""
    return [
        GrantedApp(
            row.id,
            row.name,
            row.website,
            tuple(row.scopes),
            row.created_at,
            row.last_used_at,
            row.blocked_at is not None,
        )
        for row in users.tokens_of(unit, user_id)
        if row.expires_at is None or row.expires_at > unit.now
    ]


def revoke_app(unit: Unit, user_id: int, token_id: int) -> None:
    """Raises NotFound when the user has no such token."""
    if not tokens.revoke(unit, f"user:{user_id}", token_id=token_id, user_id=user_id):
        raise NotFound


def lost_phone(unit: Unit, user_id: int, session_id: int, *, factors: bool) -> int:
    """Revokes every token and every other session; the second factors too where asked. Answers how many tokens.

    Raises Invalid where a passkey is the only way in; then nothing was done.
    """
    if factors:
        second_factors.demand_password(unit, user_id)
    by = f"user:{user_id}"
    if factors:
        second_factors.remove_all(unit, by, user_id)
    revoked = tokens.revoke(unit, by, user_id=user_id)
    others = end_others(unit, user_id, session_id)
    audit.record(unit, by, "session.lost_phone", by, tokens=revoked, sessions=others, factors=factors)
    return revoked


def sweep(unit: Unit) -> None:
    """Removes what is over. For the maintenance job."""
    rows.end_old(unit, created_before=unit.now - LIFETIME, seen_before=unit.now - IDLE)
    rows.end_old_attempts(unit, unit.now - timedelta(days=1))
    apps.forget_codes(unit, unit.now - timedelta(days=1))
    users.forget_invitations(unit, unit.now - timedelta(days=30))
    apps.forget_unused(unit, unit.now - timedelta(days=30))
