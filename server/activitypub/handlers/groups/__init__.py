"""What members-only groups exchange: to a group of ours, and from a group elsewhere.

Once an activity concerns such a group, these tables decide, and nothing else: what they do not hold, and whatever did
not come as the profile demands, has no effect. Nothing falls through to the handlers of ordinary posts.
"""

from __future__ import annotations

from server.activitypub.handlers.arrived import Handler
from server.activitypub.handlers.groups import announced, memberships, newcomers, opened, posts
from server.domain.boundary import Action

TO_GROUP: dict[str, Handler] = {
    "Join": Handler(
        memberships.verify_nothing,
        memberships.crossing_of_join,
        memberships.join,
        action=Action.JOIN,
        refused=memberships.refused,
    ),
    "Accept": Handler(newcomers.verify, newcomers.crossing, newcomers.answered),
    "Leave": Handler(posts.verify, memberships.crossing_of_leave, memberships.leave),
    "Invite": Handler(posts.verify, memberships.crossing_of_invite, memberships.invite),
    "Follow": Handler(
        memberships.verify_nothing,
        memberships.crossing_of_invite,
        memberships.follow,
        refused=memberships.refused_follow,
    ),
    "Create": Handler(posts.verify, posts.crossing, posts.create, refused=posts.refused),
    "Update": Handler(posts.verify, posts.crossing, posts.update, refused=posts.refused),
    "Delete": Handler(posts.verify, posts.crossing, posts.delete),
    "Like": Handler(posts.verify, posts.crossing, posts.like),
    "Undo": Handler(posts.verify, posts.crossing, posts.undo),
    "Remove": Handler(posts.verify, posts.crossing, posts.remove),
    "Lock": Handler(posts.verify, posts.crossing, posts.lock),
    "Flag": Handler(posts.verify, posts.crossing, posts.flag),
}
"""By type: said by anybody, about or to a members-only group that lives here."""

FROM_GROUP: dict[str, Handler] = {
    "Announce": Handler(
        announced.verify, announced.crossing, announced.announce, author_origin=announced.author_origin
    ),
    "Accept": Handler(announced.verify, announced.crossing, memberships.accept),
    "Reject": Handler(announced.verify, announced.crossing, memberships.reject),
    "Offer": Handler(announced.verify, announced.crossing, newcomers.offered),
    "View": Handler(announced.verify, announced.crossing, opened.heard),
    "Invite": Handler(announced.verify, announced.crossing, memberships.word),
    "Block": Handler(announced.verify, announced.crossing, memberships.word),
    "Update": Handler(announced.verify, announced.crossing, memberships.update),
    "Delete": Handler(announced.verify, announced.crossing, announced.delete),
    "Ignore": Handler(announced.verify, announced.crossing, announced.not_shared),
    "Remove": Handler(announced.verify, announced.crossing, memberships.remove),
    "Lock": Handler(announced.verify, announced.crossing, announced.moderated),
    "Undo": Handler(announced.verify, announced.crossing, announced.moderated),
    "Flag": Handler(announced.verify, announced.crossing, announced.moderated),
}
"""By type: said by a members-only group elsewhere."""
