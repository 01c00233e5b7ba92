"""All tables, so that whoever needs the whole schema imports one name."""

from server.store.tables import (
    accounts,
    audit,
    filters,
    groups,
    holds,
    instances,
    ledger,
    policies,
    posts,
    search,
    users,
    verification,
    work,
)
from server.store.tables.types import metadata

__all__ = [
    "accounts",
    "audit",
    "filters",
    "groups",
    "holds",
    "instances",
    "ledger",
    "metadata",
    "policies",
    "posts",
    "search",
    "users",
    "verification",
    "work",
]
