"""What moderators and members do about who is in a group: admit, decline, remove, ban, invite, name moderators.

`by` is who it is written down for in the audit log; whether they may is asked first, with `moderating`. It refuses to
touch groups that live elsewhere: those are their own moderators' business.
"""

from __future__ import annotations

from typing import Final

from federation.iri import origin_of
from server.core.errors import Conflict, Invalid, NotFound, NotPermitted
from server.domain.accounts import Account, AccountKind
from server.domain.boundary import Tier
from server.domain.groups import Membership, MembershipRole, MembershipState, Reason
from server.domain.messages import Sentence
from server.domain.work import EventKind
from server.services import addresses, audit, boundary, events
from server.services.groups import answering, joining, newcomers, standing
from server.store import memberships
from server.store.session import Unit

FEW: Final = 2
"""Below so many moderators a group warns."""
_MEMBER = frozenset({MembershipState.ACTIVE, MembershipState.SUSPENDED})


def moderating(unit: Unit, viewer: Account, group: Account) -> str:
    """As whom a moderator acts, for the audit log. Raises NotFound for everybody else."""
    found = memberships.find(unit, group.id, viewer.id)
    if found is None or not found.active or not found.role.moderates or not group.local:
        raise NotFound
    return f"account:{viewer.id}"


def few_moderators(unit: Unit, group: Account) -> bool:
    return len(memberships.moderators(unit, group.id)) < FEW


# -- requests --------------------------------------------------------------------------------------------


def accept(unit: Unit, by: str, group: Account, member: Account) -> Membership:
    """Admits who asks; raises NotFound where nobody does. Who is the first of an institution waits until members were told."""
    found = _of(unit, group, member)
    if found is None or found.state is not MembershipState.REQUESTED or found.join_uri is None:
        raise NotFound("This account does not ask to join the group")
    if found.admitted_at is not None:
        return found
    made = newcomers.admit(unit, group, member)
    _record(unit, by, "admitted", group, member)
    return made


def reject(
    unit: Unit, by: str, group: Account, member: Account, reason: Reason = Reason.DECLINED
) -> Membership:
    """Declines who asks; raises NotFound where nobody does."""
    found = _of(unit, group, member)
    if found is None or found.state is not MembershipState.REQUESTED or found.join_uri is None:
        raise NotFound("This account does not ask to join the group")
    after = standing.settle(unit, group, member, MembershipState.REJECTED, reason=reason.value)
    answering.answer(unit, group, member)
    _record(unit, by, "declined", group, member, reason)
    return after


def add(unit: Unit, by: str, group: Account, member: Account) -> Membership:
    """Admits a verified member here who did not ask. The rules are accepted on the first visit. Raises Invalid."""
    found = standing.get(unit, group)
    before = _of(unit, group, member)
    if not member.local or member.kind is not AccountKind.PERSON or member.gone:
        raise Invalid("Only a member of this instance can be added; invite others with `group invite`")
    if before is not None and before.state in _MEMBER:
        raise Conflict("This account is a member already")
    joining.check_profession(unit, member, found)
    join_uri = addresses.new_activity(unit)
    attested = joining.attest(unit, member, group, join_uri)
    made = newcomers.admit(
        unit,
        group,
        member,
        join_uri=join_uri,
        asked_at=joining.after(unit.now, before),
        attestation_id=attested.id if attested is not None else None,
        rules_version=0,
    )
    _record(unit, by, "added", group, member)
    return made


# -- ending ----------------------------------------------------------------------------------------------


def remove(
    unit: Unit, by: str, group: Account, member: Account, reason: Reason = Reason.MODERATOR
) -> Membership:
    """Ends a membership. Who was removed may ask again; a moderator decides then."""
    found = _of(unit, group, member)
    if found is None or found.state not in _MEMBER:
        raise NotFound("This account is no member of the group")
    return _end(unit, by, group, member, MembershipState.REMOVED, reason)


def ban(unit: Unit, by: str, group: Account, member: Account) -> Membership:
    """Ends a membership or a request, and refuses every further one."""
    found = _of(unit, group, member)
    if found is not None and found.state is MembershipState.BANNED:
        return found
    return _end(unit, by, group, member, MembershipState.BANNED, Reason.BANNED)


def unban(unit: Unit, by: str, group: Account, member: Account) -> Membership:
    """Who was excluded may ask again; a moderator decides then."""
    found = _of(unit, group, member)
    if found is None or found.state is not MembershipState.BANNED:
        raise NotFound("This account is not excluded from the group")
    after = standing.settle(unit, group, member, MembershipState.REMOVED, reason=Reason.MODERATOR.value)
    _say_standing(unit, group, member)
    _record(unit, by, "unbanned", group, member)
    return after


def _end(
    unit: Unit, by: str, group: Account, member: Account, state: MembershipState, reason: Reason
) -> Membership:
    before = memberships.find(unit, group.id, member.id)
    was_in = before is not None and before.state in _MEMBER
    after = standing.settle(unit, group, member, state, reason=reason.value, role=MembershipRole.MEMBER.value)
    events.happened(
        unit,
        EventKind.GROUP_ENDED,
        group_id=group.id,
        account_id=member.id,
        reason=reason.value,
    )
    if was_in:
        standing.tell(unit, group, member, Sentence.MEMBERSHIP_ENDED, reason)
    elif before is not None and before.state is MembershipState.REQUESTED:
        standing.tell(unit, group, member, Sentence.JOIN_REFUSED, reason)
    _record(unit, by, state.value, group, member, reason)
    return after


# -- inviting --------------------------------------------------------------------------------------------


def invite(unit: Unit, by: Account, group: Account, invitee: Account) -> Membership | None:
    """A member invites somebody: through the group, which tells the invited one. None where the group lives elsewhere.

    Raises NotFound for who is no member, Invalid where the invited one cannot be one, Conflict where they are. Only a partner
    is told that somebody there is invited.
    """
    found = memberships.find(unit, group.id, by.id)
    if found is None or not found.active:
        raise NotFound
    if invitee.kind is not AccountKind.PERSON or invitee.gone:
        raise Invalid("Only persons can be invited")
    if group.local and not invitee.local and boundary.tier_of(unit, origin_of(invitee.uri)) is not Tier.T2:
        raise Invalid("Their institution is no partner of this one, so nobody there can be in the group")
    if not group.local:
        events.happened(unit, EventKind.GROUP_INVITED, group_id=group.id, account_id=invitee.id, by_id=by.id)
        return None
    return _invited(unit, f"account:{by.id}", group, invitee, by)


def invite_by_command(unit: Unit, by: str, group: Account, invitee: Account) -> Membership:
    """In the name of the group itself, as a moderator would."""
    if invitee.kind is not AccountKind.PERSON or invitee.gone:
        raise Invalid("Only persons can be invited")
    moderators = memberships.moderators(unit, group.id)
    return _invited(unit, by, group, invitee, moderators[0] if moderators else None)


def _invited(unit: Unit, by: str, group: Account, invitee: Account, inviter: Account | None) -> Membership:
    before = _of(unit, group, invitee)
    if before is not None and before.state in _MEMBER:
        raise Conflict("This account is a member already")
    if before is not None and before.state is MembershipState.BANNED:
        raise NotPermitted("This account is excluded from the group")
    invited_by = inviter.id if inviter is not None else None
    if before is not None and before.state is MembershipState.REQUESTED and before.join_uri is not None:
        memberships.change(unit, before.id, {"invited_by": invited_by})
        after = before
    else:
        after = standing.settle(
            unit, group, invitee, MembershipState.INVITED, invited_by=invited_by, reason=""
        )
    events.happened(
        unit,
        EventKind.GROUP_INVITED,
        group_id=group.id,
        account_id=invitee.id,
        by_id=invited_by or group.id,
    )
    standing.tell(unit, group, invitee, Sentence.INVITED)
    _record(unit, by, "invited", group, invitee)
    return after


# -- moderators ------------------------------------------------------------------------------------------


def set_role(unit: Unit, by: str, group: Account, member: Account, role: MembershipRole) -> Membership:
    """Raises NotFound for who is no member, Conflict where nobody would be left to moderate."""
    found = _of(unit, group, member)
    if found is None or not found.active:
        raise NotFound("This account is no member of the group")
    if found.role is role:
        return found
    others = [one for one in memberships.moderators(unit, group.id) if one.id != member.id]
    if not role.moderates and not others:
        raise Conflict("Somebody must moderate the group: name another moderator first")
    after = standing.settle(unit, group, member, found.state, role=role.value)
    _say_standing(unit, group, member)
    audit.record(unit, by, "group.role", f"group:{group.id}", member=member.id, role=role.value)
    return after


# -- inside ----------------------------------------------------------------------------------------------


def _of(unit: Unit, group: Account, member: Account) -> Membership | None:
    standing.get(unit, group)
    if not group.local:
        raise NotPermitted("The group lives on another instance")
    return memberships.find(unit, group.id, member.id)


def _say_standing(unit: Unit, group: Account, member: Account) -> None:
    if not member.local:
        events.happened(unit, EventKind.GROUP_STANDING, group_id=group.id, account_id=member.id)


def _record(
    unit: Unit, by: str, action: str, group: Account, member: Account, reason: Reason = Reason.NONE
) -> None:
    detail = {"reason": reason.value} if reason else {}
    audit.record(unit, by, f"group.{action}", f"group:{group.id}", member=member.id, **detail)
