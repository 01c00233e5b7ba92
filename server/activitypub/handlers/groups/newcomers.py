"""An institution that is about to join a group, on the wire: the group offers it, instances with members answer that they told them.

It refuses an answer by anybody but the instance actor of a partner, proven by the key that is pinned for it.
"""

from __future__ import annotations

from federation.errors import Malformed, SignatureInvalid
from federation.iri import origin_of
from federation.vocab.base import id_of
from server.activitypub import signing
from server.activitypub.handlers.arrived import Applied, Arrived
from server.activitypub.handlers.groups import memberships, said
from server.domain.boundary import AuthorRole, ContentClass, ContentForm, Tier
from server.services import boundary, groups, partners
from server.services.boundary import Crossing
from server.store.session import Unit


def offered(unit: Unit, arrived: Arrived) -> Applied:
    """A group elsewhere says that an institution is about to join."""
    memberships.check_group(unit, arrived)
    activity, group = arrived.activity, arrived.group.account
    instance = id_of(activity.object)
    if activity.id is None or instance is None or activity.published is None or activity.end_time is None:
        raise Malformed("offer-shape")
    offer = groups.Offer(activity.id, origin_of(instance), activity.published, activity.end_time)
    return Applied.APPLIED if groups.receive_newcomer(unit, group, offer) else Applied.IGNORED


def verify(arrived: Arrived) -> None:
    said.envelope_of(arrived)


def crossing(unit: Unit, arrived: Arrived) -> Crossing:
    facts = boundary.group_facts(unit, arrived.group.account.id)
    return Crossing(ContentForm.RELATION, ContentClass.NOTICE, author=AuthorRole.INSTANCE, group=facts)


def answered(unit: Unit, arrived: Arrived) -> Applied:
    """An instance with members in a group of ours has told them."""
    partner, about = partners.find(unit, arrived.origin), id_of(arrived.activity.object)
    if partner is None or boundary.tier_of(unit, arrived.origin) is not Tier.T2 or about is None:
        return Applied.IGNORED
    by_instance = arrived.actor.uri == partners.instance_actor(partner)
    if not by_instance or not signing.fits(arrived.document, partner.key, unit.now):
        raise SignatureInvalid("proof-of-instance")
    done = groups.newcomer_answered(unit, arrived.group.account, about, arrived.origin)
    return Applied.APPLIED if done else Applied.DUPLICATE
