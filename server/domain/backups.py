"""What stands in the manifest of a backup."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Engine(StrEnum):
    """Whose copy the database is."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """base: the instance, as it stands in every id. schema: the database's revision.

    rows: by table. files: SHA-256 by name. secret: tells which secret opens the keys, and nothing about it.
    stored: of an encrypted backup, the name that each file has in it.
    """

    format: int = 1
    made_at: datetime
    base: str
    version: str
    schema: str
    engine: Engine
    rows: dict[str, int]
    files: dict[str, str]
    secret: str
    stored: dict[str, str] = {}
