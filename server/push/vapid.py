"""Who sends a push message: the instance, by a signed statement for one push service (RFC 8292).

The key is derived from the instance's secret, which lives in a file outside the database: nothing of it is stored.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from server.push.encryption import public_bytes

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True, slots=True)
class Statement:
    """audience: the origin of the push service. subject: where its operator may complain."""

    audience: str
    subject: str
    expires: datetime


def key_of(secret: bytes) -> ec.EllipticCurvePrivateKey:
    """The key that belongs to a derived secret."""
    return ec.derive_private_key(int.from_bytes(secret) % (_ORDER - 1) + 1, ec.SECP256R1())


def public_text(key: ec.EllipticCurvePrivateKey) -> str:
    """As apps want it: base64url, without padding."""
    return encoded(public_bytes(key.public_key()))


def signed(key: ec.EllipticCurvePrivateKey, statement: Statement) -> str:
    """A JSON Web Token, ES256."""
    head = encoded(msgspec.json.encode({"typ": "JWT", "alg": "ES256"}))
    claims = {
        "aud": statement.audience,
        "exp": int(statement.expires.timestamp()),
        "sub": statement.subject,
    }
    text = f"{head}.{encoded(msgspec.json.encode(claims))}"
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(SHA256())))
    return f"{text}.{encoded(r.to_bytes(32) + s.to_bytes(32))}"


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
