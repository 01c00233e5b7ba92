"""Keys: the forms they travel in, and what is refused."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from federation.errors import Malformed
from federation.keys import PrivateKey, PublicKey, Scheme, base58_decode, base58_encode

RSA = PrivateKey.generate_rsa()
ED25519 = PrivateKey.generate_ed25519()
BOTH = pytest.mark.parametrize("key", [RSA, ED25519], ids=["rsa", "ed25519"])


@BOTH
def test_signs_and_verifies(key: PrivateKey) -> None:
    signature = key.sign(b"case 7")
    assert key.public.verify(signature, b"case 7")
    assert not key.public.verify(signature, b"case 8")
    assert not key.public.verify(signature[:-1] + bytes([signature[-1] ^ 1]), b"case 7")
    assert not key.public.verify(b"", b"case 7")


@BOTH
def test_each_form_is_the_same_key(key: PrivateKey) -> None:
    public = key.public
    assert PublicKey.from_pem(public.to_pem()) == public
    assert PublicKey.from_der(public.der) == public
    assert PublicKey.from_multibase(public.to_multibase()) == public
    again = PrivateKey.from_bytes(key.to_bytes())
    assert again.public == public
    assert public.verify(again.sign(b"x"), b"x")


@BOTH
def test_a_printed_private_key_tells_nothing(key: PrivateKey) -> None:
    assert "PRIVATE" not in repr(key)
    assert key.to_bytes()[-16:].hex() not in repr(key)


def test_pkcs1_pem_is_read() -> None:
    pem = RSA.public.loaded.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.PKCS1
    ).decode()
    assert "BEGIN RSA PUBLIC KEY" in pem
    assert PublicKey.from_pem(pem) == RSA.public
    assert PublicKey.from_pem(RSA.public.to_pem().replace("\n", "\r\n") + "  \n") == RSA.public


@pytest.mark.parametrize("scheme", [Scheme.RSA_V1_5_SHA512, Scheme.RSA_PSS_SHA512])
def test_other_rsa_schemes(scheme: Scheme) -> None:
    signature = RSA.sign(b"x", scheme)
    assert RSA.public.verify(signature, b"x", scheme)
    assert not RSA.public.verify(signature, b"x")


def test_a_scheme_that_does_not_fit_the_key_verifies_nothing() -> None:
    assert not RSA.public.verify(RSA.sign(b"x"), b"x", Scheme.ED25519)
    assert not ED25519.public.verify(ED25519.sign(b"x"), b"x", Scheme.RSA_V1_5_SHA256)
    with pytest.raises(ValueError, match="does not fit"):
        RSA.sign(b"x", Scheme.ED25519)
    with pytest.raises(ValueError, match="does not fit"):
        ED25519.sign(b"x", Scheme.RSA_PSS_SHA512)


def _pem(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, form).decode()


def test_weak_and_other_keys_are_refused() -> None:
    with pytest.raises(Malformed, match="key-size"):
        PublicKey.from_pem(_pem(rsa.generate_private_key(65537, 1024).public_key()))
    with pytest.raises(Malformed, match="key-type"):
        PublicKey.from_pem(_pem(ec.generate_private_key(ec.SECP256R1()).public_key()))


@pytest.mark.parametrize(
    "text",
    ["", "x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "\ud800", "é" * 10, "A" * 10_000],
)
def test_text_that_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        PublicKey.from_pem(text)
    with pytest.raises(Malformed):
        PublicKey.from_multibase(text)
    with pytest.raises(Malformed):
        PublicKey.from_multibase("z" + text)


def test_base58() -> None:
    assert base58_encode(b"\0\0hello") == "11Cn8eVZg"
    assert base58_decode("11Cn8eVZg") == b"\0\0hello"
    with pytest.raises(Malformed):
        base58_decode("0OIl")


def test_multikey_of_fep_521a() -> None:
    key = PublicKey.from_multibase("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2")
    assert key.algorithm == "ed25519"
    assert key.to_multibase() == "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
