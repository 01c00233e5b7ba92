"""Which instance may have what, what was asked back, and what was answered."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from server.store.tables.types import Id, Moment, metadata, then_by_id

ledger = Table(
    "ledger",
    metadata,
    # committed before the bytes leave; kept when the object is gone
    Column("id", Id, primary_key=True),
    Column("object_uri", Text, nullable=False),
    Column("host", String(255), nullable=False),
    Column("group_id", Id, index=True),  # no foreign keys: what left stays known
    Column("post_id", Id, index=True),
    Column("author_id", Id),
    Column("digest", String(64), nullable=False, server_default=""),
    Column("via", String(16), nullable=False),  # domain.ledger.Via
    Column("rule", String(120), nullable=False, server_default=""),  # that permitted it
    Column("since", Moment, nullable=False),
    UniqueConstraint("object_uri", "host"),
    *then_by_id("ledger", "host"),
)

inventory = Table(
    "inventory",
    metadata,
    # after a restore: which instances are still to say what they hold of groups that live here
    Column("host", String(255), primary_key=True),
    Column("url", Text, nullable=False),  # of the page that is to be read next
    Column("due_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

purge = Table(
    "purge",
    metadata,
    # what we asked a host to remove; moves forward once
    Column("id", Id, primary_key=True),
    Column("request", String(64), nullable=False, unique=True),  # 128 random bits, on the wire
    Column("nonce", String(64), nullable=False),
    Column("reason", String(32), nullable=False),  # domain.ledger.PurgeReason
    Column("object_uri", Text, nullable=False, index=True),
    Column("group_id", Id, index=True),
    Column("post_id", Id),
    Column("host", String(255), nullable=False),
    Column("digest", String(64), nullable=False, server_default=""),
    Column("state", String(16), nullable=False),  # domain.ledger.PurgeState
    Column("asked_by", String(255), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("status", String(16), nullable=False, server_default=""),  # domain.ledger.ReceiptStatus
    Column("receipt", LargeBinary),  # signed, verbatim
    Column("received_at", Moment),
    Column("backups_expire", Moment),
    UniqueConstraint("object_uri", "host", "request"),
    Index("ix_purge_state_asked_at", "state", "asked_at"),
    Index("ix_purge_host_state", "host", "state"),
)

purge_register = Table(
    "purge_register",
    metadata,
    # what others asked of us, and the receipt that we gave; kept beside backups, so that a restore asks it again
    Column("request", Text, primary_key=True),
    Column("origin", String(255), nullable=False),
    Column("object_uri", Text, nullable=False, index=True),
    Column("group_uri", Text, nullable=False, server_default=""),
    Column("status", String(16), nullable=False),
    Column("receipt", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
)

incident = Table(
    "incident",
    metadata,
    Column("id", Id, primary_key=True),
    Column("object_uri", Text, nullable=False, index=True),
    Column("post_id", Id),
    Column("group_id", Id, ForeignKey("account.id", ondelete="SET NULL")),
    Column("state", String(16), nullable=False),  # domain.ledger.IncidentState
    Column("reported_by", String(255), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("decided_by", String(255), nullable=False, server_default=""),
    Column("decided_at", Moment),
    *then_by_id("incident", "state"),
)

post_read = Table(
    "post_read",
    metadata,
    # which member here was given which post of a members-only group to read: names for the auditor, a number for the author;
    # one row for a reader, post and day; dropped after 12 months
    Column("post_id", Id, primary_key=True),  # no foreign keys: who read what is gone stays known
    Column("account_id", Id, primary_key=True),
    Column("day", String(10), primary_key=True, index=True),  # in UTC
    Column("object_uri", Text, nullable=False, index=True),
    Column("depth", Integer, nullable=False),  # domain.reads.Depth
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
)

legal_hold = Table(
    "legal_hold",
    metadata,
    # hidden but kept, by a lawful order; a receipt says so
    Column("object_uri", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("by", String(255), nullable=False),
    Column("since", Moment, nullable=False),
)
