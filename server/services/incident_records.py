"""The record of an incident: what a data protection officer needs for the notification within 72 hours (GDPR, article 33).

What happened when, which institutions may have it, whose members could open it, how many here it was shown to, what was asked back, answered
and decided. It holds
addresses, institutions, counts and times: no words of the post, no picture and no name. That somebody read it is written down.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from federation.iri import origin_of
from federation.types import Origin
from server.core.clock import iso
from server.core.errors import NotFound
from server.domain.ledger import Incident, IncidentState, LedgerEntry, Purge
from server.services import audit, groups, reads
from server.services.groups import Readers
from server.store import accounts, ledger, media, purges
from server.store import incidents as rows
from server.store.session import Unit

NOTIFIED_WITHIN = timedelta(hours=72)
EVENTS = 1000


@dataclass(frozen=True, slots=True)
class Happened:
    """A line of the audit log about the object. after: since the first minute; below nothing for what was before."""

    at: datetime
    after: timedelta
    actor: str
    action: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """pictures: how many the post has while it is here. readers: whose members and administrators can open what the group has now.

    shown_here: to how many members here it was shown, its author aside.
    """

    incident: Incident
    group_uri: str
    written_at: Origin
    pictures: int
    now: datetime
    readers: tuple[Readers, ...]
    shown_here: int
    ledger: tuple[LedgerEntry, ...]
    asked: tuple[Purge, ...]
    events: tuple[Happened, ...]

    @property
    def notify_by(self) -> datetime:
        return self.incident.opened_at + NOTIFIED_WITHIN

    @property
    def elapsed(self) -> timedelta:
        return self.now - self.incident.opened_at

    @property
    def left(self) -> timedelta:
        """Nothing where the 72 hours are over."""
        return max(self.notify_by - self.now, timedelta())


def listed(unit: Unit, limit: int) -> list[Incident]:
    """What waits for a decision first, then the newest."""
    found = rows.newest(unit, limit)
    return sorted(found, key=lambda one: one.state is not IncidentState.OPEN)


def read(unit: Unit, by: str, incident_id: int) -> Record:
    """Raises NotFound."""
    found = rows.find(unit, incident_id)
    if found is None:
        raise NotFound
    audit.record(unit, by, "incident.record", f"incident:{found.id}")
    group = None if found.group_id is None else accounts.find(unit, found.group_id)
    entries = {one.id: one for one in ledger.of_object(unit, found.object_uri)}
    pictures = 0
    if found.post_id is not None:
        entries |= {one.id: one for one in ledger.of_post(unit, found.post_id)}
        pictures = len(media.of_posts(unit, [found.post_id]).get(found.post_id, ()))
    asked = {one.id: one for each in entries.values() for one in purges.of_object(unit, each.object_uri)}
    asked |= {one.id: one for one in purges.of_object(unit, found.object_uri)}
    return Record(
        incident=found,
        group_uri="" if group is None else group.uri,
        written_at=origin_of(found.object_uri),
        pictures=pictures,
        now=unit.now,
        readers=() if group is None else tuple(groups.who_can_read(unit, group)),
        shown_here=reads.readers(unit, found.object_uri),
        ledger=tuple(sorted(entries.values(), key=lambda one: (one.host, one.since))),
        asked=tuple(sorted(asked.values(), key=lambda one: one.id)),
        events=_events(unit, found),
    )


def _events(unit: Unit, found: Incident) -> tuple[Happened, ...]:
    entries = reversed(audit.of_target(unit, found.object_uri, EVENTS))
    return tuple(
        Happened(one["at"], one["at"] - found.opened_at, one["actor"], one["action"], one["detail"])
        for one in entries
    )


def plain(record: Record) -> dict[str, Any]:
    """The record as JSON, times in UTC: the page and the command give the same."""
    one = record.incident
    return {
        "id": str(one.id),
        "object": one.object_uri,
        "state": one.state.value,
        "opened_at": iso(one.opened_at),
        "reported_by": one.reported_by,
        "decided_at": _moment(one.decided_at),
        "decided_by": one.decided_by,
        "as_of": iso(record.now),
        "notify_by": iso(record.notify_by),
        "seconds_left": int(record.left.total_seconds()),
        "group": record.group_uri,
        "written_at": record.written_at,
        "pictures": record.pictures,
        "could_open": [
            {"institution": each.host, "members": each.count, "since": _moment(each.since)}
            for each in record.readers
        ],
        "shown_here": record.shown_here,
        "may_have": [
            {
                "object": each.object_uri,
                "institution": each.host,
                "since": iso(each.since),
                "via": each.via.value,
                "rule": each.rule,
            }
            for each in record.ledger
        ],
        "asked_back": [_asked(each) for each in record.asked],
        "events": [
            {"at": iso(each.at), "action": each.action, "by": each.actor, "detail": each.detail}
            for each in record.events
        ],
    }


def _asked(one: Purge) -> dict[str, Any]:
    return {
        "object": one.object_uri,
        "institution": one.host,
        "reason": one.reason.value,
        "asked_at": iso(one.asked_at),
        "state": one.state.value,
        "answer": one.status.value,
        "answered_at": _moment(one.received_at),
        "out_of_backups_by": _moment(one.backups_expire),
        "receipt": None if one.receipt is None else msgspec.json.decode(one.receipt),
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else iso(at)
