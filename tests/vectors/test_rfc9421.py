"""RFC 9421 appendix B.2, and http-message-signatures and apsig on either side."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import replace
from typing import Any

import http_message_signatures as hms
import pytest
from apsig.rfc9421 import RFC9421Signer, RFC9421Verifier
from cryptography.exceptions import InvalidSignature

from federation.errors import SignatureMissing
from federation.keys import PublicKey
from federation.keys import Scheme as KeyScheme
from federation.signatures import message, schemes
from federation.signatures.digest import make_content
from federation.signatures.schemes import Scheme
from federation.testing.actors import ActorSigningKey, FakeActor, SystemClock
from federation.testing.vectors import read_json
from federation.types import HttpFrame
from tests.support.shared import shared_path

ACTOR = FakeActor.create("https://society.example", "anna")
URL = "https://hospital.example/inbox"
BODY = b'{"type":"Like"}'


def _cases() -> list[tuple[dict[str, Any], HttpFrame]]:
    found = read_json(shared_path("vectors") / "rfc9421" / "vectors.json")
    parts = found["components"]
    headers = tuple((name, value) for name, value in parts.items() if not name.startswith("@"))
    url = f"https://{parts['@authority']}{parts['@path']}{parts['@query']}"
    cases = []
    for case in found["cases"]:
        made = (
            ("signature-input", f"sig={case['params']}"),
            ("signature", f"sig=:{case['signature']}:"),
        )
        cases.append((case, HttpFrame(parts["@method"], url, headers + made, b'{"hello": "world"}')))
    return cases


def test_appendix_b2() -> None:
    folder = shared_path("vectors") / "rfc9421"
    cases = _cases()
    assert len(cases) == 5
    for case, frame in cases:
        (parsed,) = message.parse_all(frame)
        assert parsed.params == case["params"]
        assert list(parsed.components) == case["covered"]
        base = message.signature_base(frame, parsed)
        pem = (folder / f"{case['key']}.pem").read_text()
        if case["alg"] == "rsa-pss-sha512":
            # the key is of the type id-RSASSA-PSS, which our keys do not take: only the base is ours here
            algorithm = hms.algorithms.RSA_PSS_SHA512(public_key=pem.encode())
            algorithm.verify(b64decode(case["signature"]), base)
            with pytest.raises(InvalidSignature):
                algorithm.verify(b64decode(case["signature"]), base + b" ")
        else:
            assert message.fits(frame, parsed, PublicKey.from_pem(pem))
            assert not PublicKey.from_pem(pem).verify(b64decode(case["signature"]), base + b" ")


def test_of_appendix_b2_one_alone_covers_what_we_ask() -> None:
    """The others leave out the target or the digest: well made, and refused."""
    for case, frame in _cases():
        if case["name"] == "B.2.3":
            assert message.parse(frame).key_id == "test-key-rsa-pss"
        else:
            with pytest.raises(SignatureMissing):
                message.parse(frame)


class _Message:
    def __init__(self, frame: HttpFrame) -> None:
        self.method = frame.method
        self.url = frame.url
        self.headers = dict(frame.headers)
        self.body = frame.body


class _Keys(hms.HTTPSignatureKeyResolver):
    def __init__(self, signer: ActorSigningKey) -> None:
        self.signer = signer

    def resolve_public_key(self, key_id: str) -> Any:
        return self.signer.private.public.loaded

    def resolve_private_key(self, key_id: str) -> Any:
        return self.signer.private.loaded


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_theirs_signs_and_ours_verifies(kind: str) -> None:
    signer = ACTOR.rsa_signer if kind == "rsa" else ACTOR.ed25519_signer
    algorithm = hms.algorithms.RSA_V1_5_SHA256 if kind == "rsa" else hms.algorithms.ED25519
    sent = _Message(HttpFrame("POST", URL, (("content-type", "application/activity+json"),), BODY))
    hms.HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=_Keys(signer)).sign(
        sent,
        key_id=signer.key_id,
        covered_component_ids=("@method", "@target-uri", "content-type"),
        body=BODY,
    )
    headers = tuple((name.lower(), value) for name, value in sent.headers.items())
    frame = HttpFrame("POST", URL, headers, BODY)
    presented = schemes.present(frame)
    schemes.check_claims(frame, presented, SystemClock().now())
    assert presented.scheme is Scheme.RFC9421
    assert schemes.fits(frame, presented, signer.private.public)


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_ours_signs_and_theirs_verifies(kind: str) -> None:
    signer = ACTOR.rsa_signer if kind == "rsa" else ACTOR.ed25519_signer
    algorithm = hms.algorithms.RSA_V1_5_SHA256 if kind == "rsa" else hms.algorithms.ED25519
    frame = HttpFrame("POST", URL, (("content-type", "application/activity+json"),), BODY)
    signed = schemes.sign_request(frame, signer, Scheme.RFC9421, SystemClock().now())
    verifier = hms.HTTPMessageVerifier(signature_algorithm=algorithm, key_resolver=_Keys(signer))
    results = verifier.verify(_Message(signed))
    assert '"content-digest"' in str(results)


def test_apsigs_dialect() -> None:
    """@method, @path and @authority instead of the target's URI; it signs a digest only when told to."""
    signer = RFC9421Signer(ACTOR.rsa.loaded, ACTOR.rsa_signer.key_id)
    signer.sign_headers = ["date", "@method", "@path", "@authority", "content-type", "content-digest"]
    digest = make_content(BODY)
    made = signer.sign(
        "POST", "/inbox", "hospital.example", {"content-type": "a/b", "content-digest": digest}, BODY
    )
    made["content-digest"] = digest  # it writes a malformed one over the one that it signed
    frame = HttpFrame("POST", URL, tuple((name.lower(), value) for name, value in made.items()), BODY)
    presented = schemes.present(frame)
    schemes.check_claims(frame, presented, SystemClock().now())
    assert schemes.fits(frame, presented, ACTOR.rsa.public)


def test_apsig_verifies_our_base() -> None:
    now = SystemClock().now()
    frame = HttpFrame("GET", "https://hospital.example/actors/1", (("accept", "a/b"),))
    # its verifier knows no @target-uri, so the base is made by hand from our own parts
    names = '"@method" "@path" "@authority"'
    params = (
        f'({names});created={int(now.timestamp())};alg="rsa-v1_5-sha256";keyid="{ACTOR.rsa_signer.key_id}"'
    )
    unsigned = message.MessageSignature(
        "sig1", ("@method", "@path", "@authority"), params, b"", ACTOR.rsa_signer.key_id, int(now.timestamp())
    )
    value = b64encode(ACTOR.rsa.sign(message.signature_base(frame, unsigned))).decode()
    headers = {"signature-input": f"sig1={params}", "signature": f"sig1=:{value}:"}
    verifier = RFC9421Verifier(ACTOR.rsa.public.loaded, "GET", "/actors/1", "hospital.example", headers)
    assert verifier.verify(raise_on_fail=True) == ACTOR.rsa_signer.key_id


def test_pss_is_not_what_we_verify() -> None:
    """An RSA key with a correct PSS signature: the header may not choose the algorithm."""
    frame = HttpFrame(
        "POST", URL, (("host", "hospital.example"), ("content-digest", make_content(BODY))), BODY
    )
    now = SystemClock().now()
    names = ("@method", "@target-uri", "content-digest")
    listed = " ".join(f'"{name}"' for name in names)
    params = (
        f'({listed});created={int(now.timestamp())};keyid="{ACTOR.rsa_signer.key_id}";alg="rsa-pss-sha512"'
    )
    unsigned = message.MessageSignature("s", names, params, b"", "k", int(now.timestamp()), "rsa-pss-sha512")
    made = ACTOR.rsa.sign(message.signature_base(frame, unsigned), KeyScheme.RSA_PSS_SHA512)
    assert not message.fits(frame, replace(unsigned, signature=made), ACTOR.rsa.public)
