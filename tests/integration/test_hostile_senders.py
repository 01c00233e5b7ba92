"""Forged, tampered, foreign: what a hostile peer sends to the inbox, and what it must not achieve.

Every verdict has its control: an honest activity of the same peer arrives. A refusal at the gate is 401, 403 or 400,
never 202 and never a 5xx; what passes the gate by an honest signature and is forged inside has no effect.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from federation.signatures import digest
from federation.signatures.cavage import CavageSignature, signing_string
from federation.testing.loopback import answer, document, redirect
from federation.types import HttpFrame
from server.domain.trust import Trust
from server.store.work import known_by
from tests.support.hostile import (
    ACTIVITY,
    PUBLIC,
    ActorSigningKey,
    FakeActor,
    Iri,
    LoopbackPeer,
    Message,
    Scheme,
    activity,
    content_of,
    create,
    fetch,
    neighbourhood,
    note,
    now,
    number,
    outcome,
    post,
    rows,
    send,
    signed,
    stored,
    timedelta,
)
from tests.support.instances import POSTGRESQL, SQLITE, Launcher, LiveAccount, LiveInstance, eventually
from tests.support.members import add_members, trust

pytestmark = pytest.mark.slow

REFUSED = {400, 401, 403}


@dataclass
class World:
    """honest and mallory live at `peer`, which is allowed; vera at `victim`, allowed too; eve at `stranger`, not."""

    target: LiveInstance
    dora: LiveAccount
    peer: LoopbackPeer
    victim: LoopbackPeer
    stranger: LoopbackPeer
    limited: LoopbackPeer
    honest: FakeActor
    mallory: FakeActor
    vera: FakeActor
    eve: FakeActor

    @property
    def dora_uri(self) -> str:
        return str(rows(self.target, "select uri from account where username = 'dora' and domain = ''")[0][0])

    def arrives(self, actor: FakeActor) -> dict[str, Any]:
        """The control: an honest note of this actor is accepted, and stored."""
        sent = create(actor, note(actor, to=[PUBLIC, self.dora_uri]))
        assert post(self.target, actor, sent).status_code == 202
        assert outcome(self.target, sent) == "applied"
        assert stored(self.target, sent["object"]["id"])
        thing: dict[str, Any] = sent["object"]
        return thing


@pytest.fixture(scope="module", params=[SQLITE, POSTGRESQL])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    launcher = Launcher(tmp_path_factory.mktemp("hostile"))
    try:
        with neighbourhood() as hood:
            peer, victim, stranger, limited = (
                hood.peer(name) for name in ("peer", "victim", "stranger", "limited")
            )
            target = launcher.prepare(
                "target",
                engine=request.param,
                CONSILIUM_POSTS="public",
                CONSILIUM_DANGEROUS_PRIVATE_ADDRESSES="127.0.0.0/8",
            )
            [dora] = add_members(target, "dora")
            trust(target, Trust.ALLOWED, peer.origin, victim.origin)
            trust(target, Trust.LIMITED, limited.origin)
            target.start()
            yield World(
                target,
                dora,
                peer,
                victim,
                stranger,
                limited,
                peer.actor("honest"),
                peer.actor("mallory"),
                victim.actor("vera"),
                stranger.actor("eve"),
            )
            assert "Traceback" not in target.log(), target.log()[-4000:]
    finally:
        launcher.close()


# -- signatures ------------------------------------------------------------------------------------------

Tamper = Callable[[World, Message], Message]


def _over(
    world: World, message: Message, covered: tuple[str, ...], algorithm: str | None = "rsa-sha256"
) -> Message:
    """Signed by the honest key over the named headers only, the algorithm as said."""
    frame = HttpFrame("POST", f"{world.target.base}{message.path}", tuple(message.headers), message.body)
    key = world.honest.rsa_signer
    bare = CavageSignature(key.key_id, covered, b"", "hs2019" if algorithm is None else algorithm, None, None)
    value = b64encode(key.sign(signing_string(frame, bare))).decode()
    said = "" if algorithm is None else f'algorithm="{algorithm}",'
    return message.replace(
        "signature", f'keyId="{key.key_id}",{said}headers="{" ".join(covered)}",signature="{value}"'
    )


def _edited_signature(change: Callable[[str], str]) -> Tamper:
    return lambda _world, message: message.replace("signature", change(message.header("signature")))


def _swapped_body(_world: World, message: Message) -> Message:
    message.body = message.body.replace(b"Hello", b"HELLO")
    return message


def _swapped_body_and_digest(_world: World, message: Message) -> Message:
    message.body = message.body.replace(b"Hello", b"HELLO")
    return message.replace("digest", digest.make(message.body))


def _doubled(name: str) -> Tamper:
    def change(_world: World, message: Message) -> Message:
        message.headers.append((name, message.header(name)))
        return message

    return change


def _changed(name: str, value: str) -> Tamper:
    return lambda _world, message: message.replace(name, value)


FULL = ("(request-target)", "host", "date", "digest")

TAMPERED: dict[str, Tamper] = {
    "no signature": lambda _w, m: m.without("signature"),
    "an empty signature header": _changed("signature", ""),
    "a signature of nothing": _edited_signature(lambda s: s[: s.index('signature="')] + 'signature=""'),
    "a signature of rubbish": _changed("signature", "rubbish"),
    "one bit of the signature": _edited_signature(lambda s: s[:-8] + ("A" if s[-8] != "A" else "B") + s[-7:]),
    "another body": _swapped_body,
    "another body with its digest": _swapped_body_and_digest,
    "no digest": lambda _w, m: m.without("digest"),
    "a digest of SHA-1": _changed("digest", "SHA=2jmj7l5rSw0yVb/vlWAYkK/YBwk="),
    "two digests": _doubled("digest"),
    "two signatures": _doubled("signature"),
    "two dates": _doubled("date"),
    "another date": _changed("date", "Mon, 01 Jan 2024 00:00:00 GMT"),
    "no date": lambda _w, m: m.without("date"),
    "another path": lambda _w, m: Message("/actors/x/inbox", m.headers, m.body),
    "the digest not covered": lambda w, m: _over(w, m, ("(request-target)", "host", "date")),
    "the host not covered": lambda w, m: _over(w, m, ("(request-target)", "date", "digest")),
    "the target not covered": lambda w, m: _over(w, m, ("host", "date", "digest")),
    "the date not covered": lambda w, m: _over(w, m, ("(request-target)", "host", "digest")),
    "only the date covered": lambda w, m: _over(w, m, ("date",)),
    "algorithm none": _edited_signature(lambda s: s.replace("rsa-sha256", "none")),
    "algorithm hmac": _edited_signature(lambda s: s.replace("rsa-sha256", "hmac-sha256")),
    "algorithm rsa-sha1": _edited_signature(lambda s: s.replace("rsa-sha256", "rsa-sha1")),
    "algorithm ed25519 for an RSA key": _edited_signature(lambda s: s.replace("rsa-sha256", "ed25519")),
    "a parameter twice": _edited_signature(lambda s: s + ',keyId="https://x.example/k"'),
    "a key id that is no address": _edited_signature(lambda s: 'keyId="main"' + s[s.index(",") :]),
    "a header named twice": _edited_signature(lambda s: s.replace("host date", "host host date")),
    "a covered header that is absent": _edited_signature(
        lambda s: s.replace("host date", "host x-absent date")
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_tampered_message_is_refused_at_the_gate(world: World, what: str) -> None:
    sent = create(world.honest)
    message = TAMPERED[what](world, signed(world.target, world.honest.rsa_signer, sent))
    answered = send(world.target, message)
    assert answered.status_code in REFUSED, f"{what}: {answered.status_code}"
    assert not rows(world.target, "select 1 from inbox_item where activity_digest = ?", known_by(sent["id"]))


def test_the_control_of_tampering(world: World) -> None:
    world.arrives(world.honest)
    sent = create(world.honest)
    message = signed(world.target, world.honest.rsa_signer, sent)
    assert send(world.target, _over(world, message, FULL)).status_code == 202
    sent = create(world.honest)
    assert post(world.target, world.honest, sent, scheme=Scheme.RFC9421).status_code == 202


@pytest.mark.parametrize("what", ["signature", "signature-input", "content-digest"])
def test_rfc9421_without_a_part_is_refused(world: World, what: str) -> None:
    sent = create(world.honest)
    message = signed(world.target, world.honest.rsa_signer, sent, scheme=Scheme.RFC9421).without(what)
    assert send(world.target, message).status_code in REFUSED


def test_rfc9421_over_another_body_is_refused(world: World) -> None:
    message = signed(world.target, world.honest.rsa_signer, create(world.honest), scheme=Scheme.RFC9421)
    assert send(world.target, _swapped_body(world, message)).status_code in REFUSED


@pytest.mark.parametrize("minutes", [-26 * 60, -13 * 60, 10, 24 * 60])
def test_an_old_or_future_message_is_refused(world: World, minutes: int) -> None:
    sent = create(world.honest)
    answered = post(world.target, world.honest, sent, at=now() + timedelta(minutes=minutes))
    assert answered.status_code in REFUSED


def test_a_replay_has_one_effect(world: World) -> None:
    sent = create(world.honest, note(world.honest, to=[PUBLIC, world.dora_uri]))
    message = signed(world.target, world.honest.rsa_signer, sent)
    assert [send(world.target, message).status_code for _ in range(5)] == [202] * 5
    assert outcome(world.target, sent) == "applied"
    assert rows(world.target, "select count(*) from post where uri = ?", sent["object"]["id"]) == [(1,)]
    told = "select count(*) from notification n join post p on p.id = n.post_id where p.uri = ?"
    assert rows(world.target, told, sent["object"]["id"])[0][0] <= 1


def test_an_id_used_for_another_content_is_a_conflict(world: World) -> None:
    sent = create(world.honest)
    assert post(world.target, world.honest, sent).status_code == 202
    other = sent | {"object": note(world.honest, "Other")}
    assert post(world.target, world.honest, other).status_code == 409
    assert rows(world.target, "select count(*) from audit where action = 'inbound.conflict'")[0][0] >= 1


def test_another_actors_key_does_not_speak_for_one(world: World) -> None:
    sent = create(world.vera)
    assert post(world.target, world.mallory, sent).status_code in REFUSED
    stolen = ActorSigningKey(world.vera.rsa_signer.key_id, world.mallory.rsa)
    assert send(world.target, signed(world.target, stolen, create(world.vera))).status_code in REFUSED
    neighbour = create(world.honest)
    assert post(world.target, world.mallory, neighbour).status_code in REFUSED, "same host, another actor"


def test_a_key_that_is_an_upload_is_none(world: World) -> None:
    """A file with a key in it, on the victim's host, of whatever type uploads have."""
    key_id = Iri(f"{world.victim.base}/uploads/{number()}.json")
    forged = world.vera.document() | {
        "id": world.vera.id,
        "publicKey": {
            "id": key_id,
            "owner": world.vera.id,
            "publicKeyPem": world.mallory.rsa.public.to_pem(),
        },
    }
    bare = {"id": key_id, "owner": world.vera.id, "publicKeyPem": world.mallory.rsa.public.to_pem()}
    for what, kind in (
        (bare, "application/json"),
        (bare, ACTIVITY),
        (forged, ACTIVITY),
        (bare, "text/plain"),
    ):
        world.victim.behaviours[key_id.removeprefix(world.victim.base)] = document(what, kind)  # type: ignore[arg-type]
        signer = ActorSigningKey(Iri(f"{key_id}?{number()}"), world.mallory.rsa)
        assert send(world.target, signed(world.target, signer, create(world.vera))).status_code in REFUSED
        signer = ActorSigningKey(key_id, world.mallory.rsa)
        assert send(world.target, signed(world.target, signer, create(world.vera))).status_code in REFUSED


def test_a_key_behind_a_redirect_to_another_host_is_none(world: World) -> None:
    path = f"/keys/{number()}"
    world.victim.behaviours[path] = redirect(f"{world.peer.base}/actors/mallory")
    signer = ActorSigningKey(Iri(f"{world.victim.base}{path}#main-key"), world.mallory.rsa)
    assert send(world.target, signed(world.target, signer, create(world.vera))).status_code in REFUSED


def test_nobody_takes_over_a_key(world: World) -> None:
    """Mallory's document lists the keys of Vera, of a neighbour and of a member here as its own."""
    world.arrives(world.vera)
    world.arrives(world.honest)
    local = rows(
        world.target,
        "select key_id, private_sealed from account_key k join account a on a.id = k.account_id where a.username = 'dora' and k.algorithm = 'rsa'",
    )
    assert local[0][1] is not None
    thief = world.peer.actor(f"thief{number()}")
    pem = thief.rsa.public.to_pem()
    wanted = [
        thief.rsa_signer.key_id,
        world.vera.rsa_signer.key_id,
        world.honest.rsa_signer.key_id,
        local[0][0],
    ]
    listed = thief.document() | {
        "publicKey": [{"id": one, "owner": thief.id, "publicKeyPem": pem} for one in wanted]
    }
    world.peer.behaviours[f"/actors/{thief.name}"] = document(listed)  # type: ignore[arg-type]
    assert post(world.target, thief, create(thief)).status_code == 202
    assert rows(world.target, "select private_sealed from account_key where key_id = ?", local[0][0]) == [
        local[0][1:]
    ]
    for key_id in wanted[1:]:
        signer = ActorSigningKey(Iri(key_id), thief.rsa)
        assert send(world.target, signed(world.target, signer, create(thief))).status_code in REFUSED
    world.arrives(world.vera)
    world.arrives(world.honest)


def test_a_changed_key_is_fetched_anew(world: World) -> None:
    """A peer that lost its keys speaks again at once; the old key is dead."""
    name = f"rekeyed{number()}"
    before = world.peer.actor(name)
    found = world.dora.client.get("/api/v2/search", params={"q": before.id, "resolve": "true"}).json()[
        "accounts"
    ]
    assert [one["username"] for one in found] == [name]
    after = FakeActor(before.base, name, FakeActor.create(before.base, f"{name}-new").rsa, before.ed25519)
    world.peer.behaviours[f"/actors/{name}"] = document(after.document())
    world.arrives(after)
    assert post(world.target, before, create(before)).status_code in REFUSED


def test_a_stranger_is_refused_before_anything_is_fetched(world: World) -> None:
    assert post(world.target, world.eve, create(world.eve)).status_code == 403
    assert world.stranger.seen == []
    lists = world.target.command("instance", "list", "--knocks", "--json")
    assert [one["domain"] for one in json.loads(lists)] == [world.stranger.origin]


def test_what_a_limited_instance_sends_waits_for_a_person(world: World) -> None:
    carl = world.limited.actor(f"carl{number()}")
    sent = create(carl, note(carl, to=[PUBLIC, world.dora_uri]))
    assert post(world.target, carl, sent).status_code == 202
    assert outcome(world.target, sent) == "held"
    assert not stored(world.target, sent["object"]["id"])
    follow = activity(carl, "Follow", world.dora_uri)
    assert post(world.target, carl, follow).status_code == 202
    assert outcome(world.target, follow) in {"held", "applied"}
    state = "select f.state from follow f join account a on a.id = f.account_id where a.uri = ?"
    assert [row[0] for row in rows(world.target, state, carl.id)] in ([], ["pending"])


@pytest.mark.parametrize("level", [Trust.SUSPENDED, Trust.BLOCKED])
def test_who_is_paused_or_ended_is_refused_at_once(world: World, level: Trust) -> None:
    """Within a second of the command, what it says is refused and what it said is hidden."""
    carl = world.limited.actor(f"paused{number()}")
    trust(world.target, Trust.ALLOWED, world.limited.origin)
    eventually(lambda: post(world.target, carl, create(carl)).status_code == 202, within=5)
    sent = create(carl, note(carl, to=[PUBLIC, world.dora_uri]))
    assert post(world.target, carl, sent).status_code == 202
    assert outcome(world.target, sent) == "applied"
    own = rows(world.target, "select id from post where uri = ?", sent["object"]["id"])[0][0]
    assert world.dora.client.get(f"/api/v1/statuses/{own}").status_code == 200
    trust(world.target, level, world.limited.origin)
    eventually(lambda: post(world.target, carl, create(carl)).status_code == 403, within=3)
    assert world.dora.client.get(f"/api/v1/statuses/{own}").status_code == 404
    assert post(world.target, carl, activity(carl, "Delete", sent["object"]["id"])).status_code == 403
    assert fetch(world.target, world.dora_uri, carl).status_code == 403
    trust(world.target, Trust.LIMITED, world.limited.origin)
    eventually(lambda: post(world.target, carl, create(carl)).status_code == 202, within=5)


# -- origin and ownership --------------------------------------------------------------------------------


def _twice(document_: dict[str, Any], name: str, value: str) -> bytes:
    """JSON with a member twice: the second is the forged one."""
    text = json.dumps(document_)
    return (text[:-1] + f', "{name}": {json.dumps(value)}' + "}").encode()


REFUSED_INSIDE: dict[str, Callable[[World], dict[str, Any] | bytes]] = {
    "another actor": lambda w: create(w.mallory) | {"actor": w.vera.id},
    "another actor of the same host": lambda w: create(w.mallory) | {"actor": w.honest.id},
    "a list of actors": lambda w: create(w.mallory) | {"actor": [w.mallory.id, w.vera.id]},
    "no actor": lambda w: {k: v for k, v in create(w.mallory).items() if k != "actor"},
    "the actor twice": lambda w: _twice(create(w.mallory), "actor", w.vera.id),
    "the actor twice, escaped": lambda w: json.dumps(create(w.mallory)).encode()[:-1] + b', "\\u0061ctor": "' + w.vera.id.encode() + b'"}',
    "an id of another host": lambda w: create(w.mallory) | {"id": f"{w.victim.base}/activities/{number()}"},
    "no id": lambda w: {k: v for k, v in create(w.mallory).items() if k != "id"},
    "an id with another host as user name": lambda w: create(w.mallory) | {"id": f"http://{w.peer.origin}@{w.victim.origin}/a/{number()}"},
    "not an activity": lambda w: note(w.mallory),
    "no JSON": lambda w: b"{",
    "a list": lambda w: b"[]",
    "a graph": lambda w: {"@context": "https://www.w3.org/ns/activitystreams", "@graph": [create(w.mallory)]},
    "an included node": lambda w: create(w.mallory) | {"@included": [create(w.vera)]},
    "a reverse property": lambda w: create(w.mallory) | {"@reverse": {"object": create(w.vera)}},
    "an aliased actor": lambda w: create(w.mallory) | {"@context": ["https://www.w3.org/ns/activitystreams", {"actor": "https://example.org/x", "who": "as:actor"}], "who": w.vera.id},
    "NaN": lambda w: json.dumps(create(w.mallory)).encode()[:-1] + b', "x": NaN}',
    "deeply nested": lambda w: json.dumps(create(w.mallory)).encode()[:-1] + b', "x": ' + b"[" * 500 + b"]" * 500 + b"}",
    "a lone surrogate": lambda w: json.dumps(create(w.mallory)).encode()[:-1] + b', "summary": "\\ud800"}',
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED_INSIDE)
def test_a_document_of_somebody_else_is_refused_at_the_gate(world: World, what: str) -> None:
    answered = post(world.target, world.mallory, REFUSED_INSIDE[what](world))
    assert answered.status_code in REFUSED, f"{what}: {answered.status_code} {answered.text[:200]}"


def test_too_large_a_document_is_refused(world: World) -> None:
    assert (
        post(
            world.target, world.mallory, create(world.mallory, note(world.mallory, "x" * 2_000_000))
        ).status_code
        == 413
    )


def _settled(world: World, sent: dict[str, Any], by: FakeActor | None = None) -> str:
    """What became of a forged activity: refused at the gate, or without effect."""
    answered = post(world.target, by or world.mallory, sent)
    assert answered.status_code in {202, 400, 401, 403}, answered.status_code
    return outcome(world.target, sent) if answered.status_code == 202 else "refused"


HARMLESS = {"refused", "ignored", "not-ours", "unavailable", "unsupported", "denied", "tombstoned"}


def test_somebody_elses_note_is_not_believed(world: World) -> None:
    world.arrives(world.mallory)
    for author, home in ((world.vera, world.victim), (world.honest, world.peer)):
        forged = note(author, "Forged", to=[PUBLIC, world.dora_uri])
        assert _settled(world, create(world.mallory, forged)) != "applied"
        assert not stored(world.target, forged["id"])
        mixed = note(world.mallory, "Forged", to=[PUBLIC, world.dora_uri]) | {"attributedTo": author.id}
        assert _settled(world, create(world.mallory, mixed)) != "applied"
        assert not stored(world.target, mixed["id"])
        foreign = note(world.mallory, "Forged", to=[PUBLIC, world.dora_uri]) | {
            "id": f"{home.base}/notes/{number()}"
        }
        if home is world.victim:
            assert _settled(world, create(world.mallory, foreign)) != "applied"
            assert not stored(world.target, foreign["id"])
    world.arrives(world.mallory)


@pytest.mark.parametrize("whose", ["vera", "honest"])
def test_only_the_owner_changes_or_deletes(world: World, whose: str) -> None:
    owner: FakeActor = getattr(world, whose)
    theirs = world.arrives(owner)
    later = (now() + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    forged = theirs | {"content": "Forged", "updated": later}
    assert _settled(world, activity(world.mallory, "Update", forged)) != "applied"
    assert (
        _settled(world, activity(world.mallory, "Update", forged | {"attributedTo": world.mallory.id}))
        != "applied"
    )
    assert _settled(world, activity(world.mallory, "Update", theirs["id"])) != "applied"
    _settled(world, activity(world.mallory, "Delete", theirs["id"]))
    _settled(world, activity(world.mallory, "Delete", {"id": theirs["id"], "type": "Tombstone"}))
    _settled(world, activity(world.mallory, "Delete", owner.id))
    _settled(world, activity(world.mallory, "Update", owner.document() | {"name": "Forged"}))
    assert content_of(world.target, theirs["id"]) == "Hello"
    assert (
        rows(world.target, "select display_name, deleted_at from account where uri = ?", owner.id)[0][1]
        is None
    )
    assert (
        "Forged" not in rows(world.target, "select display_name from account where uri = ?", owner.id)[0][0]
    )
    # the control: the owner may
    honest = theirs | {"content": "Better", "updated": later}
    sent = activity(owner, "Update", honest)
    assert post(world.target, owner, sent).status_code == 202
    assert outcome(world.target, sent) == "applied"
    assert content_of(world.target, theirs["id"]) == "Better"
    sent = activity(owner, "Delete", theirs["id"])
    assert post(world.target, owner, sent).status_code == 202
    assert outcome(world.target, sent) == "applied"
    assert not stored(world.target, theirs["id"])


def test_a_delete_before_its_create_by_another_buries_nothing(world: World) -> None:
    coming = note(world.honest, to=[PUBLIC, world.dora_uri])
    _settled(world, activity(world.mallory, "Delete", coming["id"]))
    sent = create(world.honest, coming)
    assert post(world.target, world.honest, sent).status_code == 202
    assert outcome(world.target, sent) == "applied"


def test_a_deleted_post_does_not_come_back(world: World) -> None:
    gone = world.arrives(world.honest)
    sent = activity(world.honest, "Delete", gone["id"])
    post(world.target, world.honest, sent)
    assert outcome(world.target, sent) == "applied"
    for again in (
        create(world.honest, gone),
        activity(world.honest, "Update", gone | {"updated": "2099-01-01T00:00:00Z"}),
    ):
        post(world.target, world.honest, again)
        assert outcome(world.target, again) in HARMLESS
    assert not stored(world.target, gone["id"])


def test_only_who_did_it_undoes_it(world: World) -> None:
    follow = activity(world.honest, "Follow", world.dora_uri)
    post(world.target, world.honest, follow)
    assert outcome(world.target, follow) == "applied"
    said = world.dora.client.post(
        "/api/v1/statuses", json={"status": "Like me", "visibility": "public"}
    ).json()
    like = activity(world.honest, "Like", said["uri"])
    boost = activity(world.honest, "Announce", said["uri"])
    for each in (like, boost):
        post(world.target, world.honest, each)
        assert outcome(world.target, each) == "applied"
    for each in (follow, like, boost):
        for undone in (
            each["id"],
            each,
            each | {"actor": world.mallory.id},
            {"type": each["type"], "actor": world.honest.id, "object": each["object"]},
        ):
            assert _settled(world, activity(world.mallory, "Undo", undone)) != "applied"
    shown = world.dora.client.get(f"/api/v1/statuses/{said['id']}").json()
    assert (shown["favourites_count"], shown["reblogs_count"]) == (1, 1)
    assert world.dora.client.get("/api/v1/accounts/verify_credentials").json()["followers_count"] == 1
    for each in (like, boost, follow):
        sent = activity(world.honest, "Undo", each)
        post(world.target, world.honest, sent)
        assert outcome(world.target, sent) == "applied"
    shown = world.dora.client.get(f"/api/v1/statuses/{said['id']}").json()
    assert (shown["favourites_count"], shown["reblogs_count"]) == (0, 0)


def test_only_who_was_asked_answers(world: World) -> None:
    found = rows(world.target, "select id from account where uri = ?", world.vera.id)
    if not found:
        world.arrives(world.vera)
        found = rows(world.target, "select id from account where uri = ?", world.vera.id)
    vera_here = str(found[0][0])
    world.victim.behaviours["/inbox"] = answer(202)
    world.dora.client.post(f"/api/v1/accounts/{vera_here}/follow").raise_for_status()

    def state() -> str:
        query = "select f.state from follow f join account a on a.id = f.target_id where a.uri = ?"
        standing = rows(world.target, query, world.vera.id)
        return str(standing[0][0]) if standing else "none"

    follow_uri = rows(
        world.target,
        "select f.uri from follow f join account a on a.id = f.target_id where a.uri = ?",
        world.vera.id,
    )[0][0]
    asked = {"id": follow_uri, "type": "Follow", "actor": world.dora_uri, "object": world.vera.id}
    for kind in ("Accept", "Reject"):
        for thing in (follow_uri, asked, asked | {"object": world.mallory.id}, {**asked, "id": None}):
            assert _settled(world, activity(world.mallory, kind, thing)) != "applied"
            assert state() == "pending"
    sent = activity(world.vera, "Accept", asked)
    post(world.target, world.vera, sent)
    assert outcome(world.target, sent) == "applied"
    assert state() == "accepted"


def test_nobody_blocks_or_moves_for_another(world: World) -> None:
    world.arrives(world.vera)  # so that she is known, whichever tests ran before
    follow = activity(world.honest, "Follow", world.dora_uri)
    post(world.target, world.honest, follow)
    assert outcome(world.target, follow) == "applied"
    assert (
        _settled(world, activity(world.mallory, "Block", world.dora_uri) | {"actor": world.honest.id})
        == "refused"
    )
    before = rows(world.target, "select count(*) from follow")
    for sent in (
        activity(world.mallory, "Move", world.vera.id, target=world.mallory.id),
        activity(world.mallory, "Move", world.mallory.id, target=world.vera.id),
        activity(world.mallory, "Move", world.honest.id, target=world.mallory.id),
    ):
        assert _settled(world, sent) != "applied"
    assert rows(world.target, "select count(*) from follow") == before
    assert rows(world.target, "select moved_to_uri from account where uri = ?", world.vera.id)[0][0] is None


def test_a_move_that_both_sides_name_takes_the_followers_along(world: World) -> None:
    """The control of the above: the new actor names the old one as itself."""
    old, new = world.peer.actor(f"old{number()}"), world.peer.actor(f"new{number()}")
    world.peer.behaviours[f"/actors/{new.name}"] = document(new.document() | {"alsoKnownAs": [old.id]})
    found = world.dora.client.get("/api/v2/search", params={"q": old.id, "resolve": "true"}).json()[
        "accounts"
    ]
    world.peer.behaviours["/inbox"] = answer(202)
    world.dora.client.post(f"/api/v1/accounts/{found[0]['id']}/follow").raise_for_status()
    asked = "select f.uri from follow f join account a on a.id = f.target_id where a.uri = ?"
    accept = activity(old, "Accept", rows(world.target, asked, old.id)[0][0])
    post(world.target, old, accept)
    assert outcome(world.target, accept) == "applied"
    move = activity(old, "Move", old.id, target=new.id)
    assert post(world.target, old, move).status_code == 202
    assert outcome(world.target, move) == "applied"
    assert rows(world.target, asked, new.id)
    assert not rows(world.target, asked, old.id)


# -- announce, documents, JSON-LD ------------------------------------------------------------------------


def test_an_announce_believes_nothing_embedded(world: World) -> None:
    """What is boosted is had from its own origin; an embedded forgery is looked at for its id only."""
    follow_first = activity(world.mallory, "Follow", world.dora_uri)
    post(world.target, world.mallory, follow_first)
    mallory_here = rows(world.target, "select id from account where uri = ?", world.mallory.id)[0][0]
    world.peer.behaviours["/inbox"] = answer(202)
    world.dora.client.post(f"/api/v1/accounts/{mallory_here}/follow")
    forged = note(world.vera, "Forged")
    assert _settled(world, activity(world.mallory, "Announce", forged)) != "applied"
    assert not stored(world.target, forged["id"])
    genuine = note(world.vera, "Genuine")
    world.victim.behaviours[genuine["id"].removeprefix(world.victim.base)] = document(
        genuine | {"@context": "https://www.w3.org/ns/activitystreams"}
    )
    _settled(world, activity(world.mallory, "Announce", genuine | {"content": "Forged"}))
    if stored(world.target, genuine["id"]):
        assert content_of(world.target, genuine["id"]) == "Genuine"


@pytest.mark.parametrize(
    "what", ["another id", "a redirect", "an upload", "another author", "html", "a collection", "json"]
)
def test_a_fetched_document_is_what_its_own_origin_says(world: World, what: str) -> None:
    """Vera's host serves something at the address that Mallory boosts; it is not a post of Vera's."""
    wanted = note(world.vera, "Confused") | {"@context": "https://www.w3.org/ns/activitystreams"}
    path = wanted["id"].removeprefix(world.victim.base)
    elsewhere = note(world.mallory, "Confused") | {"@context": "https://www.w3.org/ns/activitystreams"}
    world.peer.behaviours[elsewhere["id"].removeprefix(world.peer.base)] = document(elsewhere)
    world.victim.behaviours[path] = {
        "another id": document(wanted | {"id": f"{world.victim.base}/notes/other"}),
        "a redirect": redirect(elsewhere["id"]),
        "an upload": answer(200, json.dumps(wanted).encode(), "application/octet-stream"),
        "another author": document(wanted | {"attributedTo": world.mallory.id}),
        "html": answer(200, json.dumps(wanted).encode(), "text/html"),
        "a collection": document(wanted | {"type": "OrderedCollection", "orderedItems": [wanted]}),
        "json": answer(200, json.dumps(wanted).encode(), "application/json"),
    }[what]
    assert _settled(world, activity(world.mallory, "Announce", wanted["id"])) != "applied"
    assert not stored(world.target, wanted["id"])
    found = world.dora.client.get("/api/v2/search", params={"q": wanted["id"], "resolve": "true"})
    assert found.status_code == 200
    assert "Confused" not in json.dumps(
        [one for one in found.json()["statuses"] if one["account"]["acct"].startswith("vera")]
    )


def test_a_handle_belongs_to_whom_its_host_names(world: World) -> None:
    """The peer's WebFinger says that the victim's handle is Mallory; the victim's host is asked, or nobody."""
    jrd = {
        "subject": f"acct:vera@{world.victim.origin}",
        "links": [{"rel": "self", "type": ACTIVITY, "href": world.mallory.id}],
    }
    world.peer.behaviours["/.well-known/webfinger"] = answer(
        200, json.dumps(jrd).encode(), "application/jrd+json"
    )
    found = world.dora.client.get(
        "/api/v2/search", params={"q": f"@stolen@{world.peer.origin}", "resolve": "true"}
    )
    assert found.status_code == 200
    assert all(
        one["acct"] != f"vera@{world.victim.origin}" or one["uri"] == world.vera.id
        for one in found.json()["accounts"]
    )
    # a link to an actor on a host that is not allowed is not followed
    jrd = {
        "subject": f"acct:x@{world.peer.origin}",
        "links": [{"rel": "self", "type": ACTIVITY, "href": world.eve.id}],
    }
    world.peer.behaviours["/.well-known/webfinger"] = answer(
        200, json.dumps(jrd).encode(), "application/jrd+json"
    )
    found = world.dora.client.get(
        "/api/v2/search", params={"q": f"@x@{world.peer.origin}", "resolve": "true"}
    )
    assert found.json()["accounts"] == []
    assert world.stranger.seen == []
    ours = {
        "subject": f"acct:dora@{world.target.origin}",
        "links": [{"rel": "self", "type": ACTIVITY, "href": world.dora_uri}],
    }
    world.peer.behaviours["/.well-known/webfinger"] = answer(
        200, json.dumps(ours).encode(), "application/jrd+json"
    )
    found = world.dora.client.get(
        "/api/v2/search", params={"q": f"@dora@{world.peer.origin}", "resolve": "true"}
    )
    assert all(one["acct"] != f"dora@{world.peer.origin}" for one in found.json()["accounts"])


def test_linked_data_signatures_are_neither_believed_nor_in_the_way(world: World) -> None:
    signature = {
        "type": "RsaSignature2017",
        "creator": world.vera.rsa_signer.key_id,
        "created": "2026-01-01T00:00:00Z",
        "signatureValue": "QUJD",
    }
    forged = create(world.vera) | {"signature": signature}
    assert post(world.target, world.mallory, forged).status_code in REFUSED
    genuine = create(world.honest, note(world.honest, to=[PUBLIC, world.dora_uri])) | {"signature": signature}
    assert post(world.target, world.honest, genuine).status_code == 202
    assert outcome(world.target, genuine) == "applied"


def test_markup_from_elsewhere_is_made_harmless(world: World) -> None:
    evil = (
        '<p onclick="x()">Hello<script>alert(1)</script><img src=x onerror=alert(1)>'
        '<a href="javascript:alert(1)">a</a><iframe src="//x"></iframe><svg onload=x></p>'
    )
    thing = note(world.honest, evil, to=[PUBLIC, world.dora_uri], summary="<script>x</script>")
    sent = create(world.honest, thing)
    assert post(world.target, world.honest, sent).status_code == 202
    assert outcome(world.target, sent) == "applied"
    shown = content_of(world.target, thing["id"]).lower()
    for dangerous in ("script", "onclick", "onerror", "javascript:", "iframe", "svg", "<img"):
        assert dangerous not in shown


def test_the_lane_takes_no_persons_word_and_fetches_nothing_for_it(world: World) -> None:
    """Keys of people are not looked at there (who is paired later may try again), and of whom nobody decided about, nothing is."""
    world.arrives(world.honest)
    before = rows(world.target, "select count(*) from inbox_item")
    seen = len(world.peer.seen), len(world.stranger.seen)
    for actor, refused in ((world.honest, 503), (world.mallory, 503), (world.eve, 403)):
        for kind in ("Delete", "PurgeRequest", "Create"):
            sent = activity(actor, kind, f"{actor.id}/posts/{number()}")
            answered = post(world.target, actor, sent, path="/lane")
            assert answered.status_code == refused, (actor.id, kind, answered.text)
    assert (len(world.peer.seen), len(world.stranger.seen)) == seen
    assert rows(world.target, "select count(*) from inbox_item") == before
