"""What open groups of this instance take up of what is addressed to them, and announce to whoever follows them (FEP-1b12).

What is said in an open group is an ordinary public post that names it. It refuses what is not for everybody, what is above the
class *discussion*, what holds a certain identifier, whom the moderators have excluded, and what a closed discussion gets.
"""

from __future__ import annotations

from federation.types import Iri
from server.core.errors import Invalid, NotFound
from server.deid.findings import Purpose
from server.domain.accounts import Account
from server.domain.boundary import ContentClass, GroupAccess
from server.domain.groups import MembershipState
from server.domain.posts import Post, Visibility
from server.services import interactions, streams, text_checks
from server.services.posts import visible
from server.services.streams import Taken
from server.store import accounts, group_activities, groups, memberships, repeats
from server.store.session import Unit
from server.text.plain import text_of

OPEN = (Visibility.PUBLIC, Visibility.UNLISTED)
_EXCLUDED = frozenset({MembershipState.BANNED, MembershipState.SUSPENDED})


def addressed(unit: Unit, post: Post) -> list[Account]:
    """The open groups that a post names, here and elsewhere; none for what is not for everybody."""
    if post.visibility not in OPEN or post.group_id is not None:
        return []
    return groups.open_groups_named(unit, [post.id])


def take_up(unit: Unit, post: Post, taken: Taken) -> bool:
    """A new post is announced by every group here that it names: as it came, and, where it begins a discussion, as a boost.

    Answers whether one did.
    """
    found = [one for one in addressed(unit, post) if one.local and _admits(unit, one, taken.author, post)]
    for group in found:
        if announce(unit, group, taken):
            show(unit, group, post)
    return bool(found)


def carry(unit: Unit, taken: Taken) -> bool:
    """An edit, a deletion or a reaction is announced by the groups that announced what it is about. Answers whether one did.

    Of what moderators have taken out, and of whom they have excluded, deletions alone.
    """
    found = [
        group
        for group in holding(unit, taken.object_uri)
        if taken.kind == "Delete"
        or (
            not _excluded(unit, group, taken.author)
            and not repeats.is_buried_by(unit, taken.object_uri, group.uri)
            and (taken.post is None or taken.kind != "Update" or _fits(unit, taken.post))
        )
    ]
    for group in found:
        announce(unit, group, taken)
    return bool(found)


def holding(unit: Unit, object_uri: Iri) -> list[Account]:
    """The open groups here that announced an object."""
    logged = {one.group_id for one in group_activities.of_objects(unit, [object_uri]) if one.kind == "Create"}
    return [
        group for group in (_open_here(unit, group_id) for group_id in sorted(logged)) if group is not None
    ]


def find(unit: Unit, uri: Iri) -> Account | None:
    """An open group here by its id."""
    account = accounts.find_by_uri(unit, uri)
    return None if account is None else _open_here(unit, account.id)


def vote(unit: Unit, uri: Iri) -> tuple[str, Iri | None]:
    """What a Like or a Dislike was, by its id, that a group here passed on: its type, and the post."""
    found = group_activities.find_by_uri(unit, uri)
    known = found is not None and found.kind in {"Like", "Dislike"}
    return (found.kind, found.object_uri) if known and found is not None else ("", None)


def dislikes(unit: Unit, who: Account, about: Iri) -> bool:
    """Whether the last that groups here passed on of somebody's votes on a post is a Dislike."""
    return group_activities.last_of(unit, about, who.id, ("Like", "Dislike", "Undo")) == "Dislike"


def excludes(unit: Unit, group: Account, account: Account) -> bool:
    """Whether the moderators of an open group have sent somebody away for good."""
    return _open_here(unit, group.id) is not None and _excluded(unit, group, account)


def _open_here(unit: Unit, group_id: int) -> Account | None:
    record, account = groups.find(unit, group_id), groups.account_of(unit, group_id)
    if record is None or account is None or not account.local or record.dissolved_at is not None:
        return None
    return account if record.access is GroupAccess.OPEN else None


def _admits(unit: Unit, group: Account, author: Account, post: Post) -> bool:
    if _open_here(unit, group.id) is None or _excluded(unit, group, author):
        return False
    if repeats.is_buried_by(unit, post.uri, group.uri):
        return False
    return not groups.is_locked(unit, post.thread_id) and _fits(unit, post)


def _excluded(unit: Unit, group: Account, author: Account) -> bool:
    standing = memberships.find(unit, group.id, author.id)
    return standing is not None and standing.state in _EXCLUDED


def _fits(unit: Unit, post: Post) -> bool:
    """Its class, and the same net as for what is written in other groups."""
    if ContentClass.from_word(post.content_class) > ContentClass.DISCUSSION:
        return False
    parts = visible.load_parts(unit, [post])
    poll = parts.polls.get(post.id)
    options = () if poll is None else (option.title for option in poll.options)
    shown = (media.description for media in parts.media.get(post.id, ()))
    try:
        text_checks.check(
            unit, [text_of(post.content), post.title, post.summary, *options, *shown], Purpose.GROUP
        )
    except Invalid:
        return False
    return True


def announce(unit: Unit, group: Account, taken: Taken) -> bool:
    """To its followers. False where that was done before."""
    logged = streams.take_up(unit, group, taken)
    if logged is not None:
        streams.distribute(unit, logged)
    return logged is not None


def show(unit: Unit, group: Account, post: Post) -> None:
    """What begins a discussion, for software that shows boosts and does not know groups, and for the homes of followers here.

    Where CONSILIUM_POSTS leaves posts to members-only groups there is none.
    """
    if post.in_reply_to_uri is not None:
        return
    try:
        interactions.boost(unit, group, post.id, Visibility.PUBLIC)
    except (Invalid, NotFound):
        return
