"""Of a group's stream that is read here, the first position that was refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE, BEFORE, INDEX = "stream_position", "stream_position_before", "ix_stream_position_pull_at"
KEPT = "group_id, epoch, n, behind, pull_at, failures, hidden_at"


def upgrade() -> None:
    _make_anew(sa.Column("missed", sa.Integer(), nullable=True))


def downgrade() -> None:
    _make_anew(None)


def _make_anew(added: sa.Column[int] | None) -> None:
    """SQLite keeps the words of a table: it is made as a fresh database has it."""
    if op.get_bind().dialect.name != "sqlite":
        if added is None:
            op.drop_column(TABLE, "missed")
        else:
            op.add_column(TABLE, added)
        return
    op.drop_index(op.f(INDEX), table_name=TABLE)
    op.rename_table(TABLE, BEFORE)
    op.create_table(
        TABLE,
        sa.Column("group_id", ID, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("behind", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("pull_at", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("hidden_at", sa.BigInteger(), nullable=True),
        *([] if added is None else [added]),
        sa.ForeignKeyConstraint(
            ["group_id"], ["account.id"], name=op.f("fk_stream_position_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_stream_position")),
    )
    op.execute(f"INSERT INTO {TABLE} ({KEPT}) SELECT {KEPT} FROM {BEFORE}")
    op.drop_table(BEFORE)
    op.create_index(op.f(INDEX), TABLE, ["pull_at"], unique=False)
