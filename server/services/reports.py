"""Reports about accounts and their posts; they reach the moderators here, and the other instance where forwarded."""

from __future__ import annotations

from collections.abc import Sequence

from server.core.errors import Invalid, NotFound
from server.domain.accounts import Account
from server.domain.reports import Report, ReportCategory
from server.domain.viewers import Member
from server.domain.work import EventKind
from server.services import addresses, audit, events
from server.store import posts
from server.store import reports as rows
from server.store.session import Unit

COMMENT_LIMIT = 1000


def make(
    unit: Unit,
    by: Account,
    target: Account,
    *,
    post_ids: Sequence[int] = (),
    comment: str = "",
    category: ReportCategory = ReportCategory.OTHER,
    forward: bool = False,
) -> Report:
    """Raises Invalid, and NotFound for a post that the reporter does not see or that is not the target's."""
    if len(comment) > COMMENT_LIMIT:
        raise Invalid("A report has at most %(most)s characters", most=COMMENT_LIMIT)
    wanted = list(dict.fromkeys(post_ids))
    seen = posts.visible(unit, Member(by.id), wanted)
    if any(each not in seen or seen[each].account_id != target.id for each in wanted):
        raise NotFound
    forwarded = forward and not target.local
    report_id = unit.new_id()
    rows.add(
        unit,
        {
            "id": report_id,
            "uri": addresses.new_activity(unit),
            "account_id": by.id,
            "target_id": target.id,
            "post_ids": wanted,
            "comment": comment,
            "category": category.value,
            "forwarded": forwarded,
        },
    )
    audit.record(unit, f"account:{by.id}", "report.make", f"account:{target.id}", posts=len(wanted))
    if forwarded:
        events.happened(unit, EventKind.REPORTED, report_id=report_id)
    return get(unit, report_id)


def receive(
    unit: Unit, by: Account, target: Account, *, uri: str, post_ids: Sequence[int], comment: str
) -> bool:
    """A Flag of another instance. post_ids: the target's own posts. False for one received before."""
    fresh = rows.add(
        unit,
        {
            "id": unit.new_id(),
            "uri": uri,
            "account_id": by.id,
            "target_id": target.id,
            "post_ids": [
                each.id for each in posts.many(unit, post_ids).values() if each.account_id == target.id
            ],
            "comment": comment[:COMMENT_LIMIT],
            "category": ReportCategory.OTHER.value,
            "forwarded": False,
        },
    )
    if fresh:
        audit.record(unit, by.domain, "report.receive", f"account:{target.id}")
    return fresh


def get(unit: Unit, report_id: int) -> Report:
    """Raises NotFound."""
    found = rows.find(unit, report_id)
    if found is None:
        raise NotFound
    return found


def unresolved(unit: Unit) -> list[Report]:
    """Oldest first."""
    return rows.unresolved(unit)


def resolve(unit: Unit, by: str, report_id: int) -> Report:
    """Raises NotFound."""
    found = get(unit, report_id)
    if rows.resolve(unit, report_id):
        audit.record(unit, by, "report.resolve", f"report:{found.id}")
    return get(unit, report_id)
