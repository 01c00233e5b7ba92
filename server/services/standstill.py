"""The whole house stands still: every connected instance is paused at once, and resumed as it was.

Only those that this paused are resumed: who was paused before, for a reason of their own, stays paused. A house that came out of
a backup stands still as well, until it has caught up (`recovery`); the same act opens it sooner.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from federation.types import Origin
from server.core.clock import iso
from server.core.errors import Conflict, Invalid
from server.domain.trust import Trust
from server.services import audit, instances, recovery
from server.store import meta
from server.store.session import Unit

STANDING = "house.standing_still"
"""The row of `meta` that says since when, by whom, and which instances."""
RESTORED = "restore"
"""By whom a house stands still that came out of a backup."""


@dataclass(frozen=True, slots=True)
class Standstill:
    since: datetime
    by: str
    domains: tuple[Origin, ...]


def find(unit: Unit) -> Standstill | None:
    """None where the house does not stand still."""
    text = meta.get(unit, STANDING)
    if not text:
        began = recovery.since(unit)
        return None if began is None else Standstill(began, RESTORED, tuple(connected(unit)))
    values = json.loads(text)
    return Standstill(
        datetime.fromisoformat(values["since"]), values["by"], tuple(map(Origin, values["domains"]))
    )


def connected(unit: Unit) -> list[Origin]:
    """Those that would be paused."""
    return [one.domain for one in instances.all_known(unit) if one.trust.speaks]


def begin(unit: Unit, by: str, reason: str = "") -> Standstill:
    """Pauses every connected instance. Raises Conflict where the house stands still already."""
    if find(unit) is not None:
        raise Conflict("Everything is paused already")
    domains = connected(unit)
    if not domains:
        raise Invalid("No instance is connected: there is nothing to pause")
    for domain in domains:
        instances.set_trust(unit, by, domain, Trust.SUSPENDED, reason)
    meta.put(unit, STANDING, json.dumps({"since": iso(unit.now), "by": by, "domains": domains}))
    audit.record(unit, by, "house.pause", unit.context.settings.origin, instances=len(domains), reason=reason)
    return Standstill(unit.now, by, tuple(domains))


def end(unit: Unit, by: str, reason: str = "") -> list[Origin]:
    """Resumes those that `begin` paused and that are still paused. Raises Invalid where the house does not stand still."""
    found = find(unit)
    if found is None:
        raise Invalid("The whole house is not paused")
    if recovery.is_under_way(unit):
        recovery.open_(unit, by)
    if found.by == RESTORED:
        return list(found.domains)
    known = {one.domain: one.trust for one in instances.all_known(unit)}
    resumed = [domain for domain in found.domains if known.get(domain) is Trust.SUSPENDED]
    for domain in resumed:
        instances.resume(unit, by, domain, reason)
    meta.put(unit, STANDING, "")
    audit.record(
        unit, by, "house.resume", unit.context.settings.origin, instances=len(resumed), reason=reason
    )
    return resumed
