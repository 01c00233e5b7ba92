"""The life of a post in a members-only group: shown to the members, refused, removed, taken back.

Where a post that begins a discussion is shown, the group boosts it, here and for members here alone: that is how it comes into
their home timelines. Answers come by their thread and by notifications. Nothing here counts in anybody's public figures.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from federation.types import Iri
from server.domain.accounts import Account, AccountKind
from server.domain.groups import MembershipState, Reason
from server.domain.messages import Sentence
from server.domain.notifications import NotificationKind
from server.domain.posts import Post, PostKind, Standing, Visibility
from server.domain.work import EventKind
from server.services import addresses, audit, events, notifications, timelines
from server.store import accounts, groups, memberships
from server.store import posts as rows
from server.store.session import Unit


def stored(unit: Unit, post: Post, named: Iterable[int]) -> None:
    """A new post is here. Its author here sees it at once; the others when it is published. named: whom it mentions."""
    if post.local:
        timelines.to_author(unit, post)
    if post.standing is Standing.PUBLISHED:
        _spread(unit, post, named)


def published(unit: Unit, post: Post) -> None:
    """The group has taken it up. May be repeated."""
    if post.standing in {Standing.PENDING, Standing.HELD, Standing.REFUSED}:
        rows.change(unit, post.id, {"standing": Standing.PUBLISHED.value, "standing_reason": ""})
        _spread(unit, post, (each.account_id for each in rows.mentions(unit, [post.id])))


def held(unit: Unit, post: Post) -> None:
    """A rule of this house wants a person to look first. The author is told."""
    if post.standing is Standing.PENDING:
        rows.change(unit, post.id, {"standing": Standing.HELD.value})
        tell(unit, post, Sentence.POST_HELD, Reason.NONE)


def refused(unit: Unit, post: Post, reason: Reason) -> bool:
    """The group does not want it. False where that was known, or comes too late."""
    if post.standing not in {Standing.PENDING, Standing.HELD} or post.group_id is None:
        return False
    rows.change(unit, post.id, {"standing": Standing.REFUSED.value, "standing_reason": reason.value})
    tell(unit, post, Sentence.POST_REFUSED, reason)
    return True


def edit_refused(unit: Unit, post: Post, reason: Reason) -> None:
    """The group does not want the new words of a post that it has published. Its author is told."""
    if post.standing is Standing.PUBLISHED:
        tell(unit, post, Sentence.POST_REFUSED, reason)


def removed(unit: Unit, post: Post, reason: Reason) -> bool:
    """A moderator took it out of the group. Its author here is told. False where it was out already."""
    if post.standing is Standing.REMOVED:
        return False
    rows.change(unit, post.id, {"standing": Standing.REMOVED.value, "standing_reason": reason.value})
    timelines.withdrawn(unit, post.id)
    tell(unit, post, Sentence.POST_REMOVED, reason)
    return True


def hidden(unit: Unit, post: Post) -> None:
    """A member says that it identifies a patient. Its author here is told; in home timelines it keeps its place."""
    rows.change(
        unit,
        post.id,
        {"standing": Standing.HIDDEN.value, "standing_reason": Reason.IDENTIFIERS.value},
    )
    tell(unit, post, Sentence.POST_HIDDEN, Reason.IDENTIFIERS)


def shown_again(unit: Unit, post: Post) -> None:
    """A moderator has looked at it."""
    rows.change(unit, post.id, {"standing": Standing.PUBLISHED.value, "standing_reason": ""})
    tell(unit, post, Sentence.POST_RESTORED, Reason.NONE)


def tell(unit: Unit, post: Post, sentence: Sentence, reason: Reason) -> None:
    author = accounts.find(unit, post.account_id)
    if author is not None and author.local and not author.gone and post.group_id is not None:
        events.message(unit, author.id, post.group_id, sentence, reason=reason.value)


def _spread(unit: Unit, post: Post, named: Iterable[int]) -> None:
    assert post.group_id is not None
    if post.in_reply_to_uri is None:
        wrap(unit, post)
    known = accounts.many(unit, set(named) - {post.group_id})
    told = [
        one.id
        for one in known.values()
        if one.local
        and one.kind is not AccountKind.GROUP
        and memberships.is_active(unit, post.group_id, one.id)
    ]
    notifications.notify(unit, told, NotificationKind.MENTION, post.account_id, post)


def wrap(unit: Unit, post: Post) -> None:
    """The group's boost of a post, in the home timelines of members here. It never leaves. One, however often it is asked for."""
    assert post.group_id is not None
    boost_id = unit.new_id()
    added = rows.add(
        unit,
        {
            "id": boost_id,
            "uri": addresses.new_activity(unit),
            "url": post.url,
            "account_id": post.group_id,
            "local": False,
            "kind": PostKind.BOOST.value,
            "visibility": Visibility.FOLLOWERS.value,
            "group_id": post.group_id,
            "content_class": post.content_class,
            "boost_of_id": post.id,
            "thread_id": boost_id,
            "published_at": unit.now,
        },
    )
    if added:
        boost = replace(
            post,
            id=boost_id,
            account_id=post.group_id,
            local=False,
            kind=PostKind.BOOST,
            boost_of_id=post.id,
            language=None,
            tags=(),
        )
        timelines.arrived(unit, boost, author_is_local=False)


def tell_not_shared(unit: Unit, group: Account, rules: str) -> None:
    """Members here learn that there is a discussion which a rule keeps from their institution."""
    own = unit.context.settings.origin
    for _, member in memberships.at_origin(unit, group.id, own, [MembershipState.ACTIVE]):
        if not member.gone:
            events.message(unit, member.id, group.id, Sentence.NOT_SHARED, rule=rules)


def moderates(unit: Unit, group: Account, account_id: int) -> bool:
    standing = memberships.find(unit, group.id, account_id)
    return standing is not None and standing.active and standing.role.moderates


# -- moderators ------------------------------------------------------------------------------------------


def moderate(
    unit: Unit, group: Account, moderator: Account, post: Post, verb: str, reason: Reason = Reason.MODERATOR
) -> bool:
    """A moderator removes a post, or closes or opens its discussion. False where it was so already.

    verb: remove | lock | unlock. In a group of ours it holds at once; a group elsewhere is asked. Who moderates was checked.
    """
    if group.local and not _done(unit, group, moderator, post, verb, reason):
        return False
    moderated(unit, group, moderator, post, verb, reason)
    return True


def say_moderated(
    unit: Unit, group: Account, moderator: Account, about: Iri, verb: str, reason: Reason
) -> None:
    """To whoever is to hear of it: the members or followers of a group of ours, or the group elsewhere. about: a post or a person."""
    events.happened(
        unit,
        EventKind.GROUP_MODERATED,
        group_id=group.id,
        account_id=moderator.id,
        uri=about,
        verb=verb,
        reason=reason.value,
    )


def moderated(unit: Unit, group: Account, moderator: Account, post: Post, verb: str, reason: Reason) -> None:
    """Says what was done to a post, and writes it down where the group is ours."""
    say_moderated(unit, group, moderator, post.uri, verb, reason)
    if group.local:
        audit.record(
            unit, moderator.uri, f"group.post.{verb}", post.uri, group=group.uri, reason=reason.value
        )


def _done(unit: Unit, group: Account, moderator: Account, post: Post, verb: str, reason: Reason) -> bool:
    if verb == "remove":
        done = removed(unit, post, reason)
    elif verb == "lock":
        done = groups.lock_thread(unit, post.thread_id, group.id, moderator.id)
    else:
        done = groups.unlock_thread(unit, post.thread_id)
    return done


def heard(unit: Unit, group: Account, post: Post, verb: str, reason: Reason) -> bool:
    """A group elsewhere says what its moderators did."""
    if verb == "remove":
        return removed(unit, post, reason)
    if verb == "lock":
        return groups.lock_thread(unit, post.thread_id, group.id, group.id)
    return groups.unlock_thread(unit, post.thread_id)
