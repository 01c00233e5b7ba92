"""Memberships follow what is attested: interrupted while it does not hold, restored when it holds again.

Nothing is ended here: automatic reactions may pause, only a person may destroy.
"""

from __future__ import annotations

from typing import Final

from federation.types import Origin
from server.domain.groups import Membership, MembershipState, Reason
from server.domain.messages import Sentence
from server.domain.verification import Attestation, AttestationState
from server.domain.work import EventKind
from server.services import audit, events, partners
from server.services.groups import standing
from server.store import attestations, memberships
from server.store.session import Unit

REASONS: Final = {
    AttestationState.SUSPENDED: Reason.ISSUER_SILENT,
    AttestationState.REVOKED: Reason.CREDENTIAL_REVOKED,
    AttestationState.EXPIRED: Reason.CREDENTIAL_EXPIRED,
}
"""One of ours that is suspended is not silent: see `reason_of`."""
BY_CREDENTIAL: Final = frozenset({*REASONS.values(), Reason.CREDENTIAL_INVALID})


def attestation_changed(unit: Unit, attestation_id: int) -> bool:
    """Brings the membership that rests on an attestation in step with it. False where that changes nothing."""
    attested = attestations.find(unit, attestation_id)
    found = memberships.find(unit, attested.group_id, attested.account_id) if attested is not None else None
    if attested is None or found is None or found.attestation_id != attested.id:
        return False
    if attested.holds(unit.now):
        return _restore(unit, found)
    return _suspend(unit, found, reason_of(attested))


def _suspend(unit: Unit, found: Membership, reason: Reason) -> bool:
    concerned = standing.accounts_of(unit, found)
    if concerned is None or found.state is not MembershipState.ACTIVE:
        return False
    group, member = concerned
    standing.settle(unit, group, member, MembershipState.SUSPENDED, reason=reason.value)
    standing.tell(unit, group, member, Sentence.MEMBERSHIP_SUSPENDED, reason)
    _say(unit, found, "suspended", reason, local=group.local)
    return True


def _restore(unit: Unit, found: Membership) -> bool:
    concerned = standing.accounts_of(unit, found)
    if concerned is None or found.state is not MembershipState.SUSPENDED or found.reason not in BY_CREDENTIAL:
        return False
    group, member = concerned
    far = member.domain or group.domain
    if far and not partners.is_one(unit, Origin(far)) and standing.get(unit, group).access.members_only:
        standing.settle(unit, group, member, MembershipState.SUSPENDED, reason=Reason.NOT_A_PARTNER.value)
        return True
    standing.settle(unit, group, member, MembershipState.ACTIVE, reason=Reason.NONE.value)
    standing.tell(unit, group, member, Sentence.MEMBERSHIP_RESTORED)
    _say(unit, found, "restored", Reason.NONE, local=group.local)
    return True


def _say(unit: Unit, found: Membership, action: str, reason: Reason, *, local: bool) -> None:
    """A group of ours tells the member's instance; at home it is for us alone."""
    detail = {"reason": reason.value} if reason else {}
    audit.record(
        unit, "system", f"group.{action}", f"group:{found.group_id}", member=found.account_id, **detail
    )
    if local:
        events.happened(unit, EventKind.GROUP_STANDING, group_id=found.group_id, account_id=found.account_id)


def reason_of(attested: Attestation) -> Reason:
    """Why it does not hold."""
    if attested.ours and attested.state is AttestationState.SUSPENDED:
        return Reason.CREDENTIAL_INVALID
    return REASONS.get(attested.state, Reason.CREDENTIAL_EXPIRED)
