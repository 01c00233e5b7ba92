"""Where a local post goes: the inboxes that sending plans for, which explanations and the author's preview ask as well.

Whether a peer may have it is decided afterwards, by policy and trust.
"""

from __future__ import annotations

from federation.iri import origin_of
from federation.types import Iri, Origin
from server.domain.accounts import Account
from server.domain.posts import Post, Visibility
from server.services import audiences, streams
from server.services.posts import visible
from server.store import groups
from server.store.session import Unit

Inboxes = tuple[tuple[Origin, Iri], ...]


def of_post(unit: Unit, post: Post) -> Inboxes:
    """Of a post as it stands. One in a group elsewhere goes there, and the group passes it on."""
    if post.group_id is not None:
        group = groups.account_of(unit, post.group_id)
        if group is None:
            return ()
        return (
            tuple(streams.inboxes(unit, group, post.in_reply_to_uri)) if group.local else (of_group(group),)
        )
    answered = beside(unit, post)
    return (
        audiences.recipients_of_post(unit, post).inboxes
        if answered is None
        else of_aside(unit, post, answered)
    )


def of_group(group: Account) -> tuple[Origin, Iri]:
    """Where a group elsewhere hears what is said in it."""
    inbox = group.shared_inbox or group.inbox
    return origin_of(inbox), inbox


def beside(unit: Unit, post: Post) -> Post | None:
    """The post in a group that a direct one answers, or whose discussion it belongs to; None for any other post."""
    if post.visibility is not Visibility.DIRECT or post.in_reply_to_id is None:
        return None
    for post_id in (post.in_reply_to_id, post.thread_id):
        found = visible.find(unit, post_id)
        if found is not None and found.group_id is not None:
            return found
    return None


def of_aside(unit: Unit, post: Post, answered: Post) -> Inboxes:
    """Of a direct answer to what was said in a group: only instances that may have what it answers."""
    group = None if answered.group_id is None else groups.account_of(unit, answered.group_id)
    having = streams.holders(unit, answered.uri) | ({origin_of(group.uri)} if group is not None else set())
    return tuple(each for each in audiences.recipients_of_post(unit, post).inboxes if each[0] in having)
