"""Of a group's stream that is read here, the first position that was refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stream_position", sa.Column("missed", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("stream_position", "missed")
