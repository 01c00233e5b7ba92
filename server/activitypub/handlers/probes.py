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
from federation.vocab.shapes import moment
from server.activitypub import signing
from server.activitypub.handlers.arrived import Applied, Arrived, Handler
from server.domain.seals import SealedLog
from server.domain.trust import Partner
from server.services import boundary, partner_heads, partners, probes, unread_lists
from server.services.boundary import Crossing
from server.store.session import Unit


def verify(arrived: Arrived) -> None:
    """The signature and the terms of the profile. Raises SignatureMissing, Malformed."""
    if not arrived.profiled:
        raise SignatureMissing("profile-signature-missing")
    read_envelope(arrived.document)


def create(unit: Unit, arrived: Arrived) -> Applied:
    """A canary came. Nothing is kept of its text, which is known to everybody; but of where their logs end."""
    asked = _asked(unit, arrived)
    if asked is None:
        return Applied.IGNORED
    held = partner_heads.heard(unit, arrived.origin, _heads(arrived))
    unread_lists.heard(unit, arrived.origin, moment(arrived.document.get("listsUnreadSince"), 0))
    probes.answer(unit, arrived.origin, "accept", *asked, held)
    return Applied.APPLIED


def delete(unit: Unit, arrived: Arrived) -> Applied:
    asked = _asked(unit, arrived)
    if asked is None:
        return Applied.IGNORED
    probes.answer(unit, arrived.origin, "receipt", *asked)
    return Applied.APPLIED


def _asked(unit: Unit, arrived: Arrived) -> tuple[Iri, Iri] | None:
    """The ids of what a candidate sent, and of the canary that it is about."""
    uri, about = arrived.activity.id, id_of(arrived.activity.object)
    if _partner(unit, arrived) is None or uri is None or about is None:
        return None
    return (uri, about) if origin_of(about) == arrived.origin else None


def _heads(arrived: Arrived) -> list[str]:
    """Where chains end, as it says. What is no such thing is left out later; more than there are chains is not looked at."""
    value = arrived.document.get("heads")
    given = value if isinstance(value, list) else [value]
    return [one for one in given if isinstance(one, str)][: len(SealedLog)]


def accept(unit: Unit, arrived: Arrived) -> Applied:
    if _partner(unit, arrived) is None:
        return Applied.IGNORED
    if not probes.accepted(unit, arrived.origin, id_of(arrived.activity.object)):
        return Applied.NOT_OURS
    partner_heads.returned(unit, arrived.origin, _heads(arrived))
    return Applied.APPLIED


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
