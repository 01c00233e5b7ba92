"""Rows of the last round of probing each partner: what was sent, and what came back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from federation.types import Origin
from server.domain.trust import ProbeRound
from server.domain.work import DeliveryState
from server.store.session import Unit
from server.store.statement import upsert
from server.store.tables.instances import probe
from server.store.tables.work import activity, delivery


def find(unit: Unit, domain: Origin) -> ProbeRound | None:
    row = unit.first(select(probe).where(probe.c.domain == domain))
    return ProbeRound(**row._asdict()) if row else None


def begin(unit: Unit, values: dict[str, Any]) -> None:
    """values: columns of `probe`. The round before is forgotten: what still comes of it answers nothing."""
    upsert(
        unit, probe, {"answered_at": None, "withdrawn_at": None, "receipted_at": None, **values}, ["domain"]
    )


def change(unit: Unit, domain: Origin, values: dict[str, Any]) -> None:
    unit.run(update(probe).where(probe.c.domain == domain).values(**values))


def delivered(unit: Unit, uri: str) -> bool:
    """Whether an activity of ours was taken where it was sent."""
    statement = (
        select(delivery.c.id)
        .join(activity, activity.c.id == delivery.c.activity_id)
        .where(activity.c.uri == uri, delivery.c.state == DeliveryState.DONE.value)
    )
    return unit.value(statement) is not None
