"""Create, Update and Delete of posts; votes; Announce and its undoing.

It refuses a post that is not the sender's own, and believes a foreign one only from its own origin.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from federation.errors import Malformed, OriginMismatch
from federation.iri import origin_of, same_origin
from federation.types import Iri, Origin
from federation.vocab.actors import Actor
from federation.vocab.base import Thing, id_of
from federation.vocab.objects import Object, is_vote
from federation.vocab.profile import read_envelope
from server.activitypub.handlers.arrived import Applied, Arrived, Kind, Wanted
from server.activitypub.handlers.reading import incoming, kinds_of, visibility_of
from server.deid.findings import Purpose
from server.domain.accounts import Account, AccountKind
from server.domain.boundary import Action, ContentClass, ContentForm, Direction
from server.domain.messages import Sentence
from server.domain.posts import Post, PostKind, Visibility
from server.services import accounts, boundary, events, open_groups, polls, remote_accounts, text_checks
from server.services.boundary import Crossing
from server.services.polls import Voted
from server.services.posts import delete as removal
from server.services.posts import receive, receive_reactions, visible
from server.services.posts.delete import Deleted
from server.services.posts.receive import Edited, Incoming, Received
from server.services.streams import Taken
from server.store import accounts as account_rows
from server.store.session import Unit

TYPES = frozenset({"Note", "Article", "Question", "Page", "Event", "Video", "ChatMessage"})

RECEIVED = {
    Received.CREATED: Applied.APPLIED,
    Received.DUPLICATE: Applied.DUPLICATE,
    Received.TOMBSTONED: Applied.TOMBSTONED,
    Received.IRRELEVANT: Applied.IGNORED,
}


def known(unit: Unit, iri: Iri) -> Post | None:
    """A post by its id, for receiving; never for an answer to somebody."""
    return visible.find_by_uri(unit, iri)


def remember(unit: Unit, thing: Object, above: int = 0) -> Post | None:
    """Stores a post that was fetched from its own origin.

    None where its author is unknown, it is no post, or the policy would not take it from its author's instance at once:
    nothing comes in by another door. above: how far above the post that arrived it stands in its thread.
    """
    author = account_rows.find_by_uri(unit, thing.attributed_to) if thing.attributed_to else None
    if author is None or author.local or author.gone or thing.type not in TYPES or thing.id is None:
        return None
    if not boundary.decide(
        unit,
        Direction.IN,
        Action.ACCEPT,
        Origin(author.domain),
        _crossing_of(thing, author),
        subject=thing.id,
    ).allowed:
        return None
    post, _ = receive.receive(unit, author, incoming(thing, author, unit.now), wanted=True, above=above)
    return post


# -- Create ----------------------------------------------------------------------------------------------


def verify_own(arrived: Arrived) -> None:
    """The object, where it is embedded, is the sender's own."""
    thing = arrived.activity.object
    if isinstance(thing, tuple):
        raise Malformed("several-objects")
    if isinstance(thing, Actor):
        if thing.id != arrived.actor.uri:
            raise OriginMismatch("actor-of-another")
        return
    if isinstance(thing, Object):
        if thing.id is None or not same_origin(thing.id, arrived.actor.uri):
            raise OriginMismatch("object-of-another-origin")
        if thing.attributed_to is not None and thing.attributed_to != arrived.actor.uri:
            raise OriginMismatch("author-is-not-the-sender")


def crossing(_unit: Unit, arrived: Arrived) -> Crossing:
    """What the policy is asked about an arriving post."""
    thing = arrived.activity.object
    if not isinstance(thing, Object):
        return boundary.ACTOR if isinstance(thing, Actor) else Crossing(ContentForm.POST)
    if is_vote(thing):
        return boundary.REACTION
    return _crossing_of(thing, arrived.actor, _class_of(arrived))


def _class_of(arrived: Arrived) -> ContentClass:
    """What a partner says of a message: a direct answer to something in a group is of its class."""
    if "profile" not in arrived.document or not arrived.profiled:
        return ContentClass.DISCUSSION
    return ContentClass.from_word(read_envelope(arrived.document).content_class)


def _crossing_of(
    thing: Object, author: Account, declared: ContentClass = ContentClass.DISCUSSION
) -> Crossing:
    direct = visibility_of(thing, author) is Visibility.DIRECT
    kinds = kinds_of(thing)
    return Crossing(
        ContentForm.DIRECT if direct else ContentForm.POST,
        declared,
        kinds,
        thing.language or "und",
    )


def create(unit: Unit, arrived: Arrived) -> Applied:
    thing = _own(arrived)
    if thing is None:
        return Applied.UNAVAILABLE
    if thing.type not in TYPES:
        return Applied.UNSUPPORTED
    if is_vote(thing) and thing.in_reply_to is not None:
        question = visible.find_by_uri(unit, thing.in_reply_to)
        if question is not None and question.kind is PostKind.QUESTION and question.group_id is None:
            assert thing.id is not None
            voted = polls.receive_vote(unit, arrived.actor, question, (thing.name or "",), thing.id)
            return Applied.APPLIED if voted is Voted.COUNTED else Applied.IGNORED
    words = incoming(thing, arrived.actor, arrived.received_at)
    words = replace(words, content_class=_class_of(arrived).word)
    if _identifies(unit, words):
        return _not_taken(unit, arrived, words)
    post, received = receive.receive(unit, arrived.actor, words)
    if post is not None and received is Received.CREATED:
        open_groups.take_up(unit, post, taken(arrived, post.uri, post))
    return RECEIVED[received]


def _identifies(unit: Unit, words: Incoming) -> bool:
    """A message that holds what no message here may hold."""
    direct = words.visibility is Visibility.DIRECT
    return direct and not text_checks.passes(unit, words.read, Purpose.DIRECT)


def _not_taken(unit: Unit, arrived: Arrived, words: Incoming) -> Applied:
    """Nothing of it is kept; those here whom it was meant for are told that it came, and ask for it in another way."""
    speaker = accounts.ensure_instance_actor(unit)
    for one in account_rows.many_by_uri(unit, {*words.mentions, *words.addressed}).values():
        if one.local and one.kind is AccountKind.PERSON:
            events.message(
                unit, one.id, speaker.id, Sentence.MESSAGE_NOT_TAKEN, host=origin_of(arrived.actor.uri)
            )
    return Applied.REFUSED


def taken(arrived: Arrived, about: Iri, post: Post | None = None) -> Taken:
    """What came, as an open group here announces it: in the sender's words."""
    assert arrived.activity.id is not None
    return Taken(
        uri=arrived.activity.id,
        kind=arrived.activity.type,
        object_uri=about,
        author=arrived.actor,
        content_class=ContentClass.NOTICE if post is None else ContentClass.from_word(post.content_class),
        digest=sha256(arrived.raw).hexdigest(),
        inner=arrived.raw,
        post=post,
    )


def _own(arrived: Arrived) -> Object | None:
    """The object of a Create or Update, embedded or fetched; the sender's own, or None where it could not be had."""
    thing: object = arrived.activity.object
    if not isinstance(thing, Object):
        iri = id_of(arrived.activity.object)
        if iri is None or iri in arrived.missing or not same_origin(iri, arrived.actor.uri):
            return None
        thing = arrived.fetched.get(iri)
        if thing is None:
            raise Wanted(Kind.OBJECT, iri)
    if not isinstance(thing, Object) or thing.attributed_to not in {None, arrived.actor.uri}:
        return None
    return thing


# -- Update and Delete -----------------------------------------------------------------------------------


def update(unit: Unit, arrived: Arrived) -> Applied:
    """Of the sender's profile, or of a post of the sender's."""
    if isinstance(arrived.activity.object, Actor):
        remote_accounts.receive(unit, arrived.activity.object)
        return Applied.APPLIED
    if id_of(arrived.activity.object) == arrived.actor.uri:
        return _profile(unit, arrived)
    thing = _own(arrived)
    if thing is None or thing.type not in TYPES:
        return Applied.UNAVAILABLE if thing is None else Applied.UNSUPPORTED
    words = incoming(thing, arrived.actor, arrived.received_at)
    if _identifies(unit, words):
        return _not_taken(unit, arrived, words)
    edited = receive.receive_edit(unit, arrived.actor, words)
    edited_post = visible.find_by_uri(unit, thing.id) if thing.id is not None else None
    if edited is Edited.EDITED and edited_post is not None:
        open_groups.carry(unit, taken(arrived, edited_post.uri, edited_post))
    if edited is Edited.UNKNOWN:
        _, received = receive.receive(unit, arrived.actor, words)
        return RECEIVED[received]
    return {Edited.EDITED: Applied.APPLIED, Edited.TALLIED: Applied.APPLIED, Edited.STALE: Applied.STALE}.get(
        edited, Applied.IGNORED
    )


def _profile(unit: Unit, arrived: Arrived) -> Applied:
    found = arrived.fetched.get(arrived.actor.uri)
    if isinstance(found, Actor):
        remote_accounts.receive(unit, found)
        return Applied.APPLIED
    if arrived.actor.uri in arrived.missing:
        return Applied.UNAVAILABLE
    raise Wanted(Kind.ACTOR, arrived.actor.uri)


def verify_delete(arrived: Arrived) -> None:
    if id_of(arrived.activity.object) is None:
        raise OriginMismatch("object-of-another-origin")


def delete(unit: Unit, arrived: Arrived) -> Applied:
    """Of a post, or of the sender itself."""
    iri = id_of(arrived.activity.object)
    assert iri is not None
    if not same_origin(iri, arrived.actor.uri):
        raise OriginMismatch("object-of-another-origin")
    if iri == arrived.actor.uri:
        remote_accounts.gone(unit, arrived.actor)
        return Applied.APPLIED
    deleted = removal.receive_delete(unit, arrived.actor.uri, iri)
    if deleted is Deleted.DELETED:
        open_groups.carry(unit, taken(arrived, iri))
    return {Deleted.DELETED: Applied.APPLIED, Deleted.UNKNOWN: Applied.TOMBSTONED}.get(
        deleted, Applied.IGNORED
    )


# -- Announce --------------------------------------------------------------------------------------------


def announce(unit: Unit, arrived: Arrived) -> Applied:
    """A boost. The original is known, or had from its own origin; what is embedded is looked at for its id only."""
    iri = id_of(arrived.activity.object)
    if iri is None or arrived.activity.id is None:
        return Applied.UNSUPPORTED
    original = visible.find_by_uri(unit, iri)
    if original is None:
        thing = original_of(unit, arrived, iri)
        original = remember(unit, thing) if isinstance(thing, Object) else None
    if original is None:
        return Applied.UNAVAILABLE
    boost = Object(
        type="Note", attributed_to=arrived.actor.uri, to=arrived.activity.to, cc=arrived.activity.cc
    )
    visibility = visibility_of(boost, arrived.actor)
    published = arrived.activity.published or arrived.received_at
    _, received = receive_reactions.receive_boost(
        unit, arrived.actor, original, arrived.activity.id, published, visibility
    )
    return RECEIVED[received]


def original_of(unit: Unit, arrived: Arrived, iri: Iri) -> Thing | None:
    """A foreign post with its author known: fetched if needed. None where either could not be had."""
    if iri in arrived.missing:
        return None
    thing = arrived.fetched.get(iri)
    if thing is None:
        raise Wanted(Kind.OBJECT, iri)
    if (
        not isinstance(thing, Object)
        or thing.attributed_to is None
        or origin_of(thing.attributed_to) != origin_of(iri)
    ):
        return None
    if account_rows.find_by_uri(unit, thing.attributed_to) is None:
        actor = arrived.fetched.get(thing.attributed_to)
        if thing.attributed_to in arrived.missing:
            return None
        if actor is None:
            raise Wanted(Kind.ACTOR, thing.attributed_to)
        if not isinstance(actor, Actor):
            return None
        remote_accounts.receive(unit, actor)
    return thing
