"""Posts that are neither boosts nor answers leave three indexes, and what came in and is done leaves one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = ("boost_of_id", "in_reply_to_id", "in_reply_to_uri")
ITEMS = "ix_inbox_item_state_due_at"


def upgrade() -> None:
    for name in COLUMNS:
        op.drop_index(f"ix_post_{name}", table_name="post")
        present = sa.text(f"{name} IS NOT NULL")
        op.create_index(f"ix_post_{name}", "post", [name], sqlite_where=present, postgresql_where=present)
    op.drop_index(ITEMS, table_name="inbox_item")
    undone = sa.text("state <> 'done'")
    op.create_index(
        ITEMS, "inbox_item", ["state", "due_at"], sqlite_where=undone, postgresql_where=undone
    )


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_index(f"ix_post_{name}", table_name="post")
        op.create_index(f"ix_post_{name}", "post", [name])
    op.drop_index(ITEMS, table_name="inbox_item")
    op.create_index(ITEMS, "inbox_item", ["state", "due_at"])
