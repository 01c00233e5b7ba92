"""Attestations of other instances: judged when they come with a request, and held against their issuer's status lists.

The lists are fetched by the instance, never for one member. Without a valid list for a day the administrators are told,
after three days what that instance attests is suspended; it holds again with the first valid list. Nothing is purged.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

import msgspec

from federation.credentials.attestation import Attestation as Said
from federation.credentials.attestation import judge
from federation.credentials.flaw import Flaw
from federation.credentials.status import StatusBits, judge_list, pack, unpack
from federation.iri import find_iri, origin_of, same_origin
from federation.keys import PublicKey
from federation.types import Iri, Json, Origin
from server.core.clock import iso
from server.domain.accounts import Account
from server.domain.signin import MailKind
from server.domain.users import Role
from server.domain.verification import Attestation, AttestationState
from server.services import audit, mail, partners
from server.services.verification import attestations
from server.store import attestations as rows
from server.store import partners as partner_rows
from server.store import users
from server.store.attestations import StatusRow
from server.store.session import Unit

FETCH_EVERY: Final = timedelta(hours=1)
TRY_AGAIN: Final = timedelta(minutes=10)
TELL_AFTER: Final = timedelta(hours=24)
SUSPEND_AFTER: Final = timedelta(hours=72)
SILENT: Final = "status_list.silent"

Judged: TypeAlias = Attestation | Flaw

_ENDED: Final = frozenset({AttestationState.SUSPENDED, AttestationState.REVOKED})

_FLAWS: Final = {
    AttestationState.SUSPENDED: Flaw.SUSPENDED,
    AttestationState.REVOKED: Flaw.REVOKED,
    AttestationState.SUPERSEDED: Flaw.NONCE,
    AttestationState.EXPIRED: Flaw.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class WantedList:
    """A list to fetch."""

    id: int
    uri: Iri
    issuer: Origin


def judge_join(
    unit: Unit,
    document: Json,
    *,
    subject: Account,
    subject_key: PublicKey | None,
    issuer_key: PublicKey,
    group: Account,
    join_uri: Iri,
    minimum_level: int = 0,
    professions: Collection[str] = (),
) -> Judged:
    """The attestation that comes with a request to join, as a row, or what is wrong with it. Stores nothing that fails.

    document: as the request carried it, not normalised. issuer_key: pinned, of the instance actor of the subject's
    instance. A request that is repeated gets the same row.
    """
    issuer = find_iri(document.get("issuer")) if isinstance(document, dict) else None
    if issuer is not None and not same_origin(issuer, subject.uri):
        return Flaw.ISSUER_FOREIGN
    said = judge(
        document,
        issuer=issuer or subject.uri,
        issuer_key=issuer_key,
        subject=subject.uri,
        subject_key=subject_key,
        audience=group.uri,
        hosts={unit.context.settings.origin},
        nonce=None,
        now=unit.now,
        minimum_level=minimum_level,
        professions=professions,
    )
    if isinstance(said, Flaw):
        return said
    before = rows.find_by_uri(unit, said.id)
    if before is not None:
        return _again(before, document, group, join_uri)
    if rows.nonce_used(unit, said.nonce):
        return Flaw.NONCE
    for entry in said.status:
        flaw = _known_flaw(unit, said, entry.purpose)
        if flaw is not None:
            return flaw
    return attestations.store(
        unit, said, document, account=subject, group=group, ours=False, join_uri=join_uri
    )


def judge_member(
    unit: Unit,
    document: Json,
    *,
    subject: Iri,
    known: Account | None,
    issuer_key: Callable[[], PublicKey],
    group: Account,
    now: datetime,
    introduce: Callable[[Unit, Iri, str, str], Account],
) -> Judged:
    """The attestation of an author, which a group elsewhere sends with what the author said there.

    It was minted for the group, whose instance has checked the nonce. known: the author's account, where it is here. now: when the group took up what it comes with.
    introduce: gives the account of an author who may be unknown here, by id, handle and name. One that is known byte for byte is not proved again.
    """
    named = document.get("id") if isinstance(document, dict) else None
    before = rows.find_by_uri(unit, named) if isinstance(named, str) else None
    if (
        before is not None
        and before.group_id == group.id
        and before.document == msgspec.json.encode(document)
    ):
        if known is None or known.id != before.account_id:
            return Flaw.SUBJECT
        if before.valid_until <= now:
            return Flaw.EXPIRED
        return _FLAWS[before.state] if before.state in _ENDED else before
    issuer = find_iri(document.get("issuer")) if isinstance(document, dict) else None
    if issuer is None or not same_origin(issuer, subject):
        return Flaw.ISSUER_FOREIGN
    said = judge(
        document,
        issuer=issuer,
        issuer_key=issuer_key(),
        subject=subject,
        subject_key=None,
        audience=group.uri,
        hosts=(),
        nonce=None,
        now=now,
    )
    if isinstance(said, Flaw):
        return said
    if before is not None or rows.nonce_used(unit, said.nonce):
        return Flaw.NONCE
    for entry in said.status:
        flaw = _known_flaw(unit, said, entry.purpose)
        if flaw is not None:
            return flaw
    author = introduce(unit, said.subject, said.handle, said.name)
    return attestations.store(unit, said, document, account=author, group=group, ours=False, join_uri=None)


def due(unit: Unit, limit: int = 50) -> list[WantedList]:
    """Lists to fetch now: of partners, hourly, sooner after a failure, at once after a hint."""
    found = rows.lists_due(unit, unit.now - FETCH_EVERY, unit.now - TRY_AGAIN, limit)
    return [WantedList(one.id, one.uri, one.issuer) for one in found]


def arrived(unit: Unit, list_id: int, document: Json) -> Flaw | None:
    """Takes in a fetched list, None where it could not be had. What it says takes effect at once."""
    row = rows.get_list(unit, list_id)
    partner = partners.find(unit, row.issuer) if row is not None else None
    if row is None or partner is None:
        return None
    if document is None:
        return _failed(unit, row, None)
    judged = judge_list(
        document,
        url=row.uri,
        purpose=row.purpose,
        issuer=partners.instance_actor(partner),
        issuer_key=PublicKey.from_multibase(partner.key),
        now=unit.now,
        known_version=row.version,
    )
    if isinstance(judged, Flaw):
        return _failed(unit, row, judged)
    if row.failing_since is not None and unit.now - row.failing_since >= TELL_AFTER:
        audit.record(unit, "system", "status_list.heard", row.issuer)
    rows.change_list(
        unit,
        row.id,
        {
            "version": judged.version,
            "bits": pack(judged.bits),
            "document": msgspec.json.encode(document),
            "valid_until": judged.valid_until,
            "fetched_at": unit.now,
            "failing_since": None,
        },
    )
    for one in rows.received_on(unit, row.uri):
        _follow(unit, one)
    return None


def hinted(unit: Unit, issuer: Origin) -> int:
    """A peer says that something of its lists has changed: they are fetched with the next look. Answers how many."""
    return rows.due_now(unit, issuer)


def watch(unit: Unit) -> int:
    """Tells the administrators of issuers that are silent for a day, and suspends what those of three days attest."""
    changed = 0
    for issuer, since in rows.silent(unit):
        if unit.now - since >= TELL_AFTER and not _told(unit, issuer, since):
            _tell(unit, issuer, since)
        if unit.now - since >= SUSPEND_AFTER:
            changed += sum(
                attestations.changed(unit, one, AttestationState.SUSPENDED)
                for one in rows.received_of(unit, issuer)
            )
    return changed


def _tell(unit: Unit, issuer: Origin, since: datetime) -> None:
    """The audit log and the administrators here; the other institution's hear it with a probe, which leaves now. Its server may be the cause."""
    audit.record(unit, "system", SILENT, issuer, hours=int((unit.now - since).total_seconds() // 3600))
    partner_rows.change(unit, issuer, {"next_probe_at": unit.now})
    page = f"{unit.context.settings.base}/admin/partners/{issuer}"
    for address, language in users.addresses_of_role(unit, Role.ADMIN):
        mail.queue(unit, MailKind.LISTS_SILENT, address, language, f"{issuer}, {iso(since)}\n{page}")


def silent(unit: Unit) -> list[tuple[Origin, datetime]]:
    """Issuers without a valid list for a day or more, and since when."""
    return [(issuer, since) for issuer, since in rows.silent(unit) if unit.now - since >= TELL_AFTER]


def _again(before: Attestation, document: Json, group: Account, join_uri: Iri) -> Judged:
    same = before.document == msgspec.json.encode(document) and before.group_id == group.id
    if not same or before.join_uri != join_uri:
        return Flaw.NONCE
    return before if before.state is AttestationState.VALID else _FLAWS[before.state]


def _known_flaw(unit: Unit, said: Said, purpose: str) -> Flaw | None:
    """What a list that is here says already; one that is new is fetched with the next look."""
    entry = said.entry(purpose)
    row = rows.find_list(unit, entry.list_url)
    if row is None:
        rows.add_list(
            unit,
            {
                "id": unit.new_id(),
                "uri": entry.list_url,
                "ours": False,
                "issuer": origin_of(said.issuer),
                "purpose": purpose,
                "bits": pack(StatusBits()),
            },
        )
        return None
    if row.ours or row.purpose != purpose:
        return Flaw.STATUS_FOREIGN
    if row.document is None or not _is_set(row, entry.index):
        return None
    return Flaw.REVOKED if purpose == "revocation" else Flaw.SUSPENDED


def _follow(unit: Unit, one: Attestation) -> None:
    """The state that both lists give. Suspended stands until each of them is here and clear."""
    found = [rows.find_list(unit, uri) for uri in (one.revocation_list, one.suspension_list)]
    revocation, suspension = [row if row is not None and row.document is not None else None for row in found]
    if revocation is not None and _is_set(revocation, one.revocation_index):
        attestations.changed(unit, one, AttestationState.REVOKED)
    elif suspension is not None and _is_set(suspension, one.suspension_index):
        attestations.changed(unit, one, AttestationState.SUSPENDED)
    elif all(row is not None and row.failing_since is None for row in (revocation, suspension)):
        attestations.changed(unit, one, AttestationState.VALID)


def _failed(unit: Unit, row: StatusRow, flaw: Flaw | None) -> Flaw | None:
    rows.change_list(unit, row.id, {"fetched_at": unit.now, "failing_since": row.failing_since or unit.now})
    if flaw is not None and row.failing_since is None:
        audit.record(unit, row.issuer, "status_list.refused", row.uri, flaw=flaw.value)
    return flaw


def _told(unit: Unit, issuer: Origin, since: datetime) -> bool:
    return any(
        entry["action"] == SILENT and entry["at"] >= since for entry in audit.of_target(unit, issuer, 200)
    )


def _is_set(row: StatusRow, place: int) -> bool:
    bits = unpack(row.bits)
    return isinstance(bits, Flaw) or bits.is_set(place)
