"""What people are shown of groups: theirs, those they may know of, who asks, and who can read, institution by institution."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from federation.types import Origin
from server.core.errors import NotFound
from server.domain.accounts import Account, FollowState
from server.domain.boundary import GroupAccess
from server.domain.groups import Group, Membership, MembershipState, Roster
from server.domain.verification import Attestation
from server.services import verification
from server.services.groups import members, standing
from server.store import accounts, groups, memberships, moderators_elsewhere, relationships
from server.store.session import Unit

_MEMBER = frozenset({MembershipState.ACTIVE, MembershipState.SUSPENDED})
_KNOWS = _MEMBER | {MembershipState.INVITED, MembershipState.REQUESTED}


@dataclass(frozen=True, slots=True)
class Seen:
    """A group as one member sees it. membership: their own, None where there is none. follow: where they follow it, or ask to."""

    account: Account
    group: Group
    membership: Membership | None
    follow: FollowState | None = None
    moderates_elsewhere: bool = False

    @property
    def is_open(self) -> bool:
        return self.group.access is GroupAccess.OPEN

    @property
    def takes_part(self) -> bool:
        """Whether they write in it: members; in an open group also who follows it."""
        return self.member or (self.is_open and self.follow is FollowState.ACCEPTED)

    @property
    def member(self) -> bool:
        return self.membership is not None and self.membership.active

    @property
    def follows(self) -> FollowState | None:
        """How one stands to an open group elsewhere, which is followed: members of it are not known here."""
        known = self.membership is not None and self.membership.state in _KNOWS
        return None if known or self.account.local else self.follow

    @property
    def moderates(self) -> bool:
        return self.moderates_elsewhere or (
            self.member and self.membership is not None and self.membership.role.moderates
        )

    @property
    def must_accept_rules(self) -> bool:
        """The rules have changed since this member accepted them, or were never accepted."""
        return (
            self.membership is not None
            and self.membership.state in _MEMBER
            and self.membership.rules_version < self.group.rules_version
        )


@dataclass(frozen=True, slots=True)
class Readers:
    """An institution whose members, and whose administrators, can read a group. count: None where it is not told.

    ours: this instance. interrupted: it is no partner at present, so nothing new reaches it; what it was given it has.
    """

    host: Origin
    count: int | None
    since: datetime | None
    ours: bool = False
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class RosterLine:
    """One line of a roster or of the list of requests."""

    account: Account
    membership: Membership
    attestation: Attestation | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """A group that lives here and has requests. lines: the oldest first; empty for who does not moderate it."""

    group: Account
    count: int
    oldest: datetime | None
    lines: list[RosterLine]


def find_for(unit: Unit, viewer: Account, group: Account) -> Seen:
    """Raises NotFound for what is no group, and for a secret one of which the viewer may not know."""
    found = standing.of_any(unit, group)
    membership = memberships.find(unit, group.id, viewer.id)
    knows = membership is not None and membership.state in _KNOWS
    if found.access is GroupAccess.SECRET and not knows:
        raise NotFound
    follow = relationships.find_follow(unit, viewer.id, group.id)
    return Seen(
        group,
        found,
        membership,
        None if follow is None else follow.state,
        not group.local and moderators_elsewhere.find(unit, group.id, viewer.id) is not None,
    )


def of_member(unit: Unit, member: Account) -> list[Seen]:
    """The groups a member is in, asks to be in, or is invited to."""
    mine = {one.group_id: one for one in memberships.of_account(unit, member.id, _KNOWS)}
    known = accounts.many(unit, mine)
    found = [(account, groups.find(unit, account.id)) for account in known.values()]
    seen = [
        Seen(account, group, mine[account.id])
        for account, group in found
        if group is not None and not account.gone and group.dissolved_at is None
    ]
    return sorted(seen, key=lambda one: one.account.display_name.casefold())


def listed(unit: Unit, viewer: Account) -> list[Seen]:
    """The groups that anybody here may find: those known to this instance that are listed, and no secret one."""
    found = [
        (account, one)
        for one in groups.known(unit)
        if one.listed and one.access is not GroupAccess.SECRET and one.dissolved_at is None
        for account in [groups.account_of(unit, one.account_id)]
        if account is not None
    ]
    mine = {one.group_id: one for one in memberships.of_account(unit, viewer.id, _KNOWS)}
    seen = [Seen(account, one, mine.get(account.id)) for account, one in found]
    return sorted(seen, key=lambda one: one.account.display_name.casefold())


def suggested(unit: Unit, viewer: Account) -> list[Account]:
    """Groups of the viewer's checked specialties that anybody may find, and that the viewer has nothing to do with yet."""
    held = verification.current(unit, viewer)
    if held is None:
        return []
    return [
        one.account
        for one in listed(unit, viewer)
        if one.membership is None
        and one.group.specialty in held.specialties
        and relationships.find_follow(unit, viewer.id, one.account.id) is None
    ]


def requests(unit: Unit, group: Account) -> list[RosterLine]:
    """Who waits for the moderators, oldest first, with what is attested of them."""
    waiting = memberships.of_group(unit, group.id, [MembershipState.REQUESTED])
    return _with_accounts(
        unit, [one for one in waiting if one.join_uri is not None and one.admitted_at is None]
    )


def asking(unit: Unit, viewer: Account) -> list[Asking]:
    """The groups here that have requests, for the staff: by name to their moderators, by number to others.

    A secret group is there for its members alone.
    """
    waiting: dict[int, list[Membership]] = {}
    for one in memberships.asking_here(unit):
        waiting.setdefault(one.group_id, []).append(one)
    mine = {one.group_id: one for one in memberships.of_account(unit, viewer.id, [MembershipState.ACTIVE])}
    found = []
    for group_id, requested in waiting.items():
        account, group, own = accounts.find(unit, group_id), groups.find(unit, group_id), mine.get(group_id)
        if account is None or account.gone or group is None:
            continue
        if own is None and group.access is GroupAccess.SECRET:
            continue
        moderates = own is not None and own.role.moderates
        lines = _with_accounts(unit, requested) if moderates else []
        found.append(Asking(account, len(requested), requested[0].asked_at, lines))
    return found


def roster(unit: Unit, viewer: Account | None, group: Account, after: int = 0) -> list[RosterLine]:
    """Members by name, for those who may see them: members, or moderators alone. viewer: None is the administrator's command.

    Of a group elsewhere only the members here are known. Raises NotFound for everybody else.
    """
    found = standing.get(unit, group)
    if viewer is not None:
        membership = memberships.find(unit, group.id, viewer.id)
        if membership is None or not membership.active:
            raise NotFound
        if found.roster is Roster.MODERATORS and not membership.role.moderates:
            raise NotFound
    return _with_accounts(unit, memberships.of_group(unit, group.id, _MEMBER, after))


def invited(unit: Unit, group: Account) -> list[RosterLine]:
    return _with_accounts(unit, memberships.of_group(unit, group.id, [MembershipState.INVITED]))


def excluded(unit: Unit, group: Account) -> list[RosterLine]:
    """Whom the moderators sent away for good."""
    return _with_accounts(unit, memberships.of_group(unit, group.id, [MembershipState.BANNED]))


def who_can_read(unit: Unit, group: Account) -> list[Readers]:
    """Every institution whose administrators can read what is posted: for members, and for whoever is about to join."""
    found = standing.of_any(unit, group)
    own = unit.context.settings.origin
    active = {origin for origin, _, _ in memberships.hosts(unit, group.id)}
    here = [
        Readers(origin, count, since, ours=origin == own, interrupted=origin not in active)
        for origin, count, since in memberships.hosts(unit, group.id, interrupted=True)
    ]
    if group.local:
        return (
            here if any(one.ours for one in here) else [Readers(own, 0, found.created_at, ours=True), *here]
        )
    home = Origin(group.domain)
    counted = {one.host: one for one in here}
    others = [Readers(one.origin, None, one.since) for one in found.hosts if one.origin not in {own, home}]
    return [Readers(home, None, None), *([counted[own]] if own in counted else []), *others]


def warnings(unit: Unit, group: Account) -> bool:
    """Whether there are too few moderators."""
    return members.few_moderators(unit, group)


def _with_accounts(unit: Unit, found: Iterable[Membership]) -> list[RosterLine]:
    listed = list(found)
    known = accounts.many(unit, [one.account_id for one in listed])
    return [
        RosterLine(known[one.account_id], one, memberships.attestation(unit, one))
        for one in listed
        if one.account_id in known
    ]
