"""Verifications of members and the attestations made of them, as records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from federation.types import Iri, Origin


class VerificationState(StrEnum):
    """SECONDING: a first person agreed; levels from P3 want another one."""

    REQUESTED = "requested"
    SECONDING = "seconding"
    GRANTED = "granted"
    REFUSED = "refused"
    REVOKED = "revoked"
    EXPIRED = "expired"


class Method(StrEnum):
    """How it was checked."""

    NONE = ""
    ADMINISTRATOR = "administrator"
    DOCUMENT = "document"
    REGISTER = "register"
    IN_PERSON = "in-person"
    SPONSORS = "sponsors"
    INSTITUTION = "institution"


class AttestationState(StrEnum):
    VALID = "valid"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"  # a newer one stands in its place
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a profile says of a verification that holds. method: NONE where it is not told."""

    profession: str
    specialties: tuple[str, ...]
    method: Method
    register: str
    decided_at: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Verification:
    """level: 0 to 4, the n of P0 to P4. number_sealed: a register number, opened for those who decide only."""

    id: int
    account_id: int
    state: VerificationState
    profession: str
    specialties: tuple[str, ...]
    jurisdiction: str
    level: int
    identity_level: str
    authenticator_level: str
    method: Method
    register: str
    number_sealed: bytes | None
    evidence: str
    document_digest: str | None
    document_erase_at: datetime | None
    asked_at: datetime
    decided_by: str
    seconded_by: str
    decided_at: datetime | None
    valid_until: datetime | None
    ended_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Attestation:
    """What a member's own instance states for one group. key: the subject's Ed25519 Multikey."""

    id: int
    uri: Iri
    ours: bool
    account_id: int
    group_id: int
    issuer: Origin
    state: AttestationState
    level: int
    identity_level: str
    profession: str
    specialties: tuple[str, ...]
    jurisdiction: str
    pseudonymous: bool
    key: str
    nonce: str
    join_uri: Iri | None
    revocation_list: str
    revocation_index: int
    suspension_list: str
    suspension_index: int
    valid_from: datetime
    valid_until: datetime
    document: bytes
    created_at: datetime

    def holds(self, now: datetime) -> bool:
        return self.state is AttestationState.VALID and self.valid_from <= now < self.valid_until
