"""Both HTTP signature schemes behind one face: what a request presents, whether it holds, and what to send.

We send draft-cavage unless the peer is *known* to verify RFC 9421: a 2xx proves nothing, since some peers answer 202
before they look. Refuses what the schemes themselves refuse.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from federation.errors import SignatureInvalid, SignatureMissing
from federation.keys import PublicKey
from federation.ports import SigningKey
from federation.signatures import cavage, digest, message
from federation.signatures.window import EXACT_WINDOW, USUAL_WINDOW, Window, from_unix
from federation.types import HttpFrame

PROFILE_HEADERS = "consilium-"
"""How the names of the headers begin that the members-only profile gives a meaning to."""


class Scheme(StrEnum):
    """How a request is signed."""

    CAVAGE = "cavage"
    RFC9421 = "rfc9421"


@dataclass(frozen=True, slots=True)
class Presented:
    """A signature as a request presents it: who says it is his, nothing proven."""

    scheme: Scheme
    key_id: str
    signature: cavage.CavageSignature | message.MessageSignature


def present(frame: HttpFrame) -> Presented:
    """Reads the signature headers. Raises SignatureMissing, SignatureInvalid."""
    if message.is_presented(frame):
        signature = message.parse(frame)
        return Presented(Scheme.RFC9421, signature.key_id, signature)
    parsed = cavage.parse(frame)
    return Presented(Scheme.CAVAGE, parsed.key_id, parsed)


def check_claims(
    frame: HttpFrame, presented: Presented, now: datetime, window: Window = USUAL_WINDOW
) -> None:
    """Everything that needs no key: coverage, host, time, digests. Raises SignatureMissing, -Invalid, Expired."""
    if isinstance(presented.signature, message.MessageSignature):
        message.check_claims(frame, presented.signature, now, window)
    else:
        cavage.check_claims(frame, presented.signature, now, window)
    digest.check(frame)


def check_exact(frame: HttpFrame, presented: Presented, key: PublicKey, now: datetime) -> None:
    """What members-only traffic asks beyond `check_claims`. Raises SignatureMissing, SignatureInvalid, Expired.

    RFC 9421 with Ed25519 over the whole target and each header of the profile, made within five minutes.
    """
    signature = presented.signature
    if not isinstance(signature, message.MessageSignature) or key.algorithm != "ed25519":
        raise SignatureInvalid("not-profiled")
    named = {name for name, _ in frame.headers if name.startswith(PROFILE_HEADERS)}
    if not {"@target-uri", *named} <= set(signature.components):
        raise SignatureMissing("signature-covers-too-little")
    EXACT_WINDOW.check(from_unix(signature.created), now)


def covered(frame: HttpFrame, presented: Presented) -> dict[str, str]:
    """The headers that a signature of RFC 9421 covers, by lower-case name; nothing for draft-cavage.

    A header that comes twice is left out: which of them was meant is not clear.
    """
    if not isinstance(presented.signature, message.MessageSignature):
        return {}
    names = [name for name in presented.signature.components if not name.startswith("@")]
    found = {name: [value for key, value in frame.headers if key == name] for name in names}
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def fits(frame: HttpFrame, presented: Presented, key: PublicKey) -> bool:
    """Whether the signature is this key's over the frame; to be asked after check_claims."""
    if isinstance(presented.signature, message.MessageSignature):
        return message.fits(frame, presented.signature, key)
    return cavage.fits(frame, presented.signature, key)


def scheme_for(*, verifies_rfc9421: bool) -> Scheme:
    """What to send to a peer. verifies_rfc9421: it has sent us RFC 9421 itself, or says that it verifies it."""
    return Scheme.RFC9421 if verifies_rfc9421 else Scheme.CAVAGE


def sign_request(
    frame: HttpFrame, key: SigningKey, scheme: Scheme, now: datetime, *, also: tuple[str, ...] = ()
) -> HttpFrame:
    """The frame with the headers that the scheme needs, signed.

    also: further headers to cover (RFC 9421 only; draft-cavage covers what it always covers).
    """
    if scheme is Scheme.RFC9421:
        return message.sign(frame, key, now, also=also)
    return cavage.sign(frame, key, now)
