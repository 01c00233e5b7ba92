"""What moderators do in open groups: in one of ours the effect, the audit entry and the word to its followers; one elsewhere is asked.

Who moderates is checked by whoever calls. It refuses to touch what is not in the group, a moderator who was not relieved first, an
administrator of the group by anybody but another one, and to make a moderator of somebody who does not follow the group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Final

from federation.types import Iri
from server.core.errors import Conflict, NotFound, NotPermitted
from server.domain.accounts import Account, FollowState
from server.domain.groups import MembershipRole, MembershipState, Reason
from server.domain.moderation import Asked, Lists, Verb
from server.domain.posts import Post
from server.services import audit, communities, groups, open_groups
from server.services.groups import standing
from server.services.posts import group_life, visible
from server.store import accounts, interactions, memberships, moderators_elsewhere, posts, relationships
from server.store import groups as group_rows
from server.store.session import Unit

FORGOTTEN_AFTER: Final = timedelta(days=30)


def by_member(unit: Unit, group: Account, moderator: Account, verb: Verb, about: Iri) -> None:
    """What a member here does as a moderator: at once in a group of ours; one elsewhere is asked, and announces it.

    Raises NotFound for who is no moderator, and AppError where it cannot be.
    """
    if group.local:
        if open_groups.find(unit, group.uri) is None or not group_life.moderates(unit, group, moderator.id):
            raise NotFound
        moderate(unit, group, moderator, verb, about)
        return
    lists = moderators_elsewhere.find(unit, group.id, moderator.id)
    if lists is None:
        raise NotFound
    if verb in {Verb.FEATURE, Verb.UNFEATURE} and not lists.featured:
        raise Conflict("This group features no posts")
    moderators_elsewhere.forget(unit, unit.now - FORGOTTEN_AFTER)
    moderators_elsewhere.answered(unit, group.id, (verb, verb.opposite), about)
    moderators_elsewhere.ask(unit, group.id, moderator.id, verb, about)
    group_life.say_moderated(unit, group, moderator, about, verb.value, Reason.MODERATOR)
    audit.record(unit, _name(moderator), f"group.asked.{verb.value}", about, group=group.uri)


def offered(unit: Unit, group: Account, moderator: Account, post: Post) -> list[Verb]:
    """What a moderator here can do about a post and its author. Of a group elsewhere less is known: there both ways stand."""
    begins, others = post.in_reply_to_uri is None, post.account_id != moderator.id
    found = [Verb.REMOVE]
    if begins:
        found.append(Verb.UNLOCK if group_rows.locked_by(unit, post.thread_id) == group.id else Verb.LOCK)
    if not group.local:
        lists = moderators_elsewhere.find(unit, group.id, moderator.id)
        found += [Verb.FEATURE, Verb.UNFEATURE] if begins and lists is not None and lists.featured else []
        return found + ([Verb.EXCLUDE, Verb.ADMIT, Verb.PROMOTE, Verb.DEMOTE] if others else [])
    boost = posts.find_boost(unit, group.id, post.id)
    if boost is not None:
        is_first = boost.id in interactions.pinned_ids(unit, group.id)
        found.append(Verb.UNFEATURE if is_first else Verb.FEATURE)
    return found + (_offered_of(unit, group, post.account_id) if others else [])


def _offered_of(unit: Unit, group: Account, person_id: int) -> list[Verb]:
    standing_there = memberships.find(unit, group.id, person_id)
    if standing_there is not None and standing_there.state is MembershipState.BANNED:
        return [Verb.ADMIT]
    if group_life.moderates(unit, group, person_id):
        return [Verb.DEMOTE]
    follow = relationships.find_follow(unit, person_id, group.id)
    follows = follow is not None and follow.state is FollowState.ACCEPTED
    return [Verb.EXCLUDE, Verb.PROMOTE] if follows else [Verb.EXCLUDE]


def ban(unit: Unit, by: str, group: Account, person: Account) -> None:
    """By whoever runs the instance, of any group here. Followers of an open one are told, here and in the next two."""
    if not _by_command(unit, by, group, Verb.EXCLUDE, person):
        groups.ban(unit, by, group, person)


def unban(unit: Unit, by: str, group: Account, person: Account) -> None:
    if not _by_command(unit, by, group, Verb.ADMIT, person):
        groups.unban(unit, by, group, person)


def set_role(unit: Unit, by: str, group: Account, person: Account, role: MembershipRole) -> None:
    """In an open group, whoever follows it can be made a moderator."""
    verb = {MembershipRole.MODERATOR: Verb.PROMOTE, MembershipRole.MEMBER: Verb.DEMOTE}.get(role)
    if verb is None or not _by_command(unit, by, group, verb, person):
        groups.set_role(unit, by, group, person, role)


def _by_command(unit: Unit, by: str, group: Account, verb: Verb, person: Account) -> bool:
    """In the group's name. False where it is no open group here, or was so already."""
    if open_groups.find(unit, group.uri) is None or not moderate(unit, group, group, verb, person.uri):
        return False
    audit.record(unit, by, f"group.{verb.value}", f"group:{group.id}", member=person.id)
    return True


def announced(unit: Unit, group: Account, verb: Verb, about: Iri) -> None:
    """A group elsewhere has done what may have been asked of it."""
    moderators_elsewhere.answered(unit, group.id, (verb,), about)


def asked(unit: Unit, group: Account) -> list[Asked]:
    """What moderators here asked of a group elsewhere, and it has not announced."""
    return [] if group.local else moderators_elsewhere.asked(unit, group.id)


def listed(unit: Unit, group: Account, moderators: Iterable[Iri], lists: Lists) -> None:
    """Who moderates a group elsewhere, as its list was just read: those who live here are shown what moderators do."""
    here = {one.id for one in accounts.many_by_uri(unit, moderators).values() if one.local and not one.gone}
    before = moderators_elsewhere.of_group(unit, group.id)
    for one in here:
        moderators_elsewhere.name(unit, group.id, one, lists)
    if before - here:
        moderators_elsewhere.relieve(unit, group.id, before - here)


def moderate(
    unit: Unit, group: Account, moderator: Account, verb: Verb, about: Iri, reason: Reason = Reason.MODERATOR
) -> bool:
    """By somebody here, or by the group itself; its followers are told. about: a post or a person. False where it was so already."""
    if not apply(unit, group, moderator, verb, about, reason):
        return False
    group_life.say_moderated(unit, group, moderator, about, verb.value, reason)
    return True


def apply(
    unit: Unit, group: Account, moderator: Account, verb: Verb, about: Iri, reason: Reason = Reason.MODERATOR
) -> bool:
    """The effect here, and its audit entry. False where it was so already. Raises AppError where it cannot be."""
    if verb.of_person:
        person = accounts.find_by_uri(unit, about)
        return person is not None and _ON_PEOPLE[verb](unit, group, moderator, person)
    if not _on_post(unit, group, verb, about):
        return False
    audit.record(
        unit, _name(moderator), f"group.post.{verb.value}", about, group=group.uri, reason=reason.value
    )
    return True


# -- posts -----------------------------------------------------------------------------------------------


def _on_post(unit: Unit, group: Account, verb: Verb, about: Iri) -> bool:
    post = visible.find_by_uri(unit, about)
    if verb is Verb.RESTORE:
        return communities.restore(unit, group, about)
    return post is not None and _ON_POSTS[verb](unit, group, post)


def _feature(unit: Unit, group: Account, post: Post) -> bool:
    """The group's boost of it is pinned."""
    boost = posts.find_boost(unit, group.id, post.id)
    return boost is not None and interactions.add_pin(unit, group.id, boost.id)


def _unfeature(unit: Unit, group: Account, post: Post) -> bool:
    boost = posts.find_boost(unit, group.id, post.id)
    return boost is not None and interactions.end_pin(unit, group.id, boost.id)


_ON_POSTS: Mapping[Verb, Callable[[Unit, Account, Post], bool]] = {
    Verb.REMOVE: communities.remove,
    Verb.LOCK: communities.lock,
    Verb.UNLOCK: communities.unlock,
    Verb.FEATURE: _feature,
    Verb.UNFEATURE: _unfeature,
}


# -- people ----------------------------------------------------------------------------------------------


def _exclude(unit: Unit, group: Account, moderator: Account, person: Account) -> bool:
    found = memberships.find(unit, group.id, person.id)
    if found is not None and found.state is MembershipState.BANNED:
        return False
    if person.id == group.id or (found is not None and found.active and found.role.moderates):
        raise Conflict("A moderator cannot be excluded: first, they must moderate no more")
    groups.ban(unit, _name(moderator), group, person)
    return True


def _admit(unit: Unit, group: Account, moderator: Account, person: Account) -> bool:
    found = memberships.find(unit, group.id, person.id)
    if found is None or found.state is not MembershipState.BANNED:
        return False
    groups.unban(unit, _name(moderator), group, person)
    return True


def _promote(unit: Unit, group: Account, moderator: Account, person: Account) -> bool:
    """Who follows it from elsewhere is no member yet."""
    found = memberships.find(unit, group.id, person.id)
    if found is not None and found.active:
        if found.role.moderates:
            return False
        groups.set_role(unit, _name(moderator), group, person, MembershipRole.MODERATOR)
        return True
    follow = relationships.find_follow(unit, person.id, group.id)
    if follow is None or follow.state is not FollowState.ACCEPTED or person.gone:
        raise NotFound("Only who follows the group can become its moderator")
    role = MembershipRole.MODERATOR
    standing.settle(unit, group, person, MembershipState.ACTIVE, role=role.value, reason=Reason.NONE.value)
    audit.record(unit, _name(moderator), "group.role", f"group:{group.id}", member=person.id, role=role.value)
    return True


def _demote(unit: Unit, group: Account, moderator: Account, person: Account) -> bool:
    found = memberships.find(unit, group.id, person.id)
    if found is None or not found.active or not found.role.moderates:
        return False
    by = memberships.find(unit, group.id, moderator.id)
    is_admin = moderator.id == group.id or (by is not None and by.role is MembershipRole.ADMIN)
    if found.role is MembershipRole.ADMIN and not is_admin:
        raise NotPermitted("Only an administrator of the group can do this")
    groups.set_role(unit, _name(moderator), group, person, MembershipRole.MEMBER)
    return True


_ON_PEOPLE: Mapping[Verb, Callable[[Unit, Account, Account, Account], bool]] = {
    Verb.EXCLUDE: _exclude,
    Verb.ADMIT: _admit,
    Verb.PROMOTE: _promote,
    Verb.DEMOTE: _demote,
}


def _name(moderator: Account) -> str:
    """For the audit log."""
    return f"account:{moderator.id}" if moderator.local else moderator.uri
