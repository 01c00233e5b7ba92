"""On what it depends whether pages of groups that a browser keeps may be read still."""

from __future__ import annotations

from server.store import offline as rows
from server.store.session import Unit


def what_counts(unit: Unit, account_id: int) -> str:
    """The groups that the account may read, and the newest incident in each: what was kept before either changed is to go."""
    return " ".join(f"{group_id}:{newest}" for group_id, newest in rows.readable_groups(unit, account_id))
