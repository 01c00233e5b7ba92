"""What the probe sends and releases, all of it by the instance actor and signed as the profile demands.

The canary is fixed synthetic text and a fixed picture. Candidates get it; for everybody else it is not there.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from federation.types import Iri, JsonObject, Origin
from server.activitypub.egress import to_partners
from server.activitypub.render import probes as render
from server.core.errors import NotFound
from server.domain.boundary import Action, Direction
from server.domain.trust import Partner, ProbeRound
from server.domain.viewers import Peer
from server.domain.work import Event, EventKind
from server.services import accounts, boundary, partner_heads, partners, probes, unread_lists
from server.store.session import Unit


def canary(unit: Unit, peer: Peer) -> bytes:
    """The object that a candidate reads. Raises NotFound."""
    partner = _permit(unit, peer)
    base, own = unit.context.settings.base, accounts.get_instance_actor(unit)
    to = partners.instance_actor(partner)
    return msgspec.json.encode(render.canary(Iri(f"{base}{probes.CANARY}"), own, to, base, unit.now))


def canary_media(unit: Unit, peer: Peer) -> bytes:
    """Its picture. Raises NotFound."""
    _permit(unit, peer)
    return render.PICTURE


def _permit(unit: Unit, peer: Peer) -> Partner:
    partner = probes.get_candidate(unit, peer.origin)
    if not peer.profiled or not boundary.permits(
        unit, Direction.OUT, Action.FETCH, peer.origin, boundary.ACTOR
    ):
        raise NotFound
    return partner


# -- what is sent ----------------------------------------------------------------------------------------


def _sent(unit: Unit, event: Event) -> None:
    """payload: domain, verb (create | delete)."""
    domain = Origin(str(event.payload["domain"]))
    partner, current = probes.candidate(unit, domain), probes.find(unit, domain)
    if partner is None or current is None:
        return
    make = {"create": _create, "delete": _delete}[str(event.payload["verb"])]
    _send(unit, partner, make(unit, partner, current), probes.INBOX)


def _create(unit: Unit, partner: Partner, current: ProbeRound) -> JsonObject:
    own, to = accounts.get_instance_actor(unit), partners.instance_actor(partner)
    note = render.canary(current.object_uri, own, to, unit.context.settings.base, current.sent_at)
    heads = partner_heads.own(unit) if partner.partner(unit.now) else ()
    unread = unread_lists.since(unit, partner.domain)
    return render.activity("Create", current.activity_uri, own, to, note, heads, unread)


def _delete(unit: Unit, partner: Partner, current: ProbeRound) -> JsonObject:
    own, to = accounts.get_instance_actor(unit), partners.instance_actor(partner)
    return render.activity("Delete", current.withdrawal_uri, own, to, current.object_uri)


def _answered(unit: Unit, event: Event) -> None:
    """payload: domain, verb (accept | receipt), uri, object_uri, heads (with a space between them)."""
    partner = probes.candidate(unit, Origin(str(event.payload["domain"])))
    if partner is None:
        return
    own, to = accounts.get_instance_actor(unit), partners.instance_actor(partner)
    own_id = Iri(f"{unit.context.settings.base}/activities/{event.id}")
    uri, about = Iri(str(event.payload["uri"])), Iri(str(event.payload["object_uri"]))
    if event.payload["verb"] == "accept":
        heads = str(event.payload.get("heads", "")).split()
        _send(unit, partner, render.activity("Accept", own_id, own, to, uri, heads), probes.INBOX)
    else:
        host = unit.context.settings.origin
        receipt = render.receipt(own_id, own, to, request=uri, about=about, host=host, at=unit.now)
        _send(unit, partner, receipt, probes.LANE)


def _send(unit: Unit, partner: Partner, document: JsonObject, path: str) -> None:
    to_partners.send(unit, partner, document, probes.address(partner, path))


PLANNERS: dict[EventKind, Callable[[Unit, Event], None]] = {
    EventKind.PROBE_SENT: _sent,
    EventKind.PROBE_ANSWERED: _answered,
}
