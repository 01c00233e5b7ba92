"""Memberships across the border to another instance: interrupted while it is no partner, restored when it is one again.

Whatever made it so (trust, agreement, another key, a probe that fails), what counts is whether it is a partner at this moment, so
nothing has to be noticed when it happens. Nothing is ended here, and nothing is said to an instance that is no partner: the group's
word leaves when it is one again, and what was missed is read from the stream. Open groups need no partner.
"""

from __future__ import annotations

from typing import Final

from federation.types import Origin
from server.domain.accounts import Account
from server.domain.groups import Membership, MembershipState, Reason
from server.domain.messages import Sentence
from server.domain.work import EventKind
from server.services import audit, events, partners, streams
from server.services.groups import standing
from server.services.groups.suspending import reason_of
from server.store import attestations, memberships
from server.store.session import Unit

MOST: Final = 200
"""Memberships with one instance in one transaction: whoever calls asks again until nothing has changed."""


def look_at_borders(unit: Unit, only: Origin | None = None) -> int:
    """Brings memberships between here and elsewhere in step, or those with one instance. Answers how many changed."""
    changed = 0
    for domain, state in memberships.borders(unit, only):
        whole = partners.is_one(unit, domain)
        if whole is (state is MembershipState.ACTIVE):
            continue
        found = memberships.across(unit, domain, state, MOST)
        done = sum((_restore if whole else _interrupt)(unit, one) for one in found)
        if done:
            action = "instance.memberships_restored" if whole else "instance.memberships_interrupted"
            audit.record(unit, "system", action, domain, memberships=done)
        changed += done
    return changed


def _interrupt(unit: Unit, found: Membership) -> bool:
    concerned = standing.accounts_of(unit, found)
    if concerned is None:
        return False
    group, member = concerned
    _suspend(unit, group, member, Reason.NOT_A_PARTNER)
    return True


def _restore(unit: Unit, found: Membership) -> bool:
    """Unless what is attested has ceased to hold meanwhile: then that is why it stays interrupted."""
    concerned = standing.accounts_of(unit, found)
    if concerned is None:
        return False
    group, member = concerned
    attested = None if found.attestation_id is None else attestations.find(unit, found.attestation_id)
    if attested is not None and not attested.holds(unit.now):
        _suspend(unit, group, member, reason_of(attested))
    else:
        standing.settle(unit, group, member, MembershipState.ACTIVE, reason=Reason.NONE.value)
        standing.tell(unit, group, member, Sentence.MEMBERSHIP_RESTORED)
    if group.local:
        events.happened(unit, EventKind.GROUP_STANDING, group_id=group.id, account_id=member.id)
    else:
        streams.behind(unit, group.id)
    return True


def _suspend(unit: Unit, group: Account, member: Account, reason: Reason) -> None:
    standing.settle(unit, group, member, MembershipState.SUSPENDED, reason=reason.value)
    standing.tell(unit, group, member, Sentence.MEMBERSHIP_SUSPENDED, reason)
