"""Letting somebody into a group of ours. Where they are the first of their institution, its members are told before.

Who is admitted stays REQUESTED meanwhile, and so nothing of the group goes to their institution. The group offers the newcomer to
each instance that has members; each tells its members and answers. The admission holds when all have answered, or after
a day: an instance that is away does not decide who joins. `look` says what follows from the rows alone, so that whatever is lost,
repeated or late heals with the next look.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from federation.types import Iri, Origin
from server.domain.accounts import Account
from server.domain.groups import Membership, MembershipRole, MembershipState, Newcomer, Reason
from server.domain.messages import Sentence
from server.domain.work import EventKind
from server.services import addresses, audit, events
from server.services.groups import answering, standing, suspending
from server.store import accounts, attestations, groups, memberships
from server.store import newcomers as rows
from server.store.session import Unit

DAY: Final = timedelta(days=1)
AGAIN: Final = timedelta(hours=1)
PATIENCE: Final = timedelta(minutes=10)
"""How long after an offer nobody is given up: this instance may have been away, and the day over since."""
NOT_SOONER: Final = timedelta(minutes=1)
_MEMBER = (MembershipState.ACTIVE, MembershipState.SUSPENDED)


# -- a group of ours -------------------------------------------------------------------------------------


def admit(unit: Unit, group: Account, member: Account, **values: Any) -> Membership:
    """Makes a member, or admits who waits until the others were told. values: further columns of the membership."""
    before = memberships.find(unit, group.id, member.id)
    values = {**values, "ask_again_at": None}
    host = member.origin(unit.context.settings.origin)
    known = before is not None and before.state.on_roster
    if known or member.local or not _is_new(unit, group, host):
        return _enter(unit, group, member, before, values)
    newcomer = _open(unit, group, host)
    if not _waits_for(unit, newcomer):
        rows.change(unit, newcomer.id, {"ended_at": unit.now})
        return _enter(unit, group, member, before, values)
    waits = {**values, "admitted_at": unit.now, "reason": Reason.INSTITUTION_NEW.value}
    standing.settle(unit, group, member, MembershipState.REQUESTED, **waits)
    answering.answer(unit, group, member)
    _offer(unit, newcomer)
    return _of(unit, group, member)


def look(unit: Unit, newcomer: Newcomer) -> bool:
    """Who is still to be asked is asked; once nobody is waited for, whoever was admitted is in. False while it waits."""
    group = accounts.find(unit, newcomer.group_id)
    record = None if group is None else groups.find(unit, group.id)
    if group is None or group.gone or record is None or record.dissolved_at is not None:
        rows.change(unit, newcomer.id, {"ended_at": unit.now})
        return True
    admitted = _admitted(unit, newcomer)
    silent = _waits_for(unit, newcomer)
    if admitted and silent and (unit.now < newcomer.until_at or not _was_offered(unit, newcomer)):
        _offer(unit, newcomer)
        return False
    rows.change(unit, newcomer.id, {"ended_at": unit.now})
    if admitted and silent:
        detail = {"newcomer": newcomer.host, "silent": silent}
        audit.record(unit, "system", "group.newcomer_unanswered", f"group:{group.id}", **detail)
    for membership, member in admitted:
        _enter_or_refuse(unit, group, member, membership)
    return True


def look_at_all(unit: Unit) -> int:
    """Answers how many institutions wait after that."""
    return sum(not look(unit, one) for one in rows.open_here(unit))


def answered(unit: Unit, group: Account, offer_uri: Iri, host: Origin) -> bool:
    """An instance has told its members. False where it was not asked, or had answered; one that is late is noted."""
    newcomer = rows.find_by_offer(unit, offer_uri)
    if newcomer is None or newcomer.group_id != group.id or not group.local:
        return False
    if not rows.answered(unit, newcomer.id, host):
        return False
    if newcomer.ended_at is None:
        look(unit, newcomer)
    return True


def _is_new(unit: Unit, group: Account, host: Origin) -> bool:
    """Open groups are for everybody: nobody is told who follows them from where."""
    members_only = standing.get(unit, group).access.members_only
    return members_only and not memberships.at_origin(unit, group.id, host, _MEMBER)


def _open(unit: Unit, group: Account, host: Origin) -> Newcomer:
    found = next((one for one in rows.open_in(unit, group.id) if one.host == host), None)
    if found is not None:
        return found
    _tell(unit, group, host)
    return rows.add(unit, group.id, host, addresses.new_activity(unit), unit.now, unit.now + DAY)


def _waits_for(unit: Unit, newcomer: Newcomer) -> list[Origin]:
    """Instances with members now, whenever they came, that have not told them yet. Members here were told at once."""
    told = rows.answers(unit, newcomer.id)
    apart = {newcomer.host, unit.context.settings.origin}
    inside = memberships.hosts(unit, newcomer.group_id, interrupted=True)
    hosts = [host for host, _, _ in inside if host not in apart]
    return [host for host in hosts if told.get(host) is None]


def _offer(unit: Unit, newcomer: Newcomer) -> None:
    """To whom it was not said yet, at once; to whoever has not answered for an hour, once more."""
    asked = rows.answers(unit, newcomer.id)
    silent = _waits_for(unit, newcomer)
    fresh = [host for host in silent if host not in asked]
    again = newcomer.said_at is not None and unit.now - newcomer.said_at >= AGAIN
    if fresh or again:
        rows.ask(unit, newcomer.id, fresh)
        rows.change(unit, newcomer.id, {"said_at": unit.now})
        events.happened(unit, EventKind.NEWCOMER_OFFERED, newcomer_id=newcomer.id)


def _was_offered(unit: Unit, newcomer: Newcomer) -> bool:
    """Lately, and not just now."""
    return newcomer.said_at is not None and PATIENCE <= unit.now - newcomer.said_at < AGAIN


def silent_hosts(unit: Unit, newcomer_id: int) -> list[Origin]:
    """Whom the offer is to reach: asked, and without an answer."""
    return [host for host, at in rows.answers(unit, newcomer_id).items() if at is None]


def _admitted(unit: Unit, newcomer: Newcomer) -> list[tuple[Membership, Account]]:
    waiting = memberships.at_origin(unit, newcomer.group_id, newcomer.host, [MembershipState.REQUESTED])
    return [(one, member) for one, member in waiting if one.admitted_at is not None]


def _enter(
    unit: Unit, group: Account, member: Account, before: Membership | None, values: dict[str, Any]
) -> Membership:
    known = before is not None and before.state.on_roster
    role = before.role if before is not None and known else MembershipRole.MEMBER
    values = {"role": role.value, **values, "reason": Reason.NONE.value}
    standing.settle(unit, group, member, MembershipState.ACTIVE, **values)
    if not known:
        standing.tell(unit, group, member, Sentence.JOIN_ACCEPTED)
    answering.answer(unit, group, member)
    return _of(unit, group, member)


def _enter_or_refuse(unit: Unit, group: Account, member: Account, before: Membership) -> None:
    """What is attested may have ended while the others were told."""
    attested = None if before.attestation_id is None else attestations.find(unit, before.attestation_id)
    if attested is None or attested.holds(unit.now):
        _enter(unit, group, member, before, {})
        return
    reason = suspending.reason_of(attested)
    standing.settle(unit, group, member, MembershipState.REJECTED, reason=reason.value)
    answering.answer(unit, group, member)


def _of(unit: Unit, group: Account, member: Account) -> Membership:
    made = memberships.find(unit, group.id, member.id)
    assert made is not None
    return made


def _tell(unit: Unit, group: Account, host: Origin) -> None:
    """Members here learn that a further institution is about to read the group."""
    own = unit.context.settings.origin
    for _, account in memberships.at_origin(unit, group.id, own, [MembershipState.ACTIVE]):
        standing.tell_of_institution(unit, group, account, host)


# -- a group elsewhere -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offer:
    """What a group elsewhere says of an institution that is about to join it."""

    uri: Iri
    host: Origin
    began_at: datetime
    until_at: datetime


def receive(unit: Unit, group: Account, offer: Offer) -> bool:
    """Tells the members here, and answers. False where nobody here is a member: then there is nobody to tell."""
    own = unit.context.settings.origin
    if group.local or not memberships.count_at(unit, group.id, own):
        return False
    if rows.find_by_offer(unit, offer.uri) is not None:
        return repeated(unit, group.uri, offer.uri)
    before = rows.latest(unit, group.id, offer.host)
    until_at = min(offer.until_at, unit.now + DAY)
    made = rows.add(unit, group.id, offer.host, offer.uri, offer.began_at, until_at)
    if before is None or before.until_at < unit.now:  # a group that was restored may offer it anew
        _tell(unit, group, offer.host)
    _answer(unit, made)
    return True


def repeated(unit: Unit, group_uri: Iri, offer_uri: Iri) -> bool:
    """Whoever offers again has not heard the answer: it is given once more, at most once a minute."""
    found = rows.find_by_offer(unit, offer_uri)
    group = None if found is None else accounts.find(unit, found.group_id)
    if found is None or group is None or group.local or group.uri != group_uri:
        return False
    if found.said_at is not None and unit.now - found.said_at < NOT_SOONER:
        return False
    _answer(unit, found)
    return True


def _answer(unit: Unit, newcomer: Newcomer) -> None:
    rows.change(unit, newcomer.id, {"said_at": unit.now})
    events.happened(unit, EventKind.NEWCOMER_ANSWERED, newcomer_id=newcomer.id)


# -- for pages -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Arriving:
    """An institution that comes to a group. silent: who has not said, at the group's instance, that they told their members.

    ended: since when nobody is waited for; never told of a group elsewhere.
    """

    host: Origin
    since: datetime
    until: datetime
    silent: tuple[Origin, ...]
    ended: datetime | None = None


def arriving(unit: Unit, group: Account) -> list[Arriving]:
    """For members: who is not in yet."""
    record = standing.get(unit, group)
    inside = {host.origin for host in record.hosts} | {unit.context.settings.origin}
    return [
        Arriving(one.host, one.began_at, one.until_at, tuple(_waits_for(unit, one)) if group.local else ())
        for one in rows.open_in(unit, group.id)
        if group.local or (one.host not in inside and one.until_at > unit.now)
    ]


def newcomers_of(unit: Unit, group: Account) -> list[Arriving]:
    """All that ever came, the newest first."""
    return [
        Arriving(one.host, one.began_at, one.until_at, tuple(silent_hosts(unit, one.id)), one.ended_at)
        for one in rows.of_group(unit, group.id)
    ]
