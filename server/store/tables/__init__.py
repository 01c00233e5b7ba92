"""All tables, so that whoever needs the whole schema imports one name."""

from server.store.tables import (
    accounts,
    audit,
    groups,
    instances,
    ledger,
    policies,
    posts,
    users,
    verification,
    work,
)
from server.store.tables.types import metadata

__all__ = [
    "accounts",
    "audit",
    "groups",
    "instances",
    "ledger",
    "metadata",
    "policies",
    "posts",
    "users",
    "verification",
    "work",
]
