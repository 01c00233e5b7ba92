"""What came in is known by a digest of its id; what only the work on it needs stays with the body, and goes with it.

The address of a post that is its id as well is kept once. Of an activity whose work is done the id is not kept any more: taken back to the schema
before, such a row is known by its digest, and a repeat of it by the post that it made.
"""

from __future__ import annotations

from hashlib import sha256

import sqlalchemy as sa
from alembic import op

from server.core.log import logger

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT_ONCE = 5_000
TOLD_EACH = 10_000
STAYS = "id origin digest received_at state attempts due_at outcome lane verdict".split()
ROWS = sa.text("SELECT * FROM inbox_item_before WHERE id > :last ORDER BY id LIMIT :most")
UNDONE = sa.text("state <> 'done'")
INDEX = "ix_inbox_item_state_due_at"
log = logger("store")


def upgrade() -> None:
    _set_aside("activity_id")
    op.create_table(
        "inbox_item",
        sa.Column("id", ID, nullable=False),
        sa.Column("activity_digest", sa.LargeBinary(), nullable=False),
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=64), server_default="", nullable=False),
        sa.Column("lane", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_item")),
        sa.UniqueConstraint("activity_digest", name=op.f("uq_inbox_item_activity_digest")),
    )
    op.create_table(
        "inbox_body",
        sa.Column("item_id", ID, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("activity_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("scheme", sa.String(length=16), server_default="cavage", nullable=False),
        sa.Column("stream", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_id"], ["inbox_item.id"], name=op.f("fk_inbox_body_item_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_inbox_body")),
    )
    _fill()
    op.execute(
        "INSERT INTO inbox_body SELECT b.item_id, b.body, i.activity_id, i.actor, i.key_id, i.scheme, i.stream"
        " FROM inbox_body_before b JOIN inbox_item_before i ON i.id = b.item_id"
    )
    op.create_index(INDEX, "inbox_item", ["state", "due_at"], sqlite_where=UNDONE, postgresql_where=UNDONE)
    _drop_aside()
    op.execute("UPDATE post SET url = '' WHERE url = uri")


def _set_aside(key: str) -> None:
    op.drop_index(INDEX, table_name="inbox_item")
    op.rename_table("inbox_body", "inbox_body_before")
    op.rename_table("inbox_item", "inbox_item_before")
    if op.get_bind().dialect.name == "postgresql":  # where names of constraints are those of indexes
        for table, name in (
            ("inbox_body", "fk_inbox_body_item_id"),
            ("inbox_body", "pk_inbox_body"),
            ("inbox_item", "pk_inbox_item"),
            ("inbox_item", f"uq_inbox_item_{key}"),
        ):
            op.execute(f"ALTER TABLE {table}_before RENAME CONSTRAINT {name} TO {name}_before")
        op.execute("ALTER SEQUENCE inbox_item_id_seq RENAME TO inbox_item_id_seq_before")


def _drop_aside() -> None:
    op.drop_table("inbox_body_before")
    op.drop_table("inbox_item_before")


def _fill() -> None:
    connection = op.get_bind()
    total = connection.execute(sa.text("SELECT count(*) FROM inbox_item_before")).scalar() or 0
    lane = sa.column("lane", sa.Boolean())
    into = sa.table(
        "inbox_item", sa.column("activity_digest"), lane, *(sa.column(name) for name in STAYS if name != "lane")
    )
    last, done = -1, 0
    while rows := connection.execute(ROWS, {"last": last, "most": AT_ONCE}).all():
        values = [
            {name: getattr(row, name) for name in STAYS}
            | {
                "activity_digest": sha256(row.activity_id.encode()).digest()[:16],
                "lane": bool(row.lane),
            }
            for row in rows
        ]
        connection.execute(into.insert(), values)
        last, done = rows[-1].id, done + len(rows)
        if done % TOLD_EACH == 0 or done == total:
            log.info("schema.filled", revision=revision, table="inbox_item", rows=done, of=total)


def downgrade() -> None:
    op.execute("UPDATE post SET url = uri WHERE url = ''")
    _set_aside("activity_digest")
    op.create_table(
        "inbox_item",
        sa.Column("id", ID, nullable=False),
        sa.Column("activity_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=64), server_default="", nullable=False),
        sa.Column("scheme", sa.String(length=16), server_default="cavage", nullable=False),
        sa.Column("stream", sa.Text(), nullable=True),
        sa.Column("lane", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_item")),
        sa.UniqueConstraint("activity_id", name=op.f("uq_inbox_item_activity_id")),
    )
    op.create_table(
        "inbox_body",
        sa.Column("item_id", ID, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["inbox_item.id"], name=op.f("fk_inbox_body_item_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_inbox_body")),
    )
    in_hex = (
        "hex(i.activity_digest)" if op.get_bind().dialect.name == "sqlite" else "encode(i.activity_digest, 'hex')"
    )
    op.execute(
        f"INSERT INTO inbox_item SELECT i.id, coalesce(b.activity_id, 'digest:' || {in_hex}), coalesce(b.actor, ''),"
        " i.origin, coalesce(b.key_id, ''), i.digest, i.received_at, i.state, i.attempts, i.due_at, i.outcome,"
        " coalesce(b.scheme, 'cavage'), b.stream, i.lane, i.verdict"
        " FROM inbox_item_before i LEFT JOIN inbox_body_before b ON b.item_id = i.id"
    )
    op.execute("INSERT INTO inbox_body SELECT b.item_id, b.body FROM inbox_body_before b")
    op.create_index(INDEX, "inbox_item", ["state", "due_at"], sqlite_where=UNDONE, postgresql_where=UNDONE)
    _drop_aside()
