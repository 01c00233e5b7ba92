"""Break-glass: one of the staff opens a members-only group without being in it, in an emergency.

It wants a reason and a second factor, lasts four hours at most, and is told to the group's moderators and the auditors at once.
Moderators at other instances are told by the group. What is shown goes through the one predicate, and each post that is shown is
recorded in the unit that shows it. It refuses groups
that live elsewhere, the auditor, and an opening of which nobody would be told. What is not open is the same NotFound.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from federation.types import Iri
from server.core.clock import iso
from server.core.errors import Conflict, Invalid, NotFound, NotPermitted
from server.deid.check import check as findings
from server.deid.findings import Purpose
from server.domain.accounts import Account
from server.domain.messages import Sentence
from server.domain.openings import MOST_HOURS, Opening
from server.domain.pages import Page
from server.domain.posts import Media, Post
from server.domain.reads import Depth, Read
from server.domain.signin import MailKind
from server.domain.users import MemberState, Role, User
from server.domain.viewers import Opener
from server.domain.work import EventKind
from server.services import accounts, audit, events, mail, media, reads, second_factors
from server.services.posts import visible
from server.services.posts.visible import Parts
from server.store import accounts as account_rows
from server.store import feeds, groups, memberships, users
from server.store import openings as rows
from server.store.session import Unit

OPENERS = frozenset({Role.ADMIN, Role.MODERATOR})
SHORTEST_REASON, LONGEST_REASON = 10, 500
MOST_AUDITORS = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """One opening, for a list. group, opener: None where they are gone, or the group's name is not for the reader."""

    opening: Opening
    group: Account | None
    opener: Account | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A page of what is said in an opened group, newest first."""

    line: Line
    posts: list[Post]
    parts: Parts


def open_group(unit: Unit, user_id: int, name: str, reason: str, hours: int) -> Opening:
    """The caller was asked for a second factor a moment ago. Raises Invalid, Conflict, NotPermitted, NotFound."""
    user = _opener(unit, user_id)
    reason = _checked(unit, reason)
    if not 1 <= hours <= MOST_HOURS:
        raise Invalid("A group can be opened for %(most)s hours at most", most=MOST_HOURS)
    group = _openable(unit, user, name)
    opening = Opening(
        id=unit.new_id(),
        group_id=group.id,
        group_uri=group.uri,
        account_id=user.account_id,
        reason=reason,
        opened_at=unit.now,
        until=unit.now + timedelta(hours=hours),
        ended_at=None,
        ended_by="",
    )
    moderators, auditors = _tell(unit, group, user)
    elsewhere = _tell_elsewhere(unit, group, opening)
    rows.add(unit, _values(opening))
    audit.record(
        unit,
        f"user:{user.id}",
        "opening.open",
        group.uri,
        opening=str(opening.id),
        until=iso(opening.until),
        reason=reason,
        moderators=moderators,
        elsewhere=elsewhere,
        auditors=auditors,
    )
    return opening


def read(unit: Unit, user_id: int, opening_id: int, page: Page) -> Opened:
    """For who opened it, while it is open: each post that is shown is recorded. Raises NotFound for everybody else and afterwards."""
    user, line, viewer = _reading(unit, users.find(unit, user_id), opening_id)
    posts = feeds.of_opening(unit, viewer, page)
    _record(unit, user, line.opening, posts)
    return Opened(line, posts, visible.load_parts(unit, posts))


def discussion(unit: Unit, user_id: int, opening_id: int, post_id: int) -> Opened:
    """A post with what it answers and the answers to it, in their order; recorded likewise. Raises NotFound."""
    user, line, viewer = _reading(unit, users.find(unit, user_id), opening_id)
    one = visible.visible_post(unit, viewer, post_id)
    above, below = visible.context_of(unit, viewer, one)
    posts = [*above, one, *below]
    _record(unit, user, line.opening, posts)
    return Opened(line, posts, visible.load_parts(unit, posts))


def picture(unit: Unit, account_id: int, opening_id: int, media_id: int, *, whole: bool) -> Media:
    """One of a post of the opened group. Recorded once its bytes are here to be shown; whole: no preview. Raises NotFound."""
    user, line, viewer = _reading(unit, users.find_by_account(unit, account_id), opening_id)
    one = media.find(unit, media_id)
    post = None if one is None else media.shown_by(unit, viewer, one)
    if one is None or post is None:
        raise NotFound
    if one.digest is not None:
        _record(unit, user, line.opening, [post], Depth.IMAGE if whole else Depth.OPENED, picture=str(one.id))
    return one


def _reading(unit: Unit, user: User | None, opening_id: int) -> tuple[User, Line, Opener]:
    """Who opened it, while it is open. Raises NotFound for everybody else and afterwards."""
    opening = rows.find(unit, opening_id)
    if user is None or user.role not in OPENERS or user.disabled_at is not None:
        raise NotFound
    if opening is None or opening.account_id != user.account_id or not opening.live(unit.now):
        raise NotFound
    line = _line(unit, opening)
    if line.group is None or line.group.gone:
        raise NotFound
    return user, line, Opener(opening.id, user.account_id, unit.now)


def end(unit: Unit, by: str, opening_id: int) -> None:
    """Whoever may is for the caller to say. Raises NotFound where it is over."""
    opening = rows.find(unit, opening_id)
    if opening is None or not opening.live(unit.now) or not rows.end(unit, opening_id, by):
        raise NotFound
    audit.record(unit, by, "opening.end", opening.group_uri, opening=str(opening_id))


def end_own(unit: Unit, user_id: int, opening_id: int) -> None:
    """One's own, or for an administrator anybody's. Raises NotFound."""
    user, opening = users.find(unit, user_id), rows.find(unit, opening_id)
    mine = user is not None and opening is not None and opening.account_id == user.account_id
    if not mine and (user is None or user.role is not Role.ADMIN):
        raise NotFound
    end(unit, f"user:{user_id}", opening_id)


def end_for_group(unit: Unit, moderator: Account, group_id: int, opening_id: int) -> None:
    """By a moderator of the group. The caller has seen that they are. Raises NotFound."""
    opening = rows.find(unit, opening_id)
    owner = accounts.owner(unit, moderator)
    if opening is None or owner is None or opening.group_id != group_id:
        raise NotFound
    end(unit, f"user:{owner.id}", opening_id)


def listed(unit: Unit, role: Role, account_id: int, limit: int = 50) -> list[Line]:
    """Newest first: all for auditors; for administrators all, others' without the group's name; for moderators their own."""
    if role is Role.MODERATOR:
        return [_line(unit, one) for one in rows.recent(unit, limit, account_id=account_id)]
    lines = [_line(unit, one) for one in rows.recent(unit, limit, here=unit.context.settings.base)]
    if role is Role.AUDITOR:
        return lines
    return [one if one.opening.account_id == account_id else replace(one, group=None) for one in lines]


def of_group(unit: Unit, group_id: int, limit: int = 50) -> list[Line]:
    """For the group's moderators, of a group elsewhere as well."""
    return [_line(unit, one) for one in rows.recent(unit, limit, group_id=group_id)]


# -- a group elsewhere -----------------------------------------------------------------------------------


def hear(
    unit: Unit,
    group: Account,
    to: Iterable[Iri],
    opener: Account | None,
    reason: str,
    opened_at: datetime,
    until: datetime,
) -> int:
    """The group says that one of its instance's staff has opened it. Answers how many moderators here are told.

    opener: None where their name is not known. What was said of it stays, for the moderators' page.
    """
    named = set(to)
    moderators = [one for one in memberships.moderators(unit, group.id) if one.local and one.uri in named]
    if not moderators:
        return 0
    host = group.origin(unit.context.settings.origin)
    account_id = 0 if opener is None else opener.id
    known = rows.recent(unit, MOST_HOURS * 60, group_id=group.id, account_id=account_id)
    if all(one.opened_at != opened_at for one in known):
        opening_id = unit.new_id()
        values = {
            "id": opening_id,
            "group_id": group.id,
            "group_uri": group.uri,
            "account_id": account_id,
            "reason": _said_elsewhere(unit, reason),
            "opened_at": opened_at,
            "until": until,
        }
        rows.add(unit, values)
        audit.record(unit, host, "opening.heard", group.uri, opening=str(opening_id), until=iso(until))
    for one in moderators:
        events.message(unit, one.id, group.id, Sentence.GROUP_OPENED_ELSEWHERE, host=host)
    return len(moderators)


def _said_elsewhere(unit: Unit, reason: str) -> str:
    """As much of a reason as would have been taken here; nothing of one that may identify a patient."""
    reason = " ".join(reason.replace("\0", " ").split())[:LONGEST_REASON]
    found = findings(reason, purpose=Purpose.GROUP, today=unit.now.date())
    return "" if found else reason


# -- what these share ------------------------------------------------------------------------------------


def _opener(unit: Unit, user_id: int) -> User:
    user = users.find(unit, user_id)
    if user is None or user.disabled_at is not None or user.role not in OPENERS:
        raise NotPermitted("Administrators and moderators of this instance open groups in an emergency")
    if not second_factors.has_any(unit, user_id):
        raise Conflict("Set up a second factor first: without one no group is opened")
    return user


def _checked(unit: Unit, reason: str) -> str:
    reason = " ".join(reason.replace("\0", " ").split())
    if len(reason) < SHORTEST_REASON:
        raise Invalid("Please say in a sentence why the group has to be opened")
    if len(reason) > LONGEST_REASON:
        raise Invalid("The reason can have %(most)s characters at most", most=LONGEST_REASON)
    if findings(reason, purpose=Purpose.GROUP, today=unit.now.date()):
        raise Invalid(
            "The reason must not identify a patient, nor hold addresses, telephone numbers or dates of birth"
        )
    return reason


def _openable(unit: Unit, user: User, name: str) -> Account:
    missing = NotFound("No members-only group of this name lives here")
    account = accounts.find_local(unit, name.replace("\0", "").strip().removeprefix("@"))
    group = groups.find(unit, account.id) if account is not None else None
    if account is None or group is None or account.gone or group.dissolved_at is not None:
        raise missing
    if not group.access.members_only:
        raise missing
    if memberships.is_active(unit, account.id, user.account_id):
        raise Invalid("You are a member of this group: read it on its page")
    for one in rows.recent(unit, MOST_HOURS * 60, group_id=account.id, account_id=user.account_id):
        if one.live(unit.now):
            raise Invalid("You have opened this group already")
    return account


def _tell(unit: Unit, group: Account, user: User) -> tuple[int, int]:
    """Answers how many moderators and auditors are told. Raises Conflict where it is nobody."""
    moderators = [
        one.id
        for one in memberships.moderators(unit, group.id)
        if one.local and not one.gone and one.id != user.account_id
    ]
    auditors = users.listed(unit, role=Role.AUDITOR, state=MemberState.ACTIVE, limit=MOST_AUDITORS)
    if not moderators and not auditors:
        raise Conflict("Nobody would be told of it: this instance needs an auditor first")
    instance = accounts.ensure_instance_actor(unit)
    for account_id in moderators:
        events.message(unit, account_id, group.id, Sentence.GROUP_OPENED)
    for one in auditors:
        events.message(unit, one.account_id, instance.id, Sentence.GROUP_OPENED_AUDIT)
        link = f"{unit.context.settings.base}/admin/openings"
        mail.queue(unit, MailKind.GROUP_OPENED, one.email, one.language or "", link)
    return len(moderators), len(auditors)


def _tell_elsewhere(unit: Unit, group: Account, opening: Opening) -> int:
    """By the group; whether it arrives is another's, so that nobody counts on it. Answers how many."""
    found = [one for one in memberships.moderators(unit, group.id) if not one.local and not one.gone]
    for one in found:
        events.happened(unit, EventKind.GROUP_OPENED, opening_id=opening.id, account_id=one.id)
    return len(found)


def _record(
    unit: Unit,
    user: User,
    opening: Opening,
    posts: list[Post],
    depth: Depth = Depth.OPENED,
    **detail: str,
) -> None:
    reads.record(
        unit,
        (
            Read(user.account_id, post.id, depth, unit.now, unit.now)
            for post in posts
            if post.account_id != user.account_id
        ),
    )
    for post in posts:
        audit.record(
            unit,
            f"user:{user.id}",
            "opening.read",
            post.uri,
            group=opening.group_uri,
            opening=str(opening.id),
            **detail,
        )


def _line(unit: Unit, opening: Opening) -> Line:
    known = account_rows.many(unit, [opening.group_id, opening.account_id])
    return Line(opening, known.get(opening.group_id), known.get(opening.account_id))


def _values(opening: Opening) -> dict[str, object]:
    names = ("id", "group_id", "group_uri", "account_id", "reason", "opened_at", "until")
    return {name: getattr(opening, name) for name in names}
