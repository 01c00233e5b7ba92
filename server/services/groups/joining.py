"""Asking to be let into a group, and judging who asks.

A member here asks in two steps: an app's follow makes a request that nobody hears of, and our page, where rules and the
statement about the profession are read, confirms it. A group of ours judges at once; for a group elsewhere an attestation
is made and the request leaves, again and again with the same bytes until it is answered. Each flaw of a request has its
own `Reason`. Of a secret group nobody learns who was not invited or does not know it already.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from federation.errors import Malformed
from federation.iri import origin_of
from federation.keys import PublicKey
from federation.types import Iri, Json
from server.core.errors import Conflict, Invalid, NotFound, NotPermitted
from server.core.ids import Ids
from server.domain.accounts import Account
from server.domain.boundary import GroupAccess
from server.domain.groups import Admission, Group, Membership, MembershipState, Reason
from server.domain.messages import Sentence
from server.domain.verification import Attestation
from server.domain.work import EventKind
from server.services import addresses, events, verification
from server.services.groups import answering, life, newcomers, standing, terms
from server.store import accounts as account_rows
from server.store import memberships
from server.store.session import Unit

AGAIN_AFTER: Final = (timedelta(hours=1), timedelta(hours=6))
AGAIN_DAILY: Final = timedelta(days=1)
AGAIN_FOR: Final = timedelta(days=30)
AHEAD: Final = timedelta(minutes=5)
MILLISECOND: Final = timedelta(milliseconds=1)
_MEMBER = frozenset({MembershipState.ACTIVE, MembershipState.SUSPENDED})


# -- a member here ---------------------------------------------------------------------------------------


def want(unit: Unit, member: Account, group: Account) -> Membership:
    """An app's follow: a request that waits for its confirmation on our page, to which a message leads. May be repeated."""
    found = standing.get(unit, group)
    before = memberships.find(unit, group.id, member.id)
    if before is not None and before.state in _MEMBER | {MembershipState.REQUESTED}:
        return before
    _may_ask(found, before)
    made = standing.settle(
        unit, group, member, MembershipState.REQUESTED, join_uri=None, reason=Reason.NONE.value
    )
    standing.tell(unit, group, member, Sentence.JOIN_CONFIRM)
    return made


def ask(unit: Unit, member: Account, group: Account, rules_version: int) -> Membership:
    """Asks to be let in, with the rules of this version accepted; of who is a member, a renewal.

    Raises Conflict where the rules have changed meanwhile, Invalid and NotPermitted with what stands in the way.
    """
    found = standing.get(unit, group)
    before = memberships.find(unit, group.id, member.id)
    _may_ask(found, before)
    check_rules(found, rules_version)
    check_profession(unit, member, found)
    asked_at = after(unit.now, before)
    join_uri = addresses.new_activity(unit)
    attested = attest(unit, member, group, join_uri)
    values: dict[str, Any] = {
        "join_uri": join_uri,
        "asked_at": asked_at,
        "rules_version": rules_version,
        "attestation_id": attested.id if attested is not None else None,
        "reason": Reason.NONE.value,
    }
    if group.local:
        return _decide(unit, found, group, member, before, values)
    state = before.state if before is not None and before.state in _MEMBER else MembershipState.REQUESTED
    values |= {"ask_again_at": unit.now + AGAIN_AFTER[0], "asked_times": 1}
    made = standing.settle(unit, group, member, state, **values)
    events.happened(unit, EventKind.GROUP_ASKED, group_id=group.id, account_id=member.id)
    if state is MembershipState.REQUESTED:
        standing.tell(unit, group, member, Sentence.JOIN_WAITING)
    return made


def check_rules(found: Group, accepted: int) -> None:
    """Raises Conflict where others hold by now than those that were read."""
    if accepted != found.rules_version:
        raise Conflict("The rules of this group have changed: please read them again")


def attest(unit: Unit, member: Account, group: Account, join_uri: Iri) -> Attestation | None:
    """What is said of a member to a group; None for an open one, which asks for nothing. Raises Invalid."""
    found = standing.get(unit, group)
    if not found.access.members_only:
        return None
    hosts = [host.origin for host in (terms.hosts(unit, group) if group.local else found.hosts)]
    return verification.mint_for(unit, member, group, hosts, Ids.public(), join_uri)


def ask_again(unit: Unit, limit: int = 100) -> int:
    """Requests that were not answered leave once more, with the same bytes. Answers how many."""
    due = memberships.to_ask_again(unit, limit)
    for one in due:
        spent = one.asked_at is None or unit.now - one.asked_at > AGAIN_FOR
        waits = AGAIN_AFTER[one.asked_times] if one.asked_times < len(AGAIN_AFTER) else AGAIN_DAILY
        again_at = None if spent else unit.now + waits
        memberships.change(unit, one.id, {"ask_again_at": again_at, "asked_times": one.asked_times + 1})
        if not spent:
            events.happened(
                unit, EventKind.GROUP_ASKED, group_id=one.group_id, account_id=one.account_id, again=1
            )
    return len(due)


def renew(unit: Unit, limit: timedelta = timedelta(days=7)) -> int:
    """Members whose attestation ends soon, and still could be made anew, get another one. Answers how many."""
    renewed = 0
    for ending in verification.ending(unit, limit):
        one = memberships.find(unit, ending.group_id, ending.account_id)
        group, member = account_rows.find(unit, ending.group_id), account_rows.find(unit, ending.account_id)
        if one is None or one.attestation_id != ending.id or one.state not in _MEMBER:
            continue
        held = verification.current(unit, member) if member is not None else None
        if group is None or member is None or held is None or held.valid_until == ending.valid_until:
            continue
        try:
            ask(unit, member, group, one.rules_version)
        except (Conflict, Invalid, NotPermitted, NotFound):
            continue  # what stands in the way is for the member, whom a page and the end of the credential tell
        renewed += 1
    return renewed


def renew_all(unit: Unit, member: Account) -> list[Account]:
    """Whoever signs with another key from now on says so to each group, with an attestation of that key.

    Answers the groups where something stands in the way.
    """
    failed = []
    for one in memberships.of_account(unit, member.id, _MEMBER):
        group = account_rows.find(unit, one.group_id)
        if group is None or not standing.get(unit, group).access.members_only:
            continue
        try:
            ask(unit, member, group, one.rules_version)
        except (Conflict, Invalid, NotPermitted, NotFound):
            failed.append(group)
    return failed


def _may_ask(found: Group, before: Membership | None) -> None:
    state = before.state if before is not None else None
    if found.access is GroupAccess.SECRET and state not in _MEMBER | {
        MembershipState.INVITED,
        MembershipState.REQUESTED,
    }:
        raise NotFound
    if state is MembershipState.BANNED:
        raise NotPermitted("The moderators of this group have excluded you")


def check_profession(unit: Unit, member: Account, found: Group) -> None:
    """What the group asks of a profession, as this instance knows it. Raises Invalid, NotPermitted."""
    if not found.access.members_only:
        return
    held = verification.current(unit, member)
    if held is None:
        raise Invalid("Your profession has not been checked yet: ask for it on your pages")
    if held.level < found.minimum_level:
        raise NotPermitted("This group asks for a stronger check of your profession")
    if found.professions and held.profession not in found.professions:
        raise NotPermitted("This group does not admit your profession")


def after(now: datetime, before: Membership | None) -> datetime:
    """A moment later than whatever this member said to the group before: the newest wins, in whatever order they come."""
    said = [at for at in (before.left_at, before.asked_at) if at is not None] if before is not None else []
    moment = now - timedelta(microseconds=now.microsecond % 1000)
    return max([moment, *(at + MILLISECOND for at in said)])


# -- a group of ours judges ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """A request from elsewhere, as the gate proved it.

    partner: it came from a partner, signed as the profile demands. key: the Multikey by which the request itself is
    proven; empty where it carries no proof that fits. pinned: the key of the member's instance.
    """

    uri: Iri
    member: Account
    group: Account
    asked_at: datetime
    rules_version: int
    credential: Json
    partner: bool
    key: str
    pinned: str


class NoSuchGroup(Exception):
    """To whoever asked, the group does not exist."""


def receive_join(unit: Unit, request: Request) -> life.Asked:
    """Judges a request and answers it, at once or when its moderators have decided. Raises NoSuchGroup."""
    group, member = request.group, request.member
    found = standing.get(unit, group)
    before = memberships.find(unit, group.id, member.id)
    if not request.partner:
        answering.stranger(unit, found, group, member, request.uri, Reason.NOT_A_PARTNER)
        return life.Asked.NEW
    if not terms.may_know(unit, group, origin_of(member.uri)):
        raise NoSuchGroup
    asked = life.asked(answering.known(before), request.uri, request.asked_at)
    if asked is life.Asked.REPEATED:
        answering.again(unit, group, member)
    elif asked is life.Asked.SUPERSEDED:
        answering.overtaken(unit, group, member, request.uri)
    elif asked is life.Asked.BANNED:
        answering.refuse(unit, group, member, request.uri, Reason.BANNED)
    else:
        _judge(unit, found, request, before)
    return asked


def _judge(unit: Unit, found: Group, request: Request, before: Membership | None) -> None:
    judged = _attested(unit, found, request, before)
    if isinstance(judged, Reason) and before is not None and before.state.on_roster:
        # what stands was admitted with another request: a flaw of this one ends nothing, only a person or a credential does
        answering.refuse(unit, request.group, request.member, request.uri, judged)
        return
    values: dict[str, Any] = {
        "join_uri": request.uri,
        "asked_at": request.asked_at,
        "rules_version": request.rules_version,
        "ask_again_at": None,
    }
    if isinstance(judged, Reason):
        standing.settle(
            unit, request.group, request.member, MembershipState.REJECTED, reason=judged.value, **values
        )
        answering.answer(unit, request.group, request.member)
        return
    values |= {"attestation_id": judged.id, "reason": Reason.NONE.value}
    _decide(unit, found, request.group, request.member, before, values)


def _attested(unit: Unit, found: Group, request: Request, before: Membership | None) -> Attestation | Reason:
    """The attestation that came with a request, or what is wrong with it."""
    if request.asked_at > unit.now + AHEAD:
        return Reason.MALFORMED
    state = before.state if before is not None else None
    if found.access is GroupAccess.SECRET and state in {None, MembershipState.LEFT, MembershipState.REJECTED}:
        return Reason.NOT_INVITED
    if request.rules_version != found.rules_version:
        return (
            Reason.RULES_CHANGED
        )  # before its credential is looked at, which would take the place of the one that holds
    if request.credential is None:
        return Reason.CREDENTIAL_MISSING
    try:
        key, pinned = PublicKey.from_multibase(request.key), PublicKey.from_multibase(request.pinned)
    except Malformed:
        return Reason.CREDENTIAL_INVALID
    judged = verification.judge_join(
        unit,
        request.credential,
        subject=request.member,
        subject_key=key,
        issuer_key=pinned,
        group=request.group,
        join_uri=request.uri,
        minimum_level=found.minimum_level,
        professions=found.professions,
    )
    return verification.reason_of(judged) if isinstance(judged, verification.Flaw) else judged


def _decide(
    unit: Unit,
    found: Group,
    group: Account,
    member: Account,
    before: Membership | None,
    values: dict[str, Any],
) -> Membership:
    """Of a request without a flaw: admitted, or left to the moderators."""
    if _admits(unit, found, group, before):
        return newcomers.admit(unit, group, member, **values)
    made = standing.settle(unit, group, member, MembershipState.REQUESTED, **values)
    standing.tell(unit, group, member, Sentence.JOIN_WAITING)
    standing.tell_moderators(unit, group, Sentence.JOIN_ASKED)
    return made


def _admits(unit: Unit, found: Group, group: Account, before: Membership | None) -> bool:
    """Without a moderator: members that renew, whom a moderator admitted or invited, and anybody where admission is automatic.

    Whom the moderators once removed waits for them in any case.
    """
    if before is not None and (before.state in _MEMBER or before.admitted_at is not None):
        return True
    if before is not None and before.state is MembershipState.REMOVED:
        return False
    if before is not None and before.invited_by is not None and before.state in life.OPEN_REQUESTS:
        inviter = memberships.find(unit, group.id, before.invited_by)
        if inviter is not None and inviter.active and inviter.role.moderates:
            return True
    return found.admission is Admission.AUTOMATIC
