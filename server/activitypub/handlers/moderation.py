"""What a community of other software announces of its moderators (FEP-1b12): Delete, Remove, Lock, Block, and Undo of them.

Who moderates stands in the collection that the community's own document names, both as they are at this moment; the
community itself counts as one. It refuses everybody else. Whatever is said to the lists of a community makes them be read again, and is not
believed itself. What members here asked the community to do is answered by its Announce.
"""

from __future__ import annotations

from federation.iri import same_origin
from federation.types import Iri
from federation.vocab.activities import Activity
from federation.vocab.actors import Actor
from federation.vocab.base import id_of, references
from federation.vocab.collections import Collection
from server.activitypub.handlers.arrived import Applied, Arrived, Kind, current
from server.domain.moderation import DONE, Lists, Verb
from server.services import communities, open_moderation, relationships
from server.services.posts import visible
from server.services.relationships import Answered
from server.store import accounts
from server.store.session import Unit

REMOVING = frozenset({"Delete", "Remove"})
VERBS = REMOVING | {"Lock", "Block"}
LISTING = frozenset({"Add", "Remove"})


def moderated(unit: Unit, arrived: Arrived, inner: Activity) -> Applied:
    """inner: of VERBS, or an Undo of one; by whoever it says."""
    undone = inner.object if inner.type == "Undo" else None
    said = undone if isinstance(undone, Activity) else inner
    about, into = id_of(said.object), id_of(said.target)
    if about is not None and said.type in LISTING and into not in {None, arrived.actor.uri}:
        assert into is not None
        return _listed(unit, arrived, inner, said, into)
    if said.type not in VERBS or about is None:
        return Applied.IGNORED
    verb = DONE[said.type] if said is inner else DONE[said.type].opposite
    if not _concerns(unit, arrived, said, about):
        return _confirmed(unit, arrived, verb, about, Applied.NOT_OURS)
    if not moderates(unit, arrived, inner.actor):
        return Applied.IGNORED
    done = _undo(unit, arrived, said, about) if said is not inner else _do(unit, arrived, said, about)
    return _confirmed(unit, arrived, verb, about, Applied.APPLIED if done else Applied.IGNORED)


def _confirmed(unit: Unit, arrived: Arrived, verb: Verb, about: Iri, outcome: Applied) -> Applied:
    """The community says that it was done: nobody here waits for it any more."""
    open_moderation.announced(unit, arrived.actor, verb, about)
    return outcome


def _listed(unit: Unit, arrived: Arrived, inner: Activity, said: Activity, into: Iri) -> Applied:
    """Onto a list of the community, or off it. The list of moderators is read again where it concerns somebody here."""
    about = id_of(said.object)
    assert about is not None
    person = accounts.find_by_uri(unit, about)
    name = "featured" if person is None else "moderators"
    verb = DONE[f"{said.type} {name}"] if said is inner else DONE[f"{said.type} {name}"].opposite
    open_moderation.announced(unit, arrived.actor, verb, about)
    if person is None or not person.local:
        return Applied.NOT_OURS
    lists = _lists(arrived)
    if lists is None or lists.moderators != into:
        return Applied.NOT_OURS
    return Applied.IGNORED if _moderators(unit, arrived, lists) is None else Applied.APPLIED


def moderates(unit: Unit, arrived: Arrived, who: Iri) -> bool:
    """Raises Wanted for the community's document, and for its collection of moderators."""
    if who == arrived.actor.uri:
        return True
    lists = _lists(arrived)
    found = None if lists is None else _moderators(unit, arrived, lists)
    return found is not None and who in found


def _lists(arrived: Arrived) -> Lists | None:
    """As the community's own document names them; those that are elsewhere are not believed."""
    community = current(arrived, arrived.actor.uri, Kind.ACTOR)
    if not isinstance(community, Actor) or community.moderators is None:
        return None
    if not same_origin(community.moderators, arrived.actor.uri):
        return None
    return Lists(community.moderators, community.featured or Iri(""))


def _moderators(unit: Unit, arrived: Arrived, lists: Lists) -> set[Iri] | None:
    """Who moderates at this moment; members here among them are known as such from now on. None where it cannot be had."""
    listed = current(arrived, lists.moderators)
    if not isinstance(listed, Collection):
        return None
    found = {one for one in (id_of(each) for each in references(listed.items)) if one is not None}
    open_moderation.listed(unit, arrived.actor, found, lists)
    return found


def _concerns(unit: Unit, arrived: Arrived, said: Activity, about: Iri) -> bool:
    """Whether there is anything here that it could change: nothing is fetched for what is not."""
    into = id_of(said.target)
    if said.type == "Block":
        member = accounts.find_by_uri(unit, about)
        return into == arrived.actor.uri and member is not None and member.local
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
