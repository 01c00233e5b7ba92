"""Which instances this one speaks with. Every change is audited and told to every process.

It refuses this instance's own name, and names that are no host.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from federation.errors import Malformed
from federation.iri import canonical_origin
from federation.types import Origin
from server.core.errors import Invalid, NotFound
from server.core.i18n import N_
from server.domain.changes import ChangeKind
from server.domain.trust import Instance, Knock, Stranger, Trust
from server.domain.work import EventKind
from server.services import audit, events
from server.store import backlog, parked
from server.store import instances as rows
from server.store.session import Unit


def canonical(text: str) -> Origin:
    """The one form of an instance's name. Raises Invalid."""
    try:
        return canonical_origin(text.strip())
    except Malformed:
        raise Invalid("“%(name)s” is not a host name such as hospital.example", name=text[:100]) from None


def set_trust(unit: Unit, by: str, domain: Origin, trust: Trust, reason: str = "") -> Instance:
    """Sets the trust of an instance. A pause or an end cancels what waits to be sent there, in this transaction."""
    if domain == unit.context.settings.origin:
        raise Invalid("This instance cannot be its own peer")
    before = rows.find(unit, domain)
    values = {"trust": trust.value, "reason": reason, "resume_trust": _resume_level(before, trust)}
    rows.set_trust(unit, domain, values)
    paused = trust is Trust.SUSPENDED
    cancelled = 0 if trust.speaks else backlog.cancel_deliveries(unit, domain, ended=not paused)
    if trust.speaks and before is not None and not before.trust.speaks:
        # what failed before says nothing of now, and the time of a pause is none in which something was tried
        rows.record_breaker(unit, domain, None, 0, None)
        backlog.wait_anew(unit, domain)
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


def _resume_level(before: Instance | None, trust: Trust) -> str | None:
    """What a pause that begins or goes on now will end in; None where nothing is paused."""
    if trust is not Trust.SUSPENDED:
        return None
    if before is None:
        return Trust.UNKNOWN.value
    level = before.resume_trust if before.trust is Trust.SUSPENDED else before.trust
    return (level or Trust.UNKNOWN).value


def resume(unit: Unit, by: str, domain: Origin, reason: str = "") -> Instance:
    """Ends a pause: the instance is trusted as it was before. Raises Invalid where it is not paused."""
    found = get(unit, domain)
    if found.trust is not Trust.SUSPENDED:
        raise Invalid("%(domain)s is not paused", domain=domain)
    return set_trust(unit, by, domain, found.resume_trust or Trust.UNKNOWN, reason)


@dataclass(frozen=True, slots=True)
class Details:
    """What is noted of an instance beside its trust, in the words of Mastodon's lists."""

    reject_media: bool = False
    reject_reports: bool = False
    public_comment: str = ""


NO_DETAILS = Details()


def set_details(unit: Unit, by: str, domain: Origin, details: Details) -> Instance:
    """Changes what is noted of a known instance."""
    get(unit, domain)
    rows.change(unit, domain, {**asdict(details), "changed_at": unit.now})
    flags = {"reject_media": details.reject_media, "reject_reports": details.reject_reports}
    audit.record(unit, by, "instance.details", domain, **flags)
    unit.changed(ChangeKind.TRUST, domain)
    return get(unit, domain)


def send_again(unit: Unit, by: str, domain: Origin) -> tuple[int, int]:
    """Makes due what was given up or parked: deliveries to an instance, activities from it. Answers how many of each."""
    if not get(unit, domain).trust.speaks:
        raise Invalid("%(domain)s is not connected: nothing can be sent there", domain=domain)
    deliveries, items = parked.send_again(unit, domain), parked.apply_again(unit, domain)
    rows.record_breaker(unit, domain, None, 0, None)
    audit.record(unit, by, "instance.retry", domain, deliveries=deliveries, items=items)
    return deliveries, items


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
    """Counts a request of an origin that is not connected. True for the first one of the day.

    Who claims to be this instance itself is nobody to list.
    """
    return domain != unit.context.settings.origin and rows.add_knock(unit, domain)


WORDS: dict[Trust, str] = {
    Trust.UNKNOWN: N_("not connected"),
    Trust.LIMITED: N_("connected, held"),
    Trust.ALLOWED: N_("connected"),
    Trust.SUSPENDED: N_("paused"),
    Trust.BLOCKED: N_("ended"),
}
"""The words that people see."""


def knocks(unit: Unit, limit: int = 100) -> list[Knock]:
    return rows.knocks(unit, limit)


def knocks_of(unit: Unit, domain: Origin, limit: int = 10) -> list[Knock]:
    """Newest first."""
    return rows.knocks_of(unit, domain, limit)


def strangers(unit: Unit, limit: int = 100) -> list[Stranger]:
    """Who knocked and is neither connected nor ended nor paused, the last first."""
    return rows.strangers(unit, limit)


def stranger(unit: Unit, domain: Origin) -> Stranger:
    """Raises NotFound where nobody knocked under this name, or where it is decided about already."""
    found = rows.strangers(unit, 1, domain)
    if not found:
        raise NotFound("Nobody waits to be let in under the name %(domain)s", domain=domain)
    return found[0]


def seen(unit: Unit, domain: Origin, *, verifies_rfc9421: bool) -> None:
    """A verified request came from there: the way back is open again."""
    before = rows.find(unit, domain)
    if before is None:
        return
    rows.seen(unit, domain, verifies_rfc9421=verifies_rfc9421)
    if before.failing_since is not None:
        backlog.wake_destination(unit, domain)
