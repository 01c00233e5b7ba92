"""What happens when a person leaves: nobody signs in any more, what they wrote stays. And what is theirs to take."""

from __future__ import annotations

from typing import Any

from server.core.errors import NotFound
from server.domain.accounts import Account
from server.domain.changes import ChangeKind
from server.services import audit, tokens
from server.store import exports as rows
from server.store import filters, users
from server.store.session import Unit


def leave(unit: Unit, by: str, account: Account) -> None:
    """Closes the login of an account. Raises NotFound when nobody signs in with it."""
    user = users.find_by_account(unit, account.id)
    if user is None:
        raise NotFound("Nobody signs in with @%(name)s", name=account.username)
    tokens.revoke(unit, by, user_id=user.id)
    users.end_sessions(unit, user.id)
    users.change(unit, user.id, {"disabled_at": unit.now, "password_hash": None})
    unit.changed(ChangeKind.USER, user.id)
    audit.record(unit, by, "account.leave", f"account:{account.id}")


def export(unit: Unit, account: Account) -> dict[str, Any]:
    """What this instance holds of a person; no secrets, nothing that others wrote, nothing of members-only groups."""
    user = users.find_by_account(unit, account.id)
    return {
        "account": {
            "name": account.username,
            "uri": account.uri,
            "display_name": account.display_name,
            "note": account.note_source,
            "fields": [[field.name, field.source] for field in account.fields],
            "created_at": account.created_at.isoformat(),
        },
        "user": None
        if user is None
        else {
            "email": user.email,
            "role": user.role.value,
            "language": user.language,
            "timezone": user.timezone,
            "accepted_terms_at": user.accepted_terms_at.isoformat() if user.accepted_terms_at else None,
        },
        "posts": rows.posts(unit, account.id),
        "following": rows.following(unit, account.id),
        "followers": rows.followers(unit, account.id),
        "blocks": [row.uri for row in rows.blocks(unit, account.id)],
        "mutes": [row.uri for row in rows.mutes(unit, account.id)],
        "domain_blocks": rows.domain_blocks(unit, account.id),
        "lists": [
            [row.title, f"{row.username}@{row.domain or unit.context.settings.domain}"]
            for row in rows.lists(unit, account.id)
        ],
        "bookmarks": rows.bookmarks(unit, account.id),
        "filters": [
            {"title": one.title, "words": [each.keyword for each in one.keywords]}
            for one in filters.of_account(unit, account.id)
        ],
    }
