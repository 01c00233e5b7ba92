"""Writes the first migration anew from the tables, which is right until the first release and wrong ever after.

    python -m tests.support.first_schema

Later migrations are written by hand: expand, fill in batches, contract one release later.
"""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.types import TypeDecorator

from server.store.schema import MIGRATIONS
from server.store.tables import metadata
from server.store.tables.types import Id

FILE = MIGRATIONS / "versions" / "0001_first_schema.py"
LATER = {"post_words"}
"""Tables of later migrations, which make more than the tables say."""

HEAD = '''"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
'''


def _is_first(_item: Any, name: str | None, kind: str, *_more: Any) -> bool:
    return kind != "table" or name not in LATER


def _render(kind: str, item: Any, _context: Any) -> Any:
    if kind != "type":
        return False
    if item is Id:
        return "ID"
    return f"sa.{item.impl!r}" if isinstance(item, TypeDecorator) else False


def written() -> str:
    options = {
        "target_metadata": metadata,
        "render_item": _render,
        "include_object": _is_first,
        "alembic_module_prefix": "op.",
        "sqlalchemy_module_prefix": "sa.",
        "user_module_prefix": None,
    }
    with create_engine("sqlite://").connect() as connection:
        script = produce_migrations(MigrationContext.configure(connection, opts=options), metadata)
        assert script.upgrade_ops is not None
        assert script.downgrade_ops is not None
        bodies = [
            re.sub(r" *# ### [^\n]*\n?", "", render_python_code(each, render_item=_render))
            for each in (script.upgrade_ops, script.downgrade_ops)
        ]
    up, down = (
        body if body.startswith("    ") else f"    {body}" for body in (each.rstrip() for each in bodies)
    )
    return f"{HEAD}{up}\n\n\ndef downgrade() -> None:\n{down}\n"


if __name__ == "__main__":
    FILE.write_text(written())
    subprocess.run(
        [sys.executable, "-m", "ruff", "format", "-q", "--isolated", "--line-length", "110", str(FILE)],
        check=True,
    )
