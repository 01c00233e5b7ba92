"""The one gate in: from an HTTP request to an activity that its sender is known to have sent, or a reasoned refusal.

Order, each step before anything dearer: signature headers, the origin gate, coverage, time and digests, the key, the
signature (a bad one fetches the key anew, once), strict JSON, ownership. Nothing is looked up for an origin that the
gate does not allow. What comes out names its sender; nobody downstream reads `actor` from JSON to learn who sent it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Final

from federation.errors import (
    ORIGIN_NOT_ALLOWED,
    BadStatus,
    Expired,
    FederationError,
    Gone,
    KeyUnavailable,
    Malformed,
    OriginMismatch,
    Refused,
    SignatureInvalid,
    TimedOut,
    Unreachable,
    Unverified,
)
from federation.iri import canonical_iri, origin_of, same_origin
from federation.ports import Clock, HostGate, KeyStore, KnownKey
from federation.signatures import schemes
from federation.signatures.schemes import Presented, Scheme
from federation.signatures.window import USUAL_WINDOW, Window
from federation.types import HttpFrame, Iri, JsonObject, Origin
from federation.vocab import codec
from federation.vocab.activities import Activity
from federation.vocab.base import id_of
from federation.vocab.gate import MAX_BYTES

KEY_GONE: Final = "key-gone"
"""The key's owner says 404 or 410. A host may answer 202 to an actor's Delete of itself, whose key is gone by nature."""


@dataclass(frozen=True, slots=True)
class InboundPorts:
    """What the host lends to the gate."""

    clock: Clock
    gate: HostGate
    keys: KeyStore
    window: Window = USUAL_WINDOW


@dataclass(frozen=True, slots=True)
class Refusal:
    """status: what to answer. reason: a constant for logs; the answer's body should not depend on more than the status.

    origin: who was refused, as it claims to be; None where not even a claim could be read.
    """

    status: int
    reason: str
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class SignedBy:
    """Who signed a GET."""

    actor: Iri
    origin: Origin
    key_id: Iri
    scheme: Scheme
    profiled: bool = False
    """As members-only traffic must be."""


@dataclass(frozen=True, slots=True)
class VerifiedActivity:
    """An activity with its proven sender. digest: SHA-256 of the bytes, in hex. activity: the decoded document, with this id.

    covered: headers that an RFC 9421 signature covers, by lower-case name.
    profiled: signed as members-only traffic must be.
    """

    actor: Iri
    origin: Origin
    key_id: Iri
    id: Iri
    raw: bytes = field(repr=False)
    document: JsonObject = field(repr=False)
    activity: Activity = field(repr=False)
    digest: str
    scheme: Scheme
    received_at: datetime
    covered: Mapping[str, str] = field(default_factory=dict)
    profiled: bool = False


def origin_of_request(frame: HttpFrame) -> Origin | Refusal:
    """The origin that a request claims to come from, by its key id: for a host to gate on before it reads a body."""
    try:
        return origin_of(schemes.present(frame).key_id)
    except FederationError as problem:
        return Refusal(401, problem.reason)


async def verify(frame: HttpFrame, ports: InboundPorts) -> VerifiedActivity | Refusal:
    """Judges a delivery. Never raises on what a peer sent."""
    now = ports.clock.now()
    if len(frame.body) > MAX_BYTES:
        return Refusal(413, "body-too-long")
    signer = await _signer(frame, ports, now)
    if isinstance(signer, Refusal):
        return signer
    known, presented = signer
    origin = origin_of(known.owner)
    try:
        document = codec.parse(frame.body)
        activity = codec.decode(document)
        activity_id = _owned_id(activity, known.owner)
    except OriginMismatch as problem:
        return Refusal(403, problem.reason, origin)
    except Malformed as problem:
        return Refusal(400, problem.reason, origin)
    assert isinstance(activity, Activity)
    flaw = _flaw(frame, known, presented, now)
    if flaw is not None and "profile" in document and known.key.algorithm == "ed25519":
        return _refusal_of(flaw, origin)  # its sender is told, and sends it again when its clock is right
    return VerifiedActivity(
        actor=known.owner,
        origin=origin,
        key_id=known.key_id,
        id=activity_id,
        raw=frame.body,
        document=document,
        activity=activity if activity.id is not None else replace(activity, id=activity_id),
        digest=sha256(frame.body).hexdigest(),
        scheme=presented.scheme,
        received_at=now,
        covered=schemes.covered(frame, presented),
        profiled=flaw is None,
    )


async def verify_get(frame: HttpFrame, ports: InboundPorts) -> SignedBy | Refusal:
    """Judges a signed fetch. Never raises on what a peer sent."""
    now = ports.clock.now()
    signer = await _signer(frame, ports, now)
    if isinstance(signer, Refusal):
        return signer
    known, presented = signer
    return SignedBy(
        known.owner,
        origin_of(known.owner),
        known.key_id,
        presented.scheme,
        _flaw(frame, known, presented, now) is None,
    )


def _flaw(frame: HttpFrame, known: KnownKey, presented: Presented, now: datetime) -> Unverified | None:
    """What keeps a request from being members-only traffic."""
    try:
        schemes.check_exact(frame, presented, known.key, now)
    except Unverified as problem:
        return problem
    return None


async def _signer(
    frame: HttpFrame, ports: InboundPorts, now: datetime
) -> tuple[KnownKey, Presented] | Refusal:
    origin: Origin | None = None
    try:
        presented = schemes.present(frame)
        key_id = canonical_iri(presented.key_id)
        origin = origin_of(key_id)
        if not ports.gate.allows(origin):
            return Refusal(403, ORIGIN_NOT_ALLOWED, origin)
        schemes.check_claims(frame, presented, now, ports.window)
        known = await _proven(frame, presented, key_id, ports.keys)
        if not same_origin(known.owner, key_id):
            return Refusal(401, "key-of-another-origin", origin)
    except FederationError as problem:
        return _refusal_of(problem, origin)
    return known, presented


async def _proven(frame: HttpFrame, presented: Presented, key_id: Iri, keys: KeyStore) -> KnownKey:
    """The key that the signature fits. A stored key that does not fit is fetched anew once: peers change keys."""
    known = await keys.find(key_id)
    if known is not None and schemes.fits(frame, presented, known.key):
        return known
    try:
        fresh = await keys.refresh(key_id)
    except KeyUnavailable:
        if known is not None:  # the host does not fetch again so soon: what we hold decides
            raise SignatureInvalid("signature-does-not-fit") from None
        raise
    unchanged = known is not None and fresh.key == known.key
    if unchanged or not schemes.fits(frame, presented, fresh.key):
        raise SignatureInvalid("signature-does-not-fit")
    return fresh


def _refusal_of(problem: FederationError, origin: Origin | None) -> Refusal:
    match problem:
        case Gone():
            return Refusal(401, KEY_GONE, origin)
        case Refused():
            return Refusal(403, problem.reason, origin)
        case BadStatus() if problem.status < 500:
            return Refusal(401, "key-unavailable", origin)
        case KeyUnavailable() | TimedOut() | BadStatus():
            return Refusal(503, problem.reason, origin)  # an honest peer in trouble: it should send again
        case Unreachable() if type(problem) is Unreachable:
            return Refusal(503, problem.reason, origin)
        case Expired() | Unverified() | _:
            return Refusal(401, problem.reason, origin)


def _owned_id(activity: codec.Decoded, owner: Iri) -> Iri:
    """The activity's id, once its actor is the signer and its id on the signer's origin.

    It is the decoded activity that is judged, since a document's context may give its members other names.
    """
    if not isinstance(activity, Activity):
        raise Malformed("not-an-activity")
    if activity.actor != owner:
        raise OriginMismatch("actor-is-not-the-signer")
    activity_id = activity.id or deletion_id(activity)
    if activity_id is None:
        raise Malformed("id-missing")
    if not same_origin(activity_id, owner):
        raise OriginMismatch("id-of-another-origin")
    return activity_id


def deletion_id(activity: Activity) -> Iri | None:
    """Of a Delete that has none, as GoToSocial sends them: what is deleted is named, and it is deleted once. None of others."""
    deleted = id_of(activity.object) if activity.type == "Delete" else None
    return None if deleted is None else Iri(f"{deleted}#delete")
