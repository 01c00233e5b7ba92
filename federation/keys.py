"""Public and private keys: RSA (2048 bits and more) and Ed25519, in PEM, DER and Multikey form.

Which algorithm verifies is decided by the key's own type; a scheme that does not fit the key verifies nothing.
Refused as Malformed: other key types, RSA moduli under 2048 or over 8192 bits, text that is not a key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import Final, Literal, Self, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key

from federation.errors import Malformed

Algorithm: TypeAlias = Literal["rsa", "ed25519"]

MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 8192  # a verification costs the square of the modulus, and the sender chooses it
MAX_KEY_TEXT: Final = 4096

_MULTICODEC_ED25519: Final = b"\xed\x01"  # 0xed as a varint
_MULTICODEC_RSA: Final = b"\x85\x24"  # 0x1205
_MULTICODEC_ED25519_PRIVATE: Final = b"\x80\x26"  # 0x1300
_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS: Final = {letter: value for value, letter in enumerate(_ALPHABET)}


class Scheme(StrEnum):
    """Signature schemes by their RFC 9421 names."""

    RSA_V1_5_SHA256 = "rsa-v1_5-sha256"
    RSA_V1_5_SHA512 = "rsa-v1_5-sha512"
    RSA_PSS_SHA512 = "rsa-pss-sha512"
    ED25519 = "ed25519"


_USUAL_SCHEME: Final[dict[Algorithm, Scheme]] = {"rsa": Scheme.RSA_V1_5_SHA256, "ed25519": Scheme.ED25519}


def base58_encode(data: bytes) -> str:
    """Bitcoin's base 58."""
    zeros = len(data) - len(data.lstrip(b"\0"))
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = _ALPHABET[digit] + text
    return "1" * zeros + text


def base58_decode(text: str) -> bytes:
    """The bytes of a base 58 text; Malformed on any other letter."""
    if len(text) > 2048:  # the conversion is quadratic
        raise Malformed("base58-too-long")
    zeros = len(text) - len(text.lstrip("1"))
    number = 0
    for letter in text:
        digit = _DIGITS.get(letter)
        if digit is None:
            raise Malformed("base58-letter")
        number = number * 58 + digit
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def multibase_decode(text: str) -> bytes:
    """The bytes of a `z…` (base58btc) multibase text."""
    if not text.startswith("z"):
        raise Malformed("multibase")
    return base58_decode(text[1:])


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key. Two are equal when their SubjectPublicKeyInfo is. Built by from_pem, from_der, from_multibase."""

    algorithm: Algorithm
    der: bytes
    loaded: RSAPublicKey | Ed25519PublicKey = field(repr=False, compare=False)

    @classmethod
    def from_pem(cls, text: str) -> PublicKey:
        """A key as `publicKeyPem` holds it: SubjectPublicKeyInfo or PKCS#1."""
        if len(text) > MAX_KEY_TEXT:
            raise Malformed("key-pem")
        return _public_from_pem(text)

    @classmethod
    def from_der(cls, der: bytes) -> PublicKey:
        """A key as SubjectPublicKeyInfo."""
        return _public_from_der(der)

    @classmethod
    def from_multibase(cls, text: str) -> PublicKey:
        """A key as `publicKeyMultibase` holds it (Multikey: ed25519-pub, rsa-pub)."""
        if len(text) > MAX_KEY_TEXT:
            raise Malformed("key-multibase")
        return _public_from_multibase(text)

    def verify(self, signature: bytes, data: bytes, scheme: Scheme | None = None) -> bool:
        """Whether the signature is this key's over the data. scheme None is the usual one of the key's type."""
        scheme = _USUAL_SCHEME[self.algorithm] if scheme is None else scheme
        try:
            if isinstance(self.loaded, Ed25519PublicKey):
                if scheme is not Scheme.ED25519:
                    return False
                self.loaded.verify(signature, data)
            else:
                if scheme is Scheme.ED25519:
                    return False
                padded, digest = _rsa_parameters(scheme)
                self.loaded.verify(signature, data, padded, digest)
        except InvalidSignature:
            return False
        return True

    def to_pem(self) -> str:
        """SubjectPublicKeyInfo in PEM, as Mastodon writes it."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.loaded.public_bytes(serialization.Encoding.PEM, form).decode("ascii")

    def fingerprint(self) -> str:
        """Eight groups of five digits for two people to compare aloud: SHA-256 of the Multikey text, four bytes a group."""
        digest = sha256(self.to_multibase().encode("ascii")).digest()
        groups = (int.from_bytes(digest[start : start + 4], "big") % 100_000 for start in range(0, 32, 4))
        return " ".join(f"{group:05d}" for group in groups)

    def to_multibase(self) -> str:
        """The Multikey form."""
        if isinstance(self.loaded, Ed25519PublicKey):
            return "z" + base58_encode(_MULTICODEC_ED25519 + self.loaded.public_bytes_raw())
        form = serialization.PublicFormat.PKCS1
        return "z" + base58_encode(
            _MULTICODEC_RSA + self.loaded.public_bytes(serialization.Encoding.DER, form)
        )


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private key. Its printed form tells nothing. Built by generate_*, from_bytes, from_pem, from_multibase."""

    algorithm: Algorithm
    public: PublicKey
    loaded: RSAPrivateKey | Ed25519PrivateKey = field(repr=False, compare=False)

    @classmethod
    def generate_rsa(cls, bits: int = MIN_RSA_BITS) -> Self:
        return cls._wrap(generate_private_key(65537, bits))

    @classmethod
    def generate_ed25519(cls) -> Self:
        return cls._wrap(Ed25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, der: bytes) -> Self:
        """The inverse of to_bytes, for bytes that this host wrote: RSA numbers are not tested for primality again."""
        return cls._load(
            lambda: serialization.load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
        )

    @classmethod
    def from_pem(cls, text: str) -> Self:
        return cls._load(lambda: serialization.load_pem_private_key(text.encode(), None))

    @classmethod
    def from_multibase(cls, text: str) -> Self:
        """An Ed25519 key as `secretKeyMultibase` holds it."""
        raw = multibase_decode(text)
        if not raw.startswith(_MULTICODEC_ED25519_PRIVATE) or len(raw) != 34:
            raise Malformed("key-multibase")
        return cls._wrap(Ed25519PrivateKey.from_private_bytes(raw[2:]))

    @classmethod
    def _load(cls, load: Callable[[], object]) -> Self:
        try:
            return cls._wrap(load())
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise Malformed("key-private") from None

    @classmethod
    def _wrap(cls, loaded: object) -> Self:
        if not isinstance(loaded, RSAPrivateKey | Ed25519PrivateKey):
            raise Malformed("key-type")
        public = _wrap_public(loaded.public_key())
        return cls(algorithm=public.algorithm, public=public, loaded=loaded)

    def sign(self, data: bytes, scheme: Scheme | None = None) -> bytes:
        """The signature over the data. ValueError where the scheme does not fit the key: that is the caller's mistake."""
        scheme = _USUAL_SCHEME[self.algorithm] if scheme is None else scheme
        if isinstance(self.loaded, Ed25519PrivateKey):
            if scheme is not Scheme.ED25519:
                raise ValueError("the scheme does not fit an Ed25519 key")
            return self.loaded.sign(data)
        padded, digest = _rsa_parameters(scheme)
        return self.loaded.sign(data, padded, digest)

    def to_bytes(self) -> bytes:
        """PKCS#8 DER, unencrypted: the host seals it."""
        return self.loaded.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def _rsa_parameters(scheme: Scheme) -> tuple[padding.AsymmetricPadding, hashes.HashAlgorithm]:
    if scheme is Scheme.RSA_V1_5_SHA256:
        return padding.PKCS1v15(), hashes.SHA256()
    if scheme is Scheme.RSA_V1_5_SHA512:
        return padding.PKCS1v15(), hashes.SHA512()
    if scheme is Scheme.RSA_PSS_SHA512:
        return padding.PSS(padding.MGF1(hashes.SHA512()), salt_length=64), hashes.SHA512()
    raise ValueError("the scheme does not fit an RSA key")


def _wrap_public(loaded: object) -> PublicKey:
    algorithm: Algorithm
    if isinstance(loaded, RSAPublicKey):
        if not MIN_RSA_BITS <= loaded.key_size <= MAX_RSA_BITS:
            raise Malformed("key-size")
        algorithm = "rsa"
    elif isinstance(loaded, Ed25519PublicKey):
        algorithm = "ed25519"
    else:
        raise Malformed("key-type")
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return PublicKey(algorithm, loaded.public_bytes(serialization.Encoding.DER, form), loaded)


@lru_cache(maxsize=2048)
def _public_from_pem(text: str) -> PublicKey:
    try:
        return _wrap_public(serialization.load_pem_public_key(text.strip().encode("utf-8")))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Malformed("key-pem") from None


@lru_cache(maxsize=2048)
def _public_from_der(der: bytes) -> PublicKey:
    try:
        return _wrap_public(serialization.load_der_public_key(der))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Malformed("key-der") from None


@lru_cache(maxsize=2048)
def _public_from_multibase(text: str) -> PublicKey:
    raw = multibase_decode(text)
    try:
        if raw.startswith(_MULTICODEC_ED25519):
            return _wrap_public(Ed25519PublicKey.from_public_bytes(raw[2:]))
        if raw.startswith(_MULTICODEC_RSA):
            return _wrap_public(serialization.load_der_public_key(raw[2:]))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Malformed("key-multibase") from None
    raise Malformed("key-multibase")
