"""The probe of a partner: a canary of fixed synthetic text, exchanged by the two instance actors and by nobody else.

A candidate may have the canary and nothing more of members; whoever is none gets the same NotFound as for what is
missing. A round moves forward once: what answers no round of ours, or the one before, has no effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from federation.types import Iri, Origin
from server.core.errors import NotFound
from server.core.ids import Ids
from server.domain.trust import Partner, ProbeRound, Trust
from server.domain.work import EventKind
from server.services import events, instances, partners
from server.store import probes as rows
from server.store.session import Unit

CANARY = "/objects/probe"
CANARY_MEDIA = "/media/probe"
INBOX = "/inbox"
LANE = "/lane"
"""Addresses of the profile, on the origin of each instance actor."""


def candidate(unit: Unit, domain: Origin) -> Partner | None:
    """Who may have the canary: a connected instance that lacks nothing but the probe."""
    found = instances.find(unit, domain)
    papers = partners.find(unit, domain)
    connected = found is not None and found.trust is Trust.ALLOWED
    return papers if connected and papers is not None and papers.candidate(unit.now) else None


def get_candidate(unit: Unit, domain: Origin) -> Partner:
    found = candidate(unit, domain)
    if found is None:
        raise NotFound
    return found


def address(partner: Partner, path: str) -> Iri:
    """An address of the profile at a partner."""
    parts = urlsplit(partners.instance_actor(partner))
    return Iri(f"{parts.scheme}://{parts.netloc}{path}")


# -- what we ask -----------------------------------------------------------------------------------------


def begin(unit: Unit, domain: Origin) -> None:
    """A new round: the canary leaves."""
    base, name = unit.context.settings.base, Ids.public()
    rows.begin(
        unit,
        {
            "domain": domain,
            "activity_uri": f"{base}/activities/probe-{name}",
            "object_uri": f"{base}/objects/probe-{name}",
            "sent_at": unit.now,
        },
    )
    events.happened(unit, EventKind.PROBE_SENT, domain=domain, verb="create")


def withdraw(unit: Unit, domain: Origin) -> None:
    """The canary is deleted; the other side owes a receipt."""
    rows.change(unit, domain, {"withdrawn_at": unit.now})
    events.happened(unit, EventKind.PROBE_SENT, domain=domain, verb="delete")


def find(unit: Unit, domain: Origin) -> ProbeRound | None:
    return rows.find(unit, domain)


def get(unit: Unit, domain: Origin) -> ProbeRound:
    found = rows.find(unit, domain)
    if found is None:
        raise NotFound
    return found


def delivered(unit: Unit, uri: Iri) -> bool:
    return rows.delivered(unit, uri)


def accepted(unit: Unit, domain: Origin, uri: Iri | None) -> bool:
    """The other side has answered a canary. False where that answers nothing."""
    found = rows.find(unit, domain)
    if found is None or found.activity_uri != uri or found.answered_at is not None:
        return False
    rows.change(unit, domain, {"answered_at": unit.now})
    return True


def receipted(unit: Unit, domain: Origin, request: str, about: str) -> bool:
    """The other side has signed that the canary is gone. False where that answers nothing."""
    found = rows.find(unit, domain)
    if found is None or found.withdrawn_at is None or found.receipted_at is not None:
        return False
    if request != found.withdrawal_uri or about != found.object_uri:
        return False
    rows.change(unit, domain, {"receipted_at": unit.now})
    return True


# -- what we answer --------------------------------------------------------------------------------------


def answer(unit: Unit, domain: Origin, verb: str, uri: Iri, about: Iri, heads: Sequence[str] = ()) -> None:
    """verb: accept, of a canary that came; receipt, of one that was taken back. uri: of the activity that is answered.

    heads: what is kept here of where their logs ended, to be sent back.
    """
    events.happened(
        unit,
        EventKind.PROBE_ANSWERED,
        domain=domain,
        verb=verb,
        uri=uri,
        object_uri=about,
        heads=" ".join(heads),
    )
