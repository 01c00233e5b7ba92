"""What a group of ours answers: the current answer, as often as it is asked for, at most once a minute.

An answer is a fact about a membership, not an event in the past: whoever repeats a request hears how things stand now.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from federation.types import Iri
from server.domain.accounts import Account
from server.domain.boundary import GroupAccess
from server.domain.groups import Group, Membership, MembershipState, Reason
from server.domain.messages import Sentence
from server.domain.work import EventKind
from server.services import events
from server.services.groups import life, standing
from server.store import accounts, memberships
from server.store.session import Unit

NOT_SOONER: Final = timedelta(minutes=1)
ACCEPT: Final = "accept"
REJECT: Final = "reject"
JOIN: Final = "join"
FOLLOW: Final = "follow"
_REFUSED = frozenset({MembershipState.REJECTED, MembershipState.REMOVED, MembershipState.BANNED})


def known(membership: Membership | None) -> life.Known:
    if membership is None:
        return life.Known()
    return life.Known(
        membership.state,
        membership.join_uri,
        membership.asked_at,
        membership.left_at,
        membership.stamp,
    )


def answer(unit: Unit, group: Account, member: Account) -> None:
    """Says to the member's instance how things stand; a member here is told by a message elsewhere.

    Of a request that is not decided there is nothing to say.
    """
    now = memberships.find(unit, group.id, member.id)
    if now is None or now.join_uri is None:
        return
    if now.state is MembershipState.ACTIVE or now.state is MembershipState.SUSPENDED:
        _say(unit, group, member, now.join_uri, ACCEPT, Reason.NONE)
    elif now.state in _REFUSED:
        _say(unit, group, member, now.join_uri, REJECT, now.reason)
        if now.state is MembershipState.REJECTED:
            standing.tell(unit, group, member, Sentence.JOIN_REFUSED, now.reason)
    elif now.admitted_at is not None:
        events.happened(unit, EventKind.GROUP_STANDING, group_id=group.id, account_id=member.id)
    else:
        return
    memberships.change(unit, now.id, {"answered_at": unit.now})


def again(unit: Unit, group: Account, member: Account) -> bool:
    """The same answer, to the same request. False where it was given a moment ago, or is not decided."""
    now = memberships.find(unit, group.id, member.id)
    if now is None or (now.answered_at is not None and unit.now - now.answered_at < NOT_SOONER):
        return False
    answer(unit, group, member)
    return True


def repeated(unit: Unit, join_uri: Iri, member_uri: Iri, group_uri: Iri | None) -> bool:
    """A request came once more, byte for byte: nothing happens but that it is answered again."""
    found = memberships.find_by_join(unit, join_uri)
    if found is not None:
        return _again_by_id(unit, found)
    member = accounts.find_by_uri(unit, member_uri)
    group = None if group_uri is None else accounts.find_by_uri(unit, group_uri)
    known_here = None if member is None or group is None else memberships.find(unit, group.id, member.id)
    if member is None or group is None or not group.local or known_here is None:
        return False
    if known_here.state is MembershipState.BANNED:
        refuse(unit, group, member, join_uri, Reason.BANNED)
    else:
        overtaken(unit, group, member, join_uri)
    return True


def refuse(unit: Unit, group: Account, member: Account, uri: Iri, reason: Reason) -> None:
    """Refuses one request without touching what stands."""
    _say(unit, group, member, uri, REJECT, reason)


def overtaken(unit: Unit, group: Account, member: Account, uri: Iri) -> None:
    """A request that another has overtaken. How the member stands is said instead: a refusal would be taken for an end."""
    now = memberships.find(unit, group.id, member.id)
    if now is not None and (now.state.on_roster or now.state in _REFUSED):
        again(unit, group, member)
    else:
        refuse(unit, group, member, uri, Reason.SUPERSEDED)


def stranger(unit: Unit, found: Group, group: Account, member: Account, uri: Iri, reason: Reason) -> bool:
    """Refuses who is no partner, at once. False, and silence, where the group does not exist for them."""
    if found.access is GroupAccess.SECRET:
        return False
    verb = FOLLOW if reason is Reason.BARE_FOLLOW else JOIN
    events.happened(
        unit,
        EventKind.GROUP_ANSWERED,
        group_id=group.id,
        account_id=member.id,
        answer=REJECT,
        reason=reason.value,
        uri=uri,
        verb=verb,
    )
    return True


def _again_by_id(unit: Unit, found: Membership) -> bool:
    from_here = standing.accounts_of(unit, found)
    return from_here is not None and from_here[0].local and again(unit, *from_here)


def _say(unit: Unit, group: Account, member: Account, uri: Iri, answered: str, reason: Reason) -> None:
    if member.local:
        return
    events.happened(
        unit,
        EventKind.GROUP_ANSWERED,
        group_id=group.id,
        account_id=member.id,
        answer=answered,
        reason=reason.value,
        uri=uri,
        verb=JOIN,
    )
