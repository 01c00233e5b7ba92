"""Actors, local and remote, their keys, and the relationships between them."""

from __future__ import annotations

from sqlalchemy import (
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
    text,
)

from server.store.tables.types import BLOB, Id, Json, Moment, metadata

account = Table(
    "account",
    metadata,
    Column("id", Id, primary_key=True),
    Column("public_id", String(32), unique=True),  # local: 128 random bits, the actor's address
    Column("username", String(255), nullable=False),
    Column("username_folded", String(255), nullable=False),
    Column("domain", String(255), nullable=False, server_default=""),  # "" is this instance
    Column("uri", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("kind", String(16), nullable=False),  # domain.accounts.AccountKind
    Column("inbox", Text, nullable=False),
    Column("shared_inbox", Text),
    Column("outbox", Text),
    Column("followers_uri", Text),
    Column("following_uri", Text),
    Column("featured_uri", Text),
    Column("display_name", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),  # sanitised HTML
    Column("note_source", Text, nullable=False, server_default=""),
    Column("fields", Json, nullable=False),  # [[name, html, source, verified at], …]
    # media digest (local) or URL (remote); "" is none
    Column("avatar", Text, nullable=False, server_default="", info=BLOB),
    Column("header", Text, nullable=False, server_default="", info=BLOB),
    Column("locked", Boolean, nullable=False, server_default=text("false")),
    Column("bot", Boolean, nullable=False, server_default=text("false")),
    Column("discoverable", Boolean, nullable=False, server_default=text("false")),
    Column("indexable", Boolean, nullable=False, server_default=text("false")),
    Column("hides_collections", Boolean, nullable=False, server_default=text("false")),
    Column("moved_to_uri", Text),
    Column("also_known_as", Json, nullable=False),
    Column("followers_count", Integer, nullable=False, server_default="0"),
    Column("following_count", Integer, nullable=False, server_default="0"),
    Column("posts_count", Integer, nullable=False, server_default="0"),
    Column("last_post_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("fetched_at", Moment),
    Column("suspended_at", Moment),
    Column("limited_at", Moment),
    Column("deleted_at", Moment),
    Column(
        "version", Integer, nullable=False, server_default="1"
    ),  # raised by each change that an entity shows
    Column("actor_updated_at", Moment),
    # what a local account posts with where the app says nothing
    Column("default_visibility", String(16), nullable=False, server_default="followers"),
    Column("default_sensitive", Boolean, nullable=False, server_default=text("false")),
    Column("default_language", String(16)),
    # of a local account, what its profile says: [profession, [specialty, …], method, register, decided at, valid until]
    Column("checked", Json),
    Column(
        "usual_wait", Integer
    ),  # of a group: within how many hours what is held is usually answered here; services.holds
    UniqueConstraint("username_folded", "domain"),
    Index("ix_account_domain", "domain"),
)

account_key = Table(
    "account_key",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("key_id", Text, nullable=False, unique=True),
    Column("algorithm", String(16), nullable=False),  # rsa | ed25519
    Column("public", LargeBinary, nullable=False),  # SubjectPublicKeyInfo DER
    Column("private_sealed", LargeBinary),  # local accounts only
    Column("created_at", Moment, nullable=False),
    Column("fetched_at", Moment),
    Column("retired_at", Moment),
)

follow = Table(
    "follow",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("target_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("state", String(16), nullable=False),  # pending | accepted
    Column("uri", Text, nullable=False, unique=True),
    Column("reblogs", Boolean, nullable=False, server_default=text("true")),
    Column("notify", Boolean, nullable=False, server_default=text("false")),
    Column("languages", Json),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("account_id", "target_id"),
    Index("ix_follow_target_id_state", "target_id", "state"),
)

block = Table(
    "block",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("target_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("uri", Text, nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("account_id", "target_id"),
)

mute = Table(
    "mute",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("target_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("notifications", Boolean, nullable=False, server_default=text("true")),
    Column("expires_at", Moment),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("account_id", "target_id"),
)

account_note = Table(
    "account_note",
    metadata,
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("target_id", Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("comment", Text, nullable=False),
)

tag_follow = Table(
    "tag_follow",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("tag", String(255), nullable=False),  # folded
    UniqueConstraint("account_id", "tag"),
    Index("ix_tag_follow_tag", "tag"),
)

domain_block = Table(
    "domain_block",
    metadata,
    # a member's own; what the instance blocks is in `instance`
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("domain", String(255), nullable=False),
    UniqueConstraint("account_id", "domain"),
)

endorsement = Table(
    "endorsement",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("target_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    UniqueConstraint("account_id", "target_id"),
)

featured_tag = Table(
    "featured_tag",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("tag", String(255), nullable=False),  # folded
    UniqueConstraint("account_id", "tag"),
)

list_ = Table(
    "list",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("replies_policy", String(16), nullable=False, server_default="list"),
    Column("exclusive", Boolean, nullable=False, server_default=text("false")),
)

list_account = Table(
    "list_account",
    metadata,
    Column("id", Id, primary_key=True),
    Column("list_id", Id, ForeignKey("list.id", ondelete="CASCADE"), nullable=False),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    UniqueConstraint("list_id", "account_id"),
)
