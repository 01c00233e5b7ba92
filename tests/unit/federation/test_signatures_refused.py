"""What the two schemes and the proofs refuse, and the times they allow."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from federation.errors import Expired, SignatureInvalid, SignatureMissing, Unverified
from federation.signatures import cavage, digest, message, schemes
from federation.signatures.proof import (
    Finding,
    add_proof,
    check_signable,
    fingerprint,
    verify_proof,
    verify_proofs,
)
from federation.signatures.schemes import Scheme, scheme_for
from federation.signatures.target import split_target
from federation.signatures.window import Window, format_http_date, parse_http_date
from federation.testing.actors import NOON, FakeActor
from federation.types import HttpFrame

ACTOR = FakeActor.create("https://society.example", "anna")
URL = "https://hospital.example/inbox"
BODY = b'{"type":"Like"}'


def frame(method: str = "POST", url: str = URL, body: bytes = BODY) -> HttpFrame:
    return HttpFrame(
        method, url, (("content-type", "application/activity+json"),), body if method == "POST" else b""
    )


def signed(scheme: Scheme = Scheme.CAVAGE, at: datetime = NOON) -> HttpFrame:
    return schemes.sign_request(frame(), ACTOR.rsa_signer, scheme, at)


def without(message_frame: HttpFrame, name: str) -> HttpFrame:
    return replace(message_frame, headers=tuple(pair for pair in message_frame.headers if pair[0] != name))


def with_header(message_frame: HttpFrame, name: str, value: str) -> HttpFrame:
    return replace(message_frame, headers=(*without(message_frame, name).headers, (name, value)))


def with_signature(value: str) -> HttpFrame:
    return with_header(signed(), "signature", value)


def judge(message_frame: HttpFrame, now: datetime = NOON, window: Window | None = None) -> bool:
    presented = schemes.present(message_frame)
    schemes.check_claims(message_frame, presented, now, window or Window())
    return schemes.fits(message_frame, presented, ACTOR.rsa.public)


@pytest.mark.parametrize("scheme", list(Scheme))
def test_the_way_it_should_be(scheme: Scheme) -> None:
    assert judge(signed(scheme))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Signature",
        'keyId="k"',
        'signature="c2ln"',
        'keyId="k",signature="not base64!"',
        'keyId="k",signature="c2ln",signature="c2ln"',
        'keyId="k",keyid="l",signature="c2ln"',
        'keyId="k",signature="c2ln",headers="host host"',
        'keyId="k",signature="c2ln",created=x',
        'keyId="k",signature="c2ln",created=-5',
        'keyId="k",signature="c2ln",',
        'keyId="k" signature="c2ln"',
        'keyId="a\\"b",signature="c2ln"',
        'keyId="k",signature="c2ln";x',
        f'keyId="{"k" * 9000}",signature="c2ln"',
        f'keyId="k",signature="c2ln",headers="{" ".join(f"x-{n}" for n in range(40))}"',
    ],
)
def test_broken_cavage_headers(value: str) -> None:
    with pytest.raises(SignatureInvalid):
        cavage.parse(with_signature(value))


def test_no_and_many_signature_headers() -> None:
    with pytest.raises(SignatureMissing):
        schemes.present(frame())
    twice = signed()
    twice = replace(twice, headers=(*twice.headers, ("signature", twice.header("signature") or "")))
    with pytest.raises(SignatureInvalid):
        schemes.present(twice)
    with pytest.raises(SignatureMissing):
        schemes.present(HttpFrame("POST", URL, (("signature-input", "sig1=()"),), BODY))


@pytest.mark.parametrize("missing", ["(request-target)", "host", "date", "digest"])
def test_cavage_coverage(missing: str) -> None:
    names = [name for name in ("(request-target)", "host", "date", "digest") if name != missing]
    made = with_signature(f'keyId="k",headers="{" ".join(names)}",signature="c2ln"')
    with pytest.raises(SignatureMissing):
        judge(made)


def test_no_headers_parameter_covers_created_only() -> None:
    made = with_signature(f'keyId="k",created={int(NOON.timestamp())},signature="c2ln"')
    assert cavage.parse(made).headers == ("(created)",)
    with pytest.raises(SignatureMissing):
        judge(made)


@pytest.mark.parametrize("algorithm", ["none", "hmac-sha256", "rsa-sha1", "rsa-sha512", "ecdsa-sha256", ""])
def test_dead_algorithms(algorithm: str) -> None:
    value = signed().header("signature") or ""
    with pytest.raises(SignatureInvalid):
        judge(with_signature(value.replace("rsa-sha256", algorithm)))


def test_the_key_decides_the_algorithm() -> None:
    value = signed().header("signature") or ""
    assert judge(with_signature(value.replace("rsa-sha256", "hs2019")))
    assert not judge(with_signature(value.replace("rsa-sha256", "ed25519")))
    ed25519 = schemes.sign_request(frame(), ACTOR.ed25519_signer, Scheme.RFC9421, NOON)
    presented = schemes.present(ed25519)
    assert schemes.fits(ed25519, presented, ACTOR.ed25519.public)
    assert not schemes.fits(ed25519, presented, ACTOR.rsa.public)


def test_created_belongs_to_hs2019() -> None:
    names = "(request-target) (created) host digest"
    value = (
        f'keyId="k",algorithm="rsa-sha256",created={int(NOON.timestamp())},headers="{names}",signature="c2ln"'
    )
    with pytest.raises(SignatureInvalid):
        judge(with_signature(value))


@pytest.mark.parametrize("scheme", list(Scheme))
def test_times(scheme: Scheme) -> None:
    for late in (timedelta(minutes=59), timedelta(minutes=-4)):
        assert judge(signed(scheme), NOON + late)
    for late in (timedelta(minutes=61), timedelta(minutes=-6)):
        with pytest.raises(Expired):
            judge(signed(scheme), NOON + late)
    assert judge(signed(scheme), NOON + timedelta(hours=11), Window(back=timedelta(hours=12)))


@pytest.mark.parametrize(
    "date",
    ["", "now", "2026-11-23T12:00:00Z", "Mon, 23 Nov 2026 12:00:00 +0000", "Mon, 31 Feb 2026 12:00:00 GMT",
     "Mon, 23 Now 2026 12:00:00 GMT", "Monday, 23-Nov-26 12:00:00 GMT", "Mon, 23 Nov 2026 25:00:00 GMT"],
)  # fmt: skip
def test_dates_that_are_none(date: str) -> None:
    with pytest.raises(SignatureInvalid):
        parse_http_date(date)
    with pytest.raises(SignatureInvalid):
        judge(with_header(signed(), "date", date))


def test_dates_there_and_back() -> None:
    assert format_http_date(NOON) == "Mon, 23 Nov 2026 12:00:00 GMT"
    assert parse_http_date(format_http_date(NOON)) == NOON


@pytest.mark.parametrize("scheme", list(Scheme))
def test_digests(scheme: Scheme) -> None:
    name = "digest" if scheme is Scheme.CAVAGE else "content-digest"
    with pytest.raises(SignatureInvalid):
        judge(replace(signed(scheme), body=BODY + b" "))
    with pytest.raises(SignatureInvalid):
        judge(without(signed(scheme), name))
    both = with_header(signed(scheme), "content-digest" if name == "digest" else "digest", "sha-256=x")
    with pytest.raises(SignatureInvalid):
        judge(both)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("digest", "MD5=XrY7u+Ae7tCTyyK7j1rNww=="),
        ("digest", "SHA=x"),
        ("digest", ""),
        ("digest", "SHA-256"),
        ("digest", "SHA-256=!!"),
        ("digest", digest.make(BODY) + "," + digest.make(BODY)),
        ("digest", digest.make(BODY) + ",SHA-512=AAAA"),
        ("content-digest", digest.make(BODY)),
        ("content-digest", "sha-256=::"),
        ("content-digest", "sha-256=:"),
        ("content-digest", digest.make_content(b"other")),
        ("digest", "x" * 2000),
    ],
)
def test_broken_digests(name: str, value: str) -> None:
    with pytest.raises(SignatureInvalid):
        digest.check(with_header(frame(), name, value))


def test_good_digests() -> None:
    digest.check(frame())
    digest.check(with_header(frame(), "digest", "md5=x, " + digest.make(BODY)))
    digest.check(with_header(frame(), "digest", digest.make(BODY).replace("SHA-256", "sha-256")))
    digest.check(with_header(frame(), "content-digest", digest.make_content(BODY)))


@pytest.mark.parametrize("scheme", list(Scheme))
def test_host(scheme: Scheme) -> None:
    """RFC 9421 binds the authority by itself; draft-cavage only by the Host header, which must be ours."""
    with pytest.raises(SignatureInvalid):
        judge(
            with_header(
                schemes.sign_request(frame(), ACTOR.rsa_signer, Scheme.CAVAGE, NOON), "host", "evil.example"
            )
        )
    other = replace(signed(scheme), url="https://evil.example/inbox")
    try:
        assert not judge(other)
    except Unverified as refusal:
        assert refusal.reason == "host-mismatch"
    with_port = with_header(
        schemes.sign_request(frame(), ACTOR.rsa_signer, Scheme.RFC9421, NOON), "host", "x"
    )
    assert judge(with_port)


@pytest.mark.parametrize(
    "components",
    [
        '"@method" "@target-uri"',
        '"@target-uri" "content-digest"',
        '"@method" "content-digest"',
        '"@method" "@path" "content-digest"',
        '"@method" "@authority" "content-digest"',
        "",
    ],
)
def test_rfc9421_coverage(components: str) -> None:
    made = with_header(signed(Scheme.RFC9421), "signature-input", f'sig1=({components});created=1;keyid="k"')
    with pytest.raises(SignatureMissing):
        schemes.present(made)


def test_a_query_must_be_covered() -> None:
    url = "https://hospital.example/actors/1/followers?page=2"
    for components, enough in (
        ('"@method" "@authority" "@path"', False),
        ('"@method" "@authority" "@path" "@query"', True),
        ('"@method" "@authority" "@request-target"', True),
        ('"@method" "@target-uri"', True),
    ):
        params = f'({components});created={int(NOON.timestamp())};keyid="k"'
        made = HttpFrame("GET", url, (("signature-input", f"s={params}"), ("signature", "s=:c2ln:")))
        if enough:
            assert schemes.present(made).key_id == "k"
        else:
            with pytest.raises(SignatureMissing):
                schemes.present(made)


@pytest.mark.parametrize(
    "value",
    [
        "sig1",
        "sig1=1",
        'sig1="x"',
        'sig1=("@method");created="x";keyid="k"',
        'sig1=("@method" "@target-uri" "content-digest" "@method");created=1;keyid="k"',
        'sig1=("@method" "@target-uri" "content-digest" "date";sf);created=1;keyid="k"',
        'sig1=("@method" "@target-uri" "content-digest" "@query-param";name="x");created=1;keyid="k"',
        'sig1=("@method" "@target-uri" "content-digest");created=1',
        'sig1=("@method" "@target-uri" "content-digest");created=1;keyid=k',
        'sig1=("@method" "@target-uri" "content-digest");created=1;created=2;keyid="k"',
        'sig1=("@method" "@target-uri" "content-digest");created=1;keyid="k", sig1=();created=1',
        'sig2=("@method" "@target-uri" "content-digest");created=1;keyid="k"',
        "sig1=(é)",
        ", ".join(f's{n}=("@method");created=1;keyid="k"' for n in range(9)),
    ],
)
def test_broken_signature_inputs(value: str) -> None:
    with pytest.raises(SignatureInvalid):
        schemes.present(with_header(signed(Scheme.RFC9421), "signature-input", value))


def test_unknown_components_are_refused_when_judged() -> None:
    params = (
        f'("@method" "@target-uri" "content-digest" "@nonsense");created={int(NOON.timestamp())};keyid="k"'
    )
    made = with_header(signed(Scheme.RFC9421), "signature-input", f"sig1={params}")
    with pytest.raises(SignatureInvalid):
        judge(made)


def test_expires() -> None:
    value = (signed(Scheme.RFC9421).header("signature-input") or "") + f";expires={int(NOON.timestamp()) - 1}"
    with pytest.raises(Expired):
        judge(with_header(signed(Scheme.RFC9421), "signature-input", value))


def test_a_proxys_signature_beside_it() -> None:
    made = signed(Scheme.RFC9421)
    value = made.header("signature-input") or ""
    signature = made.header("signature") or ""
    both = with_header(made, "signature-input", f'proxy=("@method");created=1;keyid="p", {value}')
    both = with_header(both, "signature", f"proxy=:AAAA:, {signature}")
    assert judge(both)


def test_further_headers_are_covered() -> None:
    start = replace(frame(), headers=(*frame().headers, ("consilium-stream", "g, 1, 7")))
    made = schemes.sign_request(start, ACTOR.rsa_signer, Scheme.RFC9421, NOON, also=("consilium-stream",))
    assert judge(made)
    assert not judge(with_header(made, "consilium-stream", "g, 1, 8"))


def test_which_scheme_to_send() -> None:
    assert scheme_for(verifies_rfc9421=False) is Scheme.CAVAGE
    assert scheme_for(verifies_rfc9421=True) is Scheme.RFC9421
    assert message.is_presented(signed(Scheme.RFC9421))
    assert not message.is_presented(signed())


@pytest.mark.parametrize(
    ("url", "authority", "request_target"),
    [
        ("https://A.example", "a.example", "/"),
        ("https://a.example:443/x?", "a.example", "/x?"),
        ("http://a.example:443/x?y=/z#f", "a.example:443", "/x?y=/z"),
        ("https://a.example?q", "a.example", "/?q"),
    ],
)
def test_targets(url: str, authority: str, request_target: str) -> None:
    target = split_target(url)
    assert (target.authority, target.request_target) == (authority, request_target)


def test_proof_sets() -> None:
    other = FakeActor.create("https://hospital.example", "paul")
    both = add_proof(add_proof(ACTOR.note(), ACTOR.ed25519_signer, NOON), other.ed25519_signer, NOON)
    keys = {each.ed25519_signer.key_id: each.ed25519.public for each in (ACTOR, other)}
    assert [verdict.valid for verdict in verify_proofs(both, keys.get, NOON)] == [True, True]
    del keys[other.ed25519_signer.key_id]
    findings = [verdict.finding for verdict in verify_proofs(both, keys.get, NOON)]
    assert findings == [Finding.VALID, Finding.KEY_UNKNOWN]
    assert verify_proof(both, ACTOR.ed25519.public, NOON).finding is Finding.UNSUPPORTED
    many = {**both, "proof": both["proof"] * 5}
    assert [each.finding for each in verify_proofs(many, keys.get, NOON)] == [Finding.UNSUPPORTED]


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"cryptosuite": "eddsa-rdfc-2022"}, Finding.UNSUPPORTED),
        ({"type": "Ed25519Signature2020"}, Finding.UNSUPPORTED),
        ({"proofPurpose": "authentication"}, Finding.UNSUPPORTED),
        ({"verificationMethod": None}, Finding.UNSUPPORTED),
        ({"proofValue": 5}, Finding.UNSUPPORTED),
        ({"previousProof": "urn:x"}, Finding.UNSUPPORTED),
        ({"proofValue": "z"}, Finding.INVALID),
        ({"proofValue": "u" + "A" * 86}, Finding.INVALID),
        ({"proofValue": "z0OIl"}, Finding.INVALID),
        ({"@context": "https://www.w3.org/ns/did/v1"}, Finding.INVALID),
        ({"created": "2026-11-23T12:00:01Z"}, Finding.INVALID),
        ({"more": float("nan")}, Finding.INVALID),
    ],
)
def test_proofs_that_are_none(changes: dict[str, object], finding: Finding) -> None:
    signed_document = add_proof(ACTOR.note(), ACTOR.ed25519_signer, NOON)
    changed = {**signed_document, "proof": {**signed_document["proof"], **changes}}
    assert verify_proof(changed, ACTOR.ed25519.public, NOON).finding is finding


def test_proof_times_and_absence() -> None:
    assert verify_proof(ACTOR.note(), ACTOR.ed25519.public, NOON).finding is Finding.ABSENT
    signed_document = add_proof(ACTOR.note(), ACTOR.ed25519_signer, NOON)
    assert verify_proof(signed_document, ACTOR.ed25519.public, NOON + timedelta(days=4000)).valid
    early = verify_proof(signed_document, ACTOR.ed25519.public, NOON - timedelta(hours=1))
    assert early.finding is Finding.EXPIRED
    assert verify_proof(signed_document, ACTOR.rsa.public, NOON).finding is Finding.INVALID


def test_a_proof_whose_options_hold_the_context_unwritten() -> None:
    """Fedify signs the document's context into the options and leaves it out of the proof."""
    signed_document = add_proof(ACTOR.note(), ACTOR.ed25519_signer, NOON)
    bare = {name: value for name, value in signed_document["proof"].items() if name != "@context"}
    assert verify_proof({**signed_document, "proof": bare}, ACTOR.ed25519.public, NOON).valid
    other = {**signed_document, "proof": bare, "@context": "https://www.w3.org/ns/did/v1"}
    assert not verify_proof(other, ACTOR.ed25519.public, NOON).valid


def test_what_we_sign_is_i_json_without_floats() -> None:
    check_signable({"a": [1, "x", None, True, 2**53 - 1]})
    for value in (1.5, 2**53, [{"x": -(2**53)}]):
        with pytest.raises(Exception, match="json-"):
            check_signable(value)
    assert fingerprint({"b": 1, "a": 2}) == fingerprint({"a": 2, "b": 1})
    with pytest.raises(ValueError, match="Ed25519"):
        add_proof({}, ACTOR.rsa_signer, NOON)


def test_a_linked_data_signature_added_after_the_proof() -> None:
    """Fedify does so; nobody here reads it, so it may come and go, and nothing else may."""
    signed_document = add_proof(ACTOR.note(), ACTOR.ed25519_signer, NOON)
    added = {**signed_document, "signature": {"type": "RsaSignature2017", "signatureValue": "eA=="}}
    assert verify_proof(added, ACTOR.ed25519.public, NOON).valid
    assert not verify_proof({**added, "to": []}, ACTOR.ed25519.public, NOON).valid
    for other in ("text", {"type": "x"}, [added["signature"]]):
        assert not verify_proof({**added, "signature": other}, ACTOR.ed25519.public, NOON).valid


def test_the_context_that_defines_proofs() -> None:
    base, v1 = "https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v1"
    for context, made in (
        (base, [base, v1]),
        ([base, {"x": "as:x"}], [base, v1, {"x": "as:x"}]),
        ([base, "https://w3id.org/security/data-integrity/v2"],) * 2,
        (["https://www.w3.org/ns/credentials/v2"],) * 2,
    ):
        signed_document = add_proof({"@context": context, "id": "x"}, ACTOR.ed25519_signer, NOON)
        assert signed_document["@context"] == signed_document["proof"]["@context"] == made
        assert verify_proof(signed_document, ACTOR.ed25519.public, NOON).valid
    assert "@context" not in add_proof({"id": "x"}, ACTOR.ed25519_signer, NOON)
