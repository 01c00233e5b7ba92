"""What is past its time: counted for a preview, and found for a round. Nothing here takes anything away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select

from server.core.clock import from_milliseconds
from server.core.ids import first_id_at
from server.domain.ledger import IncidentState
from server.domain.posts import Standing
from server.store.session import Unit
from server.store.tables.ledger import incident, legal_hold
from server.store.tables.posts import media, post, report
from server.store.tables.verification import verification

SETTLED = (Standing.PUBLISHED.value, Standing.REFUSED.value, Standing.REMOVED.value)
"""What waits for a person is not past anything."""


@dataclass(frozen=True, slots=True)
class Counted:
    count: int
    oldest: datetime | None


def _past(group_ids: Sequence[int], before: datetime) -> ColumnElement[bool]:
    """By the time of arrival here, which is in the id, and by that of the newest words."""
    return and_(
        post.c.group_id.in_(group_ids),
        post.c.id < first_id_at(before),
        post.c.boost_of_id.is_(None),
        or_(post.c.edited_at.is_(None), post.c.edited_at < before),
    )


def reported(unit: Unit) -> frozenset[int]:
    """Posts in reports that nobody has settled."""
    rows = unit.all(select(report.c.post_ids).where(report.c.resolved_at.is_(None)))
    return frozenset(int(post_id) for row in rows for post_id in row.post_ids)


def _free(watched: frozenset[int]) -> ColumnElement[bool]:
    """Nobody has to look at it, and no order keeps it. watched: as `reported` answers."""
    return and_(
        post.c.standing.in_(SETTLED),
        post.c.id.not_in(sorted(watched)),
        ~exists().where(incident.c.object_uri == post.c.uri, incident.c.state == IncidentState.OPEN.value),
        ~exists().where(legal_hold.c.object_uri == post.c.uri),
    )


def posts(
    unit: Unit, group_ids: Sequence[int], before: datetime, watched: frozenset[int]
) -> dict[int, tuple[Counted, int]]:
    """What may go of each group, and how much is past its time and kept; a group with neither is left out."""
    freed = case((_free(watched), post.c.id))
    statement = (
        select(
            post.c.group_id,
            func.count().label("past"),
            func.count(freed).label("number"),
            func.min(freed).label("oldest"),
        )
        .where(_past(group_ids, before))
        .group_by(post.c.group_id)
    )
    return {
        row.group_id: (
            Counted(row.number, from_milliseconds(row.oldest >> 16) if row.number else None),
            row.past - row.number,
        )
        for row in unit.all(statement)
    }


def post_ids(unit: Unit, group_id: int, before: datetime, watched: frozenset[int], limit: int) -> list[int]:
    """Oldest first."""
    statement = select(post.c.id).where(_past([group_id], before), _free(watched))
    return [row.id for row in unit.all(statement.order_by(post.c.id).limit(limit))]


def is_free(unit: Unit, post_id: int, group_id: int, before: datetime) -> bool:
    """Whether this one may go."""
    statement = select(post.c.id).where(
        post.c.id == post_id, _past([group_id], before), _free(reported(unit))
    )
    return unit.value(statement) is not None


def uploads(unit: Unit, before: datetime) -> Counted:
    waiting = (media.c.post_id.is_(None), media.c.scheduled_id.is_(None), media.c.created_at < before)
    row = unit.first(
        select(func.count().label("number"), func.min(media.c.created_at).label("oldest")).where(*waiting)
    )
    return Counted(row.number, row.oldest) if row else Counted(0, None)


def documents(unit: Unit) -> Counted:
    """oldest: since when the first was to be erased."""
    row = unit.first(
        select(
            func.count().label("number"), func.min(verification.c.document_erase_at).label("oldest")
        ).where(verification.c.document_digest.is_not(None), verification.c.document_erase_at <= unit.now)
    )
    return Counted(row.number, row.oldest) if row else Counted(0, None)
