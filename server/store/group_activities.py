"""Rows of what groups of ours took up, in order, and of what was released of it to each instance."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, select, update

from federation.types import Iri, Origin
from server.domain.boundary import ContentClass
from server.domain.groups import GroupActivity
from server.store.session import Unit
from server.store.statement import insert_ignore
from server.store.tables.groups import group, group_activity, stream_entry

WITHHELD = "Withhold"
"""Of what was taken back from some instances alone: no part of the history of the others."""

_LAST = select(func.max(stream_entry.c.n)).where(
    stream_entry.c.group_id == bindparam("group_id"), stream_entry.c.host == bindparam("host")
)


def record(row: Row[Any]) -> GroupActivity:
    values = row._asdict()
    values["uri"], values["object_uri"] = Iri(values["uri"]), Iri(values["object_uri"])
    values["content_class"] = ContentClass.from_word(values["content_class"])
    return GroupActivity(**values)


def add(unit: Unit, values: dict[str, Any]) -> int | None:
    """values: columns of `group_activity`. None where its id is there already."""
    row_id = unit.new_id()
    added = insert_ignore(unit, group_activity, {"id": row_id, "accepted_at": unit.now, **values})
    return row_id if added else None


def find(unit: Unit, row_id: int) -> GroupActivity | None:
    row = unit.first(select(group_activity).where(group_activity.c.id == row_id))
    return record(row) if row else None


def find_by_uri(unit: Unit, uri: str) -> GroupActivity | None:
    row = unit.first(select(group_activity).where(group_activity.c.uri == uri))
    return record(row) if row else None


def find_by_activity(unit: Unit, activity_id: int) -> GroupActivity | None:
    row = unit.first(select(group_activity).where(group_activity.c.activity_id == activity_id))
    return record(row) if row else None


def announced(unit: Unit, row_id: int, activity_id: int) -> None:
    """It is carried by an activity of ours now, which holds its bytes."""
    unit.run(
        update(group_activity)
        .where(group_activity.c.id == row_id)
        .values(activity_id=activity_id, inner=None)
    )


def forget_bytes(unit: Unit, post_id: int) -> None:
    """What was said of a post is gone; that something was said stays."""
    unit.run(update(group_activity).where(group_activity.c.post_id == post_id).values(inner=None))


def forget_one(unit: Unit, row_id: int) -> None:
    unit.run(update(group_activity).where(group_activity.c.id == row_id).values(inner=None))


# -- streams ---------------------------------------------------------------------------------------------


def hold(unit: Unit, group_id: int) -> int:
    """The epoch of a group; until the end of the transaction nobody else numbers anything in its streams."""
    statement = select(group.c.epoch).where(group.c.account_id == group_id)
    return int(unit.value(statement if unit.is_sqlite else statement.with_for_update()) or 1)


def enter(unit: Unit, group_id: int, row_id: int, host: Origin) -> int | None:
    """The next position of a host's stream, under `hold`. None where the host was given it before."""
    position = last(unit, group_id, host) + 1
    values = {
        "group_id": group_id,
        "host": host,
        "n": position,
        "group_activity_id": row_id,
        "created_at": unit.now,
    }
    return position if insert_ignore(unit, stream_entry, values) else None


def leave(unit: Unit, group_id: int, row_id: int, host: Origin) -> None:
    unit.run(
        delete(stream_entry).where(
            stream_entry.c.group_id == group_id,
            stream_entry.c.group_activity_id == row_id,
            stream_entry.c.host == host,
        )
    )


def last(unit: Unit, group_id: int, host: Origin) -> int:
    """0 where nothing was released."""
    return int(unit.value(_LAST, {"group_id": group_id, "host": host}) or 0)


def released(
    unit: Unit, group_id: int, host: Origin, after: int, limit: int
) -> list[tuple[int, GroupActivity]]:
    """What a host was given behind a position, in order."""
    statement = (
        select(group_activity, stream_entry.c.n)
        .join(stream_entry, stream_entry.c.group_activity_id == group_activity.c.id)
        .where(stream_entry.c.group_id == group_id, stream_entry.c.host == host, stream_entry.c.n > after)
        .order_by(stream_entry.c.n)
        .limit(limit)
    )
    found = []
    for row in unit.all(statement):
        values = row._asdict()
        n = values.pop("n")
        values["uri"], values["object_uri"] = Iri(values["uri"]), Iri(values["object_uri"])
        values["content_class"] = ContentClass.from_word(values["content_class"])
        found.append((int(n), GroupActivity(**values)))
    return found


def not_released(
    unit: Unit, group_id: int, host: Origin, since: datetime | None, after: int, limit: int
) -> list[GroupActivity]:
    """What a host was not given, oldest first, and is still there. after: an id. since: nothing from before."""
    given = select(stream_entry.c.group_activity_id).where(
        stream_entry.c.group_id == group_id,
        stream_entry.c.host == host,
        stream_entry.c.group_activity_id == group_activity.c.id,
    )
    statement = select(group_activity).where(
        group_activity.c.group_id == group_id,
        group_activity.c.id > after,
        group_activity.c.activity_id.is_not(None),
        group_activity.c.kind != WITHHELD,
        ~given.exists(),
    )
    if since is not None:
        statement = statement.where(group_activity.c.accepted_at >= since)
    return [record(row) for row in unit.all(statement.order_by(group_activity.c.id).limit(limit))]


def of_objects(unit: Unit, object_uris: Iterable[str]) -> list[GroupActivity]:
    statement = select(group_activity).where(group_activity.c.object_uri.in_(sorted(set(object_uris))))
    return [record(row) for row in unit.all(statement.order_by(group_activity.c.id))]


def last_of(unit: Unit, object_uri: str, author_id: int, kinds: Iterable[str]) -> str | None:
    """Which of these activities somebody last did with an object."""
    statement = select(group_activity.c.kind).where(
        group_activity.c.object_uri == object_uri,
        group_activity.c.author_id == author_id,
        group_activity.c.kind.in_(sorted(kinds)),
    )
    found = unit.value(statement.order_by(group_activity.c.id.desc()).limit(1))
    return None if found is None else str(found)
