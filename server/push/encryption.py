"""Encryption of one message for one device: aes128gcm (RFC 8291 in RFC 8188), and aesgcm, its draft, for older apps.

Keys and salts are handed in. Every message is padded, so that its length tells nothing about its kind. Refused: keys that
are no point of the curve, secrets of another length, texts that do not fit one record.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from server.core.errors import Invalid

RECORD_SIZE = 4096
PADDED_TO = 1024
LONGEST = 3 * PADDED_TO
PUBLIC_BYTES = 65
AUTH_BYTES = 16
SALT_BYTES = 16
_TAG_BYTES = 16


@dataclass(frozen=True, slots=True)
class DeviceKeys:
    """What a device lets its messages be encrypted with. public: an uncompressed point of P-256. auth: its secret."""

    public: bytes
    auth: bytes


@dataclass(frozen=True, slots=True)
class Encrypted:
    """A body, and the headers that say how it is to be read."""

    body: bytes
    salt: bytes
    sender: bytes


def check(keys: DeviceKeys) -> None:
    """Raises Invalid."""
    if len(keys.auth) != AUTH_BYTES:
        raise Invalid("Validation failed: %(field)s is not of the right form", field="keys[auth]")
    _point(keys.public)


def public_bytes(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encrypt(
    text: bytes, keys: DeviceKeys, sender: ec.EllipticCurvePrivateKey, salt: bytes, *, padded: bool = True
) -> Encrypted:
    """In one record of RFC 8188, its header included. sender: a key used once."""
    own = public_bytes(sender.public_key())
    shared = sender.exchange(ec.ECDH(), _point(keys.public))
    secret = _hkdf(keys.auth, shared, b"WebPush: info\0" + keys.public + own, 32)
    key = _hkdf(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _hkdf(salt, secret, b"Content-Encoding: nonce\0", 12)
    record = text + b"\x02" + bytes(_missing(len(text) + 1) if padded else 0)
    _fits(record)
    head = salt + RECORD_SIZE.to_bytes(4) + bytes([len(own)]) + own
    return Encrypted(head + AESGCM(key).encrypt(nonce, record, None), salt, own)


def encrypt_as_draft(
    text: bytes, keys: DeviceKeys, sender: ec.EllipticCurvePrivateKey, salt: bytes, *, padded: bool = True
) -> Encrypted:
    """As draft-ietf-webpush-encryption-04 has it: salt and sender's key go in headers beside the body."""
    own = public_bytes(sender.public_key())
    shared = sender.exchange(ec.ECDH(), _point(keys.public))
    secret = _hkdf(keys.auth, shared, b"Content-Encoding: auth\0", 32)
    context = b"P-256\0" + b"".join(len(one).to_bytes(2) + one for one in (keys.public, own))
    key = _hkdf(salt, secret, b"Content-Encoding: aesgcm\0" + context, 16)
    nonce = _hkdf(salt, secret, b"Content-Encoding: nonce\0" + context, 12)
    padding = _missing(len(text) + 2) if padded else 0
    record = padding.to_bytes(2) + bytes(padding) + text
    _fits(record)
    return Encrypted(AESGCM(key).encrypt(nonce, record, None), salt, own)


def _missing(length: int) -> int:
    return -length % PADDED_TO


def _fits(record: bytes) -> None:
    if len(record) > min(LONGEST, RECORD_SIZE - _TAG_BYTES):
        raise ValueError("a message for a device is too long")


def _point(public: bytes) -> ec.EllipticCurvePublicKey:
    wrong = Invalid("Validation failed: %(field)s is not of the right form", field="keys[p256dh]")
    if len(public) != PUBLIC_BYTES:
        raise wrong
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    except ValueError:
        raise wrong from None


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)
