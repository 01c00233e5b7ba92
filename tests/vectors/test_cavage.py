"""draft-cavage appendix C in both generations, and apsig on either side."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace

import pytest
from apsig.draft import Signer, Verifier
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from federation.signatures import cavage, digest, schemes
from federation.signatures.schemes import Scheme
from federation.testing.actors import FakeActor, SystemClock
from federation.testing.vectors import read_json
from federation.types import HttpFrame
from tests.support.shared import shared_path

ACTOR = FakeActor.create("https://society.example", "anna")


def _cases() -> list[tuple[HttpFrame, str, str, RSAPublicKey]]:
    found = read_json(shared_path("vectors") / "cavage" / "vectors.json")
    request = found["request"]
    key = load_pem_public_key(found["public_key_pem"].encode())
    assert isinstance(key, RSAPublicKey)
    url = f"https://{request['headers']['host']}{request['target']}"
    cases = []
    for case in found["cases"]:
        headers = {**request["headers"], "date": case["date"]}
        frame = HttpFrame(request["method"], url, tuple(headers.items()), request["body"].encode())
        cases.append((frame, case["headers"], case["signature"], key))
    return cases


def test_appendix_c() -> None:
    cases = _cases()
    assert len(cases) == 5
    for frame, names, signature, key in cases:
        presented = HttpFrame(
            frame.method,
            frame.url,
            (*frame.headers, ("signature", f'keyId="Test",headers="{names}",signature="{signature}"')),
            frame.body,
        )
        parsed = cavage.parse(presented)
        base = cavage.signing_string(presented, parsed)
        key.verify(parsed.signature, base, padding.PKCS1v15(), SHA256())
        with pytest.raises(InvalidSignature):
            key.verify(b64decode(signature), base + b" ", padding.PKCS1v15(), SHA256())
        digest.check(presented)


def test_apsig_signs_and_ours_verifies() -> None:
    signed = Signer(
        headers={"content-type": "application/activity+json"},
        private_key=ACTOR.rsa.loaded,
        method="POST",
        url="https://hospital.example/inbox",
        key_id=ACTOR.rsa_signer.key_id,
        body=b'{"type":"Like"}',
    ).sign()
    headers = tuple((name.lower(), value) for name, value in signed.items())
    frame = HttpFrame("POST", "https://hospital.example/inbox", headers, b'{"type":"Like"}')
    presented = schemes.present(frame)
    schemes.check_claims(frame, presented, SystemClock().now())
    assert presented.key_id == ACTOR.rsa_signer.key_id
    assert schemes.fits(frame, presented, ACTOR.rsa.public)


def test_ours_signs_and_apsig_verifies() -> None:
    frame = HttpFrame(
        "POST", "https://hospital.example/inbox", (("content-type", "application/activity+json"),), b"{}"
    )
    signed = schemes.sign_request(frame, ACTOR.rsa_signer, Scheme.CAVAGE, SystemClock().now())
    verifier = Verifier(ACTOR.rsa.public.to_pem(), "POST", signed.url, dict(signed.headers), signed.body)
    assert verifier.verify(raise_on_fail=True) == ACTOR.rsa_signer.key_id
    other = replace(signed, url="https://hospital.example/other")
    assert (
        Verifier(ACTOR.rsa.public.to_pem(), "POST", other.url, dict(other.headers), other.body).verify()
        is None
    )
