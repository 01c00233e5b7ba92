"""Agreements with partners end on a day: administrators are told 60, 30 and 7 days before, then the instance is paused.

Only a person may end a relation: what happens by itself is a pause, once for each agreement. Whoever resumes it afterwards
without a new agreement has a connected instance that is no partner, and is not overruled.
"""

from __future__ import annotations

from datetime import timedelta

from server.domain.signin import MailKind
from server.domain.trust import Partner, Trust
from server.domain.users import Role
from server.services import audit, instances, mail
from server.store import partners as rows
from server.store import users
from server.store.session import Unit

WARNED = (60, 30, 7)
"""Days before the end."""
ENDED = 0
SOON = timedelta(days=max(WARNED))


def watch(unit: Unit) -> int:
    """Tells of the agreements that end soon, and pauses the instances of those that have ended. Answers how many."""
    touched = 0
    for partner in rows.ending(unit, unit.now + SOON):
        assert partner.agreement_until is not None
        left = partner.agreement_until - unit.now
        if left > timedelta():
            touched += _remind(unit, partner, left)
        else:
            touched += _pause(unit, partner)
    return touched


def _remind(unit: Unit, partner: Partner, left: timedelta) -> bool:
    """Once for each of the days: a server that slept over one of them tells of the next alone."""
    due = min(days for days in WARNED if left <= timedelta(days=days))
    if partner.reminded_days is not None and partner.reminded_days <= due:
        return False
    rows.change(unit, partner.domain, {"reminded_days": due})
    audit.record(unit, "system", "partner.agreement_ends", partner.domain, days=due)
    _tell(unit, MailKind.AGREEMENT_ENDS, partner)
    return True


def _pause(unit: Unit, partner: Partner) -> bool:
    if partner.reminded_days == ENDED:
        return False
    rows.change(unit, partner.domain, {"reminded_days": ENDED})
    audit.record(unit, "system", "partner.agreement_ended", partner.domain)
    if instances.get(unit, partner.domain).trust.speaks:
        instances.set_trust(unit, "system", partner.domain, Trust.SUSPENDED, "agreement ended")
        _tell(unit, MailKind.AGREEMENT_ENDED, partner)
    return True


def _tell(unit: Unit, kind: MailKind, partner: Partner) -> None:
    """The mail names the other institution's instance, the day, and the page."""
    assert partner.agreement_until is not None
    last_day = (partner.agreement_until - timedelta(seconds=1)).date().isoformat()
    link = f"{unit.context.settings.base}/admin/partners/{partner.domain}"
    for address, language in users.addresses_of_role(unit, Role.ADMIN):
        mail.queue(unit, kind, address, language, f"{partner.domain}, {last_day}\n{link}")
