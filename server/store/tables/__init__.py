"""All tables, so that whoever needs the whole schema imports one name."""

from server.store.tables import accounts, audit, groups, instances, ledger, posts, users, verification, work
from server.store.tables.types import metadata

__all__ = [
    "accounts",
    "audit",
    "groups",
    "instances",
    "ledger",
    "metadata",
    "posts",
    "users",
    "verification",
    "work",
]
