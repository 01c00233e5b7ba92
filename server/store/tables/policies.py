"""The house's own rules of the boundary, every version of them."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text, text

from server.store.tables.types import Id, Json, Moment, metadata

policy = Table(
    "policy",
    metadata,
    Column("id", Id, primary_key=True),
    Column("digest", String(64), nullable=False),  # of text and links: what is compiled once
    Column("text", Text, nullable=False),  # Cedar
    Column("links", Json, nullable=False),  # [[rule id, template, peer, group, value], …]
    Column("state", String(16), nullable=False),  # domain.policies.PolicyState
    Column("at", Moment, nullable=False),
    Column("by", String(255), nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("loosens", Json, nullable=False),  # rule ids
    Column("decided_at", Moment),
    Column("decided_by", String(255), nullable=False, server_default=""),
    # one at a time, whoever decides at the same moment
    Index(
        "uq_policy_in_force",
        "state",
        unique=True,
        sqlite_where=text("state = 'in_force'"),
        postgresql_where=text("state = 'in_force'"),
    ),
)
