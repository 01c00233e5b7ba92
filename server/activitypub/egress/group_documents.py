"""What a peer may have of a group of ours: its document, who moderates it where it is open, and the roster of that peer's own members.

Who may know nothing of a group gets the NotFound of what does not exist. The document is proven by the group's key, whose words it is, and by that of this instance,
which partners have pinned and which so vouches for the group's; the roster by the group's alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from federation.types import Iri
from federation.vocab import codec
from federation.vocab.collections import Collection
from federation.vocab.profile import without_hosts
from server.activitypub import signing
from server.activitypub.render import groups as render
from server.activitypub.render import memberships as render_memberships
from server.core.errors import NotFound
from server.domain.accounts import Account
from server.domain.boundary import Action, ContentClass, ContentForm, Direction, GroupAccess, Tier
from server.domain.groups import EMPTY_ROSTER, MembershipState
from server.domain.viewers import Peer
from server.services import accounts, boundary, groups
from server.services.posts import visible
from server.store import accounts as account_rows
from server.store import groups as group_rows
from server.store import interactions, memberships
from server.store.session import Unit

_ROSTER = (MembershipState.ACTIVE, MembershipState.SUSPENDED, MembershipState.INVITED)


def document(unit: Unit, peer: Peer, group: Account) -> bytes:
    """Raises NotFound."""
    found = groups.get(unit, group)
    keys, settings = account_rows.keys(unit, group.id), unit.context.settings
    partner = boundary.tier_of(unit, peer.origin) is Tier.T2
    if not partner and found.access is GroupAccess.SECRET:
        raise NotFound
    if not partner and found.access is GroupAccess.CLOSED:
        return msgspec.json.encode(render.stub(group, keys, settings))
    if not groups.may_know(unit, group, peer.origin):
        raise NotFound
    is_open = found.access is GroupAccess.OPEN
    shown = render.whole(group, keys, settings, has_lists=is_open)
    if not peer.profiled:
        return msgspec.json.encode(shown)
    terms = groups.terms_of(unit, group)
    if memberships.count_at(unit, group.id, peer.origin) == 0:
        terms = without_hosts(terms)
    said = signing.vouched(unit, group.id, render.document(shown, terms))
    return msgspec.json.encode(signing.signed(unit, accounts.get_instance_actor(unit).id, said))


def moderators(unit: Unit, group: Account) -> bytes:
    """Who moderates an open group, for every connected instance; of others it is told to nobody. Raises NotFound."""
    _check_open(unit, group)
    listed = sorted(one.uri for one in memberships.moderators(unit, group.id) if not one.gone)
    return _collection(render.moderators_of(group), listed)


def featured(unit: Unit, peer: Peer, group: Account) -> bytes:
    """What the moderators of an open group have pinned, as far as the peer may see it. Raises NotFound."""
    _check_open(unit, group)
    pinned = [visible.find(unit, one) for one in interactions.pinned_ids(unit, group.id)]
    ids = [one.boost_of_id for one in pinned if one is not None and one.boost_of_id is not None]
    seen = visible.visible_posts(unit, peer, ids)
    return _collection(render.featured_of(group), [seen[one].uri for one in ids if one in seen])


def _check_open(unit: Unit, group: Account) -> None:
    record = group_rows.find(unit, group.id)
    if record is None or record.access is not GroupAccess.OPEN or record.dissolved_at is not None:
        raise NotFound


def _collection(uri: Iri, listed: Sequence[Iri]) -> bytes:
    shown = Collection(id=uri, type="OrderedCollection", total_items=len(listed), items=tuple(listed))
    # other software wants the list, also where nothing is in it
    return msgspec.json.encode({"orderedItems": [], **codec.encode(shown)})


def roster(unit: Unit, peer: Peer, public_id: str) -> bytes:
    """Of those who live at the peer. Only an instance that had a member, or an invited one, gets it. Raises NotFound."""
    group = account_rows.find_by_public_id(unit, public_id)
    if group is None or group.gone or not peer.profiled:
        raise NotFound
    found = groups.get(unit, group)
    crossing = boundary.in_group(unit, group.id, group.id, ContentClass.NOTICE, form=ContentForm.RELATION)
    if not found.access.members_only or not boundary.permits(
        unit, Direction.OUT, Action.FETCH, peer.origin, crossing
    ):
        raise NotFound
    there = groups.roster_of(unit, group.id, peer.origin)
    lines = memberships.at_origin(unit, group.id, peer.origin, _ROSTER)
    if not lines and there.stamp == 0 and there.digest == EMPTY_ROSTER:
        raise NotFound
    said = render_memberships.roster(
        group,
        peer.origin,
        there.stamp,
        there.digest,
        found.epoch,
        [groups.word_of(standing, member) for standing, member in lines],
    )
    return msgspec.json.encode(signing.signed(unit, group.id, said))
