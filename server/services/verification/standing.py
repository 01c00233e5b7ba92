"""What members say of their profession, and the decisions about it. Each is an audit entry.

A level needs somebody who decides; from `SECONDED` on it needs two different people, and nobody decides about themselves.
What is granted holds for a time. A register number is sealed, and opening it leaves an entry; it is never in a log, an
answer to an app, or an attestation.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final

from server.core.errors import Conflict, Invalid, NotFound, NotPermitted
from server.domain.accounts import Account, AccountKind
from server.domain.verification import Method, Verification, VerificationState
from server.registries.identifiers import MAX_NUMBER, Checked, Fit, Register, check, country
from server.services import accounts, audit
from server.services.verification import attestations, profiles
from server.services.verification.words import (
    AUTHENTICATOR_LEVELS,
    IDENTITY_LEVELS,
    METHODS,
    PROFESSIONS,
    SPECIALTIES,
)
from server.store import verifications as rows
from server.store.session import Unit

SECONDED: Final = 3
"""The lowest level that needs a second person."""
HIGHEST: Final = 4
VALIDITY: Final[dict[int, timedelta]] = {1: timedelta(days=90)}
USUAL_VALIDITY: Final = timedelta(days=365)
KEEP_DOCUMENT: Final = timedelta(days=30)
DOCUMENT: Final = "verification-document"
"""What documents are sealed for: they open for nothing else."""
UNDECIDED: Final = timedelta(days=90)
"""After which a request lapses, and its document with it."""
MAX_SPECIALTIES: Final = 5
MAX_EVIDENCE: Final = 500
MAX_REASON: Final = 500
_OPEN = (VerificationState.REQUESTED, VerificationState.SECONDING)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a member says. jurisdiction: ISO 3166-1. number: as typed; "" where none is given."""

    profession: str
    specialties: tuple[str, ...] = ()
    jurisdiction: str = ""
    register: Register = Register.OTHER
    number: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What whoever decides found. evidence: a reference such as a file number, never the evidence. days: None is usual."""

    level: int
    method: Method
    identity_level: str = ""
    authenticator_level: str = ""
    evidence: str = ""
    days: int | None = None


def request(unit: Unit, account: Account, claim: Claim, document_digest: str | None = None) -> Verification:
    """A member asks. A new request takes the place of one that still waits. Raises Invalid.

    document_digest: of a sealed document in the vault, erased 30 days after the decision.
    """
    number = _checked(account, claim)
    before = rows.open_of(unit, account.id)
    if before is not None:
        _end(unit, before, VerificationState.REFUSED, reason="superseded")
    verification_id = unit.new_id()
    rows.add(
        unit,
        {
            "id": verification_id,
            "account_id": account.id,
            "state": VerificationState.REQUESTED.value,
            "profession": claim.profession,
            "specialties": list(claim.specialties),
            "jurisdiction": claim.jurisdiction,
            "register": claim.register.value if number.number else "",
            "number_sealed": _sealed(unit, verification_id, number.number),
            "document_digest": document_digest,
            "document_erase_at": unit.now + UNDECIDED if document_digest else None,
            "asked_at": unit.now,
        },
    )
    audit.record(
        unit,
        f"account:{account.id}",
        "verification.request",
        f"verification:{verification_id}",
        profession=claim.profession,
        number=number.fit.value if number.number else "none",
        document=document_digest is not None,
    )
    return get(unit, verification_id)


def grant(unit: Unit, by: str, verification_id: int, decision: Decision) -> Verification:
    """A person agrees. Up to P2 that is enough; above, it waits for a second one. Raises Invalid, Conflict, NotPermitted."""
    found = get(unit, verification_id)
    _may_decide(unit, by, found)
    _check(decision)
    usual = VALIDITY.get(decision.level, USUAL_VALIDITY)
    days = usual if decision.days is None else timedelta(days=decision.days)
    values: dict[str, Any] = {
        **asdict(decision),
        "method": decision.method.value,
        "decided_by": by,
        "decided_at": unit.now,
        "valid_until": unit.now + days,
    }
    del values["days"]
    alone = decision.level < SECONDED
    state = VerificationState.GRANTED if alone else VerificationState.SECONDING
    values["state"] = state.value
    if alone:
        values["document_erase_at"] = unit.now + KEEP_DOCUMENT if found.document_digest else None
    if not rows.change(unit, found.id, (VerificationState.REQUESTED,), values):
        raise Conflict("This request has been decided already")
    audit.record(
        unit,
        by,
        "verification.grant" if alone else "verification.first",
        f"verification:{found.id}",
        level=decision.level,
        method=decision.method.value,
        identity=decision.identity_level,
    )
    if alone:
        _takes_its_place(unit, found.account_id, found.id)
    return get(unit, found.id)


def second(unit: Unit, by: str, verification_id: int) -> Verification:
    """Another person agrees with what the first one found. Raises Conflict, NotPermitted."""
    found = get(unit, verification_id)
    _may_decide(unit, by, found)
    if found.state is VerificationState.SECONDING and by == found.decided_by:
        raise NotPermitted("A second person must confirm this: you were the first")
    values = {
        "state": VerificationState.GRANTED.value,
        "seconded_by": by,
        "document_erase_at": unit.now + KEEP_DOCUMENT if found.document_digest else None,
    }
    if not rows.change(unit, found.id, (VerificationState.SECONDING,), values):
        raise Conflict("This request does not wait for a second person")
    audit.record(unit, by, "verification.grant", f"verification:{found.id}", level=found.level)
    _takes_its_place(unit, found.account_id, found.id)
    return get(unit, found.id)


def refuse(unit: Unit, by: str, verification_id: int, reason: str = "") -> Verification:
    """A person does not agree. The member reads the reason."""
    found = get(unit, verification_id)
    _may_decide(unit, by, found)
    if not _end(unit, found, VerificationState.REFUSED, by=by, reason=_reason(reason)):
        raise Conflict("This request has been decided already")
    audit.record(unit, by, "verification.refuse", f"verification:{found.id}")
    return get(unit, found.id)


def check_claim(account: Account, claim: Claim) -> None:
    """Raises Invalid for what cannot be asked; stores nothing."""
    _checked(account, claim)


def record(unit: Unit, by: str, account: Account, claim: Claim, decision: Decision) -> Verification:
    """Request and decision in one, by somebody who knows: how a command verifies a member."""
    _check(decision)
    return grant(unit, by, request(unit, account, claim).id, decision)


def revoke(unit: Unit, by: str, verification_id: int, reason: str = "") -> Verification:
    """What was granted holds no longer, nor does any attestation made of it; peers are told. Raises Conflict."""
    found = get(unit, verification_id)
    if not _end(unit, found, VerificationState.REVOKED, by=by, reason=_reason(reason)):
        raise Conflict("This verification does not hold")
    profiles.refresh(unit, found.account_id)
    ended = attestations.revoke_all(unit, by, found.account_id)
    audit.record(unit, by, "verification.revoke", f"verification:{found.id}", attestations=ended)
    return get(unit, found.id)


def expire(unit: Unit, limit: int = 200) -> int:
    """Ends what has had its time: granted ones, and requests that nobody decided. Answers how many."""
    ended = rows.over(unit, limit)
    for one in ended:
        _end(unit, one, VerificationState.EXPIRED)
        profiles.refresh(unit, one.account_id)
        audit.record(unit, "system", "verification.expire", f"verification:{one.id}")
    lapsed = rows.forgotten(unit, unit.now - UNDECIDED, limit)
    for one in lapsed:
        _end(unit, one, VerificationState.EXPIRED, reason="undecided")
        audit.record(unit, "system", "verification.lapse", f"verification:{one.id}")
    return len(ended) + len(lapsed)


def current(unit: Unit, account: Account) -> Verification | None:
    """What holds of a local account now; a pseudonym stands on its owner's."""
    return attestations.held_by(unit, account) if account.local else rows.standing(unit, account.id)


def get(unit: Unit, verification_id: int) -> Verification:
    found = rows.find(unit, verification_id)
    if found is None:
        raise NotFound
    return found


def waiting(unit: Unit, limit: int = 200) -> list[Verification]:
    """What wants a decision, oldest first."""
    return rows.waiting(unit, limit)


def of_account(unit: Unit, account_id: int) -> list[Verification]:
    """Newest first."""
    return rows.of_account(unit, account_id)


def listed(unit: Unit, states: tuple[VerificationState, ...], limit: int = 1000) -> list[Verification]:
    return rows.listed(unit, states, limit)


def number(unit: Unit, by: str, verification_id: int) -> Checked | None:
    """The register number, for those who decide; looking leaves an entry. None where none was given."""
    found = get(unit, verification_id)
    if found.number_sealed is None:
        return None
    audit.record(unit, by, "verification.number", f"verification:{found.id}")
    return _opened(unit, found)


def fit(unit: Unit, verification_id: int) -> Fit | None:
    """How the number fits its register, without the number. None where none was given."""
    found = get(unit, verification_id)
    return _opened(unit, found).fit if found.number_sealed is not None else None


def document_of(unit: Unit, by: str, verification_id: int) -> str:
    """The digest of the sealed document, for those who decide; looking leaves an entry. Raises NotFound."""
    found = get(unit, verification_id)
    if found.document_digest is None:
        raise NotFound
    audit.record(unit, by, "verification.document", f"verification:{found.id}")
    return found.document_digest


def documents_due(unit: Unit, limit: int = 100) -> list[tuple[int, str]]:
    """Documents to erase now: ids of verifications, and digests in the vault."""
    return rows.documents_due(unit, limit)


def document_erased(unit: Unit, verification_id: int) -> None:
    """After the bytes are gone."""
    rows.document_erased(unit, verification_id)
    audit.record(unit, "system", "verification.document_erased", f"verification:{verification_id}")


def _checked(account: Account, claim: Claim) -> Checked:
    if not account.local or account.kind is not AccountKind.PERSON or account.gone:
        raise Invalid("Only a member of this instance can be verified here")
    if claim.profession not in PROFESSIONS:
        raise Invalid("Please choose a profession from the list")
    if len(claim.specialties) > MAX_SPECIALTIES or not set(claim.specialties) <= set(SPECIALTIES):
        raise Invalid("Please choose at most %(most)s specialties from the list", most=MAX_SPECIALTIES)
    code = claim.jurisdiction
    if code and not (len(code) == 2 and code.isascii() and code.isalpha() and code.isupper()):
        raise Invalid("A country is two capital letters, such as FR")
    if not claim.number.strip():
        return Checked("", Fit.UNKNOWN)
    checked = check(claim.register, claim.number[: MAX_NUMBER * 2])
    if checked.fit is Fit.WRONG:
        raise Invalid("This is no number of that register: please look at each digit again")
    if code and country(claim.register) not in {"", code}:
        raise Invalid("The register belongs to another country than the one you chose")
    return checked


def _check(decision: Decision) -> None:
    if not 1 <= decision.level <= HIGHEST:
        raise Invalid("A level is 1, 2, 3 or 4")
    if decision.method not in METHODS:
        raise Invalid("Please choose how this was checked")
    if decision.identity_level not in {"", *IDENTITY_LEVELS}:
        raise Invalid("Please choose how the identity was checked from the list")
    if decision.authenticator_level not in {"", *AUTHENTICATOR_LEVELS}:
        raise Invalid("Please choose how the person signs in from the list")
    if len(decision.evidence) > MAX_EVIDENCE:
        raise Invalid("The reference has at most %(most)s characters", most=MAX_EVIDENCE)
    longest = VALIDITY.get(decision.level, USUAL_VALIDITY)
    if decision.days is not None and not 1 <= decision.days <= longest.days:
        raise Invalid("This can hold for 1 to %(most)s days", most=longest.days)


def _reason(text: str) -> str:
    if len(text) > MAX_REASON:
        raise Invalid("A reason has at most %(most)s characters", most=MAX_REASON)
    return text.strip()


def _may_decide(unit: Unit, by: str, found: Verification) -> None:
    owner = accounts.owner(unit, accounts.get(unit, found.account_id))
    if owner is not None and by == f"user:{owner.id}":
        raise NotPermitted("Nobody decides about themselves")


def _end(
    unit: Unit, found: Verification, state: VerificationState, *, by: str = "", reason: str = ""
) -> bool:
    before = _OPEN if found.state in _OPEN else (VerificationState.GRANTED,)
    if state is VerificationState.REVOKED and found.state in _OPEN:
        return False
    if state is VerificationState.REFUSED and found.state not in _OPEN:
        return False
    values: dict[str, Any] = {"state": state.value, "ended_at": unit.now, "reason": reason}
    if found.state in _OPEN and found.document_digest is not None:
        values["document_erase_at"] = unit.now + KEEP_DOCUMENT
    if found.state in _OPEN and by:
        values |= {"decided_at": unit.now, "decided_by": by}
    return rows.change(unit, found.id, before, values)


def _takes_its_place(unit: Unit, account_id: int, verification_id: int) -> None:
    """One verification holds of an account: the one before has ended, and what was attested beyond the new one is revoked."""
    new = get(unit, verification_id)
    for one in rows.of_account(unit, account_id):
        if one.id != verification_id and one.state is VerificationState.GRANTED:
            _end(unit, one, VerificationState.EXPIRED, reason="superseded")
    profiles.refresh(unit, account_id)
    attestations.revoke_beyond(unit, new)


def _opened(unit: Unit, found: Verification) -> Checked:
    assert found.number_sealed is not None
    opened = unit.context.sealer.open(_purpose(found.id), found.number_sealed).decode()
    return check(Register(found.register), opened)


def _purpose(verification_id: int) -> str:
    return f"register-number:{verification_id}"


def _sealed(unit: Unit, verification_id: int, text: str) -> bytes | None:
    return unit.context.sealer.seal(_purpose(verification_id), text.encode()) if text else None
