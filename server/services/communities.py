"""What the moderators of an open group do to what was said in it, as far as it is shown here: of one elsewhere, and of ours.

A community speaks for its own discussions. It refuses to touch what never named it: that was boosted there, and can be taken
out of the community alone. Posts of members here, and of people whom somebody here follows, stay: they leave the community.
"""

from __future__ import annotations

from federation.types import Iri
from server.domain.accounts import Account
from server.domain.groups import Reason
from server.domain.messages import Sentence
from server.domain.posts import Post, Visibility
from server.services import events, interactions, open_groups
from server.services.posts import delete as deletion
from server.services.posts import receive_reactions, visible
from server.services.posts.receive_reactions import Reacted
from server.store import accounts, groups, posts, relationships, repeats
from server.store.session import Unit

OPEN = (Visibility.PUBLIC, Visibility.UNLISTED)


def dropped(unit: Unit, community: Account, uri: Iri) -> bool:
    """Whether its moderators have taken a post out of it: a late Announce does not bring it back."""
    return repeats.is_buried_by(unit, uri, community.uri)


def remove(unit: Unit, community: Account, post: Post) -> bool:
    """Takes it out of the community; with it goes what is here because of the community alone. False where nothing changed."""
    shown = _shows_no_more(unit, community, post)
    if not names(unit, community, post) or dropped(unit, community, post.uri):
        return shown
    author = accounts.find(unit, post.account_id)
    if post.local:
        events.message(
            unit, post.account_id, community.id, Sentence.POST_REMOVED, reason=Reason.MODERATOR.value
        )
    elif author is not None and not relationships.has_local_followers(unit, author.id):
        deletion.bury(unit, author, post)
    repeats.bury(unit, post.uri, community.uri)
    return True


def _shows_no_more(unit: Unit, community: Account, post: Post) -> bool:
    if not community.local:
        return receive_reactions.receive_unboost(unit, community, None, post) is Reacted.DONE
    if posts.find_boost(unit, community.id, post.id) is None:
        return False
    interactions.unboost(unit, community, post.id)
    return True


def restore(unit: Unit, community: Account, uri: Iri) -> bool:
    """Its moderators have thought better of it. False where they had not taken it out. Whose author is here, is told.

    What is still here is shown again in a group of ours; the rest is had from its origin by whoever calls.
    """
    if not repeats.unbury(unit, uri, community.uri):
        return False
    post = visible.find_by_uri(unit, uri)
    if post is not None and post.local:
        events.message(unit, post.account_id, community.id, Sentence.POST_RESTORED)
    if post is not None and community.local:
        open_groups.show(unit, community, post)
    return True


def lock(unit: Unit, community: Account, post: Post) -> bool:
    """No more answers from here. False where it is locked already, or no discussion of that community."""
    if post.in_reply_to_uri is not None or not names(unit, community, post):
        return False
    return groups.lock_thread(unit, post.thread_id, community.id, community.id)


def unlock(unit: Unit, community: Account, post: Post) -> bool:
    """Only what that community had locked."""
    if groups.locked_by(unit, post.thread_id) != community.id:
        return False
    return groups.unlock_thread(unit, post.thread_id)


def holds(unit: Unit, community: Account, post: Post) -> bool:
    """Whether a post was said there, and its moderators have not taken it out."""
    return names(unit, community, post) and not dropped(unit, community, post.uri)


def names(unit: Unit, community: Account, post: Post) -> bool:
    """Whether a post, or the one that began its discussion, is addressed to the community."""
    if post.group_id is not None or post.boost_of_id is not None or post.visibility not in OPEN:
        return False
    first = visible.find(unit, post.thread_id) if post.thread_id != post.id else None
    said = [post] if first is None else [post, first]
    return any(community.id in {one.id for one in open_groups.addressed(unit, each)} for each in said)
