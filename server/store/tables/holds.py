"""What a rule holds for a person."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text, UniqueConstraint

from server.store.tables.types import Id, Json, Moment, metadata

hold = Table(
    "hold",
    metadata,
    Column("id", Id, primary_key=True),
    Column("direction", String(8), nullable=False),  # domain.boundary.Direction
    Column("work_id", Id, nullable=False),  # the inbox item (in) or the delivery (out)
    Column("peer", String(255), nullable=False),
    Column("subject", Text, nullable=False),  # the activity's id
    Column("rules", Json, nullable=False),
    Column("at", Moment, nullable=False),
    Column("verdict", String(16)),  # domain.holds.Verdict; none while it waits
    Column("decided_at", Moment),
    Column("decided_by", String(255), nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column(
        "group_uri", Text, nullable=False, server_default=""
    ),  # of the group that it was said in; "" for none
    UniqueConstraint("direction", "work_id"),
    Index("ix_hold_verdict_at", "verdict", "at"),
)
