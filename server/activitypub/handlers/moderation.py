"""What a community of other software announces of its moderators (FEP-1b12): Delete, Remove, Lock, Block, and Undo of them.

Who moderates stands in the collection that the community's own document names, both as they are at this moment; the
community itself counts as one. It refuses everybody else, and whatever is said to the lists of a community: those are read when
they are needed.
"""

from __future__ import annotations

from federation.iri import same_origin
from federation.types import Iri
from federation.vocab.activities import Activity
from federation.vocab.actors import Actor
from federation.vocab.base import id_of, references
from federation.vocab.collections import Collection
from server.activitypub.handlers.arrived import Applied, Arrived, Kind, current
from server.services import communities, relationships
from server.services.posts import visible
from server.services.relationships import Answered
from server.store import accounts
from server.store.session import Unit

REMOVING = frozenset({"Delete", "Remove"})
VERBS = REMOVING | {"Lock", "Block"}


def moderated(unit: Unit, arrived: Arrived, inner: Activity) -> Applied:
    """inner: of VERBS, or an Undo of one; by whoever it says."""
    undone = inner.object if inner.type == "Undo" else None
    said = undone if isinstance(undone, Activity) else inner
    about = id_of(said.object)
    if said.type not in VERBS or about is None:
        return Applied.IGNORED
    if not _concerns(unit, arrived, said, about):
        return Applied.NOT_OURS
    if not moderates(arrived, inner.actor):
        return Applied.IGNORED
    done = _undo(unit, arrived, said, about) if said is not inner else _do(unit, arrived, said, about)
    return Applied.APPLIED if done else Applied.IGNORED


def moderates(arrived: Arrived, who: Iri) -> bool:
    """Raises Wanted for the community's document, and for its collection of moderators."""
    if who == arrived.actor.uri:
        return True
    community = current(arrived, arrived.actor.uri, Kind.ACTOR)
    if not isinstance(community, Actor) or community.moderators is None:
        return False
    if not same_origin(community.moderators, arrived.actor.uri):
        return False
    listed = current(arrived, community.moderators)
    if not isinstance(listed, Collection):
        return False
    return who in {id_of(one) for one in references(listed.items)}


def _concerns(unit: Unit, arrived: Arrived, said: Activity, about: Iri) -> bool:
    """Whether there is anything here that it could change: nothing is fetched for what is not."""
    into = id_of(said.target)
    if said.type == "Block":
        member = accounts.find_by_uri(unit, about)
        return into == arrived.actor.uri and member is not None and member.local
    if into not in {None, arrived.actor.uri}:
        return False  # taken off a list of the community, not out of it
    return visible.find_by_uri(unit, about) is not None or communities.dropped(unit, arrived.actor, about)


def _do(unit: Unit, arrived: Arrived, said: Activity, about: Iri) -> bool:
    if said.type == "Block":
        return _exclude(unit, arrived, said, about)
    post = visible.find_by_uri(unit, about)
    if post is None:
        return False
    if said.type == "Lock":
        return communities.lock(unit, arrived.actor, post)
    return communities.remove(unit, arrived.actor, post)


def _undo(unit: Unit, arrived: Arrived, said: Activity, about: Iri) -> bool:
    post = visible.find_by_uri(unit, about)
    if said.type == "Block":
        member = accounts.find_by_uri(unit, about)
        return relationships.receive_unblock(unit, arrived.actor, None, member) is Answered.DONE
    if said.type == "Lock":
        return post is not None and communities.unlock(unit, arrived.actor, post)
    return communities.restore(unit, arrived.actor, about)


def _exclude(unit: Unit, arrived: Arrived, said: Activity, about: Iri) -> bool:
    """Of a member here. One for a time is the community's own to keep: nobody says when it ends."""
    member = accounts.find_by_uri(unit, about)
    if member is None or said.id is None or said.end_time is not None:
        return False
    return relationships.receive_block(unit, arrived.actor, member, said.id) is Answered.DONE
