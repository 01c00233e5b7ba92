"""A page of a group's stream, for an instance with members that was away: what may be released to it now, in order.

What was withdrawn, or may not be released any more, stands there as a Delete. Who has no member in the group gets the NotFound of
what does not exist. Each item carries its own proof; ledger rows are written before the page leaves.
"""

from __future__ import annotations

from typing import Any

import msgspec

from federation.types import Iri, JsonObject
from federation.vocab.profile import CONTEXT, PROFILE
from server.activitypub import signing
from server.activitypub.render import group_posts as render
from server.core.errors import NotFound
from server.domain.accounts import Account
from server.domain.boundary import Action, Direction, Effect
from server.domain.groups import GroupActivity
from server.domain.posts import Standing
from server.domain.viewers import Peer
from server.services import boundary, instances, streams
from server.services.boundary import Crossing
from server.services.posts import earlier
from server.store import accounts, groups, memberships, posts, work
from server.store.session import Unit

WORDED = frozenset({"Create", "Update"})


def page(unit: Unit, peer: Peer, public_id: str, after: int) -> bytes:
    """Raises NotFound."""
    group = accounts.find_by_public_id(unit, public_id)
    record = None if group is None else groups.find(unit, group.id)
    if group is None or record is None or group.gone or not record.access.members_only or not peer.profiled:
        raise NotFound
    if peer.origin not in {host for host, _ in memberships.inboxes(unit, group.id)}:
        raise NotFound
    asked = Crossing.from_record(boundary.in_group(unit, group.id, group.id, record.class_floor).record())
    if not boundary.permits(unit, Direction.OUT, Action.FETCH, peer.origin, asked):
        raise NotFound
    instances.seen(
        unit, peer.origin, verifies_rfc9421=True
    )  # it is back: what waits for it need not wait longer
    found = streams.page(unit, group, peer.origin, after)
    items = [(n, _item(unit, peer, group, taken)) for n, taken in found.items]
    shown = [(n, item) for n, item in items if item is not None]
    uri = f"{group.uri}/stream"
    reached = found.items[-1][0] if found.items else found.last
    document: dict[str, Any] = {
        "@context": ["https://www.w3.org/ns/activitystreams", CONTEXT],
        "id": f"{uri}?after={after}",
        "type": "OrderedCollectionPage",
        "partOf": uri,
        "profile": PROFILE,
        "epoch": found.epoch,
        "reached": reached,
        "last": found.last,
        "positions": [n for n, _ in shown],
        "orderedItems": [msgspec.Raw(item) for _, item in shown],
    }
    if reached < found.last:
        document["next"] = f"{uri}?after={reached}"
    return msgspec.json.encode(document)


def _item(unit: Unit, peer: Peer, group: Account, taken: GroupActivity) -> bytes | None:
    """Its bytes, a Delete in its place, or nothing where there is nothing to take back."""
    if _is_hidden(unit, taken):
        streams.pass_over(unit, group, taken, peer.origin)
        return None
    carried = None if taken.activity_id is None else work.get_activity(unit, taken.activity_id)
    if carried is not None:
        effect = _effect(unit, peer, taken, Crossing.from_record(carried.crossing))
        body: bytes = carried.body
        if effect is not Effect.DENY:
            return body if effect is Effect.ALLOW else None
    if taken.kind != "Create" or _said_anew(unit, taken):
        return None
    uri = Iri(f"{unit.context.settings.base}/activities/{taken.id}-withdrawn")
    gone: JsonObject = render.delete(uri, group, group, taken.object_uri, taken.accepted_at)
    return msgspec.json.encode(signing.signed(unit, group.id, gone))


def _is_hidden(unit: Unit, taken: GroupActivity) -> bool:
    """Nobody knows yet whether it goes out or comes back."""
    post = None if taken.kind not in WORDED or taken.post_id is None else posts.find(unit, taken.post_id)
    return post is not None and post.standing is Standing.HIDDEN


def _said_anew(unit: Unit, taken: GroupActivity) -> bool:
    """Its first words were taken away, and the post is there: an edit brings it."""
    post = None if taken.post_id is None else posts.find(unit, taken.post_id)
    there = post is not None and post.standing is Standing.PUBLISHED
    return there and post is not None and earlier.gone_before_of(unit, post) is not None


def _effect(unit: Unit, peer: Peer, taken: GroupActivity, crossing: Crossing) -> Effect:
    """What is decided now. What waits for a person is neither shown nor taken back."""
    if taken.kind in WORDED:
        post = None if taken.post_id is None else posts.find(unit, taken.post_id)
        if post is None or post.standing is not Standing.PUBLISHED:
            return Effect.DENY
    return boundary.decide(unit, Direction.OUT, Action.FETCH, peer.origin, crossing, subject=taken.uri).effect
