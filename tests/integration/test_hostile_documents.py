"""Documents that a hostile allowed peer serves: what they must not be believed for, and what they must not hold up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from federation.testing.loopback import document, hang
from server.domain.trust import Trust
from tests.support.hostile import (
    PUBLIC,
    ActorSigningKey,
    FakeActor,
    LoopbackPeer,
    activity,
    change,
    content_of,
    create,
    neighbourhood,
    note,
    number,
    outcome,
    post,
    rows,
    send,
    signed,
    stored,
)
from tests.support.instances import Launcher, LiveAccount, LiveInstance, eventually
from tests.support.members import add_members, trust

pytestmark = pytest.mark.slow

SIX_MINUTES = 6 * 60 * 1000
AS = "https://www.w3.org/ns/activitystreams"


@dataclass
class World:
    """honest lives at `good`, mallory at `evil`, both allowed; lim at `limited`, whose items wait for a person.

    door, locked: the host of `good` at other ports; the one is allowed, the other is not.
    """

    target: LiveInstance
    dora: LiveAccount
    emil: LiveAccount
    evil: LoopbackPeer
    limited: LoopbackPeer
    honest: FakeActor
    mallory: FakeActor
    lim: FakeActor
    door: LoopbackPeer
    locked: LoopbackPeer

    @property
    def dora_uri(self) -> str:
        return str(rows(self.target, "select uri from account where username = 'dora' and domain = ''")[0][0])

    def arrives(self, actor: FakeActor, *, within: float = 20) -> dict[str, Any]:
        """The control: an honest note of this actor has its effect in time."""
        sent = create(actor, note(actor, to=[PUBLIC, self.dora_uri]))
        assert post(self.target, actor, sent).status_code == 202
        assert outcome(self.target, sent, within) == "applied"
        thing: dict[str, Any] = sent["object"]
        return thing


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    launcher = Launcher(tmp_path_factory.mktemp("documents"))
    try:
        with neighbourhood() as hood:
            good, evil, limited, door, locked = (
                hood.peer(name) for name in ("good", "evil", "limited", "good", "good")
            )
            target = launcher.prepare(
                "target", CONSILIUM_POSTS="public", CONSILIUM_DANGEROUS_PRIVATE_ADDRESSES="127.0.0.0/8"
            )
            dora, emil = add_members(target, "dora", "emil")
            trust(target, Trust.ALLOWED, good.origin, evil.origin, door.origin)
            trust(target, Trust.LIMITED, limited.origin)
            target.start()
            honest, mallory, lim = good.actor("honest"), evil.actor("mallory"), limited.actor("lim")
            yield World(target, dora, emil, evil, limited, honest, mallory, lim, door, locked)
            assert "Traceback" not in target.log(), target.log()[-4000:]
    finally:
        launcher.close()


def test_a_context_that_renames_ids_takes_nobody_over(world: World) -> None:
    world.arrives(world.honest)
    world.arrives(world.mallory)
    stolen = {
        **world.honest.document(),
        "@context": [AS, "https://w3id.org/security/v1", {"id": f"{AS}#name", "self": "@id"}],
        "id": world.mallory.id,
        "self": world.honest.id,
        "preferredUsername": "honest",
        "summary": "stolen",
    }
    stolen["publicKey"] = {
        "self": f"{world.honest.id}#main-key",
        "owner": world.honest.id,
        "publicKeyPem": world.mallory.document()["publicKey"]["publicKeyPem"],
    }
    path = world.mallory.id.removeprefix(world.evil.base)
    world.evil.behaviours[path] = document(stolen)
    try:
        sent = activity(world.mallory, "Update", world.mallory.id)
        assert post(world.target, world.mallory, sent).status_code == 202
        assert outcome(world.target, sent) == "unavailable"
    finally:
        world.evil.behaviours[path] = document(world.mallory.document())
    assert rows(world.target, "select note from account where uri = ?", world.honest.id) != [("stolen",)]
    world.arrives(world.honest)


def test_the_inbox_that_something_comes_to_gives_it_to_nobody(world: World) -> None:
    """Who may read it stands in it: whoever owns the address that it was sent to reads nothing by that."""
    confided = note(world.honest, "For Dora", to=[world.dora.uri])
    sent = create(world.honest, confided, to=[world.dora.uri])
    path = world.emil.uri.removeprefix(world.target.base) + "/inbox"
    assert post(world.target, world.honest, sent, path=path).status_code == 202
    assert outcome(world.target, sent) == "applied"
    [(post_id,)] = rows(world.target, "select id from post where uri = ?", confided["id"])
    assert world.dora.client.get(f"/api/v1/statuses/{post_id}").status_code == 200
    assert world.emil.client.get(f"/api/v1/statuses/{post_id}").status_code == 404
    for at in ("/api/v1/notifications", "/api/v1/conversations", "/api/v1/timelines/home"):
        assert world.emil.client.get(at).json() == [], at


def test_another_port_of_a_host_that_is_not_allowed_is_a_stranger(world: World) -> None:
    world.arrives(world.honest)
    stranger = world.locked.actor("honest")
    assert post(world.target, stranger, create(stranger)).status_code == 403
    for sent in (
        activity(world.mallory, "Announce", f"{world.locked.base}/notes/{number()}"),
        activity(world.mallory, "Like", f"{world.locked.base}/notes/{number()}"),
        create(world.mallory, note(world.mallory, inReplyTo=f"{world.locked.base}/notes/{number()}")),
    ):
        assert post(world.target, world.mallory, sent).status_code == 202
        assert outcome(world.target, sent) is not None
    for asked in (stranger.id, f"@honest@{world.locked.origin}"):
        found = world.dora.client.get("/api/v2/search", params={"q": asked, "resolve": "true"}).json()
        assert found["accounts"] == []
    world.arrives(world.mallory)
    assert world.locked.connections == 0


def test_another_port_of_a_host_speaks_for_itself_alone(world: World) -> None:
    """Both are allowed and have an actor of the same name: neither says anything for the other."""
    honest, neighbour = world.honest, world.door.actor("honest")
    theirs = world.arrives(honest)
    world.arrives(neighbour)
    later = "2099-01-01T00:00:00Z"
    foreign = note(neighbour, "Forged", to=[PUBLIC, world.dora_uri]) | {
        "id": f"{honest.base}/notes/{number()}"
    }
    attributed = note(neighbour, "Forged", to=[PUBLIC, world.dora_uri]) | {"attributedTo": honest.id}
    for sent in (
        create(neighbour, foreign),
        create(neighbour, attributed),
        activity(neighbour, "Update", theirs | {"content": "Forged", "updated": later}),
        activity(
            neighbour,
            "Update",
            theirs | {"attributedTo": neighbour.id, "content": "Forged", "updated": later},
        ),
        activity(neighbour, "Update", honest.document() | {"name": "Forged"}),
        create(neighbour, foreign) | {"id": f"{honest.base}/activities/{number()}"},
        create(neighbour, foreign) | {"actor": honest.id},
    ):
        answered = post(world.target, neighbour, sent)
        assert answered.status_code in {202, 400, 401, 403}, answered.status_code
        assert answered.status_code != 202 or outcome(world.target, sent) != "applied", sent
    for sent in (activity(neighbour, "Delete", theirs["id"]), activity(neighbour, "Delete", honest.id)):
        if post(world.target, neighbour, sent).status_code == 202:
            outcome(world.target, sent)  # it may leave a tombstone of its own, and bury nothing
    taken = ActorSigningKey(honest.rsa_signer.key_id, neighbour.ed25519)
    assert send(world.target, signed(world.target, taken, create(honest))).status_code == 401
    assert not stored(world.target, foreign["id"])
    assert not stored(world.target, attributed["id"])
    assert content_of(world.target, theirs["id"]) == "Hello"
    people = rows(
        world.target,
        "select domain, display_name from account where username = 'honest' and deleted_at is null order by id",
    )
    assert [domain for domain, _ in people] == [honest.base[7:], neighbour.base[7:]]
    assert "Forged" not in people[0][1]
    world.arrives(honest)


def test_a_thread_that_answers_slowly_holds_up_nothing_that_leaves(world: World) -> None:
    """What a reply answers is looked up; meanwhile our own posts are planned and sent."""
    for _ in range(6):
        address = f"{world.evil.base}/slow/{number()}"
        world.evil.behaviours[address.removeprefix(world.evil.base)] = hang
        reply = note(world.mallory, to=[PUBLIC, world.dora_uri], inReplyTo=address)
        sent = create(world.mallory, reply)
        assert post(world.target, world.mallory, sent).status_code == 202
        assert outcome(world.target, sent) == "applied"
    with world.target.client(world.dora.token) as client:
        made = client.post("/api/v1/statuses", json={"status": "ours", "visibility": "public"}).json()
    planned = "select 1 from event where kind = 'post.published' and state = 'done' and payload like ?"
    eventually(lambda: rows(world.target, planned, f"%{made['id']}%"), within=5)


def test_a_boost_brings_nothing_of_a_limited_instance(world: World) -> None:
    """What its own delivery would leave to a person's decision does not come in by another's boost."""
    world.arrives(world.honest)
    held = note(world.lim, "held", to=[PUBLIC])
    path = held["id"].removeprefix(world.limited.base)
    world.limited.behaviours[path] = document({"@context": AS, **held})
    sent = activity(world.honest, "Announce", held["id"])
    assert post(world.target, world.honest, sent).status_code == 202
    assert outcome(world.target, sent) in {"unavailable", "ignored"}
    assert not stored(world.target, held["id"])
    open_one = note(world.mallory, to=[PUBLIC])
    path = open_one["id"].removeprefix(world.evil.base)
    world.evil.behaviours[path] = document({"@context": AS, **open_one})
    sent = activity(world.honest, "Announce", open_one["id"])
    assert post(world.target, world.honest, sent).status_code == 202
    outcome(world.target, sent)
    assert stored(world.target, open_one["id"]), "the control: an allowed instance's post comes in that way"


def test_a_peer_that_answers_slowly_holds_up_no_other_peer(world: World) -> None:
    world.arrives(world.honest)
    world.arrives(world.mallory)
    for _ in range(6):
        address = f"{world.evil.base}/slow/{number()}"
        world.evil.behaviours[address.removeprefix(world.evil.base)] = hang
        assert (
            post(world.target, world.mallory, activity(world.mallory, "Announce", address)).status_code == 202
        )
    time.sleep(0.5)
    world.arrives(world.honest, within=5)


def test_a_peer_whose_work_takes_long_is_asked_to_come_later_and_no_other(world: World) -> None:
    """What it sent names places that never answer: it waits, and its neighbours do not."""
    for _ in range(3):
        address = f"{world.evil.base}/slow/{number()}"
        world.evil.behaviours[address.removeprefix(world.evil.base)] = hang
        sent = activity(world.mallory, "Announce", address)
        assert post(world.target, world.mallory, sent).status_code == 202
    received = "update inbox_item set received_at = received_at + ? where state = 'waiting' and origin = ?"
    change(world.target, received, -SIX_MINUTES, world.evil.origin)

    def answered() -> httpx.Response:
        return post(world.target, world.mallory, create(world.mallory))

    later = eventually(lambda: found if (found := answered()).status_code == 503 else None, within=8)
    assert later.headers["retry-after"] == "60"
    assert "later" in later.json()["error"]
    claimed = signed(world.target, world.honest.rsa_signer, create(world.honest))
    claimed.replace("signature", claimed.header("signature").replace(world.honest.id, world.mallory.id))
    assert send(world.target, claimed).status_code == 503, (
        "whoever claims to be it is told the same, and not let in"
    )
    world.arrives(world.honest, within=5)
    change(world.target, received, SIX_MINUTES, world.evil.origin)
    eventually(lambda: answered().status_code == 202, within=8)
