"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=True),
        sa.Column("username", sa.String(length=255), nullable=False),
        sa.Column("username_folded", sa.String(length=255), nullable=False),
        sa.Column("domain", sa.String(length=255), server_default="", nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("inbox", sa.Text(), nullable=False),
        sa.Column("shared_inbox", sa.Text(), nullable=True),
        sa.Column("outbox", sa.Text(), nullable=True),
        sa.Column("followers_uri", sa.Text(), nullable=True),
        sa.Column("following_uri", sa.Text(), nullable=True),
        sa.Column("featured_uri", sa.Text(), nullable=True),
        sa.Column("display_name", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("note_source", sa.Text(), server_default="", nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("avatar", sa.Text(), server_default="", nullable=False),
        sa.Column("header", sa.Text(), server_default="", nullable=False),
        sa.Column("locked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("bot", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("discoverable", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("indexable", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("hides_collections", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("moved_to_uri", sa.Text(), nullable=True),
        sa.Column("also_known_as", sa.Text(), nullable=False),
        sa.Column("followers_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("following_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("posts_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_post_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.Column("suspended_at", sa.BigInteger(), nullable=True),
        sa.Column("limited_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("actor_updated_at", sa.BigInteger(), nullable=True),
        sa.Column("default_visibility", sa.String(length=16), server_default="followers", nullable=False),
        sa.Column("default_sensitive", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("default_language", sa.String(length=16), nullable=True),
        sa.Column("checked", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("public_id", name=op.f("uq_account_public_id")),
        sa.UniqueConstraint("uri", name=op.f("uq_account_uri")),
        sa.UniqueConstraint("username_folded", "domain", name=op.f("uq_account_username_folded_domain")),
    )
    op.create_index("ix_account_domain", "account", ["domain"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("seal", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sa.UniqueConstraint("sequence", name=op.f("uq_audit_sequence")),
    )
    op.create_index("ix_audit_target_id", "audit", ["target", "id"], unique=False)
    op.create_table(
        "change",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "crossing",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("peer", sa.String(length=255), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("word", sa.String(length=16), nullable=False),
        sa.Column("effect", sa.String(length=8), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "peer", "direction", "word", "effect", name=op.f("pk_crossing")),
    )
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
    op.create_index(
        "ix_decision_effect_id",
        "decision",
        ["effect", "id"],
        unique=False,
        sqlite_where=sa.text("effect <> 'allow'"),
        postgresql_where=sa.text("effect <> 'allow'"),
    )
    op.create_index("ix_decision_peer_id", "decision", ["peer", "id"], unique=False)
    op.create_table(
        "event",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=64), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index("ix_event_state_due_at", "event", ["state", "due_at"], unique=False)
    op.create_table(
        "federation_list",
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("signers", sa.Text(), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("applied", sa.Text(), nullable=False),
        sa.Column("reminded_days", sa.Integer(), nullable=True),
        sa.Column("forked_at", sa.BigInteger(), nullable=True),
        sa.Column("next_fetch_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_federation_list")),
    )
    op.create_table(
        "federation_list_version",
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("url", "version", name=op.f("pk_federation_list_version")),
    )
    op.create_table(
        "group_opening",
        sa.Column("id", ID, nullable=False),
        sa.Column("group_id", ID, nullable=False),
        sa.Column("group_uri", sa.Text(), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=255), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_opening")),
    )
    op.create_index("ix_group_opening_group_id_id", "group_opening", ["group_id", "id"], unique=False)
    op.create_table(
        "hold",
        sa.Column("id", ID, nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("work_id", ID, nullable=False),
        sa.Column("peer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.String(length=255), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
        sa.UniqueConstraint("direction", "work_id", name=op.f("uq_hold_direction_work_id")),
    )
    op.create_index("ix_hold_verdict_at", "hold", ["verdict", "at"], unique=False)
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
    op.create_index(
        "ix_inbox_item_state_due_at",
        "inbox_item",
        ["state", "due_at"],
        unique=False,
        sqlite_where=sa.text("state <> 'done'"),
        postgresql_where=sa.text("state <> 'done'"),
    )
    op.create_table(
        "instance",
        sa.Column("id", ID, nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("trust", sa.String(length=16), nullable=False),
        sa.Column("resume_trust", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("public_comment", sa.Text(), server_default="", nullable=False),
        sa.Column("reject_media", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("reject_reports", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("software", sa.String(length=100), nullable=True),
        sa.Column("verifies_rfc9421", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=True),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_probe_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
        sa.UniqueConstraint("domain", name=op.f("uq_instance_domain")),
    )
    op.create_table(
        "inventory",
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_inventory")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "knock",
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "day", name=op.f("pk_knock")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "ledger",
        sa.Column("id", ID, nullable=False),
        sa.Column("object_uri", sa.Text(), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("group_id", ID, nullable=True),
        sa.Column("post_id", ID, nullable=True),
        sa.Column("author_id", ID, nullable=True),
        sa.Column("digest", sa.String(length=64), server_default="", nullable=False),
        sa.Column("via", sa.String(length=16), nullable=False),
        sa.Column("rule", sa.String(length=120), server_default="", nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
        sa.UniqueConstraint("object_uri", "host", name=op.f("uq_ledger_object_uri_host")),
    )
    op.create_index(op.f("ix_ledger_group_id"), "ledger", ["group_id"], unique=False)
    op.create_index("ix_ledger_host_id", "ledger", ["host", "id"], unique=False)
    op.create_index(op.f("ix_ledger_post_id"), "ledger", ["post_id"], unique=False)
    op.create_table(
        "legal_hold",
        sa.Column("object_uri", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("object_uri", name=op.f("pk_legal_hold")),
    )
    op.create_table(
        "mail",
        sa.Column("id", ID, nullable=False),
        sa.Column("address", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("link_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
    )
    op.create_index(op.f("ix_mail_due_at"), "mail", ["due_at"], unique=False)
    op.create_table(
        "meta",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
    op.create_table(
        "oauth_app",
        sa.Column("id", ID, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("client_secret_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("redirect_uris", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("blocked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_app")),
        sa.UniqueConstraint("client_id", name=op.f("uq_oauth_app_client_id")),
    )
    op.create_table(
        "partner",
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("pinned_at", sa.BigInteger(), nullable=False),
        sa.Column("card", sa.LargeBinary(), nullable=False),
        sa.Column("controller", sa.Text(), server_default="", nullable=False),
        sa.Column("jurisdiction", sa.String(length=2), server_default="", nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("versions", sa.Text(), nullable=False),
        sa.Column("classes", sa.Text(), nullable=False),
        sa.Column("agreement", sa.Text(), server_default="", nullable=False),
        sa.Column("agreement_until", sa.BigInteger(), nullable=True),
        sa.Column("reminded_days", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_by", sa.String(length=255), server_default="", nullable=False),
        sa.Column("probed_at", sa.BigInteger(), nullable=True),
        sa.Column("probe_failing_since", sa.BigInteger(), nullable=True),
        sa.Column("probe", sa.Text(), nullable=False),
        sa.Column("next_probe_at", sa.BigInteger(), nullable=True),
        sa.Column("mismatch_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_partner")),
    )
    op.create_index(op.f("ix_partner_next_probe_at"), "partner", ["next_probe_at"], unique=False)
    op.create_table(
        "partner_head",
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("log", sa.String(length=16), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "log", "day", name=op.f("pk_partner_head")),
    )
    op.create_table(
        "policy",
        sa.Column("id", ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("links", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("loosens", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.String(length=255), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
    )
    op.create_index(
        "uq_policy_in_force",
        "policy",
        ["state"],
        unique=True,
        sqlite_where=sa.text("state = 'in_force'"),
        postgresql_where=sa.text("state = 'in_force'"),
    )
    op.create_table(
        "post_read",
        sa.Column("post_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("object_uri", sa.Text(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("post_id", "account_id", "day", name=op.f("pk_post_read")),
    )
    op.create_index(op.f("ix_post_read_day"), "post_read", ["day"], unique=False)
    op.create_index(op.f("ix_post_read_object_uri"), "post_read", ["object_uri"], unique=False)
    op.create_table(
        "probe",
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("activity_uri", sa.Text(), nullable=False),
        sa.Column("object_uri", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("receipted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_probe")),
    )
    op.create_table(
        "purge",
        sa.Column("id", ID, nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("object_uri", sa.Text(), nullable=False),
        sa.Column("group_id", ID, nullable=True),
        sa.Column("post_id", ID, nullable=True),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=64), server_default="", nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_by", sa.String(length=255), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=16), server_default="", nullable=False),
        sa.Column("receipt", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=True),
        sa.Column("backups_expire", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purge")),
        sa.UniqueConstraint("object_uri", "host", "request", name=op.f("uq_purge_object_uri_host_request")),
        sa.UniqueConstraint("request", name=op.f("uq_purge_request")),
    )
    op.create_index(op.f("ix_purge_group_id"), "purge", ["group_id"], unique=False)
    op.create_index("ix_purge_host_state", "purge", ["host", "state"], unique=False)
    op.create_index(op.f("ix_purge_object_uri"), "purge", ["object_uri"], unique=False)
    op.create_index("ix_purge_state_asked_at", "purge", ["state", "asked_at"], unique=False)
    op.create_table(
        "purge_register",
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("object_uri", sa.Text(), nullable=False),
        sa.Column("group_uri", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("receipt", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("request", name=op.f("pk_purge_register")),
    )
    op.create_index(op.f("ix_purge_register_object_uri"), "purge_register", ["object_uri"], unique=False)
    op.create_table(
        "seal",
        sa.Column("log", sa.String(length=16), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("log", name=op.f("pk_seal")),
    )
    op.create_table(
        "seal_start",
        sa.Column("log", sa.String(length=16), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("log", name=op.f("pk_seal_start")),
    )
    op.create_table(
        "signin_attempt",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("window_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_signin_attempt")),
    )
    op.create_table(
        "spent",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_spent")),
    )
    op.create_index(op.f("ix_spent_until"), "spent", ["until"], unique=False)
    op.create_table(
        "status_list",
        sa.Column("id", ID, nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("bits", sa.LargeBinary(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("valid_until", sa.BigInteger(), nullable=True),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_list")),
        sa.UniqueConstraint("uri", name=op.f("uq_status_list_uri")),
    )
    op.create_index(op.f("ix_status_list_issuer"), "status_list", ["issuer"], unique=False)
    op.create_table(
        "tombstone",
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=False),
        sa.Column("account_uri", sa.Text(), nullable=False),
        sa.Column("kept", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("uri", name=op.f("pk_tombstone")),
    )
    op.create_index(op.f("ix_tombstone_deleted_at"), "tombstone", ["deleted_at"], unique=False)
    op.create_table(
        "trial",
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("group_id", ID, nullable=False),
        sa.Column("founder_id", ID, nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("post_uri", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("passed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_trial")),
    )
    op.create_table(
        "account_key",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.String(length=16), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("private_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_key_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_key")),
        sa.UniqueConstraint("key_id", name=op.f("uq_account_key_key_id")),
    )
    op.create_index(op.f("ix_account_key_account_id"), "account_key", ["account_id"], unique=False)
    op.create_table(
        "account_note",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("target_id", ID, nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_note_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["account.id"], name=op.f("fk_account_note_target_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "target_id", name=op.f("pk_account_note")),
    )
    op.create_table(
        "activity",
        sa.Column("id", ID, nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("post_id", ID, nullable=True),
        sa.Column("crossing", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_activity_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("uri", name=op.f("uq_activity_uri")),
    )
    op.create_index(op.f("ix_activity_account_id"), "activity", ["account_id"], unique=False)
    op.create_index(op.f("ix_activity_post_id"), "activity", ["post_id"], unique=False)
    op.create_table(
        "attestation",
        sa.Column("id", ID, nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("group_id", ID, nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("identity_level", sa.String(length=32), server_default="", nullable=False),
        sa.Column("profession", sa.String(length=32), nullable=False),
        sa.Column("specialties", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.String(length=2), server_default="", nullable=False),
        sa.Column("pseudonymous", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("join_uri", sa.Text(), nullable=True),
        sa.Column("revocation_list", sa.Text(), server_default="", nullable=False),
        sa.Column("revocation_index", sa.Integer(), server_default="0", nullable=False),
        sa.Column("suspension_list", sa.Text(), server_default="", nullable=False),
        sa.Column("suspension_index", sa.Integer(), server_default="0", nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_attestation_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["account.id"], name=op.f("fk_attestation_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attestation")),
        sa.UniqueConstraint("nonce", name=op.f("uq_attestation_nonce")),
        sa.UniqueConstraint("uri", name=op.f("uq_attestation_uri")),
    )
    op.create_index(
        "ix_attestation_account_id_group_id", "attestation", ["account_id", "group_id"], unique=False
    )
    op.create_index(op.f("ix_attestation_issuer"), "attestation", ["issuer"], unique=False)
    op.create_index(op.f("ix_attestation_valid_until"), "attestation", ["valid_until"], unique=False)
    op.create_table(
        "block",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("target_id", ID, nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_block_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["account.id"], name=op.f("fk_block_target_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block")),
        sa.UniqueConstraint("account_id", "target_id", name=op.f("uq_block_account_id_target_id")),
        sa.UniqueConstraint("uri", name=op.f("uq_block_uri")),
    )
    op.create_index(op.f("ix_block_target_id"), "block", ["target_id"], unique=False)
    op.create_table(
        "conversation",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("thread_id", ID, nullable=False),
        sa.Column("last_post_id", ID, nullable=False),
        sa.Column("unread", sa.Boolean(), nullable=False),
        sa.Column("participants", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_conversation_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
        sa.UniqueConstraint("account_id", "thread_id", name=op.f("uq_conversation_account_id_thread_id")),
    )
    op.create_index(op.f("ix_conversation_last_post_id"), "conversation", ["last_post_id"], unique=False)
    op.create_table(
        "domain_block",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_domain_block_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_domain_block")),
        sa.UniqueConstraint("account_id", "domain", name=op.f("uq_domain_block_account_id_domain")),
    )
    op.create_table(
        "endorsement",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("target_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_endorsement_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["account.id"], name=op.f("fk_endorsement_target_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endorsement")),
        sa.UniqueConstraint("account_id", "target_id", name=op.f("uq_endorsement_account_id_target_id")),
    )
    op.create_index(op.f("ix_endorsement_target_id"), "endorsement", ["target_id"], unique=False)
    op.create_table(
        "featured_tag",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("tag", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_featured_tag_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_featured_tag")),
        sa.UniqueConstraint("account_id", "tag", name=op.f("uq_featured_tag_account_id_tag")),
    )
    op.create_table(
        "filter",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("contexts", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_filter_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filter")),
    )
    op.create_index(op.f("ix_filter_account_id"), "filter", ["account_id"], unique=False)
    op.create_table(
        "follow",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("target_id", ID, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("reblogs", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("notify", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("languages", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_follow_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["account.id"], name=op.f("fk_follow_target_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow")),
        sa.UniqueConstraint("account_id", "target_id", name=op.f("uq_follow_account_id_target_id")),
        sa.UniqueConstraint("uri", name=op.f("uq_follow_uri")),
    )
    op.create_index("ix_follow_target_id_state", "follow", ["target_id", "state"], unique=False)
    op.create_table(
        "group",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("access", sa.String(length=16), nullable=False),
        sa.Column("specialty", sa.String(length=64), server_default="", nullable=False),
        sa.Column("languages", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), server_default="", nullable=False),
        sa.Column("rules_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("minimum_level", sa.Integer(), server_default="0", nullable=False),
        sa.Column("professions", sa.Text(), nullable=False),
        sa.Column("admission", sa.String(length=16), server_default="moderated", nullable=False),
        sa.Column("roster", sa.String(length=16), server_default="members", nullable=False),
        sa.Column("history", sa.String(length=16), server_default="full", nullable=False),
        sa.Column("retention_days", sa.Integer(), nullable=True),
        sa.Column("listed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("class_floor", sa.String(length=16), server_default="discussion", nullable=False),
        sa.Column("introduced", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("epoch", sa.Integer(), server_default="1", nullable=False),
        sa.Column("roster_version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("hosts", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("document_digest", sa.String(length=64), nullable=True),
        sa.Column("key", sa.String(length=128), server_default="", nullable=False),
        sa.Column("posted_at", sa.BigInteger(), nullable=True),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.Column("dissolved_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_group_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_group")),
    )
    op.create_table(
        "idempotency",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("post_id", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_idempotency_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("pk_idempotency")),
    )
    op.create_index(op.f("ix_idempotency_created_at"), "idempotency", ["created_at"], unique=False)
    op.create_table(
        "inbox_body",
        sa.Column("item_id", ID, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["inbox_item.id"], name=op.f("fk_inbox_body_item_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_inbox_body")),
    )
    op.create_table(
        "incident",
        sa.Column("id", ID, nullable=False),
        sa.Column("object_uri", sa.Text(), nullable=False),
        sa.Column("post_id", ID, nullable=True),
        sa.Column("group_id", ID, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reported_by", sa.String(length=255), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(length=255), server_default="", nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["account.id"], name=op.f("fk_incident_group_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index(op.f("ix_incident_object_uri"), "incident", ["object_uri"], unique=False)
    op.create_index("ix_incident_state_id", "incident", ["state", "id"], unique=False)
    op.create_table(
        "list",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("replies_policy", sa.String(length=16), server_default="list", nullable=False),
        sa.Column("exclusive", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_list_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list")),
    )
    op.create_index(op.f("ix_list_account_id"), "list", ["account_id"], unique=False)
    op.create_table(
        "locked_thread",
        sa.Column("thread_id", ID, nullable=False),
        sa.Column("group_id", ID, nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.Column("locked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["account.id"], name=op.f("fk_locked_thread_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("thread_id", name=op.f("pk_locked_thread")),
    )
    op.create_table(
        "marker",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("timeline", sa.String(length=16), nullable=False),
        sa.Column("last_read_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_marker_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "timeline", name=op.f("pk_marker")),
    )
    op.create_table(
        "mute",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("target_id", ID, nullable=False),
        sa.Column("notifications", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_mute_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["account.id"], name=op.f("fk_mute_target_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mute")),
        sa.UniqueConstraint("account_id", "target_id", name=op.f("uq_mute_account_id_target_id")),
    )
    op.create_index(op.f("ix_mute_target_id"), "mute", ["target_id"], unique=False)
    op.create_table(
        "newcomer",
        sa.Column("id", ID, nullable=False),
        sa.Column("group_id", ID, nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("offer_uri", sa.Text(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("said_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["account.id"], name=op.f("fk_newcomer_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_newcomer")),
        sa.UniqueConstraint("offer_uri", name=op.f("uq_newcomer_offer_uri")),
    )
    op.create_index("ix_newcomer_group_id_ended_at", "newcomer", ["group_id", "ended_at"], unique=False)
    op.create_table(
        "notification_permission",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("from_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_notification_permission_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["from_id"], ["account.id"], name=op.f("fk_notification_permission_from_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "from_id", name=op.f("pk_notification_permission")),
    )
    op.create_index(
        op.f("ix_notification_permission_from_id"), "notification_permission", ["from_id"], unique=False
    )
    op.create_table(
        "notification_policy",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("not_following", sa.String(length=8), nullable=False),
        sa.Column("not_followers", sa.String(length=8), nullable=False),
        sa.Column("new_accounts", sa.String(length=8), nullable=False),
        sa.Column("private_mentions", sa.String(length=8), nullable=False),
        sa.Column("limited_accounts", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_notification_policy_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_notification_policy")),
    )
    op.create_table(
        "notification_request",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("from_id", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_notification_request_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["from_id"], ["account.id"], name=op.f("fk_notification_request_from_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_request")),
        sa.UniqueConstraint("account_id", "from_id", name=op.f("uq_notification_request_account_id_from_id")),
    )
    op.create_index(
        op.f("ix_notification_request_from_id"), "notification_request", ["from_id"], unique=False
    )
    op.create_table(
        "post",
        sa.Column("id", ID, nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("local", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(length=16), server_default="note", nullable=False),
        sa.Column("visibility", sa.String(length=16), nullable=False),
        sa.Column("group_id", ID, nullable=True),
        sa.Column("content_class", sa.String(length=16), server_default="discussion", nullable=False),
        sa.Column("boost_of_id", ID, nullable=True),
        sa.Column("in_reply_to_id", ID, nullable=True),
        sa.Column("in_reply_to_uri", sa.Text(), nullable=True),
        sa.Column("in_reply_to_account_id", ID, nullable=True),
        sa.Column("thread_id", ID, nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_type", sa.String(length=32), server_default="text/plain", nullable=False),
        sa.Column("language", sa.String(length=16), nullable=True),
        sa.Column("sensitive", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("application", sa.Text(), nullable=True),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.Column("replies_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("boosts_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("favourites_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("standing", sa.String(length=16), server_default="published", nullable=False),
        sa.Column("standing_reason", sa.String(length=32), server_default="", nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_post_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["boost_of_id"], ["post.id"], name=op.f("fk_post_boost_of_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["group_id"], ["account.id"], name=op.f("fk_post_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post")),
        sa.UniqueConstraint("uri", name=op.f("uq_post_uri")),
    )
    op.create_index("ix_post_account_id_id", "post", ["account_id", "id"], unique=False)
    op.create_index(
        "ix_post_boost_of_id",
        "post",
        ["boost_of_id"],
        unique=False,
        sqlite_where=sa.text("boost_of_id IS NOT NULL"),
        postgresql_where=sa.text("boost_of_id IS NOT NULL"),
    )
    op.create_index(
        "ix_post_group_id_id",
        "post",
        ["group_id", "id"],
        unique=False,
        sqlite_where=sa.text("group_id IS NOT NULL"),
        postgresql_where=sa.text("group_id IS NOT NULL"),
    )
    op.create_index(
        "ix_post_in_reply_to_id",
        "post",
        ["in_reply_to_id"],
        unique=False,
        sqlite_where=sa.text("in_reply_to_id IS NOT NULL"),
        postgresql_where=sa.text("in_reply_to_id IS NOT NULL"),
    )
    op.create_index(
        "ix_post_in_reply_to_uri",
        "post",
        ["in_reply_to_uri"],
        unique=False,
        sqlite_where=sa.text("in_reply_to_uri IS NOT NULL"),
        postgresql_where=sa.text("in_reply_to_uri IS NOT NULL"),
    )
    op.create_index(
        "ix_post_public",
        "post",
        ["id"],
        unique=False,
        sqlite_where=sa.text("visibility = 'public'"),
        postgresql_where=sa.text("visibility = 'public'"),
    )
    op.create_index(
        "ix_post_public_local",
        "post",
        ["id"],
        unique=False,
        sqlite_where=sa.text("visibility = 'public' AND local"),
        postgresql_where=sa.text("visibility = 'public' AND local"),
    )
    op.create_index(op.f("ix_post_thread_id"), "post", ["thread_id"], unique=False)
    op.create_index(
        "uq_post_boost",
        "post",
        ["account_id", "boost_of_id"],
        unique=True,
        sqlite_where=sa.text("boost_of_id IS NOT NULL"),
        postgresql_where=sa.text("boost_of_id IS NOT NULL"),
    )
    op.create_table(
        "report",
        sa.Column("id", ID, nullable=False),
        sa.Column("uri", sa.Text(), nullable=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("target_id", ID, nullable=False),
        sa.Column("post_ids", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("forwarded", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_report_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["account.id"], name=op.f("fk_report_target_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("uri", name=op.f("uq_report_uri")),
    )
    op.create_table(
        "roster_slice",
        sa.Column("group_id", ID, nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("check_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["account.id"], name=op.f("fk_roster_slice_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "host", name=op.f("pk_roster_slice")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_roster_slice_check_at", "roster_slice", ["check_at"], unique=False)
    op.create_table(
        "scheduled_post",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("draft", sa.Text(), nullable=False),
        sa.Column("media_ids", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("failed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_scheduled_post_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduled_post")),
    )
    op.create_index(op.f("ix_scheduled_post_account_id"), "scheduled_post", ["account_id"], unique=False)
    op.create_index(op.f("ix_scheduled_post_due_at"), "scheduled_post", ["due_at"], unique=False)
    op.create_table(
        "stream_position",
        sa.Column("group_id", ID, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("behind", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("pull_at", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("hidden_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["account.id"], name=op.f("fk_stream_position_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_stream_position")),
    )
    op.create_index("ix_stream_position_pull_at", "stream_position", ["pull_at"], unique=False)
    op.create_table(
        "tag_follow",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("tag", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_tag_follow_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_follow")),
        sa.UniqueConstraint("account_id", "tag", name=op.f("uq_tag_follow_account_id_tag")),
    )
    op.create_index("ix_tag_follow_tag", "tag_follow", ["tag"], unique=False)
    op.create_table(
        "thread_mute",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("thread_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_thread_mute_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "thread_id", name=op.f("pk_thread_mute")),
    )
    op.create_table(
        "user",
        sa.Column("id", ID, nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=True),
        sa.Column("timezone", sa.String(length=64), nullable=True),
        sa.Column("quiet_from", sa.String(length=5), nullable=True),
        sa.Column("quiet_until", sa.String(length=5), nullable=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("accepted_terms_at", sa.BigInteger(), nullable=True),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=True),
        sa.Column("leaves_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_user_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
    )
    op.create_index(op.f("ix_user_account_id"), "user", ["account_id"], unique=False)
    op.create_table(
        "verification",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("profession", sa.String(length=32), nullable=False),
        sa.Column("specialties", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.String(length=2), server_default="", nullable=False),
        sa.Column("level", sa.Integer(), server_default="0", nullable=False),
        sa.Column("identity_level", sa.String(length=32), server_default="", nullable=False),
        sa.Column("authenticator_level", sa.String(length=32), server_default="", nullable=False),
        sa.Column("method", sa.String(length=32), server_default="", nullable=False),
        sa.Column("register", sa.String(length=32), server_default="", nullable=False),
        sa.Column("number_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("evidence", sa.Text(), server_default="", nullable=False),
        sa.Column("document_digest", sa.String(length=64), nullable=True),
        sa.Column("document_erase_at", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(length=255), server_default="", nullable=False),
        sa.Column("seconded_by", sa.String(length=255), server_default="", nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("valid_until", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_verification_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification")),
    )
    op.create_index(op.f("ix_verification_account_id"), "verification", ["account_id"], unique=False)
    op.create_index(
        op.f("ix_verification_document_erase_at"), "verification", ["document_erase_at"], unique=False
    )
    op.create_index("ix_verification_state_asked_at", "verification", ["state", "asked_at"], unique=False)
    op.create_table(
        "bookmark",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("post_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_bookmark_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_bookmark_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookmark")),
        sa.UniqueConstraint("account_id", "post_id", name=op.f("uq_bookmark_account_id_post_id")),
    )
    op.create_index("ix_bookmark_account_id_id", "bookmark", ["account_id", "id"], unique=False)
    op.create_index(op.f("ix_bookmark_post_id"), "bookmark", ["post_id"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", ID, nullable=False),
        sa.Column("activity_id", ID, nullable=False),
        sa.Column("destination", sa.String(length=255), nullable=False),
        sa.Column("inbox", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_reason", sa.String(length=64), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("stream", sa.Text(), nullable=True),
        sa.Column("profile", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("lane", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("released", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_delivery_activity_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("activity_id", "inbox", name=op.f("uq_delivery_activity_id_inbox")),
    )
    op.create_index(
        "ix_delivery_destination_state_id", "delivery", ["destination", "state", "id"], unique=False
    )
    op.create_index("ix_delivery_state_due_at", "delivery", ["state", "due_at"], unique=False)
    op.create_table(
        "favourite",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("post_id", ID, nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_favourite_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_favourite_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_favourite")),
        sa.UniqueConstraint("account_id", "post_id", name=op.f("uq_favourite_account_id_post_id")),
        sa.UniqueConstraint("uri", name=op.f("uq_favourite_uri")),
    )
    op.create_index("ix_favourite_account_id_id", "favourite", ["account_id", "id"], unique=False)
    op.create_index(op.f("ix_favourite_post_id"), "favourite", ["post_id"], unique=False)
    op.create_table(
        "filter_keyword",
        sa.Column("id", ID, nullable=False),
        sa.Column("filter_id", ID, nullable=False),
        sa.Column("keyword", sa.Text(), nullable=False),
        sa.Column("whole_word", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["filter_id"], ["filter.id"], name=op.f("fk_filter_keyword_filter_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filter_keyword")),
    )
    op.create_index(op.f("ix_filter_keyword_filter_id"), "filter_keyword", ["filter_id"], unique=False)
    op.create_table(
        "filter_post",
        sa.Column("id", ID, nullable=False),
        sa.Column("filter_id", ID, nullable=False),
        sa.Column("post_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["filter_id"], ["filter.id"], name=op.f("fk_filter_post_filter_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_filter_post_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filter_post")),
        sa.UniqueConstraint("filter_id", "post_id", name=op.f("uq_filter_post_filter_id_post_id")),
    )
    op.create_index(op.f("ix_filter_post_post_id"), "filter_post", ["post_id"], unique=False)
    op.create_table(
        "group_activity",
        sa.Column("id", ID, nullable=False),
        sa.Column("group_id", ID, nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("object_uri", sa.Text(), nullable=False),
        sa.Column("post_id", ID, nullable=True),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("content_class", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("inner", sa.LargeBinary(), nullable=True),
        sa.Column("activity_id", ID, nullable=True),
        sa.Column("accepted_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_group_activity_activity_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["account.id"], name=op.f("fk_group_activity_author_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["account.id"], name=op.f("fk_group_activity_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_activity")),
        sa.UniqueConstraint("uri", name=op.f("uq_group_activity_uri")),
    )
    op.create_index(op.f("ix_group_activity_activity_id"), "group_activity", ["activity_id"], unique=False)
    op.create_index("ix_group_activity_group_id_id", "group_activity", ["group_id", "id"], unique=False)
    op.create_index(op.f("ix_group_activity_object_uri"), "group_activity", ["object_uri"], unique=False)
    op.create_index(op.f("ix_group_activity_post_id"), "group_activity", ["post_id"], unique=False)
    op.create_table(
        "home_entry",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("post_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_home_entry_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_home_entry_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "post_id", name=op.f("pk_home_entry")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_home_entry_post_id"), "home_entry", ["post_id"], unique=False)
    op.create_table(
        "invitation",
        sa.Column("id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("email", sa.String(length=255), server_default="", nullable=False),
        sa.Column("role", sa.String(length=16), server_default="member", nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_invitation_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_table(
        "list_account",
        sa.Column("id", ID, nullable=False),
        sa.Column("list_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_list_account_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["list.id"], name=op.f("fk_list_account_list_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_account")),
        sa.UniqueConstraint("list_id", "account_id", name=op.f("uq_list_account_list_id_account_id")),
    )
    op.create_index(op.f("ix_list_account_account_id"), "list_account", ["account_id"], unique=False)
    op.create_table(
        "media",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("post_id", ID, nullable=True),
        sa.Column("scheduled_id", ID, nullable=True),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("mime", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("preview_digest", sa.String(length=64), nullable=True),
        sa.Column("preview_mime", sa.String(length=64), nullable=True),
        sa.Column("remote_url", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("blurhash", sa.String(length=128), nullable=True),
        sa.Column("width", sa.Integer(), server_default="0", nullable=False),
        sa.Column("height", sa.Integer(), server_default="0", nullable=False),
        sa.Column("size", sa.Integer(), server_default="0", nullable=False),
        sa.Column("focus_x", sa.Integer(), server_default="0", nullable=False),
        sa.Column("focus_y", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("signed_digest", sa.String(length=64), nullable=True),
        sa.Column("original", sa.String(length=64), nullable=True),
        sa.Column("key_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("duration", sa.Integer(), server_default="0", nullable=False),
        sa.Column("upload", sa.String(length=64), nullable=True),
        sa.Column("refusal", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_media_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_media_post_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["scheduled_id"], ["scheduled_post.id"], name=op.f("fk_media_scheduled_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
    )
    op.create_index("ix_media_digest", "media", ["digest"], unique=False)
    op.create_index(
        "ix_media_original",
        "media",
        ["original"],
        unique=False,
        sqlite_where=sa.text("original IS NOT NULL"),
        postgresql_where=sa.text("original IS NOT NULL"),
    )
    op.create_index(op.f("ix_media_post_id"), "media", ["post_id"], unique=False)
    op.create_index("ix_media_preview_digest", "media", ["preview_digest"], unique=False)
    op.create_index(op.f("ix_media_scheduled_id"), "media", ["scheduled_id"], unique=False)
    op.create_index(
        "ix_media_signed_digest",
        "media",
        ["signed_digest"],
        unique=False,
        sqlite_where=sa.text("signed_digest IS NOT NULL"),
        postgresql_where=sa.text("signed_digest IS NOT NULL"),
    )
    op.create_index(
        "ix_media_upload",
        "media",
        ["upload"],
        unique=False,
        sqlite_where=sa.text("upload IS NOT NULL"),
        postgresql_where=sa.text("upload IS NOT NULL"),
    )
    op.create_table(
        "membership",
        sa.Column("id", ID, nullable=False),
        sa.Column("group_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("role", sa.String(length=16), server_default="member", nullable=False),
        sa.Column("join_uri", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("joined_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=32), server_default="", nullable=False),
        sa.Column("rules_version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("invited_by", ID, nullable=True),
        sa.Column("attestation_id", ID, nullable=True),
        sa.Column("stamp", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("ask_again_at", sa.BigInteger(), nullable=True),
        sa.Column("asked_times", sa.Integer(), server_default="0", nullable=False),
        sa.Column("admitted_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_membership_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["attestation_id"],
            ["attestation.id"],
            name=op.f("fk_membership_attestation_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["account.id"], name=op.f("fk_membership_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint("group_id", "account_id", name=op.f("uq_membership_group_id_account_id")),
        sa.UniqueConstraint("join_uri", name=op.f("uq_membership_join_uri")),
    )
    op.create_index("ix_membership_account_id_state", "membership", ["account_id", "state"], unique=False)
    op.create_index("ix_membership_ask_again_at", "membership", ["ask_again_at"], unique=False)
    op.create_index("ix_membership_group_id_state", "membership", ["group_id", "state"], unique=False)
    op.create_table(
        "mention",
        sa.Column("post_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("silent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_mention_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_mention_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", "account_id", name=op.f("pk_mention")),
    )
    op.create_index("ix_mention_account_id_post_id", "mention", ["account_id", "post_id"], unique=False)
    op.create_table(
        "newcomer_answer",
        sa.Column("newcomer_id", ID, nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["newcomer_id"], ["newcomer.id"], name=op.f("fk_newcomer_answer_newcomer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("newcomer_id", "host", name=op.f("pk_newcomer_answer")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "notification",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("from_id", ID, nullable=False),
        sa.Column("post_id", ID, nullable=True),
        sa.Column("cause", sa.String(length=128), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("dismissed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("filtered", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_notification_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["from_id"], ["account.id"], name=op.f("fk_notification_from_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_notification_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("account_id", "cause", name=op.f("uq_notification_account_id_cause")),
    )
    op.create_index("ix_notification_account_id_id", "notification", ["account_id", "id"], unique=False)
    op.create_index(op.f("ix_notification_from_id"), "notification", ["from_id"], unique=False)
    op.create_index(op.f("ix_notification_post_id"), "notification", ["post_id"], unique=False)
    op.create_table(
        "oauth_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("app_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("challenge", sa.String(length=128), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("token_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_oauth_code_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["app_id"], ["oauth_app.id"], name=op.f("fk_oauth_code_app_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_oauth_code_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_oauth_code")),
    )
    op.create_table(
        "oauth_token",
        sa.Column("id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("app_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_oauth_token_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["app_id"], ["oauth_app.id"], name=op.f("fk_oauth_token_app_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_oauth_token_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_oauth_token_token_hash")),
    )
    op.create_index(op.f("ix_oauth_token_account_id"), "oauth_token", ["account_id"], unique=False)
    op.create_index(op.f("ix_oauth_token_app_id"), "oauth_token", ["app_id"], unique=False)
    op.create_index(op.f("ix_oauth_token_user_id"), "oauth_token", ["user_id"], unique=False)
    op.create_table(
        "pin",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("post_id", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_pin_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_pin_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "post_id", name=op.f("pk_pin")),
    )
    op.create_table(
        "poll",
        sa.Column("id", ID, nullable=False),
        sa.Column("post_id", ID, nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("multiple", sa.Boolean(), nullable=False),
        sa.Column("hide_totals", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("voters_count", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_poll_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll")),
        sa.UniqueConstraint("post_id", name=op.f("uq_poll_post_id")),
    )
    op.create_table(
        "post_tag",
        sa.Column("tag", sa.String(length=255), nullable=False),
        sa.Column("post_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_post_tag_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tag", "post_id", name=op.f("pk_post_tag")),
    )
    op.create_index(op.f("ix_post_tag_post_id"), "post_tag", ["post_id"], unique=False)
    op.create_table(
        "recovery_code",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_recovery_code_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "code_hash", name=op.f("pk_recovery_code")),
    )
    op.create_table(
        "revision",
        sa.Column("id", ID, nullable=False),
        sa.Column("post_id", ID, nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("media", sa.Text(), nullable=False),
        sa.Column("poll", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_revision_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
    )
    op.create_index(op.f("ix_revision_post_id"), "revision", ["post_id"], unique=False)
    op.create_table(
        "second_factor",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("credential_id", sa.LargeBinary(), nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("sign_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_second_factor_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_second_factor_credential_id")),
    )
    op.create_index(op.f("ix_second_factor_user_id"), "second_factor", ["user_id"], unique=False)
    op.create_table(
        "user_account",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_user_account_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_user_account_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "account_id", name=op.f("pk_user_account")),
    )
    op.create_table(
        "web_session",
        sa.Column("id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("factor_at", sa.BigInteger(), nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_web_session_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_web_session_token_hash")),
    )
    op.create_index(op.f("ix_web_session_user_id"), "web_session", ["user_id"], unique=False)
    op.create_table(
        "poll_vote",
        sa.Column("poll_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("choice", sa.Integer(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_poll_vote_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["poll_id"], ["poll.id"], name=op.f("fk_poll_vote_poll_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("poll_id", "account_id", "choice", name=op.f("pk_poll_vote")),
    )
    op.create_table(
        "push_subscription",
        sa.Column("token_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("standard", sa.Boolean(), nullable=False),
        sa.Column("alerts", sa.Text(), nullable=False),
        sa.Column("policy", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retry_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_push_subscription_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["token_id"], ["oauth_token.id"], name=op.f("fk_push_subscription_token_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_push_subscription")),
    )
    op.create_index(
        op.f("ix_push_subscription_account_id"), "push_subscription", ["account_id"], unique=False
    )
    op.create_table(
        "stream_entry",
        sa.Column("group_id", ID, nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("group_activity_id", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_activity_id"],
            ["group_activity.id"],
            name=op.f("fk_stream_entry_group_activity_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["account.id"], name=op.f("fk_stream_entry_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "host", "n", name=op.f("pk_stream_entry")),
        sqlite_with_rowid=False,
    )
    op.create_index("uq_stream_entry_activity", "stream_entry", ["group_activity_id", "host"], unique=True)
    op.create_table(
        "push_message",
        sa.Column("token_id", ID, nullable=False),
        sa.Column("notification_id", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notification.id"],
            name=op.f("fk_push_message_notification_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["token_id"],
            ["push_subscription.token_id"],
            name=op.f("fk_push_message_token_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_id", "notification_id", name=op.f("pk_push_message")),
    )
    op.create_index(op.f("ix_push_message_due_at"), "push_message", ["due_at"], unique=False)
    op.create_index(
        op.f("ix_push_message_notification_id"), "push_message", ["notification_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_push_message_notification_id"), table_name="push_message")
    op.drop_index(op.f("ix_push_message_due_at"), table_name="push_message")
    op.drop_table("push_message")
    op.drop_index("uq_stream_entry_activity", table_name="stream_entry")
    op.drop_table("stream_entry")
    op.drop_index(op.f("ix_push_subscription_account_id"), table_name="push_subscription")
    op.drop_table("push_subscription")
    op.drop_table("poll_vote")
    op.drop_index(op.f("ix_web_session_user_id"), table_name="web_session")
    op.drop_table("web_session")
    op.drop_table("user_account")
    op.drop_index(op.f("ix_second_factor_user_id"), table_name="second_factor")
    op.drop_table("second_factor")
    op.drop_index(op.f("ix_revision_post_id"), table_name="revision")
    op.drop_table("revision")
    op.drop_table("recovery_code")
    op.drop_index(op.f("ix_post_tag_post_id"), table_name="post_tag")
    op.drop_table("post_tag")
    op.drop_table("poll")
    op.drop_table("pin")
    op.drop_index(op.f("ix_oauth_token_user_id"), table_name="oauth_token")
    op.drop_index(op.f("ix_oauth_token_app_id"), table_name="oauth_token")
    op.drop_index(op.f("ix_oauth_token_account_id"), table_name="oauth_token")
    op.drop_table("oauth_token")
    op.drop_table("oauth_code")
    op.drop_index(op.f("ix_notification_post_id"), table_name="notification")
    op.drop_index(op.f("ix_notification_from_id"), table_name="notification")
    op.drop_index("ix_notification_account_id_id", table_name="notification")
    op.drop_table("notification")
    op.drop_table("newcomer_answer")
    op.drop_index("ix_mention_account_id_post_id", table_name="mention")
    op.drop_table("mention")
    op.drop_index("ix_membership_group_id_state", table_name="membership")
    op.drop_index("ix_membership_ask_again_at", table_name="membership")
    op.drop_index("ix_membership_account_id_state", table_name="membership")
    op.drop_table("membership")
    op.drop_index(
        "ix_media_upload",
        table_name="media",
        sqlite_where=sa.text("upload IS NOT NULL"),
        postgresql_where=sa.text("upload IS NOT NULL"),
    )
    op.drop_index(
        "ix_media_signed_digest",
        table_name="media",
        sqlite_where=sa.text("signed_digest IS NOT NULL"),
        postgresql_where=sa.text("signed_digest IS NOT NULL"),
    )
    op.drop_index(op.f("ix_media_scheduled_id"), table_name="media")
    op.drop_index("ix_media_preview_digest", table_name="media")
    op.drop_index(op.f("ix_media_post_id"), table_name="media")
    op.drop_index(
        "ix_media_original",
        table_name="media",
        sqlite_where=sa.text("original IS NOT NULL"),
        postgresql_where=sa.text("original IS NOT NULL"),
    )
    op.drop_index("ix_media_digest", table_name="media")
    op.drop_table("media")
    op.drop_index(op.f("ix_list_account_account_id"), table_name="list_account")
    op.drop_table("list_account")
    op.drop_table("invitation")
    op.drop_index(op.f("ix_home_entry_post_id"), table_name="home_entry")
    op.drop_table("home_entry")
    op.drop_index(op.f("ix_group_activity_post_id"), table_name="group_activity")
    op.drop_index(op.f("ix_group_activity_object_uri"), table_name="group_activity")
    op.drop_index("ix_group_activity_group_id_id", table_name="group_activity")
    op.drop_index(op.f("ix_group_activity_activity_id"), table_name="group_activity")
    op.drop_table("group_activity")
    op.drop_index(op.f("ix_filter_post_post_id"), table_name="filter_post")
    op.drop_table("filter_post")
    op.drop_index(op.f("ix_filter_keyword_filter_id"), table_name="filter_keyword")
    op.drop_table("filter_keyword")
    op.drop_index(op.f("ix_favourite_post_id"), table_name="favourite")
    op.drop_index("ix_favourite_account_id_id", table_name="favourite")
    op.drop_table("favourite")
    op.drop_index("ix_delivery_state_due_at", table_name="delivery")
    op.drop_index("ix_delivery_destination_state_id", table_name="delivery")
    op.drop_table("delivery")
    op.drop_index(op.f("ix_bookmark_post_id"), table_name="bookmark")
    op.drop_index("ix_bookmark_account_id_id", table_name="bookmark")
    op.drop_table("bookmark")
    op.drop_index("ix_verification_state_asked_at", table_name="verification")
    op.drop_index(op.f("ix_verification_document_erase_at"), table_name="verification")
    op.drop_index(op.f("ix_verification_account_id"), table_name="verification")
    op.drop_table("verification")
    op.drop_index(op.f("ix_user_account_id"), table_name="user")
    op.drop_table("user")
    op.drop_table("thread_mute")
    op.drop_index("ix_tag_follow_tag", table_name="tag_follow")
    op.drop_table("tag_follow")
    op.drop_index("ix_stream_position_pull_at", table_name="stream_position")
    op.drop_table("stream_position")
    op.drop_index(op.f("ix_scheduled_post_due_at"), table_name="scheduled_post")
    op.drop_index(op.f("ix_scheduled_post_account_id"), table_name="scheduled_post")
    op.drop_table("scheduled_post")
    op.drop_index("ix_roster_slice_check_at", table_name="roster_slice")
    op.drop_table("roster_slice")
    op.drop_table("report")
    op.drop_index(
        "uq_post_boost",
        table_name="post",
        sqlite_where=sa.text("boost_of_id IS NOT NULL"),
        postgresql_where=sa.text("boost_of_id IS NOT NULL"),
    )
    op.drop_index(op.f("ix_post_thread_id"), table_name="post")
    op.drop_index(
        "ix_post_public_local",
        table_name="post",
        sqlite_where=sa.text("visibility = 'public' AND local"),
        postgresql_where=sa.text("visibility = 'public' AND local"),
    )
    op.drop_index(
        "ix_post_public",
        table_name="post",
        sqlite_where=sa.text("visibility = 'public'"),
        postgresql_where=sa.text("visibility = 'public'"),
    )
    op.drop_index(
        "ix_post_in_reply_to_uri",
        table_name="post",
        sqlite_where=sa.text("in_reply_to_uri IS NOT NULL"),
        postgresql_where=sa.text("in_reply_to_uri IS NOT NULL"),
    )
    op.drop_index(
        "ix_post_in_reply_to_id",
        table_name="post",
        sqlite_where=sa.text("in_reply_to_id IS NOT NULL"),
        postgresql_where=sa.text("in_reply_to_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_post_group_id_id",
        table_name="post",
        sqlite_where=sa.text("group_id IS NOT NULL"),
        postgresql_where=sa.text("group_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_post_boost_of_id",
        table_name="post",
        sqlite_where=sa.text("boost_of_id IS NOT NULL"),
        postgresql_where=sa.text("boost_of_id IS NOT NULL"),
    )
    op.drop_index("ix_post_account_id_id", table_name="post")
    op.drop_table("post")
    op.drop_index(op.f("ix_notification_request_from_id"), table_name="notification_request")
    op.drop_table("notification_request")
    op.drop_table("notification_policy")
    op.drop_index(op.f("ix_notification_permission_from_id"), table_name="notification_permission")
    op.drop_table("notification_permission")
    op.drop_index("ix_newcomer_group_id_ended_at", table_name="newcomer")
    op.drop_table("newcomer")
    op.drop_index(op.f("ix_mute_target_id"), table_name="mute")
    op.drop_table("mute")
    op.drop_table("marker")
    op.drop_table("locked_thread")
    op.drop_index(op.f("ix_list_account_id"), table_name="list")
    op.drop_table("list")
    op.drop_index("ix_incident_state_id", table_name="incident")
    op.drop_index(op.f("ix_incident_object_uri"), table_name="incident")
    op.drop_table("incident")
    op.drop_table("inbox_body")
    op.drop_index(op.f("ix_idempotency_created_at"), table_name="idempotency")
    op.drop_table("idempotency")
    op.drop_table("group")
    op.drop_index("ix_follow_target_id_state", table_name="follow")
    op.drop_table("follow")
    op.drop_index(op.f("ix_filter_account_id"), table_name="filter")
    op.drop_table("filter")
    op.drop_table("featured_tag")
    op.drop_index(op.f("ix_endorsement_target_id"), table_name="endorsement")
    op.drop_table("endorsement")
    op.drop_table("domain_block")
    op.drop_index(op.f("ix_conversation_last_post_id"), table_name="conversation")
    op.drop_table("conversation")
    op.drop_index(op.f("ix_block_target_id"), table_name="block")
    op.drop_table("block")
    op.drop_index(op.f("ix_attestation_valid_until"), table_name="attestation")
    op.drop_index(op.f("ix_attestation_issuer"), table_name="attestation")
    op.drop_index("ix_attestation_account_id_group_id", table_name="attestation")
    op.drop_table("attestation")
    op.drop_index(op.f("ix_activity_post_id"), table_name="activity")
    op.drop_index(op.f("ix_activity_account_id"), table_name="activity")
    op.drop_table("activity")
    op.drop_table("account_note")
    op.drop_index(op.f("ix_account_key_account_id"), table_name="account_key")
    op.drop_table("account_key")
    op.drop_table("trial")
    op.drop_index(op.f("ix_tombstone_deleted_at"), table_name="tombstone")
    op.drop_table("tombstone")
    op.drop_index(op.f("ix_status_list_issuer"), table_name="status_list")
    op.drop_table("status_list")
    op.drop_index(op.f("ix_spent_until"), table_name="spent")
    op.drop_table("spent")
    op.drop_table("signin_attempt")
    op.drop_table("seal_start")
    op.drop_table("seal")
    op.drop_index(op.f("ix_purge_register_object_uri"), table_name="purge_register")
    op.drop_table("purge_register")
    op.drop_index("ix_purge_state_asked_at", table_name="purge")
    op.drop_index(op.f("ix_purge_object_uri"), table_name="purge")
    op.drop_index("ix_purge_host_state", table_name="purge")
    op.drop_index(op.f("ix_purge_group_id"), table_name="purge")
    op.drop_table("purge")
    op.drop_table("probe")
    op.drop_index(op.f("ix_post_read_object_uri"), table_name="post_read")
    op.drop_index(op.f("ix_post_read_day"), table_name="post_read")
    op.drop_table("post_read")
    op.drop_index(
        "uq_policy_in_force",
        table_name="policy",
        sqlite_where=sa.text("state = 'in_force'"),
        postgresql_where=sa.text("state = 'in_force'"),
    )
    op.drop_table("policy")
    op.drop_table("partner_head")
    op.drop_index(op.f("ix_partner_next_probe_at"), table_name="partner")
    op.drop_table("partner")
    op.drop_table("oauth_app")
    op.drop_table("meta")
    op.drop_index(op.f("ix_mail_due_at"), table_name="mail")
    op.drop_table("mail")
    op.drop_table("legal_hold")
    op.drop_index(op.f("ix_ledger_post_id"), table_name="ledger")
    op.drop_index("ix_ledger_host_id", table_name="ledger")
    op.drop_index(op.f("ix_ledger_group_id"), table_name="ledger")
    op.drop_table("ledger")
    op.drop_table("lease")
    op.drop_table("knock")
    op.drop_table("inventory")
    op.drop_table("instance")
    op.drop_index(
        "ix_inbox_item_state_due_at",
        table_name="inbox_item",
        sqlite_where=sa.text("state <> 'done'"),
        postgresql_where=sa.text("state <> 'done'"),
    )
    op.drop_table("inbox_item")
    op.drop_index("ix_hold_verdict_at", table_name="hold")
    op.drop_table("hold")
    op.drop_index("ix_group_opening_group_id_id", table_name="group_opening")
    op.drop_table("group_opening")
    op.drop_table("federation_list_version")
    op.drop_table("federation_list")
    op.drop_index("ix_event_state_due_at", table_name="event")
    op.drop_table("event")
    op.drop_index("ix_decision_peer_id", table_name="decision")
    op.drop_index(
        "ix_decision_effect_id",
        table_name="decision",
        sqlite_where=sa.text("effect <> 'allow'"),
        postgresql_where=sa.text("effect <> 'allow'"),
    )
    op.drop_table("decision")
    op.drop_table("crossing")
    op.drop_table("change")
    op.drop_index("ix_audit_target_id", table_name="audit")
    op.drop_table("audit")
    op.drop_index("ix_account_domain", table_name="account")
    op.drop_table("account")
