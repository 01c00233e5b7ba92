"""One handler for each activity that has an effect here. What is not in the table is `unsupported`, and says so."""

from __future__ import annotations

from server.activitypub.handlers import communities, moderating, posts, relations
from server.activitypub.handlers.arrived import Arrived, Handler
from server.activitypub.handlers.groups import FROM_GROUP, TO_GROUP, memberships
from server.activitypub.handlers.probes import PROBES
from server.activitypub.handlers.status_lists import HINT, is_hint
from server.services import boundary
from server.services.boundary import Crossing
from server.store.session import Unit


def _relation(_unit: Unit, _arrived: Arrived) -> Crossing:
    return boundary.RELATION


def _reaction(_unit: Unit, _arrived: Arrived) -> Crossing:
    return boundary.REACTION


HANDLERS: dict[str, Handler] = {
    "Create": Handler(posts.verify_own, posts.crossing, posts.create),
    "Update": Handler(posts.verify_own, posts.crossing, posts.update),
    "Delete": Handler(posts.verify_delete, moderating.crossing, moderating.delete),
    "Announce": Handler(relations.verify_nothing, _reaction, communities.announce),
    "Like": Handler(relations.verify_nothing, _reaction, relations.like),
    "EmojiReact": Handler(relations.verify_nothing, _reaction, relations.like),
    "Dislike": Handler(relations.verify_nothing, _reaction, relations.dislike),
    "Follow": Handler(relations.verify_nothing, _relation, relations.follow),
    "Accept": Handler(relations.verify_nothing, _relation, relations.accept),
    "Reject": Handler(relations.verify_nothing, _relation, relations.reject),
    "Undo": Handler(moderating.verify_undo, moderating.crossing, moderating.undo),
    "Invite": Handler(relations.verify_nothing, _relation, memberships.introduced),
    "Block": Handler(relations.verify_nothing, _relation, moderating.block),
    "Lock": Handler(relations.verify_nothing, _relation, moderating.moderate),
    "Add": Handler(relations.verify_nothing, _relation, moderating.moderate),
    "Remove": Handler(relations.verify_nothing, _relation, moderating.moderate),
    "Move": Handler(relations.verify_nothing, _relation, relations.move),
    "Flag": Handler(relations.verify_nothing, _relation, relations.flag),
}


def handler_for(arrived: Arrived) -> Handler | None:
    """The handler of an activity. What concerns a members-only group is for the handlers of groups alone, as is a probe."""
    if arrived.document.get("probe") is True:
        return PROBES.get(arrived.activity.type)
    if is_hint(arrived):
        return HINT
    concerned = arrived.concerned
    if concerned is None:
        return HANDLERS.get(arrived.activity.type)
    if concerned.several or not (concerned.sender or concerned.account.local):
        return None
    return (FROM_GROUP if concerned.sender else TO_GROUP).get(arrived.activity.type)
