"""What is past its time, shown before it goes, and taken away one thing at a time.

Posts of a members-only group that lives here go when the days that the group states are over: as a removal that the group says, so that every
instance that may have them is asked for a receipt, and the author's deletes them too. Nothing younger goes, nothing that waits for a person
(an incident, a report, a verdict), and nothing that a lawful order keeps. A group elsewhere decides about its own posts; its word is
believed here only for what is older than the days that it had stated. An open group's posts are their authors'.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from server.core.ids import first_id_at
from server.domain.groups import Group, Reason
from server.domain.posts import Post, Standing
from server.domain.retention import Due, RetentionKind
from server.domain.seals import SealedLog
from server.domain.work import EventKind
from server.services import audit, blobs, events, reads, seals
from server.services.posts import delete as deletion
from server.store import accounts, groups, purges
from server.store import posts as post_rows
from server.store import retention as rows
from server.store.session import Unit

AT_ONCE = 200
LONGEST = 36_500
"""In days."""
DOCUMENT_DAYS = 30
BY = "system"
LOGS = {RetentionKind.AUDIT: SealedLog.AUDIT, RetentionKind.DECISIONS: SealedLog.DECISIONS}


def preview(unit: Unit) -> list[Due]:
    """What a round would take away now, by kind; of posts a line for each group that states its days."""
    found, watched = [], rows.reported(unit)
    stated = _groups(unit)
    names = accounts.many(unit, [group.account_id for group, _ in stated])
    counted: dict[int, tuple[rows.Counted, int]] = {}
    for moment in {before for _, before in stated}:  # many groups state the same days
        same = [group.account_id for group, before in stated if before == moment]
        counted |= rows.posts(unit, same, moment, watched)
    for group, _ in stated:
        gone, kept = counted.get(group.account_id, (rows.Counted(0, None), 0))
        name = names[group.account_id].username
        found.append(Due(RetentionKind.POSTS, group.retention_days, gone.count, gone.oldest, name, kept))
    waiting = rows.uploads(unit, unit.now - blobs.WAIT_FOR_A_POST)
    found.append(Due(RetentionKind.UPLOADS, blobs.WAIT_FOR_A_POST.days, waiting.count, waiting.oldest))
    papers = rows.documents(unit)
    found.append(Due(RetentionKind.DOCUMENTS, DOCUMENT_DAYS, papers.count, papers.oldest))
    shown = reads.past(unit)
    found.append(Due(RetentionKind.READS, reads.KEPT.days, shown.count, shown.oldest, kept=shown.kept))
    before_logs = _logs_before(unit)
    for kind, log in LOGS.items():
        days = unit.context.settings.log_retention_days or None
        number, oldest = (0, None) if before_logs is None else seals.past(unit, log, before_logs)
        found.append(Due(kind, days, number, oldest))
    return found


def _groups(unit: Unit) -> list[tuple[Group, datetime]]:
    """Those that live here and state their days, and before when their posts are past them."""
    found = [(group, _before(unit, group)) for group in groups.local(unit) if group.access.members_only]
    return [(group, before) for group, before in found if before is not None]


def _before(unit: Unit, group: Group) -> datetime | None:
    """Before when its posts are past their days; None where they are kept for ever, which more than LONGEST are taken for."""
    days = group.retention_days
    return unit.now - timedelta(days=days) if days and 0 < days <= LONGEST else None


# -- posts -----------------------------------------------------------------------------------------------


def due_posts(unit: Unit) -> list[int]:
    """Ids of posts whose time is over, at most AT_ONCE."""
    found: list[int] = []
    watched = rows.reported(unit)
    for group, before in _groups(unit):
        found += rows.post_ids(unit, group.account_id, before, watched, AT_ONCE - len(found))
        if len(found) == AT_ONCE:
            break
    return found


def withdraw(unit: Unit, by: str, post_id: int) -> bool:
    """The group takes one post back everywhere. False where it may not go, or is gone: it is looked at again here."""
    post = post_rows.find(unit, post_id)
    before = {group.account_id: before for group, before in _groups(unit)}
    if post is None or post.group_id not in before or not post_rows.lock(unit, post_id):
        return False
    if not rows.is_free(unit, post_id, post.group_id, before[post.group_id]):
        return False
    group, author = accounts.find(unit, post.group_id), accounts.find(unit, post.account_id)
    assert group is not None
    assert author is not None
    deletion.bury(unit, author, post)
    events.happened(
        unit,
        EventKind.GROUP_MODERATED,
        group_id=group.id,
        account_id=group.id,
        uri=post.uri,
        verb="remove",
        reason=Reason.RETENTION.value,
    )
    audit.record(unit, by, "retention.post", post.uri, group=group.uri)
    return True


def heard(unit: Unit, group: Group, post: Post) -> bool:
    """A group elsewhere says that a post of a member here is past its days. False where it is not, or is no member's here."""
    before = _before(unit, group)
    if not post.local or before is None:
        return False
    if post.id >= first_id_at(before) or (post.edited_at is not None and post.edited_at >= before):
        return False
    if purges.is_held(unit, post.uri):
        post_rows.change(unit, post.id, {"standing": Standing.HIDDEN.value})
        return True
    author = accounts.find(unit, post.account_id)
    assert author is not None
    deletion.bury(unit, author, post)
    audit.record(unit, BY, "retention.post", post.uri)
    return True


# -- logs ------------------------------------------------------------------------------------------------


def _logs_before(unit: Unit) -> datetime | None:
    """Whole days only, in UTC. None: they are kept for ever."""
    days = unit.context.settings.log_retention_days
    if not days:
        return None
    return (unit.now - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)


def let_logs_go(unit: Unit, by: str, log: SealedLog) -> int:
    """The next stretch of a log from its beginning. Answers how many rows; 0: no more may go."""
    before = _logs_before(unit)
    return 0 if before is None else seals.let_go(unit, by, log, before)
