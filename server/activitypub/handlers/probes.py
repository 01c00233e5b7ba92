"""What candidates and partners exchange to probe each other: a canary, its answer, its end, and the receipt of that.

It refuses what did not come as the profile demands. From anybody but the instance actor of a candidate, with a proof by
the key pinned for it, nothing has an effect.
"""

from __future__ import annotations

from federation.errors import SignatureMissing
from federation.iri import find_iri, origin_of
from federation.types import Iri, JsonObject, Origin
from federation.vocab.base import id_of
from federation.vocab.profile import read_envelope
from server.activitypub import signing
from server.activitypub.handlers.arrived import Applied, Arrived, Handler
from server.domain.trust import Partner
from server.services import boundary, partners, probes
from server.services.boundary import Crossing
from server.store.session import Unit


def verify(arrived: Arrived) -> None:
    """The signature and the terms of the profile. Raises SignatureMissing, Malformed."""
    if not arrived.profiled:
        raise SignatureMissing("profile-signature-missing")
    read_envelope(arrived.document)


def create(unit: Unit, arrived: Arrived) -> Applied:
    """A canary came. Nothing is kept of it: its text is known to everybody."""
    return _answer(unit, arrived, "accept")


def delete(unit: Unit, arrived: Arrived) -> Applied:
    return _answer(unit, arrived, "receipt")


def _answer(unit: Unit, arrived: Arrived, verb: str) -> Applied:
    if _partner(unit, arrived) is None:
        return Applied.IGNORED
    uri, about = arrived.activity.id, id_of(arrived.activity.object)
    if uri is None or about is None or origin_of(about) != arrived.origin:
        return Applied.IGNORED
    probes.answer(unit, arrived.origin, verb, uri, about)
    return Applied.APPLIED


def accept(unit: Unit, arrived: Arrived) -> Applied:
    if _partner(unit, arrived) is None:
        return Applied.IGNORED
    fresh = probes.accepted(unit, arrived.origin, id_of(arrived.activity.object))
    return Applied.APPLIED if fresh else Applied.NOT_OURS


def receipt(unit: Unit, origin: Origin, actor: Iri, document: JsonObject) -> Applied:
    """From the lane. Raises Malformed."""
    read_envelope(document)
    if document.get("type") != "Receipt" or document.get("probe") is not True:
        return Applied.UNSUPPORTED
    if _pinned(unit, origin, actor, document) is None:
        return Applied.DENIED
    request, about = _iri(document, "request"), _iri(document, "object")
    if request is None or about is None or document.get("status") != "gone":
        return Applied.IGNORED
    return Applied.APPLIED if probes.receipted(unit, origin, request, about) else Applied.NOT_OURS


def _iri(document: JsonObject, name: str) -> Iri | None:
    value = document.get(name)
    return find_iri(value) if isinstance(value, str) else None


def _partner(unit: Unit, arrived: Arrived) -> Partner | None:
    return _pinned(unit, arrived.origin, arrived.actor.uri, arrived.document)


def _pinned(unit: Unit, origin: Origin, actor: Iri, document: JsonObject) -> Partner | None:
    """The candidate that has signed the document with its pinned key."""
    partner = probes.candidate(unit, origin)
    if partner is None or actor != partners.instance_actor(partner) or document.get("actor") != actor:
        return None
    return partner if signing.fits(document, partner.key, unit.now) else None


def _crossing(_unit: Unit, _arrived: Arrived) -> Crossing:
    return boundary.RELATION


PROBES: dict[str, Handler] = {
    "Create": Handler(verify, _crossing, create),
    "Accept": Handler(verify, _crossing, accept),
    "Delete": Handler(verify, _crossing, delete),
}
"""By type, for activities that say `probe: true`."""
