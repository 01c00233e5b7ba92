"""What is known of a federation list beside its words, and how long what is held of a group waits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "federation_list", sa.Column("signed_by", sa.Text(), server_default="[]", nullable=False)
    )
    op.add_column("federation_list", sa.Column("declined", sa.Text(), server_default="[]", nullable=False))
    op.add_column("federation_list", sa.Column("fetched_at", sa.BigInteger()))
    op.add_column(
        "federation_list", sa.Column("came", sa.String(length=16), server_default="", nullable=False)
    )
    op.add_column("hold", sa.Column("group_uri", sa.Text(), server_default="", nullable=False))
    op.add_column("account", sa.Column("usual_wait", sa.Integer()))


def downgrade() -> None:
    op.drop_column("account", "usual_wait")
    op.drop_column("hold", "group_uri")
    for name in ("came", "fetched_at", "declined", "signed_by"):
        op.drop_column("federation_list", name)
