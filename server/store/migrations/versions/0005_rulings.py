"""What decisions have in common is kept once; each row of their log names it.

All or nothing, as every migration here: killed in the middle it has done nothing, and the next start begins it anew. What the
seals cover stays to the letter, so the chain that stood before is valid after it.
"""

from __future__ import annotations

import zlib
from hashlib import sha256
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

from server.core.log import logger
from server.store.tables.types import FACTS_1

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT_ONCE = 5_000
TOLD_EACH = 10_000
SHARED = ("direction", "action", "peer", "effect", "rules", "policy_version", "facts")
ROWS = sa.text("SELECT * FROM decision_before WHERE id > :last ORDER BY id LIMIT :most")
log = logger("store")


def upgrade() -> None:
    op.create_table(
        "ruling",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("peer", sa.String(length=255), nullable=False),
        sa.Column("effect", sa.String(length=8), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.String(length=64), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ruling")),
        sa.UniqueConstraint("digest", name=op.f("uq_ruling_digest")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ruling_peer", "ruling", ["peer"])
    op.drop_index("ix_decision_peer_id", table_name="decision")
    op.drop_index("ix_decision_effect_id", table_name="decision")
    _set_aside()
    op.create_table(
        "decision",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("ruling_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("seal", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["ruling_id"], ["ruling.id"], name=op.f("fk_decision_ruling_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("sequence", name=op.f("uq_decision_sequence")),
    )
    _fill()
    op.create_index("ix_decision_ruling_id_id", "decision", ["ruling_id", "id"])
    op.drop_table("decision_before")


def _set_aside() -> None:
    op.rename_table("decision", "decision_before")
    if op.get_bind().dialect.name == "postgresql":  # where names of constraints are those of indexes
        op.execute("ALTER SEQUENCE decision_id_seq RENAME TO decision_id_seq_before")
        for name in ("pk_decision", "uq_decision_sequence"):
            op.execute(f"ALTER TABLE decision_before RENAME CONSTRAINT {name} TO {name}_before")


def _fill() -> None:
    connection = op.get_bind()
    total = connection.execute(sa.text("SELECT count(*) FROM decision_before")).scalar() or 0
    into = sa.table("decision", *map(sa.column, ("id", "at", "ruling_id", "subject", "sequence", "seal")))
    rulings: dict[tuple[Any, ...], int] = {}
    last, done = -1, 0
    while rows := connection.execute(ROWS, {"last": last, "most": AT_ONCE}).all():
        connection.execute(
            into.insert(),
            [
                {
                    "id": row.id,
                    "at": row.at,
                    "ruling_id": _ruling(connection, rulings, row),
                    "subject": row.subject,
                    "sequence": row.sequence,
                    "seal": row.seal,
                }
                for row in rows
            ],
        )
        last, done = rows[-1].id, done + len(rows)
        if done % TOLD_EACH == 0 or done == total:
            log.info("schema.filled", revision=revision, table="decision", rows=done, of=total)


def _ruling(connection: sa.Connection, known: dict[tuple[Any, ...], int], row: sa.Row[Any]) -> int:
    """The number of what a row has in common with others; added where it is the first."""
    key = tuple(bytes(row.facts) if name == "facts" else getattr(row, name) for name in SHARED)
    if key in known:
        return known[key]
    shared = dict(zip(SHARED, key, strict=True))
    said = shared | {"rules": msgspec.json.decode(row.rules), "facts": _facts(shared["facts"])}
    digest = sha256(msgspec.json.encode(said, order="deterministic")).digest()
    into = sa.table("ruling", sa.column("id"), sa.column("digest"), *map(sa.column, SHARED))
    # the same facts may have been packed otherwise by another version of the packer
    there = connection.execute(sa.select(into.c.id).where(into.c.digest == digest)).scalar()
    if there is None:
        there = connection.execute(into.insert().returning(into.c.id), {"digest": digest, **shared}).scalar()
    assert there is not None
    known[key] = int(there)
    return known[key]


def _facts(packed: bytes) -> Any:
    unpacker = zlib.decompressobj(wbits=-15, zdict=FACTS_1)
    return msgspec.json.decode(unpacker.decompress(packed[1:]) + unpacker.flush())


def downgrade() -> None:
    op.drop_index("ix_decision_ruling_id_id", table_name="decision")
    _set_aside()
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE decision_before DROP CONSTRAINT fk_decision_ruling_id")
    op.create_table(
        "decision",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("peer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("effect", sa.String(length=8), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.String(length=64), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("seal", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("sequence", name=op.f("uq_decision_sequence")),
    )
    op.execute(
        "INSERT INTO decision SELECT d.id, d.at, r.direction, r.action, r.peer, d.subject, r.effect, r.rules,"
        " r.policy_version, r.facts, d.sequence, d.seal FROM decision_before d JOIN ruling r ON r.id = d.ruling_id"
    )
    allowed = sa.text("effect <> 'allow'")
    op.create_index(
        "ix_decision_effect_id", "decision", ["effect", "id"], sqlite_where=allowed, postgresql_where=allowed
    )
    op.create_index("ix_decision_peer_id", "decision", ["peer", "id"])
    op.drop_table("decision_before")
    op.drop_table("ruling")
