"""Work that is never lost: what came in, what happened, what must go out. Truth is here; queues carry hints."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)

from server.store.tables.types import Digest, Id, Json, Moment, PackedDocument, metadata, then_by_id

inbox_item = Table(
    "inbox_item",
    metadata,
    Column("id", Id, primary_key=True),
    Column("activity_digest", LargeBinary, nullable=False, unique=True),  # of its id: store.work.known_by
    Column("origin", String(255), nullable=False),
    Column("digest", Digest, nullable=False),  # SHA-256 of the body
    Column("received_at", Moment, nullable=False),
    Column("state", String(16), nullable=False),  # domain.work.ItemState
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", Moment, nullable=False),
    Column("outcome", String(64), nullable=False, server_default=""),
    Column("lane", Boolean, nullable=False, server_default=text("false")),  # came by the way that stays open
    Column("verdict", String(16)),  # domain.holds.Verdict: what a person said of what was held
    # what is done is kept by its digests alone; a query finds the others through `undone`, which must be said in these words
    Index(
        "ix_inbox_item_state_due_at",
        "state",
        "due_at",
        sqlite_where=text("state <> 'done'"),
        postgresql_where=text("state <> 'done'"),
    ),
)
undone = inbox_item.c.state != literal_column("'done'")

inbox_body = Table(
    "inbox_body",
    metadata,
    # what only the work needs, apart from the item, which stays to know a repeat: it goes when the work is done
    Column("item_id", Id, ForeignKey("inbox_item.id", ondelete="CASCADE"), primary_key=True),
    Column("body", LargeBinary, nullable=False),  # verbatim
    Column("activity_id", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("key_id", Text, nullable=False),  # of the actor's own keys the fragment alone
    Column("scheme", String(16), nullable=False, server_default="cavage"),  # how its request was signed
    Column("stream", Text),  # the signed header Consilium-Stream
)

event = Table(
    "event",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(64), nullable=False),  # domain.work.EventKind
    Column("payload", Json, nullable=False),  # ids and closed words only
    Column("created_at", Moment, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", Moment, nullable=False),
    Column("outcome", String(64), nullable=False, server_default=""),
    Index("ix_event_state_due_at", "state", "due_at"),
)

activity = Table(
    "activity",
    metadata,
    Column("id", Id, primary_key=True),
    Column("uri", Text, nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("post_id", Id, index=True),  # whose visibility decides who may fetch it; none: the recipients only
    Column("crossing", Json, nullable=False),  # what the boundary policy is asked about it
    Column("body", PackedDocument, nullable=False),
    Column("created_at", Moment, nullable=False),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, primary_key=True),
    Column("activity_id", Id, ForeignKey("activity.id", ondelete="CASCADE"), nullable=False),
    Column("destination", String(255), nullable=False),  # canonical origin of the inbox
    Column("inbox", Text, nullable=False),
    Column("state", String(16), nullable=False),  # domain.work.DeliveryState
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", Moment, nullable=False),
    Column("lease_until", Moment),
    Column("last_status", Integer),
    Column("last_reason", String(64), nullable=False, server_default=""),
    Column("created_at", Moment, nullable=False),
    Column("done_at", Moment),
    Column("stream", Text),  # the header Consilium-Stream that goes with it
    Column(
        "profile", Boolean, nullable=False, server_default=text("false")
    ),  # RFC 9421 with Ed25519, or not at all
    Column(
        "lane", Boolean, nullable=False, server_default=text("false")
    ),  # takes something back: leaves also while paused
    Column("released", Boolean, nullable=False, server_default=text("false")),  # a person let it go
    UniqueConstraint("activity_id", "inbox"),  # finds those of an activity as well
    *then_by_id("delivery", "destination", "state"),
    Index("ix_delivery_state_due_at", "state", "due_at"),
)

change = Table(
    "change",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(32), nullable=False),  # domain.changes.ChangeKind
    Column("key", Text, nullable=False),
    Column("at", Moment, nullable=False),  # without an index: what is old is looked for once an hour
    sqlite_autoincrement=True,
)

lease = Table(
    "lease",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("until", Moment, nullable=False),
)

meta = Table(
    "meta",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
    Column("number", BigInteger),
)
