"""The end of the relation with another instance ends the memberships that cross to it; a pause interrupts them (see `borders`)."""

from __future__ import annotations

from federation.types import Origin
from server.domain.groups import MembershipRole, MembershipState, Reason
from server.domain.messages import Sentence
from server.domain.trust import Trust
from server.services import audit, instances
from server.services.groups import standing
from server.services.groups.borders import look_at_borders
from server.store import memberships
from server.store.session import Unit


def trust_changed(unit: Unit, domain: Origin) -> int:
    """Ends all memberships and requests between here and an instance that was ended; otherwise interrupts or restores. Answers how many.

    Members here are told. Nobody there is: nothing goes there any more.
    """
    found = instances.find(unit, domain)
    if found is None or found.trust is not Trust.BLOCKED:
        return look_at_borders(unit, domain)
    over = memberships.crossing(unit, domain)
    for one in over:
        concerned = standing.accounts_of(unit, one)
        if concerned is None:
            continue
        group, member = concerned
        standing.settle(
            unit,
            group,
            member,
            MembershipState.REMOVED,
            reason=Reason.NOT_A_PARTNER.value,
            role=MembershipRole.MEMBER.value,
        )
        standing.tell(unit, group, member, Sentence.MEMBERSHIP_ENDED, Reason.NOT_A_PARTNER)
    if over:
        audit.record(unit, "system", "instance.memberships_ended", domain, memberships=len(over))
    return len(over)
