"""Bearer tokens: minted, believed, revoked. Only hashes are stored; a revocation is told to every process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from server.core.errors import Invalid, NotPermitted
from server.core.i18n import N_
from server.core.ids import Ids
from server.core.secrets import hash_token
from server.domain.changes import ChangeKind
from server.domain.users import App, Principal
from server.services import audit
from server.store import apps
from server.store import users as rows
from server.store.session import Unit

LIFETIME = timedelta(days=365)
UNUSED = timedelta(days=30)
TOUCH_EVERY = timedelta(hours=1)
BATCH = 500
"""Dead tokens that one hour ends: more wait for the next."""
COMMAND_APP = "consilium-command"
BLOCKED = N_("The administrators of this instance have blocked the app %(name)s")

SCOPES = frozenset({"read", "write", "follow", "push", "profile"})
READ_NOUNS = frozenset(
    {
        "accounts",
        "blocks",
        "bookmarks",
        "collections",
        "favourites",
        "filters",
        "follows",
        "lists",
        "mutes",
        "notifications",
        "search",
        "statuses",
    }
)
WRITE_NOUNS = frozenset(
    {
        "accounts",
        "blocks",
        "bookmarks",
        "collections",
        "conversations",
        "favourites",
        "filters",
        "follows",
        "lists",
        "media",
        "mutes",
        "notifications",
        "reports",
        "statuses",
    }
)


@dataclass(frozen=True, slots=True)
class Minted:
    """A new token. text: shown once, never stored."""

    id: int
    text: str
    scopes: tuple[str, ...]


def known_scopes() -> list[str]:
    """All scopes that an app may ask for."""
    return sorted(
        SCOPES | {f"read:{noun}" for noun in READ_NOUNS} | {f"write:{noun}" for noun in WRITE_NOUNS}
    )


def check_scopes(text: str) -> tuple[str, ...]:
    """The scopes of a space-separated list, in order, each once. Raises Invalid on an unknown one."""
    known = set(known_scopes())
    asked = tuple(dict.fromkeys(text.replace("+", " ").split())) or ("read",)
    if any(scope not in known for scope in asked):
        raise Invalid("The requested scope is invalid, unknown, or malformed")
    return asked


def mint(
    unit: Unit, app: App, scopes: tuple[str, ...], *, user_id: int | None, account_id: int | None
) -> Minted:
    """A new token of an app, for a user's account or (both None) for the app itself."""
    minted = Minted(unit.new_id(), Ids.token(), scopes)
    rows.add_token(
        unit,
        {
            "id": minted.id,
            "token_hash": hash_token(minted.text),
            "app_id": app.id,
            "user_id": user_id,
            "account_id": account_id,
            "scopes": list(scopes),
            "created_at": unit.now,
            "last_used_at": unit.now,
            "expires_at": unit.now + LIFETIME,
        },
    )
    return minted


def believe(unit: Unit, token: str) -> Principal | None:
    """Who a token stands for, or None."""
    found = rows.find_principal(unit, hash_token(token))
    if found is None:
        return None
    principal, last_used = found
    if last_used is not None and last_used < unit.now - UNUSED and principal.user_id is not None:
        return None
    return principal


def blocked_app(unit: Unit, token: str) -> str | None:
    """The name of the app, where its block is all that keeps this token from being believed."""
    return rows.blocked_app(unit, hash_token(token), unit.now - UNUSED)


def touched(unit: Unit, token_id: int) -> None:
    """Notes that a token was used; callers do this at most once in TOUCH_EVERY."""
    rows.touch_token(unit, token_id)


def revoke(
    unit: Unit,
    by: str,
    *,
    token: str | None = None,
    token_id: int | None = None,
    user_id: int | None = None,
    app_id: int | None = None,
) -> int:
    """Revokes the live tokens that match all that is given; every process hears of it. Answers how many."""
    ids = rows.revoke_tokens(
        unit,
        token_hash=hash_token(token) if token else None,
        token_id=token_id,
        user_id=user_id,
        app_id=app_id,
    )
    _revoked(unit, by, ids)
    return len(ids)


def end_dead(unit: Unit) -> int:
    """Revokes what is not believed any more because of its age or because nobody uses it. Answers how many."""
    ids = rows.revoke_dead_tokens(unit, unit.now - UNUSED, BATCH)
    _revoked(unit, "system", ids)
    return len(ids)


def _revoked(unit: Unit, by: str, ids: Sequence[int]) -> None:
    for one in ids:
        unit.changed(ChangeKind.TOKEN, one)
        audit.record(unit, by, "token.revoke", f"token:{one}")


def command_app(unit: Unit) -> App:
    """The app that tokens made by `consilium account token` belong to. Raises NotPermitted where it is blocked."""
    found = apps.find(unit, COMMAND_APP)
    if found is not None and found.blocked_at is not None:
        raise NotPermitted(BLOCKED, name=found.name)
    return (
        found
        or add_app(
            unit, COMMAND_APP, "Command line", None, ("urn:ietf:wg:oauth:2.0:oob",), tuple(known_scopes())
        )[0]
    )


def add_app(
    unit: Unit,
    client_id: str | None,
    name: str,
    website: str | None,
    redirect_uris: tuple[str, ...],
    scopes: tuple[str, ...],
) -> tuple[App, str]:
    """Registers an app. Answers it with its secret, which is stored as a hash only."""
    client_id, secret = client_id or Ids.token(), Ids.token()
    apps.add(
        unit,
        {
            "id": unit.new_id(),
            "client_id": client_id,
            "client_secret_hash": hash_token(secret),
            "name": name,
            "website": website,
            "redirect_uris": list(redirect_uris),
            "scopes": list(scopes),
            "created_at": unit.now,
        },
    )
    app = apps.find(unit, client_id)
    assert app is not None
    return app, secret
