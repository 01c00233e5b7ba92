"""What caches and open sockets depend on. Each such change is a row, seen by every process within a second."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ChangeKind(StrEnum):
    """EVERYTHING is what listeners hear when the feed could not be read: nothing cached may be believed."""

    TRUST = "trust"  # key: origin
    TOKEN = "token"  # noqa: S105  key: token id
    APP = "app"  # key: app id
    ACCOUNT = "account"  # key: account id
    USER = "user"  # key: user id
    KEY = "key"  # key: key id
    POLICY = "policy"
    FILTERS = "filters"  # key: account id of their owner
    MEMBERSHIP = "membership"  # key: account id of the group
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Change:
    """One change. key: the id of what changed."""

    kind: ChangeKind
    key: str
