"""Second factors: authenticator apps (TOTP), passkeys, recovery codes.

A code counts once; a challenge counts once and for five minutes; secrets of authenticators are sealed; recovery
codes are stored as hashes. It refuses answers made for another site, and for another person than the one asked.
"""

from __future__ import annotations

import hmac
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pyotp
import webauthn
from cryptography.exceptions import InvalidSignature
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from server.core.context import Context
from server.core.errors import Invalid, NotFound, SettingsError
from server.core.i18n import N_
from server.core.secrets import hash_token
from server.domain.signin import FactorKind, SecondFactor
from server.services import attempts, audit
from server.store import second_factors as rows
from server.store import users
from server.store.session import Unit

CHALLENGE_LIFETIME = timedelta(minutes=5)
CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # no letters that are read as digits
GROUPS, LETTERS = 4, 4
STEP = 30
WRONG = N_("That code is not right, or was used before")


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a browser is asked to sign. options: JSON for navigator.credentials. sealed: comes back with the answer."""

    options: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Enrolment:
    """An authenticator app being set up. uri: for the QR code. secret: for typing."""

    factor_id: int
    uri: str
    secret: str


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey whose registration was verified, not stored yet."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


def has_any(unit: Unit, user_id: int) -> bool:
    return bool(rows.of_user(unit, user_id))


def of_user(unit: Unit, user_id: int) -> list[SecondFactor]:
    return rows.of_user(unit, user_id)


def remove(unit: Unit, user_id: int, factor_id: int) -> None:
    """Removes one; with the last one the recovery codes go too. Raises NotFound, Invalid."""
    if len(rows.of_user(unit, user_id)) == 1:
        demand_password(unit, user_id)
    if not rows.remove(unit, user_id, factor_id):
        raise NotFound
    if not has_any(unit, user_id):
        rows.put_codes(unit, user_id, [])
    audit.record(unit, f"user:{user_id}", "factor.remove", f"factor:{factor_id}")


def demand_password(unit: Unit, user_id: int) -> None:
    """Raises Invalid where nothing but a passkey lets a person in."""
    user = users.find(unit, user_id)
    if user is not None and user.password_hash is None:
        raise Invalid("Set a password first: without one, your passkey is the only way in")


def remove_all(unit: Unit, by: str, user_id: int) -> int:
    """Answers how many."""
    removed = rows.remove_all(unit, user_id)
    rows.put_codes(unit, user_id, [])
    audit.record(unit, by, "factor.remove_all", f"user:{user_id}", count=removed)
    return removed


# -- authenticator apps ----------------------------------------------------------------------------------


def start_totp(unit: Unit, user_id: int, label: str) -> Enrolment:
    """Begins to set up an authenticator app; one begun before is forgotten. label: what the app shows."""
    rows.remove_unconfirmed(unit, user_id)
    factor_id, secret = unit.new_id(), pyotp.random_base32()
    rows.add(
        unit,
        {
            "id": factor_id,
            "user_id": user_id,
            "kind": FactorKind.TOTP.value,
            "name": "",
            "secret_sealed": unit.context.sealer.seal(f"totp:{factor_id}", secret.encode()),
            "created_at": unit.now,
        },
    )
    return _enrolment(unit, factor_id, secret, label)


def pending_totp(unit: Unit, user_id: int, label: str) -> Enrolment | None:
    """The authenticator app that is being set up, if any."""
    for factor in rows.of_user(unit, user_id, confirmed=False):
        if factor.kind is FactorKind.TOTP:
            return _enrolment(unit, factor.id, _secret(unit, factor), label)
    return None


def confirm_totp(unit: Unit, user_id: int, code: str, name: str) -> None:
    """Finishes the set-up with a first code. Raises Invalid."""
    attempts.count(unit, "totp-setup", str(user_id))
    for factor in rows.of_user(unit, user_id, confirmed=False):
        step = _matching_step(unit, factor, code)
        if step is not None and rows.take_step(unit, factor.id, step):
            rows.change(unit, factor.id, {"confirmed_at": unit.now, "name": name.strip()[:60]})
            attempts.clear(unit, "totp-setup", str(user_id))
            audit.record(unit, f"user:{user_id}", "factor.add", f"factor:{factor.id}", kind="totp")
            return
    raise Invalid(WRONG)


def check_code(unit: Unit, user_id: int, code: str) -> bool:
    """Whether an authenticator's code or a recovery code is right; either counts once.

    Count the attempt first, in a unit of its own: a wrong answer must not undo the count.
    """
    plain = code.strip().replace(" ", "").replace("-", "").casefold()
    if plain.isascii() and plain.isdigit() and len(plain) == 6:
        for factor in rows.of_user(unit, user_id):
            step = _matching_step(unit, factor, plain) if factor.kind is FactorKind.TOTP else None
            if step is not None and rows.take_step(unit, factor.id, step):
                return True
        return False
    if rows.use_code(unit, user_id, _code_hash(user_id, plain)):
        audit.record(unit, f"user:{user_id}", "recovery_code.use", f"user:{user_id}")
        return True
    return False


def _secret(unit: Unit, factor: SecondFactor) -> str:
    return unit.context.sealer.open(f"totp:{factor.id}", factor.secret_sealed or b"").decode()


def _matching_step(unit: Unit, factor: SecondFactor, code: str) -> int | None:
    """The time step, now or one beside it, whose code this is."""
    totp = pyotp.TOTP(_secret(unit, factor))
    now = int(unit.now.timestamp()) // STEP
    for step in (now, now - 1, now + 1):
        if hmac.compare_digest(totp.at(step * STEP).encode(), code.strip().replace(" ", "").encode()):
            return step
    return None


def _enrolment(unit: Unit, factor_id: int, secret: str, label: str) -> Enrolment:
    settings = unit.context.settings
    uri = pyotp.TOTP(secret).provisioning_uri(name=label, issuer_name=f"{settings.title} ({settings.domain})")
    return Enrolment(factor_id, uri, secret)


# -- recovery codes --------------------------------------------------------------------------------------


def new_codes(unit: Unit, user_id: int) -> list[str]:
    """Replaces the recovery codes. Answers them; they are never shown again."""
    codes = [
        "-".join("".join(secrets.choice(ALPHABET) for _ in range(LETTERS)) for _ in range(GROUPS))
        for _ in range(CODES)
    ]
    rows.put_codes(unit, user_id, [_code_hash(user_id, code.replace("-", "")) for code in codes])
    audit.record(unit, f"user:{user_id}", "recovery_code.make", f"user:{user_id}")
    return codes


def codes_left(unit: Unit, user_id: int) -> int:
    return rows.codes_left(unit, user_id)


def _code_hash(user_id: int, plain: str) -> str:
    return hash_token(f"recovery:{user_id}:{plain}")


# -- passkeys --------------------------------------------------------------------------------------------


def registration(context: Context, purpose: str, name: str, known: list[SecondFactor]) -> Challenge:
    """Asks a browser for a new passkey. purpose: binds the answer to who was asked. known: not to register twice."""
    challenge = os.urandom(32)
    options = webauthn.generate_registration_options(
        rp_id=_rp_id(context),
        rp_name=context.settings.title,
        user_name=name,
        user_id=os.urandom(32),
        user_display_name=name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_descriptors(known),
    )
    return Challenge(webauthn.options_to_json(options), _seal(context, f"register:{purpose}", challenge))


def verify_registration(
    context: Context, now: datetime, purpose: str, sealed: str, answer: str
) -> NewPasskey:
    """The new passkey in a browser's answer. Raises Invalid."""
    try:
        verified = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=_unseal(context, now, f"register:{purpose}", sealed),
            expected_rp_id=_rp_id(context),
            expected_origin=context.settings.base,
        )
    except (WebAuthnException, InvalidSignature, ValueError, KeyError, TypeError):
        raise Invalid("The passkey could not be set up; please try again") from None
    return NewPasskey(verified.credential_id, verified.credential_public_key, verified.sign_count)


def add_passkey(unit: Unit, user_id: int, new: NewPasskey, name: str) -> None:
    """Stores a verified passkey. Raises Invalid when it is registered already."""
    if rows.find_passkey(unit, new.credential_id) is not None:
        raise Invalid("This passkey is registered already")
    factor_id = unit.new_id()
    rows.add(
        unit,
        {
            "id": factor_id,
            "user_id": user_id,
            "kind": FactorKind.PASSKEY.value,
            "name": name.strip()[:60],
            "credential_id": new.credential_id,
            "public_key": new.public_key,
            "sign_count": new.sign_count,
            "confirmed_at": unit.now,
            "created_at": unit.now,
        },
    )
    audit.record(unit, f"user:{user_id}", "factor.add", f"factor:{factor_id}", kind="passkey")


def assertion(context: Context, purpose: str, known: list[SecondFactor]) -> Challenge:
    """Asks a browser to sign with a passkey: one of `known`, or any that it has where that is empty."""
    challenge = os.urandom(32)
    options = webauthn.generate_authentication_options(
        rp_id=_rp_id(context),
        challenge=challenge,
        allow_credentials=_descriptors(known),
        user_verification=UserVerificationRequirement.PREFERRED
        if known
        else UserVerificationRequirement.REQUIRED,
    )
    return Challenge(webauthn.options_to_json(options), _seal(context, f"assert:{purpose}", challenge))


def check_passkey(unit: Unit, purpose: str, sealed: str, answer: str, *, user_id: int | None) -> int | None:
    """The user who signed, or None.

    user_id: who it must be; None for signing in with the passkey alone, which wants the device to have recognised
    its owner.
    """
    context = unit.context
    try:
        challenge = _unseal(context, unit.now, f"assert:{purpose}", sealed)
        credential = parse_authentication_credential_json(answer)
        known = rows.find_passkey(unit, credential.raw_id)
        if known is None or known.public_key is None or (user_id is not None and known.user_id != user_id):
            return None
        verified = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_rp_id(context),
            expected_origin=context.settings.base,
            credential_public_key=known.public_key,
            credential_current_sign_count=known.sign_count,
            require_user_verification=user_id is None,
        )
    except (WebAuthnException, InvalidSignature, Invalid, ValueError, KeyError, TypeError):
        return None
    if not attempts.spend(unit, sealed, unit.now + CHALLENGE_LIFETIME):
        return None
    rows.change(unit, known.id, {"sign_count": verified.new_sign_count, "last_used_at": unit.now})
    return known.user_id


def _rp_id(context: Context) -> str:
    """The host alone: passkeys know no ports."""
    host = context.settings.domain
    return host.rsplit(":", 1)[0] if ":" in host else host


def _descriptors(known: list[SecondFactor]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(id=one.credential_id) for one in known if one.credential_id is not None
    ]


def _seal(context: Context, purpose: str, challenge: bytes) -> str:
    until = int((context.clock.now() + CHALLENGE_LIFETIME).timestamp())
    value: list[Any] = [bytes_to_base64url(challenge), until]
    return bytes_to_base64url(context.sealer.seal(purpose, msgspec.json.encode(value)))


def _unseal(context: Context, now: datetime, purpose: str, sealed: str) -> bytes:
    """Raises Invalid on what was not sealed here, for this purpose, within the last minutes."""
    try:
        challenge, until = msgspec.json.decode(context.sealer.open(purpose, base64url_to_bytes(sealed)))
    except (SettingsError, ValueError):
        raise Invalid("This page was open too long; please try again") from None
    if until < now.timestamp():
        raise Invalid("This page was open too long; please try again")
    return base64url_to_bytes(str(challenge))
