"""What open groups of ours announce to their followers: the activity of whoever spoke, as FEP-1b12 wants it.

It goes to the instances of followers, each asked about by the policy, and to nobody else; members-only groups have
`plan_group`. Nothing here is signed whole: it can be read by everybody, and whoever wants proof fetches the original.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import msgspec

from federation.iri import origin_of
from federation.types import Iri, JsonObject
from federation.vocab import codec
from federation.vocab.activities import Activity
from server.activitypub.egress import plan_group, plan_group_posts, rendering
from server.activitypub.render import open_groups as render
from server.domain.accounts import Account
from server.domain.boundary import Action, ContentClass, Effect
from server.domain.groups import GroupActivity
from server.domain.moderation import Lists, Verb
from server.domain.posts import Post
from server.domain.work import Event
from server.services import audiences, boundary, holds, open_groups
from server.services.boundary import Crossing
from server.services.posts import visible
from server.services.streams import Taken
from server.store import accounts, group_activities, groups, moderators_elsewhere, work
from server.store.session import Unit


def said(unit: Unit, author: Account, activity: Activity, about: Iri, post: Post | None = None) -> None:
    """A member here says something that may belong into an open group of ours. post: of a Create or an Update."""
    assert activity.id is not None
    body = msgspec.json.encode(codec.encode(activity))
    taken = Taken(
        uri=activity.id,
        kind=activity.type,
        object_uri=about,
        author=author,
        content_class=ContentClass.NOTICE if post is None else ContentClass.from_word(post.content_class),
        digest=sha256(body).hexdigest(),
        inner=body,
        post=post,
    )
    if post is not None and activity.type == "Create":
        open_groups.take_up(unit, post, taken)
    else:
        open_groups.carry(unit, taken)


def concerned(unit: Unit, author: Account, about: Iri) -> list[Account]:
    """Who hears of a reaction: the author, and the groups elsewhere that the post names."""
    post = visible.find_by_uri(unit, about)
    elsewhere = [] if post is None else [one for one in open_groups.addressed(unit, post) if not one.local]
    return [author, *elsewhere]


def accepted(unit: Unit, event: Event) -> None:
    """payload: group_activity_id."""
    taken = group_activities.find(unit, int(event.payload["group_activity_id"]))
    record = None if taken is None else groups.find(unit, taken.group_id)
    if taken is None or record is None or record.access.members_only:
        plan_group.accepted(unit, event)
        return
    group = groups.account_of(unit, taken.group_id)
    post = None if taken.post_id is None else visible.find(unit, taken.post_id)
    if group is None or taken.inner is None or (post is None and taken.kind in {"Create", "Update"}):
        return  # gone meanwhile
    crossing = _crossing(unit, taken, post)
    person = accounts.find_by_uri(
        unit, taken.object_uri
    )  # who is excluded follows no more, and is to hear of it
    beside = [] if person is None or person.local else [person.shared_inbox or person.inbox]
    reached = {*audiences.inboxes_of_followers(unit, group.id), *((origin_of(one), one) for one in beside)}
    inboxes = sorted(reached, key=lambda entry: entry[1])
    decided = boundary.decide_for_all(
        unit, Action.DELIVER, sorted({origin for origin, _ in inboxes}), crossing, subject=taken.uri
    )
    held = {origin for origin, made in decided.items() if made.effect is Effect.HOLD}
    queued = boundary.queued(unit, crossing, decided)
    permitted = [(origin, inbox) for origin, inbox in inboxes if origin in queued]
    uri = Iri(f"{unit.context.settings.base}/activities/{taken.id}")
    outer = render.announce(uri, group, msgspec.json.decode(taken.inner), taken.accepted_at)
    row_id = work.add_activity(
        unit,
        uri=uri,
        kind="Announce",
        account_id=group.id,
        post_id=taken.post_id,
        crossing=crossing.record(),
        body=msgspec.json.encode(outer),
    )
    group_activities.announced(unit, taken.id, row_id)
    work.add_deliveries(unit, row_id, permitted, held=held)
    holds.hold_deliveries(unit, row_id, uri, decided, crossing.group.id)


def moderated(unit: Unit, event: Event) -> None:
    """payload: group_id, account_id (the moderator, or the group), uri (of the post or person), verb, reason."""
    record = groups.find(unit, int(event.payload["group_id"]))
    group = accounts.find(unit, int(event.payload["group_id"]))
    by = accounts.find(unit, int(event.payload["account_id"]))
    if record is not None and record.access.members_only:
        plan_group_posts.moderated(unit, event)
        return
    if group is None or group.gone or by is None:
        return
    verb, about = Verb(str(event.payload["verb"])), Iri(str(event.payload["uri"]))
    uri = Iri(f"{unit.context.settings.base}/activities/{event.id}")
    reason = str(event.payload["reason"])
    if not group.local:
        _ask(
            unit, by, group, uri, lambda lists: render.moderation(uri, verb, by, group, about, reason, lists)
        )
        return
    said = render.moderation(uri, verb, by, group, about, reason)
    body = msgspec.json.encode(said)
    open_groups.announce(
        unit,
        group,
        Taken(
            uri=Iri(str(said["id"])),
            kind=str(said["type"]),
            object_uri=about,
            author=by,
            content_class=ContentClass.NOTICE,
            digest=sha256(body).hexdigest(),
            inner=body,
        ),
    )


def _ask(unit: Unit, by: Account, group: Account, uri: Iri, write: Callable[[Lists], JsonObject]) -> None:
    """A moderator here says it to a group elsewhere, which does it, and announces it. Nothing leaves of who is none any more."""
    lists = moderators_elsewhere.find(unit, group.id, by.id)
    if lists is None:
        return
    said, inbox = write(lists), group.shared_inbox or group.inbox
    origin = origin_of(inbox)
    decided = boundary.decide_for_all(unit, Action.DELIVER, [origin], boundary.RELATION, subject=uri)
    if origin not in boundary.queued(unit, boundary.RELATION, decided):
        return
    row_id = work.add_activity(
        unit,
        uri=str(said["id"]),
        kind=str(said["type"]),
        account_id=by.id,
        post_id=None,
        crossing=boundary.RELATION.record(),
        body=msgspec.json.encode(said),
    )
    held = {origin} if decided[origin].effect is Effect.HOLD else set()
    work.add_deliveries(unit, row_id, [(origin, inbox)], held=held)
    holds.hold_deliveries(unit, row_id, uri, decided)


def _crossing(unit: Unit, taken: GroupActivity, post: Post | None) -> Crossing:
    if taken.kind in {"Create", "Update"} and post is not None:
        return boundary.of_post(unit, post, rendering.item_of(unit, post).media)
    return boundary.REMOVAL if taken.kind in {"Delete", "Undo"} else boundary.REACTION
