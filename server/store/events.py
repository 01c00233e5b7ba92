"""Rows of what happened here and has effects elsewhere: due, settled, tried again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select, update

from server.domain.work import LOOKUP_KINDS, Event, EventKind, Hint, ItemState
from server.store.session import Unit
from server.store.tables.work import event


def add(unit: Unit, kind: EventKind, payload: dict[str, int | str]) -> None:
    unit.run(
        event.insert(),
        {
            "id": unit.new_id(),
            "kind": kind.value,
            "payload": payload,
            "created_at": unit.now,
            "state": ItemState.WAITING.value,
            "attempts": 0,
            "due_at": unit.now,
            "outcome": "",
        },
    )
    unit.hint(Hint.EVENT)


_DUE = (
    select(event)
    .where(event.c.state == ItemState.WAITING.value, event.c.due_at <= bindparam("now"))
    .order_by(event.c.id)
    .limit(bindparam("most"))
)
_DUE_BUT = _DUE.where(event.c.kind.not_in(bindparam("kinds", expanding=True)))
_DUE_LOOKUPS = _DUE.where(
    event.c.kind.in_([kind.value for kind in LOOKUP_KINDS]),
    event.c.id > bindparam("after"),
    event.c.id.not_in(bindparam("ids", expanding=True)),
)
_SETTLE = (
    update(event)
    .where(event.c.id == bindparam("event_id"), event.c.state == ItemState.WAITING.value)
    .values(state=bindparam("to"), outcome=bindparam("with"))
)


def due(unit: Unit, limit: int, *, but: Iterable[EventKind] = ()) -> list[Event]:
    """Oldest first. but: kinds to leave out."""
    return _events(unit, _DUE_BUT, limit, kinds=[kind.value for kind in but])


def due_lookups(unit: Unit, limit: int, but: Iterable[int], after: int) -> list[Event]:
    """Events for which a peer has to be asked, oldest first. but: ids to leave out. after: only those with a higher id."""
    return _events(unit, _DUE_LOOKUPS, limit, ids=list(but), after=after)


def _events(unit: Unit, statement: Select[Any], limit: int, **values: Any) -> list[Event]:
    return [
        Event(row.id, EventKind(row.kind), row.payload, row.created_at, row.attempts)
        for row in unit.all(statement, {"now": unit.now, "most": limit, **values})
    ]


def settle(unit: Unit, event_id: int, state: ItemState, outcome: str) -> bool:
    """Ends an event. False when another process had ended it before."""
    return unit.run(_SETTLE, {"event_id": event_id, "to": state.value, "with": outcome}) == 1


def retry(unit: Unit, event_id: int, due_at: datetime, outcome: str) -> None:
    unit.run(
        update(event)
        .where(event.c.id == event_id)
        .values(attempts=event.c.attempts + 1, due_at=due_at, outcome=outcome)
    )
