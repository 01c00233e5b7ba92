"""What communities of other kinds announce (FEP-1b12): boosts of posts, and whole activities of whoever spoke there.

Nothing that is embedded is believed: a post is had from its own origin, and deleted where that has it no more. A community's own
word, where the origin does not confirm it, counts for what the community showed here, and for nothing else.
"""

from __future__ import annotations

from federation.types import Iri
from federation.vocab.activities import Activity
from federation.vocab.base import Thing, id_of
from federation.vocab.objects import Object
from server.activitypub.handlers import posts
from server.activitypub.handlers.arrived import Absent, Applied, Arrived, Kind, Wanted
from server.activitypub.handlers.reading import incoming, visibility_of
from server.domain.accounts import AccountKind
from server.domain.posts import Post
from server.services.posts import delete as removal
from server.services.posts import receive, receive_reactions, visible
from server.services.posts.delete import Deleted
from server.services.posts.receive import Edited
from server.services.posts.receive_reactions import Reacted
from server.store import accounts, relationships
from server.store.session import Unit

SHOWN = frozenset({"Create", "Update"})
TAKEN_BACK = frozenset({"Delete", "Remove"})


def announce(unit: Unit, arrived: Arrived) -> Applied:
    """A boost; of a community also what was said in it."""
    inner = arrived.activity.object
    if not isinstance(inner, Activity) or arrived.actor.kind is not AccountKind.GROUP:
        return posts.announce(unit, arrived)
    about = id_of(inner.object)
    if about is None or arrived.activity.id is None:
        return Applied.UNSUPPORTED
    if inner.type in TAKEN_BACK:
        return _taken_back(unit, arrived, inner, about)
    if inner.type not in SHOWN:
        return Applied.IGNORED  # likes and votes are counted where they reach us from whoever cast them
    if not relationships.has_local_followers(unit, arrived.actor.id):
        return Applied.IGNORED
    return _shown(unit, arrived, inner, about)


def _shown(unit: Unit, arrived: Arrived, inner: Activity, about: Iri) -> Applied:
    known = visible.find_by_uri(unit, about)
    edited = False
    if known is None:
        thing = posts.original_of(unit, arrived, about)
        known = posts.remember(unit, thing) if isinstance(thing, Object) else None
        if known is None:
            return Applied.UNAVAILABLE
    elif inner.type == "Update" and not known.local:
        edited = _edited(unit, arrived, known)
    if known.in_reply_to_uri is not None:
        return Applied.APPLIED  # an answer is found in its discussion
    boost = Object(
        type="Note", attributed_to=arrived.actor.uri, to=arrived.activity.to, cc=arrived.activity.cc
    )
    assert arrived.activity.id is not None
    _, received = receive_reactions.receive_boost(
        unit,
        arrived.actor,
        known,
        arrived.activity.id,
        arrived.activity.published or arrived.received_at,
        visibility_of(boost, arrived.actor),
    )
    return Applied.APPLIED if edited else posts.RECEIVED[received]


def _edited(unit: Unit, arrived: Arrived, known: Post) -> bool:
    thing = _now(arrived, known.uri)
    author = accounts.find(unit, known.account_id)
    if not isinstance(thing, Object) or author is None or thing.attributed_to != author.uri:
        return False
    if posts.remember(unit, thing) is None:  # what the policy would not take does not come in by an edit
        return False
    edited = receive.receive_edit(unit, author, incoming(thing, author, arrived.received_at))
    return edited in {Edited.EDITED, Edited.TALLIED}


def _taken_back(unit: Unit, arrived: Arrived, inner: Activity, about: Iri) -> Applied:
    """By its author, where the origin has it no more; else the community alone has dropped it."""
    known = visible.find_by_uri(unit, about)
    if known is None:
        return Applied.NOT_OURS
    author = accounts.find(unit, known.account_id)
    if author is not None and not known.local and author.uri == inner.actor:
        thing = _now(arrived, about)
        is_gone = arrived.missing.get(about) is Absent.GONE
        if is_gone or (thing is not None and thing.type == "Tombstone"):
            deleted = removal.receive_delete(unit, author.uri, about)
            return Applied.APPLIED if deleted is Deleted.DELETED else Applied.IGNORED
    undone = receive_reactions.receive_unboost(unit, arrived.actor, None, known)
    return Applied.APPLIED if undone is Reacted.DONE else Applied.IGNORED


def _now(arrived: Arrived, iri: Iri) -> Thing | None:
    """The object as its origin has it at this moment; None where it could not be had: `missing` says why."""
    if iri in arrived.missing:
        return None
    if iri not in arrived.fetched:
        raise Wanted(Kind.OBJECT, iri)
    return arrived.fetched[iri]
