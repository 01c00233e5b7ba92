"""The audit and decision logs, and the heads of the chains that seal them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    literal_column,
    text,
)

from server.store.tables.types import Id, Json, Moment, PackedJson, metadata

decision = Table(
    "decision",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("direction", String(8), nullable=False),  # in | out
    Column("action", String(16), nullable=False),
    Column("peer", String(255), nullable=False),
    Column("subject", Text, nullable=False),  # the activity or object id
    Column("effect", String(8), nullable=False),
    Column("rules", Json, nullable=False),
    Column("policy_version", String(64), nullable=False),
    Column("facts", PackedJson, nullable=False),
    Column("sequence", BigInteger, unique=True),  # set by the sealer
    Column("seal", LargeBinary),
    Index("ix_decision_peer_id", "peer", "id"),
    # most are allowed; a query finds the others through `not_allowed`, which must be said in these words
    Index(
        "ix_decision_effect_id",
        "effect",
        "id",
        sqlite_where=text("effect <> 'allow'"),
        postgresql_where=text("effect <> 'allow'"),
    ),
)
not_allowed = decision.c.effect != literal_column("'allow'")

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(255), nullable=False),  # `user:ID`, `command`, `system`, or a peer's origin
    Column("action", String(64), nullable=False),
    Column("target", Text, nullable=False),
    Column("detail", Json, nullable=False),
    Column("sequence", BigInteger, unique=True),
    Column("seal", LargeBinary),
    Index("ix_audit_target_id", "target", "id"),
)

seal = Table(
    "seal",
    metadata,
    Column("log", String(16), primary_key=True),  # domain.seals.SealedLog
    Column("sequence", BigInteger, nullable=False),  # of the last sealed row
    Column("seal", LargeBinary, nullable=False),  # SHA-256
    Column("at", Moment, nullable=False),
    Column("code", LargeBinary, nullable=False),  # HMAC under the secret that is kept outside the database
)

seal_start = Table(
    "seal_start",
    metadata,
    # where a chain begins now: what stood before was let go when its time was over
    Column("log", String(16), primary_key=True),  # domain.seals.SealedLog
    Column("sequence", BigInteger, nullable=False),  # of the last row that is gone
    Column("seal", LargeBinary, nullable=False),  # that row's
    Column("at", Moment, nullable=False),
    Column("code", LargeBinary, nullable=False),  # HMAC as that of the head
)

partner_head = Table(
    "partner_head",
    metadata,
    # where partners' chains ended, as they told it with the probe: the first of each day, never changed
    Column("domain", String(255), primary_key=True),
    Column("log", String(16), primary_key=True),  # domain.seals.SealedLog
    Column("day", String(10), primary_key=True),  # ISO date, UTC
    Column("sequence", BigInteger, nullable=False),
    Column("seal", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
)

crossing = Table(
    "crossing",
    metadata,
    # decisions counted by day, for plots: of sealed rows, each once
    Column("day", String(10), primary_key=True),  # ISO date, UTC
    Column("peer", String(255), primary_key=True),
    Column("direction", String(8), primary_key=True),
    Column("word", String(16), primary_key=True),  # domain.boundary.ContentClass
    Column("effect", String(8), primary_key=True),
    Column("count", Integer, nullable=False),
)
