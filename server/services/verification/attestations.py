"""Attestations made here: minted for one group, revoked and suspended, and renewed by minting anew.

They say no more than they must: a specialty that fewer than `SHARED` members have becomes its field, and that in turn
nothing; how a pseudonymous member was checked stays here. None outlasts the verification it is made of.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

import msgspec

from federation.credentials.attestation import MAX_VALIDITY, StatusEntry, mint
from federation.credentials.attestation import Attestation as Said
from federation.iri import origin_of
from federation.types import Iri, JsonObject, Origin
from server.core.errors import Invalid
from server.core.ids import Ids
from server.domain.accounts import Account
from server.domain.verification import Attestation, AttestationState, Verification
from server.domain.work import EventKind
from server.services import accounts, audit, events, keys, partners
from server.services.verification import lists
from server.services.verification.words import FIELDS, SPECIALTIES
from server.store import attestations as rows
from server.store import users, verifications
from server.store.session import Unit

SHARED: Final = 5
UNSTATED: Final = "none"
_LIVE = (AttestationState.VALID, AttestationState.SUSPENDED)


def mint_for(
    unit: Unit,
    account: Account,
    group: Account,
    hosts: Collection[Origin],
    nonce: str,
    join_uri: Iri | None = None,
) -> Attestation:
    """A new attestation of a member for a group; the one before is superseded. Raises Invalid where nothing holds.

    hosts: instances with members in the group; the group's own and ours are added. nonce: used once, for one request.
    """
    held = held_by(unit, account)
    if held is None:
        raise Invalid(
            "Your profession has not been checked yet, or the check has run out: ask for it on your pages"
        )
    issuer = accounts.get_instance_actor(unit)
    key = keys.signer(unit, account.id)
    pseudonymous = _is_pseudonym(unit, account)
    own = unit.context.settings.origin
    since = unit.now.replace(microsecond=0)
    said = Said(
        id=f"urn:uuid:{_uuid(Ids.public())}",
        issuer=issuer.uri,
        subject=account.uri,
        key_id=key.key_id,
        key=key.private.public,
        handle=f"@{account.username}@{own}",
        name=account.display_name.strip()[:200] or account.username,
        pseudonymous=pseudonymous,
        profession=held.profession,
        specialty=coarsened(unit, held.specialties),
        jurisdiction=held.jurisdiction or partners.stated(unit).jurisdiction,
        level=held.level,
        identity_level=held.identity_level or UNSTATED,
        method=None if pseudonymous else held.method.value,
        audience=group.uri,
        hosts=tuple(sorted({*hosts, own, origin_of(group.uri)})),
        nonce=nonce,
        valid_from=since,
        valid_until=min(since + MAX_VALIDITY, _whole(held.valid_until)),
        status=lists.places(unit),
    )
    document = mint(said, keys.signer(unit, issuer.id), unit.now)
    return store(unit, said, document, account=account, group=group, ours=True, join_uri=join_uri)


def store(
    unit: Unit,
    said: Said,
    document: JsonObject,
    *,
    account: Account,
    group: Account,
    ours: bool,
    join_uri: Iri | None,
) -> Attestation:
    """The row of an attestation; those before it for the same member and group are superseded. Raises Invalid."""
    for one in rows.of_member(unit, account.id, group.id):
        if one.state in _LIVE and one.ours is ours:
            rows.change(unit, one, AttestationState.SUPERSEDED)
    attestation_id = unit.new_id()
    stored = rows.add(
        unit,
        {
            "id": attestation_id,
            "uri": said.id,
            "ours": ours,
            "account_id": account.id,
            "group_id": group.id,
            "issuer": origin_of(said.issuer),
            "state": AttestationState.VALID.value,
            "level": said.level,
            "identity_level": said.identity_level,
            "profession": said.profession,
            "specialties": list(said.specialty),
            "jurisdiction": said.jurisdiction,
            "pseudonymous": said.pseudonymous,
            "key": said.key.to_multibase(),
            "nonce": said.nonce,
            "join_uri": join_uri,
            **_columns(said),
            "valid_from": said.valid_from,
            "valid_until": said.valid_until,
            "document": msgspec.json.encode(document),
            "created_at": unit.now,
        },
    )
    found = rows.find(unit, attestation_id) if stored else None
    if found is None:
        raise Invalid("This request was made before with another credential")
    return found


def coarsened(unit: Unit, specialties: Collection[str]) -> tuple[str, ...]:
    """What may be said of these specialties: each that enough members share, else its field, else nothing."""
    held = verifications.specialties_held(unit)
    said: list[str] = []
    for word in specialties:
        field = SPECIALTIES[word][1] if word in SPECIALTIES else ""
        if sum(word in those for _, those in held) >= SHARED:
            said.append(word)
        elif field and sum(field in _fields(those) for _, those in held) >= SHARED:
            said.append(field)
    return tuple(dict.fromkeys(said))


def revoke_all(unit: Unit, by: str, account_id: int) -> int:
    """Revokes whatever was attested of a person, under each of their names. Answers how many."""
    found = rows.ours_of(unit, users.accounts_beside(unit, account_id))
    return sum(_settle(unit, by, one, AttestationState.REVOKED) for one in found)


def revoke_beyond(unit: Unit, held: Verification) -> int:
    """Revokes what was attested of a person and says more, or other, than now holds."""
    return sum(
        _settle(unit, "system", one, AttestationState.REVOKED)
        for one in rows.ours_of(unit, users.accounts_beside(unit, held.account_id))
        if one.level > held.level or one.profession != held.profession or not _within(one, held)
    )


def follow_accounts(unit: Unit) -> int:
    """A suspended member's attestations are suspended, and hold again with the member; a deleted one's are revoked."""
    settled = 0
    for one, stopped, deleted in rows.ours_out_of_step(unit):
        state = AttestationState.SUSPENDED if stopped else AttestationState.VALID
        settled += _settle(unit, "system", one, AttestationState.REVOKED if deleted else state)
    return settled


def expire(unit: Unit) -> int:
    """What has had its time, made here or received, holds no longer."""
    return sum(changed(unit, one, AttestationState.EXPIRED) for one in rows.over(unit))


def ending(unit: Unit, within: timedelta) -> list[Attestation]:
    """Those made here that end soon, to be minted anew."""
    return rows.ours_ending(unit, unit.now + within)


def changed(unit: Unit, one: Attestation, state: AttestationState) -> bool:
    """Sets a state and says so to whoever manages memberships, and through them to peers. False where it was so already."""
    if one.state is state or not rows.change(unit, one, state):
        return False
    events.happened(unit, EventKind.ATTESTATION_CHANGED, attestation_id=one.id)
    return True


def _settle(unit: Unit, by: str, one: Attestation, state: AttestationState) -> bool:
    """The state of one made here, with its bits."""
    lists.set_bit(unit, one.suspension_list, one.suspension_index, to=state is AttestationState.SUSPENDED)
    if state is AttestationState.REVOKED:
        lists.set_bit(unit, one.revocation_list, one.revocation_index, to=True)
    if not changed(unit, one, state):
        return False
    audit.record(unit, by, f"attestation.{state.value}", f"attestation:{one.id}")
    return True


def held_by(unit: Unit, account: Account) -> Verification | None:
    owner = accounts.owner(unit, account)
    return verifications.standing(unit, account.id) or (
        verifications.standing(unit, owner.account_id) if owner is not None else None
    )


def _is_pseudonym(unit: Unit, account: Account) -> bool:
    owner = accounts.owner(unit, account)
    return owner is not None and owner.account_id != account.id


def _within(one: Attestation, held: Verification) -> bool:
    return set(one.specialties) <= {*held.specialties, *_fields(held.specialties)}


def _fields(specialties: Collection[str]) -> set[str]:
    return {SPECIALTIES[word][1] for word in specialties if word in SPECIALTIES} & set(FIELDS)


def _columns(said: Said) -> dict[str, str | int]:
    found: dict[str, str | int] = {}
    entry: StatusEntry
    for entry in said.status:
        found |= {f"{entry.purpose}_list": entry.list_url, f"{entry.purpose}_index": entry.index}
    return found


def _whole(moment: datetime | None) -> datetime:
    assert moment is not None
    return moment.replace(microsecond=0)


def _uuid(digits: str) -> str:
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
