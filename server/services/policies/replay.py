"""What a changed policy would have done with what has crossed, or was stopped: recorded facts, judged again.

It decides about records only: nothing crosses, and nothing is written.
"""

from __future__ import annotations

from datetime import timedelta

from server.domain.boundary import Facts
from server.domain.policies import Crossings, Replay
from server.policy.decide import PolicySet, decide
from server.policy.entities import UnknownFactError, from_record
from server.store import policies as rows
from server.store.session import Unit


def replay(unit: Unit, candidate: PolicySet, days: int) -> Replay:
    """Judges what was decided within these days. Facts that are the same are judged once."""
    considered = unreadable = 0
    changed: dict[tuple[str, str, str, str, str], tuple[int, str]] = {}
    for row in rows.judged_since(unit, unit.now - timedelta(days=days)):
        considered += row.number
        facts = _facts(unit, row.id)
        if facts is None:
            unreadable += row.number
            continue
        would = decide(facts, candidate).effect.value
        if would == row.effect:
            continue
        key = facts.direction.value, facts.action.value, facts.peer.origin, row.effect, would
        number, _ = changed.get(key, (0, ""))
        changed[key] = number + row.number, row.example
    return Replay(
        considered, unreadable, tuple(Crossings(*key, *found) for key, found in sorted(changed.items()))
    )


def _facts(unit: Unit, decision_id: int) -> Facts | None:
    try:
        return from_record(rows.facts_of(unit, decision_id))
    except UnknownFactError:
        return None
