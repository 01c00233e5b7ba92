"""Rows of memberships: who is in which group, in which state, and where they live."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Row, and_, bindparam, case, func, or_, select, update

from federation.types import Iri, Origin
from server.domain.accounts import Account
from server.domain.boundary import GroupAccess
from server.domain.groups import Membership, MembershipRole, MembershipState, Reason, Roster
from server.domain.verification import Attestation, AttestationState
from server.store import accounts
from server.store.session import Unit
from server.store.statement import insert_ignore
from server.store.tables.accounts import account
from server.store.tables.groups import group, membership
from server.store.tables.verification import attestation as attestation_table

_ONE = select(membership).where(
    membership.c.group_id == bindparam("group_id"), membership.c.account_id == bindparam("account_id")
)
_ATTESTATION = select(attestation_table).where(attestation_table.c.id == bindparam("id"))
_ACTIVE = MembershipState.ACTIVE.value


def record(row: Row[Any]) -> Membership:
    values = row._asdict()
    values["state"] = MembershipState(values["state"])
    values["role"] = MembershipRole(values["role"])
    values["reason"] = Reason(values["reason"])
    return Membership(**values)


def find(unit: Unit, group_id: int, account_id: int) -> Membership | None:
    row = unit.first(_ONE, {"group_id": group_id, "account_id": account_id})
    return record(row) if row else None


def find_by_join(unit: Unit, join_uri: str) -> Membership | None:
    row = unit.first(select(membership).where(membership.c.join_uri == join_uri))
    return record(row) if row else None


def add(unit: Unit, values: dict[str, Any]) -> bool:
    """values: columns of `membership` but where the account lives. False where there is a row for this account already."""
    domain = unit.value(select(account.c.domain).where(account.c.id == values["account_id"]))
    values = {"id": unit.new_id(), "created_at": unit.now, "domain": domain, **values}
    return insert_ignore(unit, membership, values)


def change(
    unit: Unit, membership_id: int, values: dict[str, Any], *, was: Iterable[MembershipState] = ()
) -> bool:
    """False where the row was not in one of the states `was` any more (where given)."""
    statement = update(membership).where(membership.c.id == membership_id)
    states = [state.value for state in was]
    if states:
        statement = statement.where(membership.c.state.in_(states))
    return unit.run(statement.values(**values)) == 1


def of_group(
    unit: Unit, group_id: int, states: Iterable[MembershipState], after: int = 0, limit: int = 1000
) -> list[Membership]:
    """In the order in which they became known; `after` and `limit` bound a page."""
    statement = (
        select(membership)
        .where(
            membership.c.group_id == group_id,
            membership.c.state.in_([state.value for state in states]),
            membership.c.id > after,
        )
        .order_by(membership.c.id)
        .limit(limit)
    )
    return [record(row) for row in unit.all(statement)]


def of_account(unit: Unit, account_id: int, states: Iterable[MembershipState]) -> list[Membership]:
    statement = select(membership).where(
        membership.c.account_id == account_id, membership.c.state.in_([state.value for state in states])
    )
    return [record(row) for row in unit.all(statement.order_by(membership.c.id))]


def asking_here(unit: Unit, limit: int = 1000) -> list[Membership]:
    """Who waits for the moderators of groups that live here; the oldest request first."""
    statement = (
        select(membership)
        .join(group, group.c.account_id == membership.c.group_id)
        .join(account, account.c.id == membership.c.group_id)
        .where(
            account.c.domain == "",
            group.c.dissolved_at.is_(None),
            membership.c.state == MembershipState.REQUESTED.value,
            membership.c.join_uri.is_not(None),
            membership.c.admitted_at.is_(None),
        )
        .order_by(membership.c.asked_at, membership.c.id)
        .limit(limit)
    )
    return [record(row) for row in unit.all(statement)]


def is_active(unit: Unit, group_id: int, account_id: int) -> bool:
    found = find(unit, group_id, account_id)
    return found is not None and found.active


def moderators(unit: Unit, group_id: int) -> list[Account]:
    """Active members who moderate, wherever they live."""
    statement = select(membership.c.account_id).where(
        membership.c.group_id == group_id,
        membership.c.state == _ACTIVE,
        membership.c.role != MembershipRole.MEMBER.value,
    )
    return list(accounts.many(unit, [row.account_id for row in unit.all(statement)]).values())


_HOSTS = (
    select(
        membership.c.domain, func.count().label("members"), func.min(membership.c.joined_at).label("since")
    )
    .where(membership.c.group_id == bindparam("group_id"))
    .group_by(membership.c.domain)
    .order_by(membership.c.domain)
)
_HOSTS_ACTIVE = _HOSTS.where(membership.c.state == _ACTIVE)
_INTERRUPTED = and_(
    membership.c.state == MembershipState.SUSPENDED.value, membership.c.reason == Reason.NOT_A_PARTNER.value
)
"""By the border between two instances, and by nothing that the member could mend."""
_HOSTS_KEPT = _HOSTS.where(or_(membership.c.state == _ACTIVE, _INTERRUPTED))


def hosts(
    unit: Unit, group_id: int, *, interrupted: bool = False
) -> list[tuple[Origin, int, datetime | None]]:
    """Where active members live (ours as our own origin), how many, and since when: never a row for each member.

    interrupted: with the instances that are no partners at present.
    """
    own = unit.context.settings.origin
    return [
        (Origin(row.domain) if row.domain else own, row.members, row.since)
        for row in unit.all(_HOSTS_KEPT if interrupted else _HOSTS_ACTIVE, {"group_id": group_id})
    ]


_member, _host = account.alias(), account.alias()
_far = case((_member.c.domain != "", _member.c.domain), else_=_host.c.domain)
_CROSSING = (
    select(membership)
    .join(_member, _member.c.id == membership.c.account_id)
    .join(_host, _host.c.id == membership.c.group_id)
    .join(group, group.c.account_id == membership.c.group_id)
    .where(
        (_member.c.domain == "") != (_host.c.domain == ""),
        group.c.access != GroupAccess.OPEN.value,
        or_(membership.c.state == _ACTIVE, _INTERRUPTED),
    )
)


def borders(unit: Unit, only: Origin | None = None) -> list[tuple[Origin, MembershipState]]:
    """Instances with which somebody shares a members-only group: with active memberships, with interrupted ones, or with both."""
    statement = _CROSSING.with_only_columns(_far.label("domain"), membership.c.state).distinct()
    if only is not None:
        statement = statement.where(_far == only)
    return [(Origin(row.domain), MembershipState(row.state)) for row in unit.all(statement)]


def across(unit: Unit, origin: Origin, state: MembershipState, limit: int) -> list[Membership]:
    """Of these, the memberships themselves."""
    statement = _CROSSING.where(_far == origin, membership.c.state == state.value)
    return [record(row) for row in unit.all(statement.order_by(membership.c.id).limit(limit))]


def _inboxes() -> Executable:
    """From one instance of active members to the next, by the index: a member more costs nothing."""
    active = (membership.c.group_id == bindparam("group_id"), membership.c.state == _ACTIVE)
    first = select(func.min(membership.c.domain).label("domain")).where(*active, membership.c.domain > "")
    known = first.cte("known", recursive=True)
    following = select(func.min(membership.c.domain)).where(*active, membership.c.domain > known.c.domain)
    hosts_ = known.union_all(select(following.scalar_subquery()).where(known.c.domain.is_not(None)))
    inbox = (
        select(func.coalesce(account.c.shared_inbox, account.c.inbox))
        .select_from(membership)
        .join(account, account.c.id == membership.c.account_id)
        .where(*active, membership.c.domain == hosts_.c.domain)
        .limit(1)
    )
    return (
        select(hosts_.c.domain, inbox.scalar_subquery().label("inbox"))
        .where(hosts_.c.domain.is_not(None))
        .order_by(hosts_.c.domain)
    )


_INBOXES = _inboxes()


def inboxes(unit: Unit, group_id: int) -> list[tuple[Origin, Iri]]:
    """One for each instance elsewhere that has an active member."""
    return [(Origin(row.domain), Iri(row.inbox)) for row in unit.all(_INBOXES, {"group_id": group_id})]


def count_active(unit: Unit, group_id: int) -> int:
    statement = select(func.count()).where(membership.c.group_id == group_id, membership.c.state == _ACTIVE)
    return int(unit.value(statement) or 0)


def counts_here(unit: Unit) -> list[tuple[int, str, str, int]]:
    """Of the groups that live here: group, state, where the members live ("": here), how many."""
    statement = (
        select(membership.c.group_id, membership.c.state, membership.c.domain, func.count().label("number"))
        .join(account, account.c.id == membership.c.group_id)
        .where(account.c.domain == "")
        .group_by(membership.c.group_id, membership.c.state, membership.c.domain)
    )
    return [(row.group_id, row.state, row.domain, row.number) for row in unit.all(statement)]


_COUNT_AT = select(func.count()).where(
    membership.c.group_id == bindparam("group_id"),
    membership.c.state == _ACTIVE,
    membership.c.domain == bindparam("domain"),
)


def count_at(unit: Unit, group_id: int, origin: Origin) -> int:
    """How many active members live at an instance."""
    domain = "" if origin == unit.context.settings.origin else origin
    return int(unit.value(_COUNT_AT, {"group_id": group_id, "domain": domain}) or 0)


def at_origin(
    unit: Unit, group_id: int, origin: Origin, states: Iterable[MembershipState]
) -> list[tuple[Membership, Account]]:
    """The slice of a roster that concerns one instance."""
    domain = "" if origin == unit.context.settings.origin else origin
    statement = (
        select(membership)
        .where(
            membership.c.group_id == group_id,
            membership.c.state.in_([state.value for state in states]),
            membership.c.domain == domain,
        )
        .order_by(membership.c.id)
    )
    found = [record(row) for row in unit.all(statement)]
    known = accounts.many(unit, [each.account_id for each in found])
    return [(each, known[each.account_id]) for each in found]


def last_ended(unit: Unit, group_id: int, origin: Origin) -> tuple[bool, datetime | None]:
    """Whether anybody of an instance is in a group, if only interrupted; and when the last one who was is out."""
    found = [each for each, _ in at_origin(unit, group_id, origin, list(MembershipState))]
    ends = [moment for each in found for moment in (each.ended_at, each.left_at) if moment is not None]
    return any(each.state.on_roster for each in found), max(ends, default=None)


def to_ask_again(unit: Unit, limit: int) -> list[Membership]:
    """Requests of members here that were not answered and are due to be sent again."""
    statement = (
        select(membership)
        .where(membership.c.ask_again_at <= unit.now, membership.c.state == MembershipState.REQUESTED.value)
        .order_by(membership.c.ask_again_at)
        .limit(limit)
    )
    return [record(row) for row in unit.all(statement)]


def local_groups_of_origin(unit: Unit, origin: Origin) -> list[int]:
    """Ids of groups of ours that have an active or suspended member at an instance."""
    statement = (
        select(membership.c.group_id)
        .distinct()
        .join(account, account.c.id == membership.c.group_id)
        .join(group, group.c.account_id == membership.c.group_id)
        .where(
            membership.c.domain == origin,
            account.c.domain == "",
            membership.c.state.in_([_ACTIVE, MembershipState.SUSPENDED.value]),
        )
    )
    return [row.group_id for row in unit.all(statement)]


def crossing(unit: Unit, origin: Origin) -> list[Membership]:
    """Memberships, requests and invitations between here and an instance, in both directions."""
    there, here = (
        select(account.c.id).where(account.c.domain == origin),
        select(account.c.id).where(account.c.domain == ""),
    )
    states = [
        _ACTIVE,
        MembershipState.SUSPENDED.value,
        MembershipState.REQUESTED.value,
        MembershipState.INVITED.value,
    ]
    statement = select(membership).where(
        or_(
            membership.c.account_id.in_(there) & membership.c.group_id.in_(here),
            membership.c.account_id.in_(here) & membership.c.group_id.in_(there),
        ),
        membership.c.state.in_(states),
    )
    return [record(row) for row in unit.all(statement.order_by(membership.c.id))]


def groups_elsewhere(unit: Unit, states: Iterable[MembershipState]) -> list[int]:
    """Ids of groups elsewhere in which somebody here has one of these standings."""
    statement = (
        select(membership.c.group_id)
        .distinct()
        .join(account, account.c.id == membership.c.group_id)
        .where(
            membership.c.domain == "",
            account.c.domain != "",
            membership.c.state.in_([state.value for state in states]),
        )
    )
    return [row.group_id for row in unit.all(statement)]


# -- who may know ----------------------------------------------------------------------------------------


def known_groups(unit: Unit, viewer_id: int | None, group_ids: Iterable[int]) -> set[int]:
    """Those of the accounts that may be told of: all but secret groups that the viewer is neither in nor invited to."""
    wanted = sorted(set(group_ids))
    secret = select(group.c.account_id).where(
        group.c.account_id.in_(wanted), group.c.access == GroupAccess.SECRET.value
    )
    hidden = {row.account_id for row in unit.all(secret)} if wanted else set()
    if hidden and viewer_id is not None:
        inside = select(membership.c.group_id).where(
            membership.c.group_id.in_(sorted(hidden)),
            membership.c.account_id == viewer_id,
            membership.c.state.in_([state.value for state in _KNOWS]),
        )
        hidden -= {row.group_id for row in unit.all(inside)}
    return set(wanted) - hidden


_KNOWS = (
    MembershipState.ACTIVE,
    MembershipState.SUSPENDED,
    MembershipState.INVITED,
    MembershipState.REQUESTED,
)


def open_rosters(unit: Unit, viewer_id: int | None, group_ids: Iterable[int]) -> set[int]:
    """Those of the groups whose members' names the viewer may see: open ones; among members as the group has it."""
    wanted = sorted(set(group_ids))
    if not wanted:
        return set()
    known = unit.all(
        select(group.c.account_id, group.c.access, group.c.roster).where(group.c.account_id.in_(wanted))
    )
    confined = {row.account_id: row.roster for row in known if GroupAccess(row.access).members_only}
    shown = set(wanted) - set(confined)
    if confined and viewer_id is not None:
        mine = select(membership.c.group_id, membership.c.role).where(
            membership.c.group_id.in_(sorted(confined)),
            membership.c.account_id == viewer_id,
            membership.c.state == _ACTIVE,
        )
        shown |= {
            row.group_id
            for row in unit.all(mine)
            if confined[row.group_id] == Roster.MEMBERS.value or MembershipRole(row.role).moderates
        }
    return shown


# -- attestations ----------------------------------------------------------------------------------------


def attestation_record(row: Row[Any]) -> Attestation:
    values = row._asdict()
    values["state"] = AttestationState(values["state"])
    values["specialties"] = tuple(values["specialties"])
    values["issuer"] = Origin(values["issuer"])
    values["uri"] = Iri(values["uri"])
    return Attestation(**values)


def attestation(unit: Unit, standing: Membership) -> Attestation | None:
    """What a membership rests on; None where nothing was attested (an open group)."""
    if standing.attestation_id is None:
        return None
    row = unit.first(_ATTESTATION, {"id": standing.attestation_id})
    return attestation_record(row) if row else None
