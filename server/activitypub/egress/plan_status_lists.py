"""The hint that status lists of ours have changed, to those who may hold what was attested. It names the list and nobody."""

from __future__ import annotations

from federation.types import Iri, Origin
from server.activitypub.egress import to_partners
from server.activitypub.render import status_lists as render
from server.domain.verification import Attestation, AttestationState
from server.domain.work import Event
from server.services import accounts, groups, partners
from server.store import attestations
from server.store.session import Unit

LISTED = frozenset({AttestationState.REVOKED, AttestationState.SUSPENDED, AttestationState.VALID})
"""States that lists tell; the others follow from dates and newer statements."""


def changed(unit: Unit, event: Event) -> None:
    """payload: attestation_id."""
    one = attestations.find(unit, int(event.payload["attestation_id"]))
    if one is None or not one.ours or one.state not in LISTED:
        return
    own = accounts.get_instance_actor(unit)
    about = Iri(one.revocation_list if one.state is AttestationState.REVOKED else one.suspension_list)
    for number, origin in enumerate(_told(unit, one)):
        partner = partners.find(unit, origin)
        if partner is None:
            continue
        to = partners.instance_actor(partner)
        uri = Iri(f"{unit.context.settings.base}/activities/{event.id}-{number}")
        inbox = Iri(f"{unit.context.settings.scheme}://{origin}/inbox")
        to_partners.send(unit, partner, render.changed(uri, own, to, about), inbox)


def _told(unit: Unit, one: Attestation) -> list[Origin]:
    """The group's instance, and those of its members."""
    group = accounts.get(unit, one.group_id)
    found = set(groups.hosts_of(unit, group))
    return sorted((found | {group.origin(unit.context.settings.origin)}) - {unit.context.settings.origin})
