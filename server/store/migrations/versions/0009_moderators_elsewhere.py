"""Who moderates open groups elsewhere, and what members here have asked of such groups."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "moderation_asked",
        sa.Column("id", ID, nullable=False),
        sa.Column("group_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("verb", sa.String(length=16), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_moderation_asked_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["account.id"], name=op.f("fk_moderation_asked_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_asked")),
    )
    op.create_index("ix_moderation_asked_group_id_uri", "moderation_asked", ["group_id", "uri"], unique=False)
    op.create_table(
        "moderator_elsewhere",
        sa.Column("group_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("moderators_uri", sa.Text(), nullable=False),
        sa.Column("featured_uri", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_moderator_elsewhere_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["account.id"], name=op.f("fk_moderator_elsewhere_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "account_id", name=op.f("pk_moderator_elsewhere")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("moderator_elsewhere")
    op.drop_index("ix_moderation_asked_group_id_uri", table_name="moderation_asked")
    op.drop_table("moderation_asked")
