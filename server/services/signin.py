"""Signing in with a password, and changing it.

Hashing takes tens of milliseconds and 64 MiB, so it is done outside units, in a worker thread: `attempt`, then
`check_password`, then `succeeded`. An unknown login costs the same time as a known one. It refuses after ten
failures for one login in a quarter of an hour, whatever the address.
"""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.core.errors import Invalid, NotFound
from server.domain.users import User
from server.services import attempts, audit, second_factors, sessions, tokens
from server.store import accounts, users
from server.store import sessions as session_rows
from server.store.session import Unit

SHORTEST = 8
LONGEST = 200
COMMON = frozenset(
    [
        "password",
        "passwort",
        "motdepasse",
        "12345678",
        "123456789",
        "1234567890",
        "qwertyui",
        "qwertyuiop",
        "azertyuiop",
        "iloveyou",
        "password1",
        "password123",
        "passw0rd",
        "adminadmin",
        "letmein1",
        "welcome1",
        "hospital",
        "doctor123",
        "consilium",
    ]
)

_hasher = PasswordHasher()


@cache
def _nobody() -> str:
    """What an unknown login is compared with: of the same cost, and of no known password."""
    return _hasher.hash("\0no password has this value")


def check_new_password(password: str, *known: str) -> str:
    """Raises Invalid on what is too short, or too easy to guess. known: the person's own names."""
    if len(password) < SHORTEST:
        raise Invalid("A password has at least %(count)s characters", count=SHORTEST)
    if len(password) > LONGEST:
        raise Invalid("A password has at most %(count)s characters", count=LONGEST)
    folded = password.casefold()
    if folded in COMMON or len(set(folded)) < 4 or folded in {name.casefold() for name in known if name}:
        raise Invalid("This password is too easy to guess")
    return password


def check_same(password: str, again: str) -> None:
    """Raises Invalid when the second typing differs."""
    if password != again:
        raise Invalid("The two passwords are not the same")


def hash_password(password: str) -> str:
    """Slow on purpose: never inside a unit, and in a worker thread where others wait."""
    return _hasher.hash(password)


def check_password(stored: str | None, password: str) -> bool:
    """Slow on purpose, and as slow when there is nothing to compare with."""
    if len(password) > LONGEST:
        return False
    try:
        _hasher.verify(stored or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def find(unit: Unit, login: str) -> User | None:
    """The user of an e-mail address or of a local handle, if they may sign in."""
    login = login.strip()
    found = users.find_by_email(unit, login)
    if found is None:
        handle = login.removeprefix("@").casefold().removesuffix(f"@{unit.context.settings.domain}")
        account = accounts.find_by_name(unit, handle)
        found = users.find_by_account(unit, account.id) if account else None
    return found if found is not None and _may(unit, found) else None


def attempt(unit: Unit, login: str) -> User | None:
    """Counts an attempt before the password is looked at, so that many at once gain nothing.

    Raises RateLimited.
    """
    found = find(unit, login)
    attempts.count(unit, "login", str(found.id) if found else login.strip().casefold())
    return found


def succeeded(
    unit: Unit, user: User, *, agent: str, address: str, replaces: tuple[int, int] | None = None
) -> tuple[str, bool]:
    """The password was right. Answers the cookie of a new session, and whether a second factor is still wanted.

    replaces: user and session that this browser had, which ends.
    """
    attempts.clear(unit, "login", str(user.id))
    _replace(unit, replaces)
    wanted = second_factors.has_any(unit, user.id)
    text = sessions.begin(unit, user.id, full=not wanted, agent=agent, address=address)
    if not wanted:
        audit.record(unit, f"user:{user.id}", "signin.password", f"user:{user.id}")
    return text, wanted


def with_passkey(
    unit: Unit,
    purpose: str,
    sealed: str,
    answer: str,
    *,
    agent: str,
    address: str,
    replaces: tuple[int, int] | None = None,
) -> str | None:
    """The cookie of a new session for the owner of the passkey that answered, or None."""
    user_id = second_factors.check_passkey(unit, purpose, sealed, answer, user_id=None)
    user = users.find(unit, user_id) if user_id is not None else None
    if user is None or not _may(unit, user):
        return None
    _replace(unit, replaces)
    audit.record(unit, f"user:{user.id}", "signin.passkey", f"user:{user.id}")
    return sessions.begin(unit, user.id, full=True, agent=agent, address=address)


def second_factor(
    unit: Unit, user_id: int, session_id: int, *, code: str, sealed: str, answer: str
) -> str | None:
    """The session's new cookie when the code, or the passkey's answer, is right; None when it is not.

    Count the attempt in a unit before.
    """
    right = (
        second_factors.check_passkey(unit, f"second:{session_id}", sealed, answer, user_id=user_id)
        is not None
        if answer
        else second_factors.check_code(unit, user_id, code)
    )
    if not right:
        return None
    attempts.clear(unit, "second", str(user_id))
    audit.record(unit, f"user:{user_id}", "signin.second_factor", f"user:{user_id}")
    return sessions.raise_to_full(unit, session_id)


def count_second(unit: Unit, user_id: int) -> None:
    """Counts an attempt at the second factor, or at the password of somebody signed in. Raises RateLimited."""
    attempts.count(unit, "second", str(user_id))


def confirmed(unit: Unit, user_id: int, session_id: int) -> str:
    """Somebody without a second factor gave their password again. Answers the session's new cookie."""
    attempts.clear(unit, "second", str(user_id))
    return sessions.raise_to_full(unit, session_id)


def _replace(unit: Unit, session: tuple[int, int] | None) -> None:
    if session is not None:
        session_rows.end(unit, session[1], session[0])


def _may(unit: Unit, user: User) -> bool:
    account = accounts.find(unit, user.account_id)
    return user.disabled_at is None and account is not None and not account.gone


def set_password(
    unit: Unit, by: str, user_id: int, password_hash: str, *, keep_session: int | None = None
) -> None:
    """Sets a password; every other session ends."""
    users.change(unit, user_id, {"password_hash": password_hash})
    users.end_sessions(unit, user_id, but=keep_session)
    audit.record(unit, by, "user.password", f"user:{user_id}")


def reset_password(unit: Unit, by: str, user_id: int, password_hash: str) -> None:
    """Sets a password after it was lost: all sessions and all app tokens end."""
    set_password(unit, by, user_id, password_hash)
    tokens.revoke(unit, by, user_id=user_id)


def get_user(unit: Unit, user_id: int) -> User:
    found = users.find(unit, user_id)
    if found is None:
        raise NotFound
    return found


def change_settings(
    unit: Unit, user_id: int, *, language: str | None, timezone: str | None, quiet: tuple[str, str] | None
) -> None:
    """quiet: the times between which devices stay silent, such as 22:00 and 06:30."""
    start, end = quiet or (None, None)
    users.change(
        unit,
        user_id,
        {"language": language, "timezone": timezone, "quiet_from": start, "quiet_until": end},
    )
