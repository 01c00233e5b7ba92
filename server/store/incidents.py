"""Rows of incidents: posts of which somebody said that they identify a patient, and what was decided."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update

from federation.types import Iri
from server.domain.ledger import Incident, IncidentState
from server.store.session import Unit
from server.store.tables.ledger import incident

_OPEN = incident.c.state == IncidentState.OPEN.value


def record(row: Row[Any]) -> Incident:
    values = row._asdict()
    values["state"] = IncidentState(values["state"])
    values["object_uri"] = Iri(values["object_uri"])
    return Incident(**values)


def add(unit: Unit, object_uri: Iri, post_id: int, group_id: int, reported_by: str) -> None:
    unit.run(
        incident.insert(),
        {
            "id": unit.new_id(),
            "object_uri": object_uri,
            "post_id": post_id,
            "group_id": group_id,
            "state": IncidentState.OPEN.value,
            "reported_by": reported_by[:255],
            "opened_at": unit.now,
        },
    )


def find(unit: Unit, incident_id: int) -> Incident | None:
    row = unit.first(select(incident).where(incident.c.id == incident_id))
    return record(row) if row else None


def open_in(unit: Unit, group_id: int) -> list[Incident]:
    """Oldest first."""
    statement = select(incident).where(incident.c.group_id == group_id, _OPEN).order_by(incident.c.id)
    return [record(row) for row in unit.all(statement)]


def count_open(unit: Unit, group_id: int) -> int:
    found = unit.value(
        select(func.count()).select_from(incident).where(incident.c.group_id == group_id, _OPEN)
    )
    return int(found or 0)


def open_anywhere(unit: Unit, limit: int) -> list[Incident]:
    """Oldest first."""
    return [
        record(row) for row in unit.all(select(incident).where(_OPEN).order_by(incident.c.id).limit(limit))
    ]


def newest(unit: Unit, limit: int) -> list[Incident]:
    return [record(row) for row in unit.all(select(incident).order_by(incident.c.id.desc()).limit(limit))]


def restored_since(unit: Unit, object_uri: Iri, reported_by: str, since: datetime) -> bool:
    """Whether the same person said the same of the same words before, and a moderator showed them again."""
    statement = select(incident.c.id).where(
        incident.c.object_uri == object_uri,
        incident.c.reported_by == reported_by[:255],
        incident.c.state == IncidentState.RESTORED.value,
        incident.c.decided_at >= since,
    )
    return unit.value(statement.limit(1)) is not None


def close(unit: Unit, object_uri: Iri, state: IncidentState, by: str) -> int:
    """Ends what is open about an object. Answers how many."""
    values = {"state": state.value, "decided_by": by[:255], "decided_at": unit.now}
    return unit.run(update(incident).where(incident.c.object_uri == object_uri, _OPEN).values(**values))
