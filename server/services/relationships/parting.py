"""What the end of trust in an instance does to relationships with its accounts."""

from __future__ import annotations

from federation.types import Origin
from server.domain.trust import Trust
from server.services import audit, instances
from server.services.relationships.local import ended
from server.store import relationships as rows
from server.store.session import Unit


def trust_changed(unit: Unit, domain: Origin) -> int:
    """Ends all follows with an instance that was blocked. Answers how many.

    A pause ends nothing, nor does a block that was taken back meanwhile. Nobody there is told: nothing goes there
    any more.
    """
    found = instances.find(unit, domain)
    if found is None or found.trust is not Trust.BLOCKED:
        return 0
    over = rows.with_instance(unit, domain)
    for one in over:
        ended(unit, one)
    if over:
        audit.record(unit, "system", "instance.relationships_ended", domain, follows=len(over))
    return len(over)
