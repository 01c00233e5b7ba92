"""What crosses each boundary over time: counted as decisions are sealed, so each is counted once and none is read again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from server.domain.figures import Crossed, CrossingKey
from server.store import crossings as rows
from server.store.session import Unit

UNREADABLE = "unknown"


def count(unit: Unit, decisions: Iterable[Any]) -> None:
    """decisions: rows of the log that were sealed in this transaction."""
    rows.add(
        unit,
        Counter(
            CrossingKey(row.at.date().isoformat(), row.peer, row.direction, _word(row.facts), row.effect)
            for row in decisions
        ),
    )


def _word(facts: Any) -> str:
    """The content's class; records of earlier versions may lack it."""
    content = facts.get("content") if isinstance(facts, dict) else None
    word = content.get("class") if isinstance(content, dict) else None
    return word if isinstance(word, str) and len(word) <= 16 else UNREADABLE


def lately(unit: Unit, days: int, most: int, peer: str = "") -> tuple[list[Crossed], list[str]]:
    """Of the last days, today included: the counts of the busiest peers, and who the others are. Of one peer where it is named."""
    first = (unit.now - timedelta(days=days - 1)).date()
    if peer:
        return rows.since(unit, first, [peer]), []
    peers = rows.busiest(unit, first)
    return rows.since(unit, first, peers[:most]), peers[most:]
