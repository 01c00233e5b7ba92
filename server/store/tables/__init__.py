"""All tables, so that whoever needs the whole schema imports one name."""

from server.store.tables import accounts, instances, posts, users, work
from server.store.tables.types import metadata

__all__ = ["accounts", "instances", "metadata", "posts", "users", "work"]
