"""Partners: connected instances whose papers and key two administrators have compared, and whose edges are probed.

A pinned key moves only by a card that the old key signed too, or by a pairing that was ended and made anew. Whatever
else shows another key takes the partner back to a connected instance, and says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from federation.keys import PublicKey
from federation.types import Iri, JsonObject, Origin
from server.core.clock import iso
from server.core.errors import Conflict, Invalid, NotFound
from server.core.i18n import N_
from server.domain.boundary import ContentClass
from server.domain.changes import ChangeKind
from server.domain.trust import PROFILE, Card, Instance, Papers, Partner, ProbeLine, Trust
from server.domain.work import EventKind
from server.services import audit, events, instances
from server.store import meta
from server.store import partners as rows
from server.store.session import Unit

PROFILE_IRI = f"https://w3id.org/consilium/{PROFILE}"
CARD_TYPE = "https://w3id.org/consilium#Card"
PAPERS = "card.papers"
"""The row of `meta` that holds what this instance states about itself."""
LONGEST = 500
PROBE_DAILY = timedelta(days=1)
PROBE_HOURLY = timedelta(hours=1)
OFFERED = (ContentClass.NOTICE, ContentClass.DISCUSSION, ContentClass.CASE)

NOT_PROBED = N_("partner to be: not probed yet")
FAILING = N_("partner to be: the probe fails")
MISMATCH = N_("no partner: another key was seen")
EXPIRED = N_("no partner: the agreement has ended")
PARTNER = N_("partner")


# -- our own card ----------------------------------------------------------------------------------------


def state(unit: Unit, by: str, papers: Papers) -> Papers:
    """Sets what our card says of us. Raises Invalid where something is not usable."""
    for value in (papers.controller, papers.officer, papers.contact):
        if len(value) > LONGEST or not value.isprintable():
            raise Invalid("At most %(most)s characters on one line", most=LONGEST)
    if papers.jurisdiction and not is_country(papers.jurisdiction):
        raise Invalid("The jurisdiction is the two letters of a country, such as FR")
    unknown = set(papers.classes) - {one.word for one in OFFERED}
    if unknown or not papers.classes:
        raise Invalid("The classes are notice, discussion and case")
    meta.put(unit, PAPERS, json.dumps(asdict(papers)))
    audit.record(unit, by, "card.stated", unit.context.settings.origin, jurisdiction=papers.jurisdiction)
    return papers


def is_country(text: str) -> bool:
    return len(text) == 2 and text.isascii() and text.isalpha() and text.isupper()


def stated(unit: Unit) -> Papers:
    """What our card says of us; empty until it was set."""
    text = meta.get(unit, PAPERS)
    if text is None:
        return Papers()
    values = json.loads(text)
    return Papers(**{**values, "classes": tuple(values["classes"])})


def card(unit: Unit, actor: Iri, key: str, fingerprint: str) -> JsonObject:
    """Our card, to be signed. Raises Invalid until controller, jurisdiction and contact are stated."""
    papers = stated(unit)
    if not (papers.controller and papers.jurisdiction and papers.contact):
        raise Invalid(
            "Say first who answers for this instance: `consilium instance card --controller … --jurisdiction … --contact …`"
        )
    return {
        "type": CARD_TYPE,
        "profile": PROFILE_IRI,
        "domain": unit.context.settings.origin,
        "actor": actor,
        "key": key,
        "fingerprint": fingerprint,
        "versions": [PROFILE],
        "controller": papers.controller,
        "jurisdiction": papers.jurisdiction,
        "dataProtectionOfficer": papers.officer,
        "contact": papers.contact,
        "classes": list(papers.classes),
        "issued": iso(unit.now),
    }


# -- pairing ---------------------------------------------------------------------------------------------


def check(unit: Unit, given: Card, fingerprint: str | None) -> Partner | None:
    """Whether a card may be taken up: the partner as it stood. Raises Invalid, Conflict with what to do."""
    if given.domain == unit.context.settings.origin:
        raise Invalid("This instance cannot be its own peer")
    if PROFILE not in given.versions:
        raise Invalid("%(domain)s does not speak %(profile)s", domain=given.domain, profile=PROFILE)
    if fingerprint is not None and digits(fingerprint) != digits(given.fingerprint):
        raise Invalid(
            "The fingerprint is not the one of this card. Read it to each other again; if it stays different, "
            "somebody has changed the card on its way"
        )
    known = rows.find(unit, given.domain)
    if known is None or known.confirmed_at is None:
        return known
    if known.key != given.key and known.key not in given.signed_by:
        raise Conflict(
            "The key pinned for %(domain)s has not signed this card. If they changed their key, ask for a card "
            "that the old key has signed too; if the old key is lost, end the pairing with "
            "`consilium instance unpair %(domain)s` and pair anew",
            domain=given.domain,
        )
    if _issued(known) > given.issued:
        raise Conflict("A newer card of %(domain)s is already known", domain=given.domain)
    return known


def pair(
    unit: Unit, by: str, given: Card, *, fingerprint: str, agreement: str, until: datetime | None
) -> Partner:
    """Pins the key of a card that was compared by its fingerprint. The instance must be allowed.

    Raises Invalid, Conflict. What was probed of the same key before still counts.
    """
    known = check(unit, given, fingerprint)
    if not agreement.strip() or len(agreement) > LONGEST or not agreement.isprintable():
        raise Invalid("Name the agreement, such as a contract's number, on one line")
    if until is not None and until <= unit.now:
        raise Invalid("The end of the agreement lies in the past")
    found = instances.find(unit, given.domain)
    if found is None or found.trust is not Trust.ALLOWED:
        raise Invalid(
            "%(domain)s is not connected: `consilium instance allow %(domain)s` first", domain=given.domain
        )
    same = known is not None and known.key == given.key
    rows.put(
        unit,
        {
            "domain": given.domain,
            "key": given.key,
            "card": given.raw,
            "controller": given.papers.controller,
            "jurisdiction": given.papers.jurisdiction,
            "versions": list(given.versions),
            "classes": list(given.papers.classes),
            "agreement": agreement.strip(),
            "agreement_until": until,
            "reminded_days": None,
            "confirmed_at": unit.now,
            "confirmed_by": by,
            "mismatch_at": None,
            "next_probe_at": unit.now,
            "pinned_at": known.pinned_at if known is not None and same else unit.now,
        },
    )
    if not same:
        rows.change(unit, given.domain, {"probed_at": None, "probe_failing_since": None, "probe": []})
    audit.record(
        unit,
        by,
        "partner.paired",
        given.domain,
        fingerprint=given.fingerprint,
        agreement=agreement.strip(),
        until=iso(until) if until else "",
        key_changed=known is not None and not same,
    )
    unit.changed(ChangeKind.TRUST, given.domain)
    return get(unit, given.domain)


def unpair(unit: Unit, by: str, domain: Origin, reason: str = "") -> Partner:
    """Ends a partnership: a connected instance from now on. Its key is kept for what still has to be taken back."""
    if get(unit, domain).confirmed_at is None:
        raise Invalid("%(domain)s is not paired", domain=domain)
    ended = {"confirmed_at": None, "confirmed_by": "", "agreement": "", "agreement_until": None}
    rows.change(unit, domain, {**ended, "mismatch_at": None, "next_probe_at": None})
    audit.record(unit, by, "partner.ended", domain, reason=reason)
    unit.changed(ChangeKind.TRUST, domain)
    return get(unit, domain)


def end(unit: Unit, by: str, domain: Origin, reason: str = "") -> Instance:
    """Ends everything with an instance, the pairing too. What it was given is asked back by the way that stays open."""
    instances.get(unit, domain)
    found = rows.find(unit, domain)
    if found is not None and found.confirmed_at is not None:
        unpair(unit, by, domain, reason)
    return instances.set_trust(unit, by, domain, Trust.BLOCKED, reason)


def digits(text: str) -> str:
    """A fingerprint without spaces and hyphens. Anything else in it stays, and so never fits."""
    return "".join(text.replace("-", " ").split())


# -- what is known ---------------------------------------------------------------------------------------


def get(unit: Unit, domain: Origin) -> Partner:
    found = rows.find(unit, domain)
    if found is None:
        raise NotFound("%(domain)s has no card here: `consilium instance pair` reads one", domain=domain)
    return found


def find(unit: Unit, domain: Origin) -> Partner | None:
    return rows.find(unit, domain)


def is_one(unit: Unit, domain: Origin) -> bool:
    """Whether members-only content may cross to an instance at this moment, as far as trust, papers and probe go."""
    found, partner = instances.find(unit, domain), rows.find(unit, domain)
    allowed = found is not None and found.trust is Trust.ALLOWED
    return allowed and partner is not None and partner.partner(unit.now)


def find_many(unit: Unit, domains: Iterable[Origin]) -> dict[Origin, Partner]:
    return rows.find_many(unit, domains)


def word(instance: Instance, partner: Partner | None, now: datetime) -> str:
    """What people see: the level of trust, or how far a pairing has come."""
    level = instances.WORDS[instance.trust]
    if instance.trust is not Trust.ALLOWED or partner is None or partner.confirmed_at is None:
        return level
    if partner.partner(now):
        return PARTNER
    if partner.mismatch_at is not None:
        return MISMATCH
    if not partner.in_agreement(now):
        return EXPIRED
    return FAILING if partner.probe_failing_since is not None else NOT_PROBED


def fingerprint(partner: Partner) -> str:
    """Of the pinned key."""
    return PublicKey.from_multibase(partner.key).fingerprint()


def instance_actor(partner: Partner) -> Iri:
    """The id of a partner's instance actor, as its card says."""
    return Iri(str(json.loads(partner.card)["actor"]))


def contact(partner: Partner) -> str:
    """Who answers there within 24 hours, as its card says."""
    return str(json.loads(partner.card).get("contact", ""))


def heard_keys(unit: Unit, domain: Origin, actor: Iri, listed: Sequence[str]) -> bool:
    """Compares the Ed25519 keys of an actor's document with the pin. A refetch never moves a pin.

    True where they differ: another key than the pinned one (or one that the card names as retired), or no longer it.
    """
    partner = rows.find(unit, domain)
    if partner is None or partner.confirmed_at is None or actor != instance_actor(partner):
        return False
    retired = json.loads(partner.card).get("retiredKeys", [])
    if partner.key in listed and set(listed) <= {partner.key, *retired}:
        return False
    if partner.mismatch_at is None:
        rows.change(unit, domain, {"mismatch_at": unit.now})
        audit.record(unit, "system", "partner.mismatch", domain, keys=len(listed))
        unit.changed(ChangeKind.TRUST, domain)
    return True


def _issued(partner: Partner) -> datetime:
    return datetime.fromisoformat(json.loads(partner.card)["issued"])


# -- the probe -------------------------------------------------------------------------------------------


def due(unit: Unit, limit: int = 20) -> list[Origin]:
    return rows.due(unit, limit)


def ask_probe(unit: Unit, by: str, domain: Origin) -> datetime:
    """Makes a probe due now. Answers when it was asked for: the result is there once the next one is later."""
    partner = get(unit, domain)
    if not partner.candidate(unit.now):
        raise Invalid(
            "%(domain)s is not paired, or its agreement has ended: there is nothing to test", domain=domain
        )
    if instances.get(unit, domain).trust is not Trust.ALLOWED:
        raise Invalid(
            "%(domain)s is not connected: `consilium instance allow %(domain)s` first", domain=domain
        )
    rows.change(unit, domain, {"next_probe_at": unit.now})
    audit.record(unit, by, "partner.test", domain)
    return unit.now


def probed(unit: Unit, domain: Origin, lines: Sequence[ProbeLine], began: datetime) -> Partner:
    """Records a probe. It passed where every line did; a failure counts against the partner after a day.

    began: when it did; one that was asked for later than that is still due.
    """
    before = get(unit, domain)
    passed = bool(lines) and all(line.passed for line in lines)
    again = before.next_probe_at is not None and began < before.next_probe_at <= unit.now
    values = {
        "probe": [[line.check, line.passed, line.words] for line in lines],
        "probed_at": unit.now if passed else before.probed_at,
        "probe_failing_since": None if passed else before.probe_failing_since or unit.now,
        "next_probe_at": before.next_probe_at
        if again
        else unit.now + (PROBE_DAILY if passed else PROBE_HOURLY),
    }
    rows.change(unit, domain, values)
    if passed != (before.probed_at is not None and before.probe_failing_since is None):
        failed = [line.check for line in lines if not line.passed]
        audit.record(unit, "system", "partner.probed", domain, passed=passed, failed=" ".join(failed))
        known = instances.find(unit, domain)
        if passed and known is not None:
            events.happened(unit, EventKind.TRUST_CHANGED, domain=domain, trust=known.trust.value)
    unit.changed(ChangeKind.TRUST, domain)
    return get(unit, domain)
