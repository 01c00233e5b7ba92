"""Posts and what hangs on them. A deleted post leaves a tombstone, so that a late copy does not bring it back."""

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

from server.store.tables.types import BLOB, Id, Json, Moment, metadata, only_on, then_by_id

post = Table(
    "post",
    metadata,
    Column("id", Id, primary_key=True),  # time of arrival here
    Column("uri", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False),  # of its page; "": its id is that too
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("local", Boolean, nullable=False),
    Column("kind", String(16), nullable=False, server_default="note"),  # note | article | question | boost
    Column("visibility", String(16), nullable=False),  # domain.posts.Visibility
    Column("group_id", Id, ForeignKey("account.id")),  # the audience is this group's members
    Column("content_class", String(16), nullable=False, server_default="discussion"),
    Column("boost_of_id", Id, ForeignKey("post.id", ondelete="CASCADE")),
    Column("in_reply_to_id", Id),  # no foreign key: the parent may go while the answer stays
    Column("in_reply_to_uri", Text),
    Column("in_reply_to_account_id", Id),
    Column("thread_id", Id, nullable=False, index=True),  # id of the oldest known post of the thread
    Column("title", Text, nullable=False, server_default=""),  # name of an Article
    Column("summary", Text, nullable=False, server_default=""),  # content warning
    Column("content", Text, nullable=False),  # sanitised HTML
    Column("source", Text),  # local: what the author typed
    Column("source_type", String(32), nullable=False, server_default="text/plain"),
    Column("language", String(16)),
    Column("sensitive", Boolean, nullable=False, server_default=text("false")),
    Column("tags", Json, nullable=False),  # ["tag", …] folded
    Column("application", Text),  # name of the app, local posts
    Column("published_at", Moment, nullable=False),
    Column("edited_at", Moment),
    Column("replies_count", Integer, nullable=False, server_default="0"),
    Column("boosts_count", Integer, nullable=False, server_default="0"),
    Column("favourites_count", Integer, nullable=False, server_default="0"),
    Column(
        "version", Integer, nullable=False, server_default="1"
    ),  # raised by each change that an entity shows
    Column("standing", String(16), nullable=False, server_default="published"),  # domain.posts.Standing
    Column("standing_reason", String(32), nullable=False, server_default=""),  # domain.groups.Reason
    Column("digest", String(64)),  # of the signed activity that made this version, in a members-only group
    *then_by_id("post", "account_id"),
    # most posts are neither boost nor answer, and need no entry
    *(
        Index(
            f"ix_post_{name}",
            name,
            sqlite_where=text(f"{name} IS NOT NULL"),
            postgresql_where=text(f"{name} IS NOT NULL"),
        )
        for name in ("boost_of_id", "in_reply_to_id", "in_reply_to_uri")
    ),
    *then_by_id("post", "group_id", where="group_id IS NOT NULL"),
    Index(
        "uq_post_boost",
        "account_id",
        "boost_of_id",
        unique=True,
        sqlite_where=text("boost_of_id IS NOT NULL"),
        postgresql_where=text("boost_of_id IS NOT NULL"),
    ),
    # timelines of public posts leave boosts out: on SQLite the index holds nothing but what says so, and the rowid
    only_on("postgresql", Index("ix_post_public", "id", postgresql_where=text("visibility = 'public'"))),
    only_on(
        "postgresql",
        Index("ix_post_public_local", "id", postgresql_where=text("visibility = 'public' AND local")),
    ),
    only_on(
        "sqlite",
        Index(
            "ix_post_unboosted",
            "boost_of_id",
            sqlite_where=text("visibility = 'public' AND boost_of_id IS NULL"),
        ),
    ),
    # it is asked for `local = 1`, and takes an index only whose condition says that in the same words
    only_on(
        "sqlite", Index("ix_post_local", "local", sqlite_where=text("visibility = 'public' AND local = 1"))
    ),
)

revision = Table(
    "revision",
    metadata,
    Column("id", Id, primary_key=True),
    Column("post_id", Id, ForeignKey("post.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("summary", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("sensitive", Boolean, nullable=False),
    Column("media", Json, nullable=False),
    Column("poll", Json),
    Column("created_at", Moment, nullable=False),
)

mention = Table(
    "mention",
    metadata,
    Column("post_id", Id, ForeignKey("post.id", ondelete="CASCADE"), primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "silent", Boolean, nullable=False, server_default=text("false")
    ),  # addressed but not named in the text
    Index("ix_mention_account_id_post_id", "account_id", "post_id"),
    sqlite_with_rowid=False,
)

post_tag = Table(
    "post_tag",
    metadata,
    Column("tag", String(255), primary_key=True),
    Column("post_id", Id, ForeignKey("post.id", ondelete="CASCADE"), primary_key=True, index=True),
)

media = Table(
    "media",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("post_id", Id, ForeignKey("post.id", ondelete="CASCADE"), index=True),
    Column("scheduled_id", Id, ForeignKey("scheduled_post.id", ondelete="SET NULL"), index=True),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("kind", String(16), nullable=False),  # image, video, gifv, audio
    Column("mime", String(64), nullable=False),
    Column("digest", String(64), info=BLOB),  # local bytes in the vault
    Column("preview_digest", String(64), info=BLOB),
    Column("preview_mime", String(64)),
    Column("remote_url", Text),
    Column("description", Text, nullable=False, server_default=""),
    Column("blurhash", String(128)),
    Column("width", Integer, nullable=False, server_default="0"),
    Column("height", Integer, nullable=False, server_default="0"),
    Column("size", Integer, nullable=False, server_default="0"),
    Column("focus_x", Integer, nullable=False, server_default="0"),  # thousandths, -1000..1000
    Column("focus_y", Integer, nullable=False, server_default="0"),
    Column("created_at", Moment, nullable=False),
    Column("signed_digest", String(64)),  # in a members-only group: of the bytes, as their author signed it
    Column("original", String(64), info=BLOB),  # at the group's instance: those bytes in the vault, encrypted
    Column("key_sealed", LargeBinary),  # opens what the vault has of it; gone with the row
    Column("duration", Integer, nullable=False, server_default="0"),  # milliseconds
    Column("upload", String(64), info=BLOB),  # sealed, as it was sent, until it is made anew
    Column("refusal", String(32)),  # why it could not be
    Index("ix_media_digest", "digest"),
    Index(
        "ix_media_signed_digest",
        "signed_digest",
        sqlite_where=text("signed_digest IS NOT NULL"),
        postgresql_where=text("signed_digest IS NOT NULL"),
    ),
    Index("ix_media_preview_digest", "preview_digest"),
    Index(
        "ix_media_original",
        "original",
        sqlite_where=text("original IS NOT NULL"),
        postgresql_where=text("original IS NOT NULL"),
    ),
    Index(
        "ix_media_upload",
        "upload",
        sqlite_where=text("upload IS NOT NULL"),
        postgresql_where=text("upload IS NOT NULL"),
    ),
)

scheduled_post = Table(
    "scheduled_post",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("due_at", Moment, nullable=False, index=True),
    Column("draft", Json, nullable=False),  # what the author wrote
    Column("media_ids", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("failed_at", Moment),  # it could not be published; its author was told
)

poll = Table(
    "poll",
    metadata,
    Column("id", Id, primary_key=True),
    Column("post_id", Id, ForeignKey("post.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("options", Json, nullable=False),  # [[title, votes], …]
    Column("multiple", Boolean, nullable=False),
    Column("hide_totals", Boolean, nullable=False, server_default=text("false")),
    Column("expires_at", Moment),
    Column("closed_at", Moment),
    Column("voters_count", Integer, nullable=False, server_default="0"),
)

poll_vote = Table(
    "poll_vote",
    metadata,
    Column("poll_id", Id, ForeignKey("poll.id", ondelete="CASCADE"), primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("choice", Integer, primary_key=True),
    Column("uri", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)

favourite = Table(
    "favourite",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("post_id", Id, ForeignKey("post.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("uri", Text, nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("account_id", "post_id"),
    *then_by_id("favourite", "account_id"),
)

bookmark = Table(
    "bookmark",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("post_id", Id, ForeignKey("post.id", ondelete="CASCADE"), nullable=False, index=True),
    UniqueConstraint("account_id", "post_id"),
    *then_by_id("bookmark", "account_id"),
)

pin = Table(
    "pin",
    metadata,
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("post_id", Id, ForeignKey("post.id", ondelete="CASCADE"), primary_key=True),
    Column("created_at", Moment, nullable=False),
)

thread_mute = Table(
    "thread_mute",
    metadata,
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("thread_id", Id, primary_key=True),
)

conversation = Table(
    "conversation",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("thread_id", Id, nullable=False),
    Column("last_post_id", Id, nullable=False, index=True),
    Column("unread", Boolean, nullable=False),
    Column("participants", Json, nullable=False),  # account ids but the owner's
    UniqueConstraint("account_id", "thread_id"),
)

home_entry = Table(
    "home_entry",
    metadata,
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("post_id", Id, ForeignKey("post.id", ondelete="CASCADE"), primary_key=True, index=True),
    sqlite_with_rowid=False,
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("post_id", Id, nullable=False),
    Column("created_at", Moment, nullable=False, index=True),
)

tombstone = Table(
    "tombstone",
    metadata,
    Column("uri", Text, primary_key=True),
    Column("deleted_at", Moment, nullable=False, index=True),
    Column("account_uri", Text, nullable=False),
    # for ever: it was in a group, or its removal was asked for
    Column("kept", Boolean, nullable=False, server_default=text("false")),
)

report = Table(
    "report",
    metadata,
    Column("id", Id, primary_key=True),
    Column("uri", Text, unique=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("target_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("post_ids", Json, nullable=False),
    Column("comment", Text, nullable=False),
    Column("category", String(32), nullable=False),
    Column("forwarded", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("resolved_at", Moment),
)
