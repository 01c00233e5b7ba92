"""What was checked of a member's profession, and the signed statements that say so."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, text

from server.store.tables.types import BLOB, Id, Json, Moment, metadata

verification = Table(
    "verification",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("state", String(16), nullable=False),  # domain.verification.VerificationState
    Column("profession", String(32), nullable=False),
    Column("specialties", Json, nullable=False),
    Column("jurisdiction", String(2), nullable=False, server_default=""),  # ISO 3166-1, upper case
    Column("level", Integer, nullable=False, server_default="0"),  # the n of P0 … P4
    Column("identity_level", String(32), nullable=False, server_default=""),
    Column("authenticator_level", String(32), nullable=False, server_default=""),
    Column("method", String(32), nullable=False, server_default=""),  # domain.verification.Method
    Column("register", String(32), nullable=False, server_default=""),  # which register a number belongs to
    Column("number_sealed", LargeBinary),
    Column("evidence", Text, nullable=False, server_default=""),  # a reference, never the evidence itself
    Column("document_digest", String(64), info=BLOB),  # an uploaded document in the vault
    Column("document_erase_at", Moment, index=True),
    Column("asked_at", Moment, nullable=False),
    Column("decided_by", String(255), nullable=False, server_default=""),
    Column("seconded_by", String(255), nullable=False, server_default=""),
    Column("decided_at", Moment),
    Column("valid_until", Moment),
    Column("ended_at", Moment),
    Column("reason", Text, nullable=False, server_default=""),
    Index("ix_verification_state_asked_at", "state", "asked_at"),
)

attestation = Table(
    "attestation",
    metadata,
    # made here (ours) or received: the statement of a member's own instance, for one group
    Column("id", Id, primary_key=True),
    Column("uri", Text, nullable=False, unique=True),
    Column("ours", Boolean, nullable=False),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("group_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("issuer", String(255), nullable=False, index=True),  # canonical origin
    Column("state", String(16), nullable=False),  # domain.verification.AttestationState
    Column("level", Integer, nullable=False),
    Column("identity_level", String(32), nullable=False, server_default=""),
    Column("profession", String(32), nullable=False),
    Column("specialties", Json, nullable=False),
    Column("jurisdiction", String(2), nullable=False, server_default=""),
    Column("pseudonymous", Boolean, nullable=False, server_default=text("false")),
    Column("key", Text, nullable=False),  # the subject's Ed25519 Multikey
    Column("nonce", String(64), nullable=False, unique=True),
    Column("join_uri", Text),  # the request that it came with
    Column("revocation_list", Text, nullable=False, server_default=""),
    Column("revocation_index", Integer, nullable=False, server_default="0"),
    Column("suspension_list", Text, nullable=False, server_default=""),
    Column("suspension_index", Integer, nullable=False, server_default="0"),
    Column("valid_from", Moment, nullable=False),
    Column("valid_until", Moment, nullable=False, index=True),
    Column("document", LargeBinary, nullable=False),  # verbatim
    Column("created_at", Moment, nullable=False),
    Index("ix_attestation_account_id_group_id", "account_id", "group_id"),
)

status_list = Table(
    "status_list",
    metadata,
    Column("id", Id, primary_key=True),
    Column("uri", Text, nullable=False, unique=True),
    Column("ours", Boolean, nullable=False),
    Column("issuer", String(255), nullable=False, index=True),
    Column("purpose", String(16), nullable=False),  # revocation | suspension
    Column("version", Integer, nullable=False, server_default="0"),
    Column("bits", LargeBinary, nullable=False),  # gzip
    Column("document", LargeBinary),  # the signed list, verbatim
    Column("valid_until", Moment),
    Column("fetched_at", Moment),
    Column("failing_since", Moment),
)
