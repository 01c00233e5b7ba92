"""Which instances this one speaks with. Every change is audited and told to every process.

It refuses this instance's own name, and names that are no host.
"""

from __future__ import annotations

from federation.errors import Malformed
from federation.iri import canonical_origin
from federation.types import Origin
from server.core.errors import Invalid, NotFound
from server.domain.changes import ChangeKind
from server.domain.trust import Instance, Knock, Trust
from server.domain.work import EventKind
from server.services import audit, events
from server.store import instances as rows
from server.store import work
from server.store.session import Unit


def canonical(text: str) -> Origin:
    """The one form of an instance's name. Raises Invalid."""
    try:
        return canonical_origin(text.strip())
    except Malformed:
        raise Invalid("“%(name)s” is not a host name such as hospital.example", name=text[:100]) from None


def set_trust(unit: Unit, by: str, domain: Origin, trust: Trust, reason: str = "") -> Instance:
    """Sets the trust of an instance. Ending or pausing cancels what waits for it, in this transaction."""
    if domain == unit.context.settings.origin:
        raise Invalid("This instance cannot be its own peer")
    before = rows.find(unit, domain)
    rows.set_trust(unit, domain, {"trust": trust.value, "reason": reason})
    cancelled = 0 if trust.speaks else work.cancel_deliveries(unit, domain)
    audit.record(
        unit,
        by,
        "instance.trust",
        domain,
        before=(before.trust if before else Trust.UNKNOWN).value,
        after=trust.value,
        reason=reason,
        cancelled=cancelled,
    )
    events.happened(unit, EventKind.TRUST_CHANGED, domain=domain, trust=trust.value)
    unit.changed(ChangeKind.TRUST, domain)
    return get(unit, domain)


def get(unit: Unit, domain: Origin) -> Instance:
    found = rows.find(unit, domain)
    if found is None:
        raise NotFound("%(domain)s is not in the list of instances", domain=domain)
    return found


def find(unit: Unit, domain: Origin) -> Instance | None:
    return rows.find(unit, domain)


def all_known(unit: Unit) -> list[Instance]:
    return rows.all_known(unit)


def trusts(unit: Unit) -> dict[Origin, Trust]:
    return rows.trusts(unit)


def knock(unit: Unit, domain: Origin) -> bool:
    """Counts a request of an origin that is not connected. True for the first one of the day."""
    return rows.add_knock(unit, domain)


def knocks(unit: Unit, limit: int = 100) -> list[Knock]:
    return rows.knocks(unit, limit)


def seen(unit: Unit, domain: Origin, *, verifies_rfc9421: bool) -> None:
    """A verified request came from there: the way back is open again."""
    before = rows.find(unit, domain)
    if before is None:
        return
    rows.seen(unit, domain, verifies_rfc9421=verifies_rfc9421)
    if before.failing_since is not None:
        work.wake_destination(unit, domain)
