"""How often something secret may be guessed: ten times in a quarter of an hour, wherever the guesses come from."""

from __future__ import annotations

from datetime import datetime, timedelta

from server.core.errors import RateLimited
from server.core.secrets import hash_token
from server.store import sessions as rows
from server.store.session import Unit

FAILURES = 10
WINDOW = timedelta(minutes=15)


def count(unit: Unit, what: str, key: str) -> None:
    """Counts one attempt, before it is judged. Raises RateLimited when there were too many in the window."""
    hashed = hash_token(f"{what}:{key}")
    before = rows.attempts(unit, hashed)
    if before is None or before[1] + WINDOW <= unit.now:
        rows.put_attempts(unit, hashed, 1, unit.now)
        return
    failures, since = before
    if failures >= FAILURES:
        wait = since + WINDOW - unit.now
        raise RateLimited(max(1, int(wait.total_seconds())), "Too many attempts; please wait a few minutes")
    rows.put_attempts(unit, hashed, failures + 1, since)


def clear(unit: Unit, what: str, key: str) -> None:
    """The right answer was given."""
    rows.clear_attempts(unit, hash_token(f"{what}:{key}"))


def spend(unit: Unit, challenge: str, until: datetime) -> bool:
    """Marks a challenge as answered. False when it was answered before."""
    return rows.spend(unit, hash_token(challenge), until)
