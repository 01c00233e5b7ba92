"""Incidents: a member says that a post in a members-only group contains something that identifies a patient.

Any member says so, and the post is hidden here in the same transaction, at the group's instance when it hears of it, and at every
instance that may have it when the group says so. A moderator then shows it again, or has it purged everywhere, its author's instance
included. A false alarm costs nobody anything: nothing is held against who raised it. The same person raises it once for the same words.
"""

from __future__ import annotations

from dataclasses import dataclass

from federation.types import Iri
from server.core.errors import NotFound
from server.domain.accounts import Account
from server.domain.groups import Reason
from server.domain.ledger import Incident, IncidentState
from server.domain.messages import Sentence
from server.domain.posts import Post, Standing
from server.domain.work import EventKind
from server.services import audit, events, streams
from server.services.posts import delete as deletion
from server.services.posts import group_life
from server.store import accounts, backlog, groups, media, memberships, repeats
from server.store import incidents as rows
from server.store import posts as post_rows
from server.store.session import Unit


def report(unit: Unit, by: Account, post: Post) -> bool:
    """By a member here who sees the post. False where it is no post in a members-only group, or is not hidden for that."""
    group = None if post.group_id is None else groups.account_of(unit, post.group_id)
    if group is None or not _hide(unit, group, by, post):
        return False
    _say(unit, group, by, post.uri, "hide")
    return True


def receive(unit: Unit, group: Account, by: Account, post: Post) -> bool:
    """A member elsewhere says so, to a group of ours: the group says it to everybody. False where that changes nothing."""
    if not _hide(unit, group, by, post):
        return False
    _say(unit, group, by, post.uri, "hide")
    return True


def heard(unit: Unit, group: Account, uri: Iri, verb: str) -> bool:
    """A group elsewhere hides a post, or shows it again. False where that changes nothing here."""
    post = post_rows.find_by_uri(unit, uri)
    if post is None:
        if verb == "restore" and repeats.find_tombstone(unit, uri) is None:
            streams.behind(unit, group.id)  # it was hidden when it would have come: it is in the stream now
        return False
    if post.group_id != group.id:
        return False
    return _hide(unit, group, group, post) if verb == "hide" else _restore(unit, group, post, group.uri)


# -- moderators ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """What a moderator decides about. pictures: how many the post has; they are not shown."""

    incident: Incident
    post: Post
    author: Account
    pictures: int


def waiting(unit: Unit, moderator: Account, group: Account) -> list[Shown]:
    """What is hidden in a group, with its words: that they were read is written down. Raises NotFound for everybody else."""
    _check(unit, moderator, group)
    shown = []
    for one in rows.open_in(unit, group.id):
        post = None if one.post_id is None else post_rows.find(unit, one.post_id)
        author = None if post is None else accounts.find(unit, post.account_id)
        if post is not None and author is not None:
            audit.record(unit, f"account:{moderator.id}", "incident.read", post.uri, group=group.uri)
            shown.append(Shown(one, post, author, len(media.of_posts(unit, [post.id]).get(post.id, ()))))
    return shown


def count(unit: Unit, group_id: int) -> int:
    """How many wait for a moderator."""
    return rows.count_open(unit, group_id)


def open_anywhere(unit: Unit, limit: int) -> list[Incident]:
    """For whoever runs the instance: without any words of the posts."""
    return rows.open_anywhere(unit, limit)


def decide(unit: Unit, moderator: Account, group: Account, incident_id: int, *, purge: bool) -> None:
    """Shows a hidden post again, or has it purged. Raises NotFound. A group elsewhere is asked, and says it to everybody."""
    _check(unit, moderator, group)
    found = rows.find(unit, incident_id)
    post = None if found is None or found.post_id is None else post_rows.find(unit, found.post_id)
    if found is None or post is None or found.group_id != group.id or post.standing is not Standing.HIDDEN:
        raise NotFound
    if group.local:
        settle(unit, group, moderator, post, purge=purge)
    else:
        _say(unit, group, moderator, post.uri, "purge" if purge else "restore")


def settle(unit: Unit, group: Account, moderator: Account, post: Post, *, purge: bool) -> bool:
    """In a group of ours, by somebody who may: at once, and everywhere. False where it is not hidden any more."""
    if post.standing is not Standing.HIDDEN:
        return False
    if purge:
        _purge(unit, group, post, moderator.uri)
    else:
        _restore(unit, group, post, moderator.uri)
    _say(unit, group, moderator, post.uri, "purge" if purge else "restore")
    return True


def purged(unit: Unit, uri: Iri, by: str) -> None:
    """Its group has taken a hidden post out for good."""
    rows.close(unit, uri, IncidentState.PURGED, by)


def _check(unit: Unit, moderator: Account, group: Account) -> None:
    if not group_life.moderates(unit, group, moderator.id):
        raise NotFound


# -- what these share ------------------------------------------------------------------------------------


def _hide(unit: Unit, group: Account, by: Account, post: Post) -> bool:
    if post.standing is not Standing.PUBLISHED or post.boost_of_id is not None:
        return False
    if rows.restored_since(unit, post.uri, by.uri, post.edited_at or post.published_at) and by.id != group.id:
        return False
    rows.add(unit, post.uri, post.id, group.id, by.uri)
    backlog.cancel_of_post(unit, post.id)  # what has not left yet
    group_life.hidden(unit, post)
    for moderator in memberships.moderators(unit, group.id):
        if moderator.local and not moderator.gone:
            events.message(unit, moderator.id, group.id, Sentence.INCIDENT)
    audit.record(unit, by.uri, "incident.open", post.uri, group=group.uri)
    return True


def _restore(unit: Unit, group: Account, post: Post, by: str) -> bool:
    if post.standing is not Standing.HIDDEN:
        return False
    rows.close(unit, post.uri, IncidentState.RESTORED, by)
    group_life.shown_again(unit, post)
    audit.record(unit, by, "incident.restore", post.uri, group=group.uri)
    return True


def _purge(unit: Unit, group: Account, post: Post, by: str) -> None:
    author = accounts.find(unit, post.account_id)
    assert author is not None
    rows.close(unit, post.uri, IncidentState.PURGED, by)
    group_life.tell(unit, post, Sentence.POST_REMOVED, Reason.IDENTIFIERS)
    deletion.bury(unit, author, post)
    audit.record(unit, by, "incident.purge", post.uri, group=group.uri)


def _say(unit: Unit, group: Account, by: Account, uri: Iri, verb: str) -> None:
    events.happened(
        unit,
        EventKind.GROUP_MODERATED,
        group_id=group.id,
        account_id=by.id,
        uri=uri,
        verb=verb,
        reason=Reason.IDENTIFIERS.value,
    )
