"""What moderators who live elsewhere do in open groups of ours (FEP-1b12): Lock, Delete, Remove, Block, Add, and Undo of them.

It is taken from whoever moderates the group at this moment, about what is in that group, and announced to its followers as it came.
It refuses everybody else with a reason, and touches no members-only group: those have their own handlers. Wrapped into an
`Announce` it is taken from a community of the moderator's own instance alone, which speaks for them.
"""

from __future__ import annotations

from hashlib import sha256

import msgspec

from federation.errors import Malformed, OriginMismatch
from federation.iri import same_origin
from federation.types import Iri
from federation.vocab.activities import Activity
from federation.vocab.base import id_of
from federation.vocab.objects import Object
from server.activitypub.handlers import posts, relations
from server.activitypub.handlers.arrived import Applied, Arrived
from server.domain.accounts import Account
from server.domain.boundary import ContentClass
from server.domain.moderation import DONE, Verb
from server.services import boundary, communities, open_groups, open_moderation
from server.services.boundary import Crossing
from server.services.posts import group_life, visible
from server.services.streams import Taken
from server.store import accounts, group_activities, repeats
from server.store.session import Unit

TYPES = frozenset({"Lock", "Delete", "Remove", "Block", "Add"})


# -- as it comes from the moderator ----------------------------------------------------------------------


def said_in(activity: Activity) -> tuple[Activity, bool]:
    """What was done, and whether it is taken back."""
    undone = activity.object if activity.type == "Undo" else None
    return (undone, True) if isinstance(undone, Activity) else (activity, False)


def crossing(unit: Unit, arrived: Arrived) -> Crossing:
    """Taking back what is one's own is a removal; what is done to others, or undone of that, is not."""
    said, undone = said_in(arrived.activity)
    about = id_of(said.object)
    if said.type not in TYPES or about is None:
        return boundary.REMOVAL
    own = not undone and said.type == "Delete" and _is_own(unit, arrived.actor, about)
    personal = undone and said.type == "Block" and id_of(said.target) is None
    return boundary.REMOVAL if own or personal else boundary.RELATION


def verify_undo(arrived: Arrived) -> None:
    """One moderator may take back what another did; whether they may is asked later."""
    said, _ = said_in(arrived.activity)
    if said.type not in TYPES:
        relations.verify_embedded(arrived)


def delete(unit: Unit, arrived: Arrived) -> Applied:
    """Out of an open group here, or what is the sender's own."""
    return _by_sender(unit, arrived) or posts.delete(unit, arrived)


def undo(unit: Unit, arrived: Arrived) -> Applied:
    outcome = _by_sender(unit, arrived)
    if outcome is None:
        relations.verify_embedded(arrived)
        outcome = relations.undo(unit, arrived)
    return outcome


def block(unit: Unit, arrived: Arrived) -> Applied:
    """From a group; one that names none is between the two."""
    if id_of(arrived.activity.target) is None:
        return relations.block(unit, arrived)
    return _by_sender(unit, arrived) or Applied.NOT_OURS


def moderate(unit: Unit, arrived: Arrived) -> Applied:
    """Lock, Add, Remove: nothing but a moderator's."""
    return _by_sender(unit, arrived) or Applied.NOT_OURS


def _by_sender(unit: Unit, arrived: Arrived) -> Applied | None:
    return _moderated(unit, arrived, arrived.activity, arrived.actor, arrived.raw)


# -- as a community of the moderator's instance announces it ---------------------------------------------


def announced(unit: Unit, arrived: Arrived, inner: Activity) -> Applied | None:
    """None where it is about no open group of ours."""
    said, undone = said_in(inner)
    if said.type not in TYPES or not _concerned(unit, said, inner, undone=undone):
        return None
    by = accounts.find_by_uri(unit, inner.actor)
    if not same_origin(inner.actor, arrived.actor.uri) or inner.id is None:
        raise OriginMismatch("announced-by-another-origin")
    if not same_origin(inner.id, inner.actor):
        raise OriginMismatch("activity-of-another-origin")
    if by is None or by.gone:
        raise OriginMismatch("not-a-moderator")
    raw = msgspec.json.encode(arrived.document["object"])
    return _moderated(unit, arrived, inner, by, raw)


# -- what both come to -----------------------------------------------------------------------------------


def _moderated(unit: Unit, arrived: Arrived, activity: Activity, by: Account, raw: bytes) -> Applied | None:
    """None where it is no matter of a moderator here. Raises OriginMismatch for whoever is none."""
    said, undone = said_in(activity)
    about = id_of(said.object)
    if said.type not in TYPES or about is None or activity.id is None:
        return None
    if said.type == "Delete" and not undone and _is_own(unit, by, about):
        return None
    found = _concerned(unit, said, activity, undone=undone)
    if not found:
        return None
    found = [(group, verb) for group, verb in found if group_life.moderates(unit, group, by.id)]
    if not found:
        raise OriginMismatch("not-a-moderator")
    if said.type == "Block" and said.end_time is not None:
        raise Malformed("exclusion-for-a-time")
    if group_activities.find_by_uri(unit, activity.id) is not None:
        return Applied.DUPLICATE
    if repeats.is_buried_by(unit, activity.id, by.uri):
        return Applied.TOMBSTONED
    if undone and said.id is not None and group_activities.find_by_uri(unit, said.id) is None:
        repeats.bury_unknown(unit, said.id, by.uri)  # what was taken back before it came
    outcome = Applied.IGNORED
    for group, verb in found:
        if _take(unit, arrived, group, by, verb, about):
            open_groups.announce(unit, group, _taken(activity, by, about, raw))
            outcome = Applied.APPLIED
    return outcome


def _take(unit: Unit, arrived: Arrived, group: Account, by: Account, verb: Verb, about: Iri) -> bool:
    if not open_moderation.apply(unit, group, by, verb, about):
        return False
    if verb is Verb.RESTORE and visible.find_by_uri(unit, about) is None:
        thing = posts.original_of(unit, arrived, about)
        post = posts.remember(unit, thing) if isinstance(thing, Object) else None
        if post is not None:
            open_groups.show(unit, group, post)
    return True


def _concerned(unit: Unit, said: Activity, outer: Activity, *, undone: bool) -> list[tuple[Account, Verb]]:
    """The open groups here that it is about, each with what it asks for there."""
    about, into = id_of(said.object), id_of(said.target)
    if about is None or (said.type in {"Block", "Add"} and into is None):
        return []
    found = _listed(unit, said.type, about, into) if into is not None else _held(unit, said, outer, about)
    if not undone:
        return found
    return [
        (group, verb.opposite)
        for group, verb in found
        if verb is not Verb.REMOVE or communities.dropped(unit, group, about)
    ]


def _listed(unit: Unit, kind: str, about: Iri, into: Iri) -> list[tuple[Account, Verb]]:
    """into: the group itself, or one of its lists."""
    base, _, name = into.rpartition("/")
    group, done = open_groups.find(unit, into), kind
    if group is None:
        group, done = open_groups.find(unit, Iri(base)), f"{kind} {name}"
    verb = DONE.get(done)
    if group is None or verb is None:
        return []
    there = verb.of_person or group.id in {one.id for one in open_groups.holding(unit, about)}
    return [(group, verb)] if there else []


def _held(unit: Unit, said: Activity, outer: Activity, about: Iri) -> list[tuple[Account, Verb]]:
    """Every group that has it; of these the ones that are named, if any is."""
    held = open_groups.holding(unit, about)
    named = {*outer.to, *outer.cc, *outer.audience, *said.to, *said.cc, *said.audience}
    return [(one, DONE[said.type]) for one in [each for each in held if each.uri in named] or held]


def _is_own(unit: Unit, actor: Account, about: Iri) -> bool:
    """Of a post that is not here, its origin says so."""
    post = visible.find_by_uri(unit, about)
    return same_origin(about, actor.uri) if post is None else post.account_id == actor.id


def _taken(activity: Activity, by: Account, about: Iri, raw: bytes) -> Taken:
    assert activity.id is not None
    return Taken(
        uri=activity.id,
        kind=activity.type,
        object_uri=about,
        author=by,
        content_class=ContentClass.NOTICE,
        digest=sha256(raw).hexdigest(),
        inner=raw,
    )
