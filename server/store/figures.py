"""Counts and checks of the database as a whole, for `status` and `doctor`."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import distinct, func, select, text

from server.domain.figures import Credentials, Peers, People, Purges
from server.domain.ledger import PurgeState
from server.domain.trust import PROBE_PATIENCE
from server.domain.verification import VerificationState
from server.store.session import Unit
from server.store.tables.audit import audit
from server.store.tables.instances import instance, knock, partner
from server.store.tables.ledger import purge
from server.store.tables.users import user
from server.store.tables.verification import verification

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
AGREEMENT_SOON = timedelta(days=60)


def peers(unit: Unit) -> Peers:
    by_trust = {
        row.trust: row.n
        for row in unit.all(select(instance.c.trust, func.count().label("n")).group_by(instance.c.trust))
    }
    failing = select(func.count()).where(
        instance.c.failing_since.is_not(None),
        instance.c.failing_since < unit.now - DAY,
        instance.c.trust.in_(["allowed", "limited"]),
    )
    knocked = select(func.count(distinct(knock.c.domain))).where(knock.c.last_at >= unit.now - WEEK)
    agreements = (
        select(func.count())
        .select_from(partner.join(instance, instance.c.domain == partner.c.domain))
        .where(instance.c.trust.in_(["allowed", "suspended"]), partner.c.confirmed_at.is_not(None))
    )
    over = agreements.where(partner.c.agreement_until <= unit.now)
    soon = agreements.where(
        partner.c.agreement_until > unit.now, partner.c.agreement_until <= unit.now + AGREEMENT_SOON
    )
    unproven = agreements.where(
        instance.c.trust == "allowed", partner.c.probe_failing_since <= unit.now - PROBE_PATIENCE
    )
    return Peers(
        connected=by_trust.get("allowed", 0) + by_trust.get("limited", 0),
        paused=by_trust.get("suspended", 0),
        ended=by_trust.get("blocked", 0),
        failing=int(unit.value(failing) or 0),
        knocks=int(unit.value(knocked) or 0),
        ending=int(unit.value(soon) or 0),
        ended_agreements=int(unit.value(over) or 0),
        unproven=int(unit.value(unproven) or 0),
    )


def breakers_open(unit: Unit) -> int:
    """Connected instances that did not answer the last delivery, and are tried again with one alone."""
    counted = select(func.count()).where(
        instance.c.failing_since.is_not(None), instance.c.trust.in_(["allowed", "limited"])
    )
    return int(unit.value(counted) or 0)


def people(unit: Unit) -> People:
    able = user.c.disabled_at.is_(None)
    administrators = select(func.count()).select_from(user).where(able, user.c.role == "admin")
    return People(
        users=int(unit.value(select(func.count()).select_from(user).where(able)) or 0),
        administrators=int(unit.value(administrators) or 0),
    )


def purges(unit: Unit) -> Purges:
    rows = unit.all(select(purge.c.state, func.count().label("n")).group_by(purge.c.state))
    counts = {row.state: row.n for row in rows}
    return Purges(
        waiting=counts.get(PurgeState.WAITING.value, 0),
        overdue=counts.get(PurgeState.OVERDUE.value, 0),
        unreachable=counts.get(PurgeState.UNREACHABLE.value, 0),
    )


def credentials(unit: Unit, soon: timedelta) -> Credentials:
    """An account that was verified anew until later is not counted for its old verification."""
    granted = verification.c.state == VerificationState.GRANTED.value
    last = (
        select(func.max(verification.c.valid_until).label("until"))
        .where(granted, verification.c.valid_until > unit.now)
        .group_by(verification.c.account_id)
        .subquery()
    )
    ending = select(func.count()).select_from(last).where(last.c.until <= unit.now + soon)
    return Credentials(ending=int(unit.value(ending) or 0))


def newest(unit: Unit) -> datetime | None:
    """When the newest entry of the audit log was written, by the clock of then."""
    found: datetime | None = unit.value(select(func.max(audit.c.at)))
    return found


def database_time(unit: Unit) -> datetime | None:
    """The database server's own clock; None on SQLite, which has none."""
    found: datetime | None = None if unit.is_sqlite else unit.value(select(func.clock_timestamp()))
    return found


def quick_check(unit: Unit) -> str:
    """`ok`, or what SQLite finds wrong with its file. Always `ok` elsewhere."""
    return str(unit.value(text("PRAGMA quick_check(1)"))) if unit.is_sqlite else "ok"
