"""Rows of groups: what makes an account a group."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, or_, select, update

from federation.types import Origin
from server.domain.accounts import Account, AccountKind
from server.domain.boundary import ContentClass, GroupAccess
from server.domain.groups import Admission, Group, History, Host, Roster
from server.store import accounts
from server.store.session import Unit
from server.store.statement import insert_ignore
from server.store.tables.accounts import account
from server.store.tables.groups import group, locked_thread
from server.store.tables.posts import mention
from server.store.tables.types import EPOCH, MILLISECOND

_BY_ID = select(group).where(group.c.account_id == bindparam("account_id"))


def record(row: Row[Any]) -> Group:
    values = row._asdict()
    values["access"] = GroupAccess(values["access"])
    values["admission"] = Admission(values["admission"])
    values["roster"] = Roster(values["roster"])
    values["history"] = History(values["history"])
    values["class_floor"] = ContentClass.from_word(values["class_floor"])
    values["languages"] = tuple(values["languages"])
    values["professions"] = tuple(values["professions"])
    values["hosts"] = tuple(
        Host(Origin(origin), key, EPOCH + since * MILLISECOND) for origin, key, since in values["hosts"]
    )
    return Group(**values)


def unknown(unit: Unit, account_id: int) -> Group:
    """Of an open group of which nothing is kept but its account."""
    return Group(
        account_id=account_id,
        access=GroupAccess.OPEN,
        specialty="",
        languages=(),
        rules="",
        rules_version=1,
        minimum_level=0,
        professions=(),
        admission=Admission.AUTOMATIC,
        roster=Roster.MODERATORS,
        history=History.FULL,
        retention_days=None,
        listed=False,
        class_floor=ContentClass.NOTICE,
        introduced=True,
        epoch=0,
        roster_version=0,
        hosts=(),
        document=None,
        document_digest=None,
        key="",
        posted_at=None,
        fetched_at=None,
        dissolved_at=None,
        created_at=unit.now,
    )


def hosts_value(hosts: tuple[Host, ...]) -> list[list[Any]]:
    """As the column keeps them: origin, key, milliseconds."""
    return [[host.origin, host.key, (host.since - EPOCH) // MILLISECOND] for host in hosts]


def find(unit: Unit, account_id: int) -> Group | None:
    row = unit.first(_BY_ID, {"account_id": account_id})
    return record(row) if row else None


def is_confined(unit: Unit, account_id: int) -> bool:
    """Whether an account is a members-only group."""
    found = find(unit, account_id)
    return found is not None and found.access.members_only


def add(unit: Unit, values: dict[str, Any]) -> bool:
    """values: columns of `group`; hosts by `hosts_value`. False where the account is a group already."""
    defaults = {"languages": [], "professions": [], "hosts": [], "created_at": unit.now}
    return insert_ignore(unit, group, {**defaults, **values})


def change(unit: Unit, account_id: int, values: dict[str, Any]) -> None:
    unit.run(update(group).where(group.c.account_id == account_id).values(**values))


def first_post(unit: Unit, account_id: int) -> None:
    """From now on the group's access is fixed."""
    unit.run(
        update(group)
        .where(group.c.account_id == account_id, group.c.posted_at.is_(None))
        .values(posted_at=unit.now)
    )


def raise_roster(unit: Unit, account_id: int) -> int:
    """The roster has changed: its next version."""
    unit.run(
        update(group)
        .where(group.c.account_id == account_id)
        .values(roster_version=group.c.roster_version + 1)
    )
    return int(unit.value(select(group.c.roster_version).where(group.c.account_id == account_id)) or 0)


def raise_epoch(unit: Unit, account_id: int) -> int:
    """The database came out of a backup: whatever was numbered since is void. Answers the stamp of its roster."""
    values = {"epoch": group.c.epoch + 1, "roster_version": group.c.roster_version + 1}
    unit.run(update(group).where(group.c.account_id == account_id).values(**values))
    found = find(unit, account_id)
    assert found is not None
    return found.stamp


def account_of(unit: Unit, account_id: int) -> Account | None:
    """The account of a group; None where it is none, or gone."""
    found = accounts.find(unit, account_id)
    return found if found is not None and not found.gone and find(unit, account_id) is not None else None


def local(unit: Unit) -> list[Group]:
    """The groups that live here, oldest first."""
    statement = select(group).join(account, account.c.id == group.c.account_id)
    return [
        record(row) for row in unit.all(statement.where(account.c.domain == "").order_by(group.c.account_id))
    ]


def known(unit: Unit) -> list[Group]:
    return [record(row) for row in unit.all(select(group).order_by(group.c.account_id))]


def fetched_before(unit: Unit, moment: datetime, limit: int) -> list[int]:
    """Ids of groups elsewhere whose document is older."""
    statement = (
        select(group.c.account_id)
        .join(account, account.c.id == group.c.account_id)
        .where(account.c.domain != "", or_(group.c.fetched_at.is_(None), group.c.fetched_at < moment))
        .order_by(group.c.fetched_at)
        .limit(limit)
    )
    return [row.account_id for row in unit.all(statement)]


_CONFINED = select(group.c.account_id).where(
    group.c.access.in_([GroupAccess.CLOSED.value, GroupAccess.SECRET.value])
)
_OPEN_NAMED = (
    select(mention.c.account_id)
    .join(account, account.c.id == mention.c.account_id)
    .where(
        mention.c.post_id.in_(bindparam("ids", expanding=True)),
        account.c.kind == AccountKind.GROUP.value,
        account.c.deleted_at.is_(None),
        account.c.id.not_in(_CONFINED),
    )
)


def open_groups_named(unit: Unit, post_ids: Iterable[int]) -> list[Account]:
    """The groups that posts name, in their text or beside it, and that are open; those of other software are."""
    rows = unit.all(_OPEN_NAMED, {"ids": sorted(set(post_ids))})
    found = accounts.many(unit, [row.account_id for row in rows])
    return [found[each] for each in sorted(found)]


def count_local(unit: Unit) -> int:
    statement = select(func.count()).select_from(group).join(account, account.c.id == group.c.account_id)
    return int(unit.value(statement.where(account.c.domain == "")) or 0)


# -- threads ---------------------------------------------------------------------------------------------


def lock_thread(unit: Unit, thread_id: int, group_id: int, by_id: int) -> bool:
    """False where it is locked already."""
    values = {"thread_id": thread_id, "group_id": group_id, "by_id": by_id, "locked_at": unit.now}
    return insert_ignore(unit, locked_thread, values)


def unlock_thread(unit: Unit, thread_id: int) -> bool:
    return unit.run(delete(locked_thread).where(locked_thread.c.thread_id == thread_id)) == 1


def is_locked(unit: Unit, thread_id: int) -> bool:
    return locked_by(unit, thread_id) is not None


def locked_by(unit: Unit, thread_id: int) -> int | None:
    """The group that closed a discussion."""
    found = unit.value(select(locked_thread.c.group_id).where(locked_thread.c.thread_id == thread_id))
    return None if found is None else int(found)
