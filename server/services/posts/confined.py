"""Which members-only group a post is for, of which class it is, and who may be named in it.

A post that answers one in a group, or that names one group of which its author is a member, is for the members of that group,
whatever audience an app sent with it; a direct one stays direct. It refuses two groups, a group that the author is not in, names of
people who are known to be no members, and answers to what was not published. It never widens an audience: what an
author cannot know here, whether somebody elsewhere is a member, the group's own instance decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from federation.iri import origin_of
from server.domain.accounts import Account, AccountKind
from server.domain.boundary import ContentClass
from server.domain.groups import Group, Reason
from server.domain.messages import Refusal
from server.domain.posts import Post, Standing, Visibility
from server.services import ledger
from server.services.posts.refusals import NotPublished
from server.services.posts.writing import Written
from server.store import accounts, attestations, groups, memberships, posts
from server.store.session import Unit


@dataclass(frozen=True, slots=True)
class Place:
    """A group, and how a post stands in it. content_class: the effective one."""

    group: Account
    content_class: ContentClass
    standing: Standing
    digest: str | None = None


def place(
    unit: Unit,
    author: Account,
    written: Written,
    parent: Post | None,
    visibility: Visibility | None,
    *,
    shows_media: bool,
) -> Place | None:
    """Where a new post goes; None for one that is for no group. Raises NotPublished."""
    named = _groups(unit, written.mentioned)
    if visibility is Visibility.DIRECT:
        return None
    if parent is not None and parent.group_id is not None:
        group = groups.account_of(unit, parent.group_id)
        if group is None or any(one.id != group.id for one, _ in named):
            raise NotPublished(
                "An answer goes to the group of the post that it answers, and to no other",
                Refusal.OTHER_GROUP,
                group,
            )
        if parent.standing is not Standing.PUBLISHED:
            raise NotPublished(
                "The post that you answer was not published in its group", Refusal.ANSWERS_UNPUBLISHED, group
            )
        check_not_closed(unit, parent)
    elif not any(record.access.members_only for _, record in named):
        return None
    elif len(named) > 1:
        raise NotPublished("A post goes to one group: mention only one", Refusal.TWO_GROUPS, None)
    elif parent is not None:
        raise NotPublished(
            "An answer to a post outside the group cannot go to the group: write a new post",
            Refusal.ANSWERS_OUTSIDE,
            named[0][0],
        )
    else:
        group = named[0][0]
    return _placed(unit, author, group, written, parent, shows_media=shows_media)


def check_not_closed(unit: Unit, parent: Post) -> None:
    """Raises NotPublished where moderators have closed the discussion that is answered."""
    locked_by = groups.locked_by(unit, parent.thread_id)
    if locked_by is not None:
        raise NotPublished("This discussion is closed", Reason.THREAD_LOCKED, accounts.find(unit, locked_by))


def _placed(
    unit: Unit, author: Account, group: Account, written: Written, parent: Post | None, *, shows_media: bool
) -> Place:
    record = groups.find(unit, group.id)
    if record is None or not memberships.is_active(unit, group.id, author.id):
        title = group.display_name or group.acct
        raise NotPublished("You are not a member of %(group)s", Reason.NOT_A_MEMBER, group, group=title)
    if record.dissolved_at is not None or group.gone:
        title = group.display_name or group.acct
        raise NotPublished("%(group)s was dissolved", Reason.DISSOLVED, group, group=title)
    _check_named(unit, group, written.mentioned)
    standing = Standing.PUBLISHED if group.local else Standing.PENDING
    declared = ContentClass.DISCUSSION
    return Place(group, effective(record, declared, parent, shows_media=shows_media), standing)


def effective(
    record: Group, declared: ContentClass, parent: Post | None, *, shows_media: bool
) -> ContentClass:
    """The highest of what the author says, what is answered, what the group raises to, and what pictures make it."""
    found = [declared, record.class_floor]
    if parent is not None:
        found.append(ContentClass.from_word(parent.content_class))
    if shows_media:
        found.append(ContentClass.CASE)
    return max(found)


def _groups(unit: Unit, mentioned: Iterable[Account]) -> list[tuple[Account, Group]]:
    found = [(one, groups.find(unit, one.id)) for one in mentioned if one.kind is AccountKind.GROUP]
    return [(one, record) for one, record in found if record is not None]


def _check_named(unit: Unit, group: Account, mentioned: Iterable[Account]) -> None:
    for one in mentioned:
        if (
            one.id != group.id
            and (group.local or one.local)
            and not memberships.is_active(unit, group.id, one.id)
        ):
            raise NotPublished(
                "%(name)s is not a member of %(group)s: nobody outside can be named there",
                Reason.MENTION_OUTSIDE,
                group,
                name=one.acct,
                group=group.display_name or group.acct,
            )


def outside(unit: Unit, group: Account, mentioned: Iterable[Account]) -> list[Account]:
    """Those of the named who are no members, at the instance of the group, which knows them all."""
    return [
        one for one in mentioned if one.id != group.id and not memberships.is_active(unit, group.id, one.id)
    ]


# -- asides: direct answers to what was said in a group --------------------------------------------------


def answered(unit: Unit, parent: Post) -> Post | None:
    """The post in a group that an answer to `parent` is about: itself, or where its discussion began."""
    if parent.group_id is not None:
        return parent
    root = posts.find(unit, parent.thread_id)
    aside_before = parent.visibility is Visibility.DIRECT and root is not None and root.group_id is not None
    return root if aside_before else None


def group_of(unit: Unit, post: Post) -> Account | None:
    return None if post.group_id is None else groups.account_of(unit, post.group_id)


def aside(unit: Unit, written: Written, parent: Post) -> tuple[Written, ContentClass]:
    """A direct answer to a post in a group: for the named alone, who must be members, never for the group.

    Raises NotPublished. It is of the parent's class at least, and leaves only for instances that may have the parent.
    """
    group = group_of(unit, parent)
    if group is None:
        raise NotPublished(
            "An answer goes to the group of the post that it answers, and to no other",
            Refusal.OTHER_GROUP,
            None,
        )
    people = tuple(one for one in written.mentioned if one.kind is not AccountKind.GROUP)
    if not people:
        raise NotPublished(
            "A direct answer needs the name of somebody who is to read it", Refusal.NOBODY_NAMED, group
        )
    for one in people:
        if not _is_member(unit, group, one) or not _may_have(unit, one, parent):
            raise NotPublished(
                "%(name)s is not known here as a member of %(group)s who can read this discussion",
                Refusal.CANNOT_READ,
                group,
                name=one.acct,
                group=group.display_name or group.acct,
            )
    return replace(written, mentioned=people), ContentClass.from_word(parent.content_class)


def _is_member(unit: Unit, group: Account, one: Account) -> bool:
    """Of people elsewhere in groups elsewhere it is known by what they said there."""
    if memberships.is_active(unit, group.id, one.id):
        return True
    known_elsewhere = not group.local and not one.local
    return known_elsewhere and any(
        each.holds(unit.now) for each in attestations.of_member(unit, one.id, group.id)
    )


def _may_have(unit: Unit, one: Account, parent: Post) -> bool:
    """Whether the instance of who is named has the parent for certain."""
    if one.local:
        return True
    where = one.origin(unit.context.settings.origin)
    group = None if parent.group_id is None else accounts.find(unit, parent.group_id)
    sure = {origin_of(parent.uri), *ledger.hosts_of(unit, parent.uri)}
    if group is not None:
        sure.add(group.origin(unit.context.settings.origin))
    return where in sure


# -- word to the moderators ------------------------------------------------------------------------------


def to_moderators(unit: Unit, author: Account, written: Written) -> Written:
    """A direct post that names a group of ours and nobody else reaches the group's moderators. Raises NotPublished."""
    named = _groups(unit, written.mentioned)
    confined = [(one, record) for one, record in named if record.access.members_only]
    if not confined:
        return written
    if len(written.mentioned) > 1:
        # a group that is named beside people is a word in the text: the message is for the people alone
        people = tuple(one for one in written.mentioned if one.kind is not AccountKind.GROUP)
        return replace(written, mentioned=people)
    group, _ = confined[0]
    if not memberships.is_active(unit, group.id, author.id):
        title = group.display_name or group.acct
        raise NotPublished("You are not a member of %(group)s", Reason.NOT_A_MEMBER, group, group=title)
    if not group.local:
        raise NotPublished(
            "The moderators of a group elsewhere are written to by their own names",
            Refusal.MODERATORS_ELSEWHERE,
            group,
        )
    reached = tuple(
        one for one in memberships.moderators(unit, group.id) if one.id != author.id and not one.gone
    )
    if not reached:
        raise NotPublished("This group has no other moderator", Refusal.NO_MODERATOR, group)
    return replace(written, mentioned=reached)
