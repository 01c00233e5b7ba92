"""All tables, so that whoever needs the whole schema imports one name."""

from server.store.tables import accounts, groups, instances, ledger, posts, users, verification, work
from server.store.tables.types import metadata

__all__ = [
    "accounts",
    "groups",
    "instances",
    "ledger",
    "metadata",
    "posts",
    "users",
    "verification",
    "work",
]
