"""The audit and decision logs, and the heads of the chains that seal them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    select,
)

from server.store.tables.types import Digest, Id, Json, Moment, PackedJson, metadata, then_by_id

ruling = Table(
    "ruling",
    metadata,
    # what many rows of the log of decisions have in common, kept once: never changed, gone with the last row that names it
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("digest", Digest, nullable=False, unique=True),  # domain.boundary.Ruling
    Column("direction", String(8), nullable=False),  # in | out
    Column("action", String(16), nullable=False),
    Column("peer", String(255), nullable=False, index=True),
    Column("effect", String(8), nullable=False),
    Column("rules", Json, nullable=False),
    Column("policy_version", String(64), nullable=False),
    Column("facts", PackedJson, nullable=False),
    sqlite_autoincrement=True,  # a number is given once
)

decision = Table(
    "decision",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("ruling_id", Integer, ForeignKey("ruling.id"), nullable=False),
    Column("subject", Text, nullable=False),  # the activity or object id
    Column("sequence", BigInteger, unique=True),  # set by the sealer
    Column("seal", LargeBinary),
    *then_by_id("decision", "ruling_id"),
)
# a row whole, as its seal covers it; also one whose ruling somebody took away, so that it is not passed over
decided = select(
    decision.c.id,
    decision.c.at,
    ruling.c.direction,
    ruling.c.action,
    ruling.c.peer,
    decision.c.subject,
    ruling.c.effect,
    ruling.c.rules,
    ruling.c.policy_version,
    ruling.c.facts,
    decision.c.sequence,
    decision.c.seal,
).join_from(decision, ruling, decision.c.ruling_id == ruling.c.id, isouter=True)

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
    *then_by_id("audit", "target"),
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
