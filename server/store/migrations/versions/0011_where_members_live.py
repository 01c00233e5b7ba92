"""Where the account of a membership lives stands beside it, and an index finds the instances of a group without a look at each member."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BEFORE, NOW = "ix_membership_group_id_state", "ix_membership_group_id_state_domain"


def upgrade() -> None:
    op.add_column("membership", sa.Column("domain", sa.String(length=255), server_default="", nullable=False))
    op.execute(
        "UPDATE membership SET domain ="
        " (SELECT account.domain FROM account WHERE account.id = membership.account_id)"
    )
    op.drop_index(BEFORE, table_name="membership")
    op.create_index(NOW, "membership", ["group_id", "state", "domain"])


def downgrade() -> None:
    op.drop_index(NOW, table_name="membership")
    op.create_index(BEFORE, "membership", ["group_id", "state"])
    op.drop_column("membership", "domain")
