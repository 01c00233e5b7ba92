"""What members want hidden or marked: words, and single posts."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, String, Table, Text, UniqueConstraint

from server.store.tables.types import Id, Json, Moment, metadata

filter_ = Table(
    "filter",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("contexts", Json, nullable=False),  # [domain.filters.FilterContext, …]
    Column("action", String(16), nullable=False),  # domain.filters.FilterAction
    Column("expires_at", Moment),
)

filter_keyword = Table(
    "filter_keyword",
    metadata,
    Column("id", Id, primary_key=True),
    Column("filter_id", Id, ForeignKey("filter.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("keyword", Text, nullable=False),
    Column("whole_word", Boolean, nullable=False),
)

filter_post = Table(
    "filter_post",
    metadata,
    Column("id", Id, primary_key=True),
    Column("filter_id", Id, ForeignKey("filter.id", ondelete="CASCADE"), nullable=False),
    Column("post_id", Id, ForeignKey("post.id", ondelete="CASCADE"), nullable=False, index=True),
    UniqueConstraint("filter_id", "post_id"),
)
