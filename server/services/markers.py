"""Reading positions of the apps of one account.

It refuses a change that was made from an older version than the one stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.core.errors import Conflict
from server.domain.markers import Marker
from server.store import markers as rows
from server.store.session import Unit

TIMELINES = ("home", "notifications")


@dataclass(frozen=True, slots=True)
class Position:
    """version: the one that the app knew, where it says so."""

    last_read_id: int
    version: int | None = None


def get(unit: Unit, account_id: int, timelines: list[str]) -> dict[str, Marker]:
    """Those that are set, by timeline; unknown names are passed over."""
    return rows.find(unit, account_id, [name for name in timelines if name in TIMELINES])


def move(unit: Unit, account_id: int, positions: Mapping[str, Position]) -> dict[str, Marker]:
    """Sets the positions, all or none. Raises Conflict."""
    known = {name: position for name, position in positions.items() if name in TIMELINES}
    present = rows.find(unit, account_id, list(known))
    moved: dict[str, Marker] = {}
    for name, position in known.items():
        before = present.get(name)
        if position.version is not None and position.version != (before.version if before else 0):
            raise Conflict("Conflict during update, please try again")
        version = before.version + 1 if before else 1
        moved[name] = Marker(name, position.last_read_id, version, unit.now)
        rows.put(unit, account_id, moved[name])
    return moved
