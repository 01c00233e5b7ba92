"""Patient identifiers that an edit has taken out of a post: what it said before goes everywhere, with the pictures that it showed.

Its author asks for it, or a moderator of its group. Here it is done at once. Every instance that may have the post is asked by the
group to do the same, its author's included, and to state so: `purges` does the asking, and nothing is asked of anybody else.
"""

from __future__ import annotations

from federation.iri import origin_of
from server.core.errors import NotFound
from server.domain.accounts import Account
from server.domain.groups import Reason
from server.domain.ledger import PurgeReason
from server.domain.messages import Sentence
from server.domain.posts import Post, Standing
from server.services import audit, ledger, purges
from server.services.posts import earlier, group_life
from server.services.posts.earlier import Earlier
from server.store import groups, memberships
from server.store.session import Unit

VERB = "earlier"
"""What a member does to a post, in events."""


def may_take_back(unit: Unit, by: Account, post: Post) -> bool:
    """Whether a member here sees the button: there is something of before, and it is theirs, or they moderate the group."""
    group = None if post.group_id is None else groups.account_of(unit, post.group_id)
    return group is not None and is_left(unit, post) and _may(unit, group, by, post)


def is_left(unit: Unit, post: Post) -> bool:
    """Whether it said something before that was not taken away."""
    if post.edited_at is None or post.standing is not Standing.PUBLISHED:
        return False
    gone = earlier.gone_before_of(unit, post)
    return gone is None or gone < post.edited_at


def take_back(unit: Unit, by: Account, post: Post) -> None:
    """By a member here who sees the post. Raises NotFound where that is nothing to them, or nothing is left to take."""
    group = None if post.group_id is None else groups.account_of(unit, post.group_id)
    if group is None or not may_take_back(unit, by, post):
        raise NotFound
    found = earlier.of(post)
    if group.local:
        done(unit, group, by, post, found)
        return
    own = by.id == post.account_id
    earlier.remove(unit, found, by.uri if own else group.uri)
    home = origin_of(group.uri)
    if not own:
        group_life.say_moderated(unit, group, by, found.uri, VERB, Reason.IDENTIFIERS)
    elif ledger.has(unit, post.uri, home):
        purges.ask(unit, by.uri, found.uri, PurgeReason.INCIDENT, [home], group_id=group.id)


def receive(unit: Unit, group: Account, by: Account, post: Post, found: Earlier) -> bool:
    """A member elsewhere asks a group of ours. False where they may not."""
    if not _may(unit, group, by, post):
        return False
    done(unit, group, by, post, found)
    return True


def done(unit: Unit, group: Account, by: Account, post: Post, found: Earlier) -> None:
    """In a group of ours, by somebody who may: at once, and everywhere."""
    own = by.id == post.account_id
    if not earlier.remove(unit, found, by.uri if own else group.uri):
        return
    if not own:
        group_life.tell(unit, post, Sentence.EARLIER_REMOVED, Reason.IDENTIFIERS)
    audit.record(unit, by.uri, "post.earlier.remove", post.uri, group=group.uri)
    purges.ask_earlier(unit, by.uri, found, group)


def _may(unit: Unit, group: Account, by: Account, post: Post) -> bool:
    standing = memberships.find(unit, group.id, by.id)
    active = standing is not None and standing.active
    return active and (by.id == post.account_id or group_life.moderates(unit, group, by.id))
