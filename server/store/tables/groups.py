"""Groups, who is in them, what they distributed, and how far a stream was read."""

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
    text,
)

from server.store.tables.types import Id, Json, Moment, metadata, then_by_id

group = Table(
    "group",
    metadata,
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("access", String(16), nullable=False),  # domain.boundary.GroupAccess
    Column("specialty", String(64), nullable=False, server_default=""),
    Column("languages", Json, nullable=False),  # ["en", …]
    Column("rules", Text, nullable=False, server_default=""),  # Markdown, accepted on joining
    Column("rules_version", Integer, nullable=False, server_default="1"),
    Column("minimum_level", Integer, nullable=False, server_default="0"),
    Column("professions", Json, nullable=False),  # ["physician", …]; empty: every profession
    Column("admission", String(16), nullable=False, server_default="moderated"),  # domain.groups.Admission
    Column("roster", String(16), nullable=False, server_default="members"),  # domain.groups.Roster
    Column("history", String(16), nullable=False, server_default="full"),  # domain.groups.History
    Column("retention_days", Integer),
    Column("listed", Boolean, nullable=False, server_default=text("false")),
    Column("class_floor", String(16), nullable=False, server_default="discussion"),
    Column(
        "introduced", Boolean, nullable=False, server_default=text("true")
    ),  # authors of hosts unknown here
    Column("epoch", Integer, nullable=False, server_default="1"),
    Column("roster_version", Integer, nullable=False, server_default="0"),
    Column("hosts", Json, nullable=False),  # remote: [[origin, key, since], …] as its document states
    Column("document", LargeBinary),  # remote: the signed document, verbatim
    Column("document_digest", String(64)),
    Column("key", String(128), nullable=False, server_default=""),  # remote: its Ed25519 Multikey, proven
    Column("posted_at", Moment),  # of the first post: access never changes after it
    Column("fetched_at", Moment),
    Column("dissolved_at", Moment),
    Column("created_at", Moment, nullable=False),
)

membership = Table(
    "membership",
    metadata,
    Column("id", Id, primary_key=True),
    Column("group_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("state", String(16), nullable=False),  # domain.groups.MembershipState
    Column("role", String(16), nullable=False, server_default="member"),  # domain.groups.MembershipRole
    Column("join_uri", Text, unique=True),  # of the request that stands
    Column("asked_at", Moment),  # when that request was made, by its own words
    Column("joined_at", Moment),
    Column("ended_at", Moment),
    Column("left_at", Moment),  # of the last Leave: an older request is superseded
    Column("reason", String(32), nullable=False, server_default=""),  # domain.groups.Reason
    Column("rules_version", Integer, nullable=False, server_default="0"),  # of the rules that were accepted
    Column("invited_by", Id),
    Column("attestation_id", Id, ForeignKey("attestation.id", ondelete="SET NULL")),
    Column(
        "stamp", BigInteger, nullable=False, server_default="0"
    ),  # epoch << 32 | version of the roster with its last change
    Column("answered_at", Moment),  # when the standing answer was last given
    Column("ask_again_at", Moment),  # an unanswered request is sent again, with the same bytes
    Column("asked_times", Integer, nullable=False, server_default="0"),
    Column("admitted_at", Moment),  # decided; waits until members were told of a new institution
    Column("created_at", Moment, nullable=False),
    Column("domain", String(255), nullable=False, server_default=""),  # of the account; "": here
    UniqueConstraint("group_id", "account_id"),
    Index("ix_membership_group_id_state_domain", "group_id", "state", "domain"),
    Index("ix_membership_account_id_state", "account_id", "state"),
    Index("ix_membership_ask_again_at", "ask_again_at"),
)

newcomer = Table(
    "newcomer",
    metadata,
    # an institution about to have its first member in a group: members are told first
    Column("id", Id, primary_key=True),
    Column("group_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("host", String(255), nullable=False),
    Column("offer_uri", Text, nullable=False, unique=True),  # by which the group tells other instances
    Column("began_at", Moment, nullable=False),
    Column("until_at", Moment, nullable=False),  # whoever has not answered by then is not waited for
    Column("said_at", Moment),  # when the offer, or at a member's instance the answer, last left
    Column("ended_at", Moment),  # at the group's instance
    Index("ix_newcomer_group_id_ended_at", "group_id", "ended_at"),
)

newcomer_answer = Table(
    "newcomer_answer",
    metadata,
    # at the group's instance: which instances are to tell their members, and when each had
    Column("newcomer_id", Id, ForeignKey("newcomer.id", ondelete="CASCADE"), primary_key=True),
    Column("host", String(255), primary_key=True),
    Column("answered_at", Moment),
    sqlite_with_rowid=False,
)

roster_slice = Table(
    "roster_slice",
    metadata,
    # what the members of one instance come to: compared between a group's instance and that one
    Column("group_id", Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("host", String(255), primary_key=True),
    Column("stamp", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),  # XOR of the SHA-256 of the ids on the roster, hex
    Column("failing_since", Moment),  # at a member's instance: since when it could not be reconciled
    Column("check_at", Moment),
    Index("ix_roster_slice_check_at", "check_at"),
    sqlite_with_rowid=False,
)

group_activity = Table(
    "group_activity",
    metadata,
    # at the group's own instance: everything it distributed, in order
    Column("id", Id, primary_key=True),
    Column("group_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("uri", Text, nullable=False, unique=True),  # of the inner activity
    Column("kind", String(16), nullable=False),  # Create, Update, Delete, Like, Undo, Remove …
    Column("object_uri", Text, nullable=False, index=True),
    Column("post_id", Id, index=True),  # no foreign key: the log outlives its posts
    Column("author_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("content_class", String(16), nullable=False),
    Column("digest", String(64), nullable=False),  # SHA-256 of the canonical form of the inner activity, hex
    Column("inner", LargeBinary),  # verbatim, until the Announce that carries it is made
    Column("activity_id", Id, ForeignKey("activity.id", ondelete="SET NULL"), index=True),  # that Announce
    Column("accepted_at", Moment, nullable=False),
    *then_by_id("group_activity", "group_id"),
)

stream_entry = Table(
    "stream_entry",
    metadata,
    # what was released to one host, in the order of its release
    Column("group_id", Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("host", String(255), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("group_activity_id", Id, ForeignKey("group_activity.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("uq_stream_entry_activity", "group_activity_id", "host", unique=True),
    sqlite_with_rowid=False,
)

stream_position = Table(
    "stream_position",
    metadata,
    # at a member's instance: how far the stream of a group elsewhere was read
    Column("group_id", Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("n", Integer, nullable=False),
    Column("behind", Boolean, nullable=False, server_default=text("false")),
    Column("pull_at", Moment),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("hidden_at", Moment),  # the group is hidden while its roster cannot be reconciled
    Column("missed", Integer),  # the first position that was refused: read again when that may change
    Index("ix_stream_position_pull_at", "pull_at"),
)

group_opening = Table(
    "group_opening",
    metadata,
    # one of the staff opened a group without being in it, in an emergency; kept when either is gone
    Column("id", Id, primary_key=True),
    Column("group_id", Id, nullable=False),  # no foreign keys: that it was opened stays known
    Column("group_uri", Text, nullable=False),
    Column("account_id", Id, nullable=False),
    Column("reason", Text, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("ended_by", String(255), nullable=False, server_default=""),
    *then_by_id("group_opening", "group_id"),
)

locked_thread = Table(
    "locked_thread",
    metadata,
    Column("thread_id", Id, primary_key=True),
    Column("group_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("by_id", Id, nullable=False),
    Column("locked_at", Moment, nullable=False),
)

moderator_elsewhere = Table(
    "moderator_elsewhere",
    metadata,
    # a member here who moderates an open group elsewhere, as its list said when it was last read
    Column("group_id", Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("moderators_uri", Text, nullable=False),  # the lists of the group, by which they are changed
    Column("featured_uri", Text, nullable=False, server_default=""),
    sqlite_with_rowid=False,
)

moderation_asked = Table(
    "moderation_asked",
    metadata,
    # what members here did in open groups elsewhere, until those announce it
    Column("id", Id, primary_key=True),
    Column("group_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("verb", String(16), nullable=False),  # domain.moderation.Verb
    Column("uri", Text, nullable=False),  # of the post or the person
    Column("asked_at", Moment, nullable=False),
    Index("ix_moderation_asked_group_id_uri", "group_id", "uri"),
)
