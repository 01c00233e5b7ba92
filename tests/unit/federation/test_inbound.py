"""The gate in: what passes, what is refused with which status, and in which order."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from federation.errors import (
    AddressNotPublic,
    BadStatus,
    FederationError,
    Gone,
    KeyUnavailable,
    Malformed,
    OriginMismatch,
    Refused,
    TimedOut,
    Unreachable,
)
from federation.inbound import (
    KEY_GONE,
    InboundPorts,
    Refusal,
    SignedBy,
    VerifiedActivity,
    origin_of_request,
    verify,
    verify_get,
)
from federation.keys import PrivateKey
from federation.ports import KnownKey
from federation.signatures import message, schemes
from federation.signatures.schemes import Scheme
from federation.testing.actors import NOON, FakeActor, FixedClock, ListGate, MemoryKeys, rsa_key
from federation.types import HttpFrame, Iri
from federation.vocab.gate import MAX_BYTES

pytestmark = pytest.mark.anyio

ANNA = FakeActor.create("https://society.example", "anna")
MALLORY = FakeActor.create("https://evil.example", "mallory")
INBOX = "https://hospital.example/inbox"


def post(document: Any, actor: FakeActor = ANNA, scheme: Scheme = Scheme.CAVAGE) -> HttpFrame:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    frame = HttpFrame("POST", INBOX, (("content-type", "application/activity+json"),), body)
    return schemes.sign_request(frame, actor.rsa_signer, scheme, NOON)


class House:
    def __init__(self, *actors: FakeActor, allowed: frozenset[str] | None = None) -> None:
        self.keys = MemoryKeys({actor.rsa_signer.key_id: actor.known_key() for actor in actors})
        self.gate = ListGate(allowed)
        self.clock = FixedClock()
        self.ports = InboundPorts(self.clock, self.gate, self.keys)

    async def judge(self, frame: HttpFrame) -> VerifiedActivity | Refusal:
        return await verify(frame, self.ports)


@pytest.mark.parametrize("scheme", list(Scheme))
async def test_a_note_passes(scheme: Scheme) -> None:
    house = House(ANNA)
    frame = post(ANNA.note(), scheme=scheme)
    found = await house.judge(frame)
    assert isinstance(found, VerifiedActivity)
    assert (found.actor, found.origin, found.key_id) == (ANNA.id, "society.example", ANNA.rsa_signer.key_id)
    assert (found.id, found.scheme, found.received_at) == (ANNA.note()["id"], scheme, NOON)
    assert found.raw == frame.body
    assert found.digest == hashlib.sha256(frame.body).hexdigest()
    assert found.document == ANNA.note()
    assert (found.activity.type, found.activity.actor) == ("Create", ANNA.id)
    assert house.keys.refreshed == []
    assert "Bonjour" not in repr(found)


@pytest.mark.parametrize("shape", [lambda actor: {"id": actor, "type": "Person"}, lambda actor: [actor]])
async def test_shapes_of_actor(shape: Any) -> None:
    found = await House(ANNA).judge(post({**ANNA.note(), "actor": shape(ANNA.id)}))
    assert isinstance(found, VerifiedActivity)
    assert found.actor == ANNA.id


async def test_an_unknown_key_is_fetched_once() -> None:
    house = House()
    house.keys.remote[ANNA.rsa_signer.key_id] = ANNA.known_key()
    assert isinstance(await house.judge(post(ANNA.note())), VerifiedActivity)
    assert isinstance(await house.judge(post(ANNA.note(2))), VerifiedActivity)
    assert house.keys.refreshed == [ANNA.rsa_signer.key_id]


async def test_a_changed_key_is_fetched_once() -> None:
    house = House()
    old = KnownKey(ANNA.rsa_signer.key_id, ANNA.id, rsa_key("old").public, NOON)
    house.keys.stored[old.key_id] = old
    house.keys.remote[old.key_id] = ANNA.known_key()
    assert isinstance(await house.judge(post(ANNA.note())), VerifiedActivity)
    assert house.keys.refreshed == [old.key_id]


async def test_a_bad_signature_fetches_once_and_is_refused() -> None:
    house = House(ANNA)
    house.keys.remote[ANNA.rsa_signer.key_id] = ANNA.known_key()
    forged = replace(ANNA, rsa=rsa_key("forger"))
    refusal = await house.judge(post(ANNA.note(), forged))
    assert refusal == Refusal(401, "signature-does-not-fit", "society.example")
    assert house.keys.refreshed == [ANNA.rsa_signer.key_id]


async def test_a_bad_signature_while_the_host_will_not_fetch_again() -> None:
    forged = replace(ANNA, rsa=rsa_key("forger"))
    assert await House(ANNA).judge(post(ANNA.note(), forged)) == Refusal(
        401, "signature-does-not-fit", "society.example"
    )


async def test_the_gate_comes_before_any_look_up() -> None:
    house = House(allowed=frozenset({"hospital.example"}))
    refusal = await house.judge(post(ANNA.note()))
    assert refusal == Refusal(403, "origin-not-allowed", "society.example")
    assert house.keys.refreshed == []
    assert house.gate.asked == ["society.example"]


async def test_claims_come_before_any_look_up() -> None:
    house = House()
    late = House()
    late.clock.moment = NOON + timedelta(hours=2)
    for judge, frame, reason in (
        (late, post(ANNA.note()), "signature-too-old"),
        (house, replace(post(ANNA.note()), body=b"{}"), "digest-mismatch"),
        (house, replace(post(ANNA.note()), url="https://other.example/inbox"), "host-mismatch"),
    ):
        refusal = await judge.judge(frame)
        assert isinstance(refusal, Refusal)
        assert (refusal.status, refusal.reason) == (401, reason)
        assert judge.keys.refreshed == []


@pytest.mark.parametrize(
    "key_id", ["", "key", "ftp://x/y", "https://", "acct:a@b", "https://u:p@society.example/k"]
)
async def test_key_ids_that_are_none(key_id: str) -> None:
    frame = post(ANNA.note())
    value = (frame.header("signature") or "").replace(ANNA.rsa_signer.key_id, key_id)
    headers = tuple((name, value if name == "signature" else text) for name, text in frame.headers)
    refusal = await House(ANNA).judge(replace(frame, headers=headers))
    assert isinstance(refusal, Refusal)
    assert (refusal.status, refusal.origin) == (401, None)


async def test_unsigned() -> None:
    frame = HttpFrame("POST", INBOX, (("host", "hospital.example"),), b"{}")
    assert await House(ANNA).judge(frame) == Refusal(401, "signature-missing", None)
    assert await verify_get(replace(frame, method="GET", body=b""), House(ANNA).ports) == Refusal(
        401, "signature-missing", None
    )


@pytest.mark.parametrize(
    ("problem", "status", "reason"),
    [
        (Gone("peer-says-gone"), 401, KEY_GONE),
        (KeyUnavailable("key-unavailable"), 503, "key-unavailable"),
        (TimedOut("no-answer-in-time"), 503, "no-answer-in-time"),
        (Unreachable("connection-failed"), 503, "connection-failed"),
        (BadStatus("unexpected-status", 502), 503, "unexpected-status"),
        (BadStatus("unexpected-status", 403), 401, "key-unavailable"),
        (AddressNotPublic("address-not-public"), 401, "address-not-public"),
        (OriginMismatch("key-not-listed-by-owner"), 401, "key-not-listed-by-owner"),
        (Malformed("media-type"), 401, "media-type"),
        (Refused("origin-not-allowed"), 403, "origin-not-allowed"),
    ],
)
async def test_keys_that_cannot_be_had(problem: FederationError, status: int, reason: str) -> None:
    class Failing(MemoryKeys):
        async def refresh(self, key_id: Iri) -> KnownKey:
            raise problem

    house = House()
    refusal = await verify(post(ANNA.note()), replace(house.ports, keys=Failing()))
    assert refusal == Refusal(status, reason, "society.example")


async def test_a_key_whose_owner_lives_elsewhere() -> None:
    house = House()
    stolen = KnownKey(ANNA.rsa_signer.key_id, MALLORY.id, ANNA.rsa.public, NOON)
    house.keys.stored[stolen.key_id] = stolen
    refusal = await house.judge(post(ANNA.note()))
    assert refusal == Refusal(401, "key-of-another-origin", "society.example")


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"actor": "https://society.example/actors/paul"}, 403, "actor-is-not-the-signer"),
        ({"actor": "https://evil.example/actors/anna"}, 403, "actor-is-not-the-signer"),
        ({"actor": "https://society.example/actors/Anna"}, 403, "actor-is-not-the-signer"),
        ({"id": "https://evil.example/activities/1"}, 403, "id-of-another-origin"),
        ({"id": "http://society.example/activities/1"}, 403, "id-of-another-origin"),
        ({"id": "https://society.example:8443/activities/1"}, 403, "id-of-another-origin"),
    ],
)
async def test_ownership(changes: dict[str, Any], status: int, reason: str) -> None:
    assert await House(ANNA).judge(post({**ANNA.note(), **changes})) == Refusal(
        status, reason, "society.example"
    )


async def test_a_deletion_without_an_id() -> None:
    """As GoToSocial sends them."""
    gone = {name: value for name, value in ANNA.note().items() if name != "id"} | {"type": "Delete"}
    verified = await House(ANNA).judge(post({**gone, "object": f"{ANNA.id}/statuses/1"}))
    assert isinstance(verified, VerifiedActivity)
    assert verified.id == verified.activity.id == f"{ANNA.id}/statuses/1#delete"
    elsewhere = await House(ANNA).judge(post({**gone, "object": f"{MALLORY.id}/statuses/1"}))
    assert elsewhere == Refusal(403, "id-of-another-origin", "society.example")
    several = await House(ANNA).judge(post({**gone, "object": [f"{ANNA.id}/1", f"{ANNA.id}/2"]}))
    assert several == Refusal(400, "id-missing", "society.example")


@pytest.mark.parametrize(
    "changes",
    [
        {"actor": None},
        {"actor": [ANNA.id, MALLORY.id]},
        {"actor": {"type": "Person"}},
        {"actor": 5},
        {"id": None},
        {"id": 7},
        {"id": ""},
        {"id": [ANNA.note()["id"]]},
        {"type": "Note"},
        {"type": None},
        {"@graph": []},
        {"@included": []},
        {"@reverse": {}},
        {"object": None},
    ],
)
async def test_documents_that_are_none(changes: dict[str, Any]) -> None:
    refusal = await House(ANNA).judge(post({**ANNA.note(), **changes}))
    assert isinstance(refusal, Refusal)
    assert refusal.status == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"a":NaN}',
        b'{"id":"a","id":"b"}',
        b'{"a":"\\ud800"}',
        b"[" * 2000,
        b'{"a":' * 70 + b"1" + b"}" * 70,
    ],
)
async def test_bytes_that_are_no_document(body: bytes) -> None:
    refusal = await House(ANNA).judge(post(body))
    assert isinstance(refusal, Refusal)
    assert refusal.status == 400


async def test_a_context_cannot_rename_the_actor() -> None:
    """What decides is the decoded document: an alias may not smuggle another actor past the check."""
    renamed = {
        **ANNA.note(),
        "@context": [
            "https://www.w3.org/ns/activitystreams",
            {"actor": "https://example.org/nothing", "who": {"@id": "as:actor", "@type": "@id"}},
        ],
        "who": MALLORY.id,
    }
    found = await House(ANNA).judge(post(renamed))
    if isinstance(found, VerifiedActivity):
        assert found.activity.actor == ANNA.id
    else:
        assert found.status in {400, 403}


async def test_too_long() -> None:
    frame = HttpFrame("POST", INBOX, (), b" " * (MAX_BYTES + 1))
    assert await House().judge(frame) == Refusal(413, "body-too-long")


async def test_signed_get() -> None:
    house = House(ANNA)
    frame = HttpFrame("GET", "https://hospital.example/objects/1", (("accept", "application/activity+json"),))
    made = schemes.sign_request(frame, ANNA.rsa_signer, Scheme.CAVAGE, NOON)
    found = await verify_get(made, house.ports)
    assert found == SignedBy(ANNA.id, "society.example", ANNA.rsa_signer.key_id, Scheme.CAVAGE)
    other = await verify_get(replace(made, url="https://hospital.example/objects/2"), house.ports)
    assert isinstance(other, Refusal)
    assert other.status == 401


async def test_an_ed25519_key() -> None:
    house = House()
    house.keys.stored[ANNA.ed25519_signer.key_id] = ANNA.known_key(ed25519=True)
    body = json.dumps(ANNA.note()).encode()
    for scheme in Scheme:
        frame = schemes.sign_request(HttpFrame("POST", INBOX, (), body), ANNA.ed25519_signer, scheme, NOON)
        assert isinstance(await house.judge(frame), VerifiedActivity)
    other = replace(ANNA, ed25519=PrivateKey.generate_ed25519())
    frame = schemes.sign_request(
        HttpFrame("POST", INBOX, (), body), other.ed25519_signer, Scheme.RFC9421, NOON
    )
    assert isinstance(await house.judge(frame), Refusal)


def test_the_origin_before_the_body() -> None:
    assert origin_of_request(post(ANNA.note())) == "society.example"
    assert origin_of_request(post(ANNA.note(), scheme=Scheme.RFC9421)) == "society.example"
    assert origin_of_request(HttpFrame("POST", INBOX, ())) == Refusal(401, "signature-missing")


STREAM = ("consilium-stream", 'group="https://society.example/actors/1", epoch=1, n=1')


def exact(
    age: int, *, method: str = "POST", also: tuple[str, ...] = (), headers: tuple[tuple[str, str], ...] = ()
) -> HttpFrame:
    """Members-only traffic that was signed so many seconds ago."""
    body = b"" if method == "GET" else json.dumps({**ANNA.note(), "profile": "members-only"}).encode()
    made = HttpFrame(method, INBOX, headers, body)
    then = NOON - timedelta(seconds=age)
    return schemes.sign_request(made, ANNA.ed25519_signer, Scheme.RFC9421, then, also=also)


@pytest.mark.parametrize("age", [-299, 0, 299])
async def test_members_only_traffic_within_five_minutes_passes(age: int) -> None:
    house = House()
    house.keys.stored[ANNA.ed25519_signer.key_id] = ANNA.known_key(ed25519=True)
    found = await house.judge(exact(age, also=("consilium-stream",), headers=(STREAM,)))
    assert isinstance(found, VerifiedActivity), found
    assert (found.profiled, found.covered["consilium-stream"]) == (True, STREAM[1])
    read = await verify_get(exact(age, method="GET"), house.ports)
    assert isinstance(read, SignedBy) and read.profiled


async def test_members_only_traffic_that_is_older_or_covers_less_is_refused() -> None:
    house = House()
    house.keys.stored[ANNA.ed25519_signer.key_id] = ANNA.known_key(ed25519=True)
    assert await house.judge(exact(301)) == Refusal(401, "signature-too-old", "society.example")
    assert await house.judge(exact(-301)) == Refusal(401, "signature-from-the-future", "society.example")
    uncovered = await house.judge(exact(0, headers=(STREAM,)))
    assert uncovered == Refusal(401, "signature-covers-too-little", "society.example")
    read = await verify_get(exact(301, method="GET"), house.ports)
    assert isinstance(read, SignedBy) and not read.profiled, "it gets what everybody gets"
    usual = json.dumps(ANNA.note()).encode()
    old = schemes.sign_request(
        HttpFrame("POST", INBOX, (), usual), ANNA.ed25519_signer, Scheme.RFC9421, NOON - timedelta(minutes=59)
    )
    found = await house.judge(old)
    assert isinstance(found, VerifiedActivity) and not found.profiled, "other traffic has an hour"


async def test_members_only_traffic_names_the_whole_target() -> None:
    house = House()
    house.keys.stored[ANNA.ed25519_signer.key_id] = ANNA.known_key(ed25519=True)
    frame = exact(0)
    signature = message.parse(frame)
    names = " ".join(f'"{name}"' for name in ("@method", "@authority", "@path", "content-digest"))
    params = f'({names});created={signature.created};keyid="{signature.key_id}"'
    others = tuple(each for each in frame.headers if each[0] not in {"signature", "signature-input"})
    plain = replace(frame, headers=others)
    unsigned = replace(
        signature, components=("@method", "@authority", "@path", "content-digest"), params=params
    )
    value = b64encode(ANNA.ed25519_signer.sign(message.signature_base(plain, unsigned))).decode()
    made = (("signature-input", f"sig1={params}"), ("signature", f"sig1=:{value}:"))
    signed = replace(plain, headers=others + made)
    assert await house.judge(signed) == Refusal(401, "signature-covers-too-little", "society.example")
