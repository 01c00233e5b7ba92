"""Which members-only group an activity concerns, if any.

It is one where the sender is such a group, or where the activity addresses one, names one as its audience, or has one as
its object. An activity that names several is nobody's.
"""

from __future__ import annotations

from dataclasses import dataclass

from federation.types import Iri
from federation.vocab.activities import Activity
from federation.vocab.base import PUBLIC, id_of
from federation.vocab.objects import Object
from server.domain.accounts import Account, AccountKind
from server.domain.groups import Group
from server.store import accounts, groups
from server.store.session import Unit


@dataclass(frozen=True, slots=True)
class Concerned:
    """The group with its account. sender: whether the group itself speaks. several: more than one is named."""

    group: Group
    account: Account
    sender: bool
    several: bool = False


def concerned(unit: Unit, activity: Activity, actor: Account) -> Concerned | None:
    """None for everything that has nothing to do with a members-only group."""
    if actor.kind is AccountKind.GROUP:
        spoken = groups.find(unit, actor.id)
        if spoken is not None and spoken.access.members_only:
            return Concerned(spoken, actor, sender=True)
    named = _named(activity, actor)
    if not named:
        return None
    found = [one for one in accounts.many_by_uri(unit, named).values() if one.kind is AccountKind.GROUP]
    known = [(one, groups.find(unit, one.id)) for one in sorted(found, key=lambda one: one.id)]
    closed = [(one, group) for one, group in known if group is not None and group.access.members_only]
    if not closed:
        return None
    account, group = closed[0]
    return Concerned(group, account, sender=False, several=len(closed) > 1)


def _named(activity: Activity, actor: Account) -> list[Iri]:
    """Every id by which a group may be meant; collections of its members stand for the group."""
    thing = activity.object
    inner: tuple[Iri, ...] = ()
    if isinstance(thing, Object | Activity):
        inner = (*thing.to, *thing.cc, *thing.audience)
    ids = {*activity.to, *activity.cc, *activity.audience, *inner}
    ids |= {found for found in (id_of(activity.object), id_of(activity.target)) if found is not None}
    if isinstance(thing, Activity):  # an undoing: what it takes back may have been said to a group
        about = id_of(thing.object)
        ids |= {about} if about is not None else set()
    ids |= {Iri(each.removesuffix("/followers")) for each in ids if each.endswith("/followers")}
    return sorted(ids - {PUBLIC, actor.uri, actor.followers_uri or actor.uri})
