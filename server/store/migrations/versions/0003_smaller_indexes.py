"""Posts that are neither boosts nor answers leave three indexes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = ("boost_of_id", "in_reply_to_id", "in_reply_to_uri")


def upgrade() -> None:
    for name in COLUMNS:
        op.drop_index(f"ix_post_{name}", table_name="post")
        present = sa.text(f"{name} IS NOT NULL")
        op.create_index(f"ix_post_{name}", "post", [name], sqlite_where=present, postgresql_where=present)


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_index(f"ix_post_{name}", table_name="post")
        op.create_index(f"ix_post_{name}", "post", [name])
