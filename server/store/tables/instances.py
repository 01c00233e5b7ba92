"""Other instances, and what they knocked with."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, LargeBinary, String, Table, Text, text

from server.store.tables.types import Id, Json, Moment, metadata

instance = Table(
    "instance",
    metadata,
    Column("id", Id, primary_key=True),
    Column("domain", String(255), nullable=False, unique=True),  # canonical origin
    Column("trust", String(16), nullable=False),  # domain.trust.Trust
    Column("resume_trust", String(16)),  # what a paused instance goes back to
    Column("reason", Text, nullable=False, server_default=""),
    Column("public_comment", Text, nullable=False, server_default=""),
    Column("reject_media", Boolean, nullable=False, server_default=text("false")),
    Column("reject_reports", Boolean, nullable=False, server_default=text("false")),
    Column("software", String(100)),
    Column("verifies_rfc9421", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("last_seen_at", Moment),
    # the circuit breaker of deliveries, kept over a restart
    Column("failing_since", Moment),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("next_probe_at", Moment),
)

partner = Table(
    "partner",
    metadata,
    # what makes a connected instance a partner, beside its trust; the tier is computed from it, never stored
    Column("domain", String(255), primary_key=True),
    Column("key", Text, nullable=False),  # pinned Ed25519 Multikey of its instance actor
    Column("pinned_at", Moment, nullable=False),
    Column("card", LargeBinary, nullable=False),  # signed, verbatim
    Column("controller", Text, nullable=False, server_default=""),
    Column("jurisdiction", String(2), nullable=False, server_default=""),
    Column("labels", Json, nullable=False),
    Column("versions", Json, nullable=False),  # of the profile that it speaks: ["members-only/1"]
    Column("classes", Json, nullable=False),  # content classes that its card offers to take
    Column("agreement", Text, nullable=False, server_default=""),
    Column("agreement_until", Moment),
    Column("reminded_days", Integer),  # of the reminders of its end, the last that was sent; 0: it has ended
    Column("confirmed_at", Moment),  # the fingerprint was read out and compared
    Column("confirmed_by", String(255), nullable=False, server_default=""),
    Column("probed_at", Moment),  # last success of our own probe
    Column("probe_failing_since", Moment),
    Column("probe", Json, nullable=False),  # [[check, passed, words], …] of the last run
    Column("next_probe_at", Moment, index=True),
    Column("mismatch_at", Moment),  # another key was seen: T1 and alarm
    Column("created_at", Moment, nullable=False),
)

probe = Table(
    "probe",
    metadata,
    # the last round of probing a partner: a canary that we sent, and what came back
    Column("domain", String(255), primary_key=True),
    Column("activity_uri", Text, nullable=False),
    Column("object_uri", Text, nullable=False),
    Column("sent_at", Moment, nullable=False),
    Column("answered_at", Moment),
    Column("withdrawn_at", Moment),
    Column("receipted_at", Moment),
)

trial = Table(
    "trial",
    metadata,
    # the last test round with a partner: a throwaway group, and an invented case in it
    Column("domain", String(255), primary_key=True),
    Column("group_id", Id, nullable=False),  # no foreign keys: what is gone stays told
    Column("founder_id", Id, nullable=False),  # 0: they began it, and the group lives there
    Column("started_at", Moment, nullable=False),
    Column("post_uri", Text),
    Column("withdrawn_at", Moment),
    Column("ended_at", Moment),
    Column("passed", Boolean, nullable=False, server_default=text("false")),
)

knock = Table(
    "knock",
    metadata,
    Column("domain", String(255), primary_key=True),
    Column("day", String(10), primary_key=True),  # ISO date; one row a day and origin
    Column("count", Integer, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
)

federation_list = Table(
    "federation_list",
    metadata,
    # a society's list of institutions that is followed here, as its newest believed version says
    Column("url", String(500), primary_key=True),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", String(64), nullable=False),  # of that version without its proofs, hex
    Column("signers", Json, nullable=False),  # Multikeys whose proofs the next version needs
    Column("threshold", Integer, nullable=False),  # of so many of them
    Column("entries", Json, nullable=False),  # [[domain, controller, fingerprint], …]
    Column("expires", Moment, nullable=False),
    Column("applied", Json, nullable=False),  # domains that a person connected because of it
    Column("reminded_days", Integer),  # of the warnings of its end, the last that was given; 0: it has ended
    Column("forked_at", Moment),  # its signers have signed two histories: nothing more is believed
    Column("next_fetch_at", Moment, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column(
        "signed_by", Json, nullable=False, server_default="[]"
    ),  # those of its signers who signed this version
    Column(
        "declined", Json, nullable=False, server_default="[]"
    ),  # [[domain, effect], …] that a person did not want
    Column("fetched_at", Moment),  # of the last look at its address
    Column(
        "came", String(16), nullable=False, server_default=""
    ),  # of that look: domain.federation_lists.Received, or nothing
)

federation_list_version = Table(
    "federation_list_version",
    metadata,
    Column("url", String(500), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", LargeBinary, nullable=False),  # signed, verbatim
    Column("received_at", Moment, nullable=False),
)
