"""What communities of other kinds announce (FEP-1b12): boosts of posts, and whole activities of whoever spoke there.

Nothing that is embedded is believed but who likes what was said there: a post is had from its own origin, and deleted where that
has it no more. What moderators do is for `moderation`, what they do in groups of ours for `moderating`.
"""

from __future__ import annotations

from federation.iri import same_origin
from federation.types import Iri, Origin
from federation.vocab.activities import Activity
from federation.vocab.actors import Actor
from federation.vocab.base import id_of
from federation.vocab.objects import Object
from server.activitypub.handlers import moderating, moderation, posts, relations
from server.activitypub.handlers.arrived import Absent, Applied, Arrived, Kind, current
from server.activitypub.handlers.reading import incoming, visibility_of
from server.domain.accounts import Account, AccountKind
from server.domain.boundary import Action, Direction
from server.domain.posts import Post
from server.services import boundary, communities, remote_accounts
from server.services.posts import delete as removal
from server.services.posts import receive, receive_reactions, visible
from server.services.posts.delete import Deleted
from server.services.posts.receive import Edited
from server.services.posts.receive_reactions import Reacted
from server.store import accounts, relationships
from server.store.session import Unit

SHOWN = frozenset({"Create", "Update"})


def announce(unit: Unit, arrived: Arrived) -> Applied:
    """A boost; of a community also what was said and done in it."""
    inner = arrived.activity.object
    if arrived.actor.kind is not AccountKind.GROUP:
        return posts.announce(unit, arrived)
    about = id_of(inner.object) if isinstance(inner, Activity) else id_of(inner)
    if about is None or arrived.activity.id is None:
        return Applied.UNSUPPORTED
    if not isinstance(inner, Activity):
        dropped = communities.dropped(unit, arrived.actor, about)
        return Applied.TOMBSTONED if dropped else posts.announce(unit, arrived)
    here = moderating.announced(unit, arrived, inner)
    if here is not None:
        return here
    if inner.type in SHOWN:
        return _shown(unit, arrived, inner, about)
    undone = inner.object if inner.type == "Undo" else inner
    if not isinstance(undone, Activity):
        return Applied.IGNORED
    if undone.type in relations.VOTES:
        return _voted(unit, arrived, inner, undone)
    if inner.type == "Delete" and _is_author(unit, inner.actor, about):
        return _taken_back(unit, arrived, inner, about)
    outcome = moderation.moderated(unit, arrived, inner)
    restored = id_of(undone.object) if undone.type in moderation.REMOVING else None
    if outcome is not Applied.APPLIED or undone is inner or restored is None:
        return outcome
    return _shown(unit, arrived, undone, restored)


def _shown(unit: Unit, arrived: Arrived, inner: Activity, about: Iri) -> Applied:
    if not relationships.has_local_followers(unit, arrived.actor.id):
        return Applied.IGNORED
    if communities.dropped(unit, arrived.actor, about):
        return Applied.TOMBSTONED
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
    thing = current(arrived, known.uri)
    author = accounts.find(unit, known.account_id)
    if not isinstance(thing, Object) or author is None or thing.attributed_to != author.uri:
        return False
    if posts.remember(unit, thing) is None:  # what the policy would not take does not come in by an edit
        return False
    edited = receive.receive_edit(unit, author, incoming(thing, author, arrived.received_at))
    return edited in {Edited.EDITED, Edited.TALLIED}


def _voted(unit: Unit, arrived: Arrived, inner: Activity, vote: Activity) -> Applied:
    """By anybody, of what was said in the community; of other things by somebody of its own instance, which speaks for them.

    Never by somebody here: what they like is known.
    """
    about = id_of(vote.object)
    known = visible.find_by_uri(unit, about) if about is not None else None
    if known is None:
        return Applied.NOT_OURS
    if inner.actor != vote.actor or vote.id is None or not same_origin(vote.id, vote.actor):
        return Applied.IGNORED
    own = same_origin(vote.actor, arrived.actor.uri)
    if not own and not communities.names(unit, arrived.actor, known):
        return Applied.IGNORED
    who = _voter(unit, arrived, inner, vote)
    if who is None:
        return Applied.IGNORED
    if inner is not vote:
        if vote.type == "Dislike":
            return Applied.IGNORED
        return relations.reacted(receive_reactions.receive_unlike(unit, who, vote.id, known))
    if vote.type == "Dislike":
        disliked = receive_reactions.receive_dislike(unit, who, known)
        return Applied.APPLIED if disliked is Reacted.DONE else Applied.IGNORED
    return relations.reacted(receive_reactions.receive_like(unit, who, known, vote.id))


def _voter(unit: Unit, arrived: Arrived, inner: Activity, vote: Activity) -> Account | None:
    """None for whoever is not counted: of this instance, or of one that the policy would take nothing from."""
    who = accounts.find_by_uri(unit, vote.actor)
    if who is None and inner is vote and vote.type != "Dislike":
        actor = current(arrived, vote.actor, Kind.ACTOR)
        who = remote_accounts.receive(unit, actor) if isinstance(actor, Actor) else None
    if who is None or who.local or who.gone:
        return None
    subject = str(vote.id)
    decided = boundary.decide(
        unit, Direction.IN, Action.ACCEPT, Origin(who.domain), boundary.REACTION, subject=subject
    )
    return who if decided.allowed else None


def _is_author(unit: Unit, who: Iri, about: Iri) -> bool:
    known = visible.find_by_uri(unit, about)
    author = None if known is None else accounts.find(unit, known.account_id)
    return author is not None and author.uri == who


def _taken_back(unit: Unit, arrived: Arrived, inner: Activity, about: Iri) -> Applied:
    """By its author, where the origin has it no more; else the community alone has dropped it."""
    known = visible.find_by_uri(unit, about)
    if known is None:
        return Applied.NOT_OURS
    if not known.local:
        thing = current(arrived, about)
        is_gone = arrived.missing.get(about) is Absent.GONE
        if is_gone or (thing is not None and thing.type == "Tombstone"):
            deleted = removal.receive_delete(unit, inner.actor, about)
            return Applied.APPLIED if deleted is Deleted.DELETED else Applied.IGNORED
    undone = receive_reactions.receive_unboost(unit, arrived.actor, None, known)
    return Applied.APPLIED if undone is Reacted.DONE else Applied.IGNORED
