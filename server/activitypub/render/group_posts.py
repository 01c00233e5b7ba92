"""What is said in a members-only group, as signed documents: by members to the group, and by the group to member instances.

Addressed to the group and its members, exactly. What a member says is signed whole and carried verbatim; what the
group says of its own (a verdict, a removal, a tally) is signed by the group.
"""

from __future__ import annotations

from datetime import datetime

from federation.types import Iri, JsonObject
from federation.vocab import codec
from federation.vocab.activities import Activity
from federation.vocab.base import References
from federation.vocab.objects import Question, Tombstone
from federation.vocab.objects import vote as vote_note
from federation.vocab.profile import Envelope, write_envelope
from federation.vocab.shapes import write_moment
from server.activitypub.render import posts
from server.activitypub.render.posts import PostToRender
from server.core.settings import Settings
from server.domain.accounts import Account
from server.domain.posts import Poll, Post


def create(item: PostToRender, activity_id: Iri, settings: Settings) -> JsonObject:
    said = codec.encode(posts.create(item, activity_id, settings))
    return write_envelope(said, Envelope(content_class=item.post.content_class))


def update(item: PostToRender, activity_id: Iri, settings: Settings) -> JsonObject:
    """Names the digest of the version that it replaces."""
    said = codec.encode(posts.update(item, activity_id, settings))
    return write_envelope(said, Envelope(content_class=item.post.content_class, replaces=item.post.digest))


def delete(activity_id: Iri, by: Account, group: Account, uri: Iri, at: datetime) -> JsonObject:
    """By its author, or by the group towards an instance that may not have it any more."""
    return _said(activity_id, "Delete", by, group, Tombstone(id=uri, type="Tombstone"), at)


def like(activity_id: Iri, by: Account, group: Account, uri: Iri, at: datetime) -> JsonObject:
    return _said(activity_id, "Like", by, group, uri, at)


def unlike(
    activity_id: Iri, by: Account, group: Account, like_uri: Iri, uri: Iri, at: datetime
) -> JsonObject:
    undone = Activity(id=like_uri, type="Like", actor=by.uri, object=uri)
    return _said(activity_id, "Undo", by, group, undone, at)


def vote(
    activity_id: Iri, vote_uri: Iri, by: Account, group: Account, question: Iri, option: str, at: datetime
) -> JsonObject:
    """To the group alone, which publishes the tally."""
    thing = vote_note(id=vote_uri, voter=by.uri, question=question, option=option, owner=group.uri)
    said = Activity(
        id=activity_id,
        type="Create",
        actor=by.uri,
        object=thing,
        published=at,
        to=(group.uri,),
        audience=(group.uri,),
    )
    return write_envelope(codec.encode(said), Envelope(content_class="notice"))


def moderation(
    activity_id: Iri,
    kind: str,
    by: Account,
    group: Account,
    uri: Iri,
    at: datetime,
    reason: str = "",
    *,
    undone: bool = False,
) -> JsonObject:
    """kind: `Remove` takes a post out of the group, `Lock` closes a discussion, `Flag` hides a post; undone: `Undo` of that."""
    thing: References = uri
    if undone:
        kind, thing = "Undo", Activity(type=kind, actor=by.uri, object=uri)
    return _said(activity_id, kind, by, group, thing, at, Envelope(content_class="notice", reason=reason))


def not_shared(activity_id: Iri, group: Account, rules: str, at: datetime) -> JsonObject:
    """A discussion is not shared with this instance: by which rules, and nothing else of it."""
    said = Activity(
        id=activity_id,
        type="Ignore",
        actor=group.uri,
        object=group.uri,
        content=rules,
        published=at,
        to=posts.of_group(group),
        audience=(group.uri,),
    )
    return write_envelope(codec.encode(said), Envelope(content_class="notice", reason="policy"))


def tally(activity_id: Iri, group: Account, post: Post, poll: Poll, at: datetime) -> JsonObject:
    """The counts of a poll, as the group states them."""
    options = posts.options_of(poll)
    question = Question(
        id=post.uri,
        type="Question",
        one_of=() if poll.multiple else options,
        any_of=options if poll.multiple else (),
        end_time=poll.expires_at,
        closed=poll.closed_at,
        voters_count=poll.voters_count,
    )
    return _said(activity_id, "Update", group, group, question, at)


def verdict(
    activity_id: Iri, answer: str, group: Account, author: Account, uri: Iri, at: datetime, reason: str
) -> JsonObject:
    """answer: `Accept` or `Reject`, to what the author said."""
    said = Activity(
        id=activity_id,
        type=answer,
        actor=group.uri,
        object=uri,
        published=at,
        to=(author.uri,),
        audience=(group.uri,),
    )
    return write_envelope(codec.encode(said), Envelope(content_class="notice", reason=reason))


def announce(
    activity_id: Iri, group: Account, inner: JsonObject, at: datetime, envelope: Envelope
) -> JsonObject:
    """inner: parsed, as it was signed; its bytes are put in its place when the whole is signed."""
    outer: JsonObject = {
        "@context": ["https://www.w3.org/ns/activitystreams"],
        "id": activity_id,
        "type": "Announce",
        "actor": group.uri,
        "published": write_moment(at),
        "to": list(posts.of_group(group)),
        "audience": [group.uri],
        "object": inner,
    }
    return write_envelope(outer, envelope)


def _said(
    activity_id: Iri,
    kind: str,
    by: Account,
    group: Account,
    thing: References,
    at: datetime,
    envelope: Envelope = Envelope(content_class="notice"),  # noqa: B008  frozen
) -> JsonObject:
    said = Activity(
        id=activity_id,
        type=kind,
        actor=by.uri,
        object=thing,
        published=at,
        to=posts.of_group(group),
        audience=(group.uri,),
    )
    return write_envelope(codec.encode(said), envelope)
