"""On SQLite an index that ends with the row's id holds it once, one finds public posts of local authors, and mentions need no rowid."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BY_ID = (
    ("audit", ("target",), None),
    ("bookmark", ("account_id",), None),
    ("decision", ("ruling_id",), None),
    ("delivery", ("destination", "state"), None),
    ("favourite", ("account_id",), None),
    ("group_activity", ("group_id",), None),
    ("group_opening", ("group_id",), None),
    ("incident", ("state",), None),
    ("ledger", ("host",), None),
    ("notification", ("account_id",), None),
    ("post", ("account_id",), None),
    ("post", ("group_id",), "group_id IS NOT NULL"),
)


PUBLIC = (
    ("ix_post_public", ["id"], "visibility = 'public'"),
    ("ix_post_public_local", ["id"], "visibility = 'public' AND local"),
)
PUBLIC_NOW = (
    ("ix_post_unboosted", ["boost_of_id"], "visibility = 'public' AND boost_of_id IS NULL"),
    ("ix_post_local", ["local"], "visibility = 'public' AND local = 1"),
)


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table, columns, where in BY_ID:
        name = f"ix_{table}_{'_'.join(columns)}"
        op.drop_index(f"{name}_id", table_name=table)
        op.create_index(name, table, columns, sqlite_where=None if where is None else sa.text(where))
    for name, _, _ in PUBLIC:
        op.drop_index(name, table_name="post")
    for name, names, public in PUBLIC_NOW:
        op.create_index(name, "post", names, sqlite_where=sa.text(public))
    _make_mentions_anew(with_rowid=False)


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    _make_mentions_anew(with_rowid=True)
    for name, _, _ in PUBLIC_NOW:
        op.drop_index(name, table_name="post")
    for name, names, public in PUBLIC:
        op.create_index(name, "post", names, sqlite_where=sa.text(public))
    for table, columns, where in BY_ID:
        name = f"ix_{table}_{'_'.join(columns)}"
        op.drop_index(name, table_name=table)
        op.create_index(
            f"{name}_id", table, [*columns, "id"], sqlite_where=None if where is None else sa.text(where)
        )


def _make_mentions_anew(*, with_rowid: bool) -> None:
    op.drop_index("ix_mention_account_id_post_id", table_name="mention")
    op.rename_table("mention", "mention_before")
    op.create_table(
        "mention",
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("silent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_mention_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_mention_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", "account_id", name=op.f("pk_mention")),
        sqlite_with_rowid=with_rowid,
    )
    op.execute(
        "INSERT INTO mention (post_id, account_id, silent)"
        " SELECT post_id, account_id, silent FROM mention_before ORDER BY post_id, account_id"
    )
    op.drop_table("mention_before")
    op.create_index("ix_mention_account_id_post_id", "mention", ["account_id", "post_id"])
