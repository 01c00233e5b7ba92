"""OAuth: apps that register, the grants that people give them, and the tokens that come of it (RFC 6749, 7636, 7009).

It refuses redirect addresses that were not registered to the letter, the `plain` challenge method, scopes that an
app did not ask for when it registered, and a code that comes twice: that one takes its token with it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import timedelta
from urllib.parse import urlsplit

from server.core.errors import Invalid, NotFound, NotPermitted
from server.core.ids import Ids
from server.core.secrets import hash_token
from server.domain.changes import ChangeKind
from server.domain.signin import GrantRefusal
from server.domain.users import App, AppInUse
from server.services import audit, tokens
from server.services.tokens import Minted, check_scopes
from server.store import apps as rows
from server.store import users
from server.store.session import Unit

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
CODE_LIFETIME = timedelta(minutes=10)
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*", re.IGNORECASE)
FORBIDDEN_SCHEMES = frozenset(
    {"javascript", "data", "vbscript", "file", "blob", "about", "ftp", "ws", "wss", "mailto"}
)
REDIRECTS = 20
LONGEST = 2000
SHOWN = 50


def register(
    unit: Unit, name: str, website: str | None, redirect_uris: list[str], scopes: str
) -> tuple[App, str]:
    """A new app with its secret. Raises Invalid with a sentence, NotPermitted where it is blocked under this name."""
    name = " ".join(name.split())
    if not name:
        raise Invalid("Validation failed: Application name can't be blank")
    if len(name) > 60:
        raise Invalid("Validation failed: Application name is too long (maximum is 60 characters)")
    addresses = tuple(dict.fromkeys(uri.strip() for uri in redirect_uris if uri.strip()))
    if not addresses:
        raise Invalid("Validation failed: Redirect URI can't be blank")
    if len(addresses) > REDIRECTS:
        raise Invalid("Validation failed: There are too many redirect URIs")
    for uri in addresses:
        _check_redirect(uri)
    site = (website or "").strip()
    if site and (len(site) > LONGEST or _scheme(site) not in {"http", "https"}):
        raise Invalid("Validation failed: Website must be an address that begins with https://")
    if rows.is_blocked(unit, name, site or None):
        raise NotPermitted(tokens.BLOCKED, name=name)
    return tokens.add_app(unit, None, name, site or None, addresses, check_scopes(scopes))


def _scheme(text: str) -> str | None:
    """The scheme of an address that can be read."""
    try:
        return urlsplit(text).scheme.lower()
    except ValueError:
        return None


def _check_redirect(uri: str) -> None:
    if uri == OUT_OF_BAND:
        return
    wrong = Invalid("Validation failed: Redirect URI must be an absolute address without a fragment")
    if len(uri) > LONGEST or not uri.isascii() or not uri.isprintable() or " " in uri:
        raise wrong
    try:
        parts = urlsplit(uri)
        host = parts.hostname
    except ValueError:
        raise wrong from None
    scheme = parts.scheme.lower()
    if "#" in uri or not SCHEME.fullmatch(scheme) or scheme in FORBIDDEN_SCHEMES:
        raise wrong
    if scheme in {"http", "https"} and (not host or parts.username is not None or parts.password is not None):
        raise wrong


def find(unit: Unit, client_id: str) -> App | None:
    """An app, blocked or not."""
    return rows.find(unit, client_id) if client_id else None


def get_by_id(unit: Unit, app_id: int) -> App:
    found = rows.find_by_id(unit, app_id)
    if found is None:
        raise NotFound
    return found


def proven(unit: Unit, client_id: str, secret: str) -> App | None:
    """The app that knows its secret and is not blocked."""
    found = _knowing(unit, client_id, secret)
    return found if found is not None and found.blocked_at is None else None


def _knowing(unit: Unit, client_id: str, secret: str) -> App | None:
    """The app that knows its secret."""
    found = find(unit, client_id)
    known = found.client_secret_hash if found else "0" * 64
    return found if hmac.compare_digest(known, hash_token(secret)) and found is not None else None


def narrowed(app: App, text: str) -> tuple[str, ...] | None:
    """The scopes asked for, if each lies within what the app registered; None otherwise."""
    held = set(app.scopes)
    try:
        asked = check_scopes(text) if text.strip() or "read" in held else app.scopes
    except Invalid:
        return None
    covered = all(
        scope in held
        or scope.partition(":")[0] in held
        or ("follow" in held and scope.partition(":")[2] in {"follows", "blocks", "mutes"})
        for scope in asked
    )
    return asked if covered else None


def grant(
    unit: Unit,
    app: App,
    *,
    user_id: int,
    account_id: int,
    redirect_uri: str,
    scopes: tuple[str, ...],
    challenge: str | None,
) -> str:
    """A person lets an app in. Answers the code that the app exchanges for a token within ten minutes."""
    code = Ids.token()
    rows.add_code(
        unit,
        {
            "code_hash": hash_token(code),
            "app_id": app.id,
            "user_id": user_id,
            "account_id": account_id,
            "redirect_uri": redirect_uri,
            "scopes": list(scopes),
            "challenge": challenge,
            "created_at": unit.now,
        },
    )
    audit.record(unit, f"user:{user_id}", "app.grant", f"app:{app.id}", scopes=" ".join(scopes))
    return code


def exchange(
    unit: Unit, client_id: str, secret: str, *, code: str, redirect_uri: str, verifier: str | None
) -> Minted | GrantRefusal:
    """A token for a code.

    A refusal is an answer, not an error: revoking the token of a code that comes a second time must be committed.
    """
    app = proven(unit, client_id, secret)
    if app is None:
        return GrantRefusal.INVALID_CLIENT
    row = rows.find_code(unit, hash_token(code))
    if row is None or row.app_id != app.id:
        return GrantRefusal.INVALID_GRANT
    if row.used_at is not None:
        if row.token_id is not None:
            tokens.revoke(unit, "system", token_id=row.token_id)
        return GrantRefusal.INVALID_GRANT
    if row.created_at + CODE_LIFETIME <= unit.now or row.redirect_uri != redirect_uri:
        return GrantRefusal.INVALID_GRANT
    if not _verified(row.challenge, verifier):
        return GrantRefusal.INVALID_GRANT
    owner = users.find(unit, row.user_id)
    if owner is None or owner.disabled_at is not None:
        return GrantRefusal.INVALID_GRANT
    minted = tokens.mint(unit, app, tuple(row.scopes), user_id=row.user_id, account_id=row.account_id)
    if not rows.take_code(unit, hash_token(code), minted.id):
        # another request took it while this one looked: it came twice
        tokens.revoke(unit, "system", token_id=minted.id)
        return GrantRefusal.INVALID_GRANT
    return minted


def own_token(unit: Unit, client_id: str, secret: str, scopes: str) -> Minted | GrantRefusal:
    """A token for the app itself (client credentials)."""
    app = proven(unit, client_id, secret)
    if app is None:
        return GrantRefusal.INVALID_CLIENT
    asked = narrowed(app, scopes)
    if asked is None:
        return GrantRefusal.INVALID_SCOPE
    return tokens.mint(unit, app, asked, user_id=None, account_id=None)


def give_back(unit: Unit, client_id: str, secret: str, token: str) -> GrantRefusal | None:
    """Revokes an app's own token, or one it was given; a blocked app's as well. An unknown token is no error (RFC 7009)."""
    app = _knowing(unit, client_id, secret)
    if app is None:
        return GrantRefusal.INVALID_CLIENT
    owner = users.app_of_token(unit, hash_token(token))
    if owner is not None and owner != app.id:
        return GrantRefusal.UNAUTHORIZED_CLIENT
    tokens.revoke(unit, f"app:{app.id}", token=token, app_id=app.id)
    return None


def challenge_of(verifier: str) -> str:
    """S256 of RFC 7636."""
    return (
        base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii", "replace")).digest())
        .rstrip(b"=")
        .decode()
    )


def _verified(challenge: str | None, verifier: str | None) -> bool:
    if challenge is None:
        # a verifier without a challenge: somebody took the challenge out on the way (RFC 9700, 2.1.1)
        return not verifier
    if not verifier or not VERIFIER.fullmatch(verifier):
        return False
    return hmac.compare_digest(challenge, challenge_of(verifier))


# -- in use, and blocked ---------------------------------------------------------------------------------


def in_use(unit: Unit, text: str = "", after: int | None = None, limit: int = SHOWN) -> list[AppInUse]:
    """What members let in, and what is blocked, by name. after: the last one of the page before."""
    return rows.in_use(unit, unit.now - tokens.UNUSED, text, after, limit)


def get_in_use(unit: Unit, app_id: int) -> AppInUse:
    """By the id of any of its registrations. Raises NotFound where nobody uses it and it is not blocked."""
    app = rows.find_by_id(unit, app_id)
    found = rows.in_use_of(unit, unit.now - tokens.UNUSED, app) if app is not None else None
    if found is None:
        raise NotFound
    return found


def block(unit: Unit, by: str, app_id: int) -> AppInUse:
    """Nothing that it was given is believed any more, and nobody signs in with it. Answers it as it was.

    All registrations of its name and website are meant, later ones too. Raises NotFound, Invalid.
    """
    found = get_in_use(unit, app_id)
    if found.blocked_at is not None:
        raise Invalid("The app %(name)s is blocked already", name=found.name)
    _set_blocked(unit, found, blocked=True)
    audit.record(unit, by, "app.block", target(found), members=found.members, tokens=found.tokens)
    return found


def unblock(unit: Unit, by: str, app_id: int) -> AppInUse:
    """What it was given and has not run out is believed again. Raises NotFound, Invalid."""
    found = get_in_use(unit, app_id)
    if found.blocked_at is None:
        raise Invalid("The app %(name)s is not blocked", name=found.name)
    _set_blocked(unit, found, blocked=False)
    audit.record(unit, by, "app.unblock", target(found), members=found.members, tokens=found.tokens)
    return found


def target(app: AppInUse) -> str:
    """As the audit log names it."""
    return f"app:{app.id}"


def _set_blocked(unit: Unit, app: AppInUse, *, blocked: bool) -> None:
    ids = rows.registrations(unit, app.name, app.website)
    rows.set_blocked(unit, ids, unit.now if blocked else None)
    for one in ids:
        unit.changed(ChangeKind.APP, one)
