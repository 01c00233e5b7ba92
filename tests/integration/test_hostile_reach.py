"""What a hostile but allowed peer makes the instance dial, fetch and wait for: nothing that it should not.

`canary` is connected, but lives at an address that must not be dialled; `stranger` is not connected at all. Every field
that holds an address names them, in every spelling, and they see no connection. The control of each test is an honest
activity that is applied afterwards: whatever was sent, the instance works on.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from federation.signatures import schemes
from federation.testing.loopback import (
    Behaviour,
    answer,
    document,
    drip,
    endless,
    endless_headers,
    gzip_bomb,
    hang_up,
    redirect,
)
from federation.types import HttpFrame, Iri
from server.app import running
from server.core.settings import load_settings
from server.domain.trust import Trust
from server.domain.work import ItemState
from server.services import instances
from server.services.founding import open_database
from server.store import work
from server.store.work import known_by
from tests.support.hostile import (
    ACTIVITY,
    PUBLIC,
    ActorSigningKey,
    FakeActor,
    LoopbackPeer,
    Scheme,
    activity,
    create,
    note,
    now,
    number,
    outcome,
    post,
    rows,
    send,
    signed,
    stored,
)
from tests.support.instances import LiveAccount, LiveInstance, eventually
from tests.support.surroundings import surrounded

pytestmark = pytest.mark.slow

CONTEXT = "https://www.w3.org/ns/activitystreams"


@dataclass
class World:
    target: LiveInstance
    dora: LiveAccount
    peer: LoopbackPeer
    canary: LoopbackPeer
    stranger: LoopbackPeer
    mallory: FakeActor

    @property
    def dora_uri(self) -> str:
        return str(rows(self.target, "select uri from account where username = 'dora' and domain = ''")[0][0])

    def addressed(self, **more: Any) -> dict[str, Any]:
        return note(self.mallory, to=[PUBLIC, self.dora_uri], **more)

    def works_on(self) -> None:
        """The control: an honest note is stored, and the instance answers quickly."""
        sent = create(self.mallory, self.addressed())
        assert post(self.target, self.mallory, sent).status_code == 202
        assert outcome(self.target, sent, within=30) == "applied"
        began = time.monotonic()
        assert self.target.answers()
        assert time.monotonic() - began < 5

    def untouched(self) -> None:
        time.sleep(0.3)
        for one in (self.canary, self.stranger):
            assert one.connections == 0, f"{one.name} was dialled: {[frame.url for frame in one.seen]}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with surrounded(tmp_path_factory.mktemp("reach")) as around:
        mallory = around.peer.actor("mallory")
        yield World(around.target, around.dora, around.peer, around.canary, around.stranger, mallory)


def forbidden_bases(world: World) -> list[str]:
    port = world.canary.port
    return [
        world.canary.base,
        world.stranger.base,
        f"http://127.0.0.1:{port}",
        f"http://localhost:{port}",
        f"http://[::1]:{port}",
        f"http://[::ffff:127.0.0.1]:{port}",
        f"http://2130706433:{port}",
        f"http://0x7f.1:{port}",
        f"http://0:{port}",
        f"http://127.1:{port}",
        f"http://{world.peer.origin}@127.0.0.1:{port}",
        f"http://127.0.0.1.:{port}",
        f"http://CANARY.localhost.:{port}",
        "http://169.254.169.254",
        "file:///etc",
        "gopher://127.0.0.1",
    ]


# -- addresses -------------------------------------------------------------------------------------------


def test_no_spelling_of_an_internal_host_is_dialled(world: World) -> None:
    for base in forbidden_bases(world):
        iri = f"{base}/notes/{number()}"
        for sent in (
            activity(world.mallory, "Announce", iri),
            activity(world.mallory, "Like", iri),
            create(world.mallory, world.addressed(inReplyTo=iri)),
            activity(world.mallory, "Move", world.mallory.id, target=iri),
        ):
            answered = post(world.target, world.mallory, sent)
            assert answered.status_code in {202, 400}, f"{base}: {answered.status_code}"
        found = world.dora.client.get("/api/v2/search", params={"q": iri, "resolve": "true"})
        assert found.status_code == 200
        assert (found.json()["statuses"], found.json()["accounts"]) == ([], [])
    world.works_on()
    world.untouched()


def test_no_key_is_fetched_from_where_it_must_not_be(world: World) -> None:
    for base in forbidden_bases(world):
        signer = ActorSigningKey(Iri(f"{base}/actors/x#main-key"), world.mallory.rsa)
        began = time.monotonic()
        answered = send(world.target, signed(world.target, signer, create(world.mallory)))
        assert answered.status_code in {401, 403, 503}, f"{base}: {answered.status_code}"
        if world.stranger.base == base:
            assert answered.status_code == 403
        assert time.monotonic() - began < 5
    world.untouched()


FIELDS: dict[str, Callable[[str], Any]] = {
    "inReplyTo": lambda u: u,
    "url": lambda u: u,
    "context": lambda u: u,
    "conversation": lambda u: u,
    "quoteUrl": lambda u: u,
    "quote": lambda u: u,
    "replies": lambda u: {"id": u, "type": "Collection", "first": u},
    "likes": lambda u: u,
    "shares": lambda u: u,
    "attachment": lambda u: [{"type": "Image", "mediaType": "image/png", "url": u}, {"type": "Link", "href": u}],
    "image": lambda u: {"type": "Image", "url": u},
    "icon": lambda u: {"type": "Image", "url": u},
    "preview": lambda u: u,
    "generator": lambda u: u,
    "tag": lambda u: [{"type": "Mention", "href": u, "name": "@x@y"}, {"type": "Emoji", "name": ":x:", "icon": {"type": "Image", "url": u}}],
    "content": lambda u: f'<p><a href="{u}">a link</a><img src="{u}"></p>',
    "@context": lambda u: [CONTEXT, u],
    "proof": lambda u: {"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "verificationMethod": u, "proofValue": "z1", "proofPurpose": "assertionMethod"},
    "signature": lambda u: {"type": "RsaSignature2017", "creator": u, "signatureValue": "x"},
}  # fmt: skip


def test_no_field_of_a_post_leads_there(world: World) -> None:
    for name, value in FIELDS.items():
        for base in (world.canary.base, world.stranger.base):
            url = f"{base}/{name.strip('@')}/{number()}"
            inner = create(world.mallory, world.addressed(**{name: value(url)}))
            outer = create(world.mallory, world.addressed(), **{name: value(url)})
            audience = create(world.mallory, world.addressed(cc=[url, f"{url}/followers"]))
            for sent in (inner, outer, audience):
                assert post(world.target, world.mallory, sent).status_code in {202, 400}, name
    world.works_on()
    # what a reader's app loads comes through this instance, and that refuses too
    for one in world.dora.client.get("/api/v1/notifications", params={"limit": 40}).json():
        status = one["status"] or {"media_attachments": []}
        assert world.canary.base not in json.dumps(status["media_attachments"]).replace(
            '"remote_url"', ""
        ) or all(
            world.canary.origin not in (media["url"] or "") + (media["preview_url"] or "")
            for media in status["media_attachments"]
        )
        for media in status["media_attachments"]:
            for address in {media["url"], media["preview_url"]} - {None}:
                got = world.dora.client.get(
                    address.replace(world.target.base, ""), headers={"authorization": ""}
                )
                assert got.status_code in {404, 502, 503, 403, 422, 400}, got.status_code
    world.untouched()


ACTOR_FIELDS = ("outbox", "followers", "following", "featured", "featuredTags", "url", "movedTo", "inbox")


def test_no_field_of_an_actor_leads_there(world: World) -> None:
    for base in (world.canary.base, world.stranger.base):
        name = f"actor{number()}"
        actor = world.peer.actor(name)
        changed = actor.document() | {field: f"{base}/{field}" for field in ACTOR_FIELDS}
        changed |= {
            "endpoints": {"sharedInbox": f"{base}/inbox"},
            "icon": {"type": "Image", "url": f"{base}/icon.png"},
            "image": {"type": "Image", "url": f"{base}/image.png"},
            "alsoKnownAs": [f"{base}/actors/other"],
            "attachment": [
                {"type": "PropertyValue", "name": "Home", "value": f'<a rel="me" href="{base}/me">x</a>'}
            ],
        }
        world.peer.behaviours[f"/actors/{name}"] = document(changed)
        sent = create(actor, note(actor, to=[PUBLIC, world.dora_uri]))
        assert post(world.target, actor, sent).status_code in {202, 401, 403, 503}
        follow = activity(actor, "Follow", world.dora_uri)
        post(world.target, actor, follow)  # its Accept would go to the inbox that the actor names
        found = world.dora.client.get("/api/v2/search", params={"q": actor.id, "resolve": "true"}).json()
        for account in found["accounts"]:
            world.dora.client.post(f"/api/v1/accounts/{account['id']}/follow")
            for face in (account["avatar"], account["header"]):
                if world.target.base in face:
                    world.dora.client.get(face.replace(world.target.base, ""))
                assert world.stranger.origin not in face
    world.works_on()
    time.sleep(1)
    world.untouched()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_leads_there(world: World, status: int) -> None:
    for base in (
        world.canary.base,
        world.stranger.base,
        f"http://127.0.0.1:{world.canary.port}",
        "file:///etc/passwd",
        "//127.0.0.1:1",
    ):
        path = f"/notes/{number()}"
        world.peer.behaviours[path] = redirect(f"{base}{path}", status)
        sent = activity(world.mallory, "Announce", f"{world.peer.base}{path}")
        assert post(world.target, world.mallory, sent).status_code == 202
        assert outcome(world.target, sent) != "applied"
        key = ActorSigningKey(Iri(f"{world.peer.base}{path}#main-key"), world.mallory.rsa)
        assert send(world.target, signed(world.target, key, create(world.mallory))).status_code in {
            401,
            403,
            503,
        }
        world.dora.client.get("/api/v2/search", params={"q": f"{world.peer.base}{path}", "resolve": "true"})
    world.peer.behaviours["/.well-known/webfinger"] = redirect(f"{world.canary.base}/x", status)
    assert (
        world.dora.client.get(
            "/api/v2/search", params={"q": f"@a{status}@{world.peer.origin}", "resolve": "true"}
        ).status_code
        == 200
    )
    world.works_on()
    world.untouched()


def test_deliveries_do_not_follow_redirects(world: World) -> None:
    actor = world.peer.actor(f"mover{number()}")
    inbox = f"/actors/{actor.name}/inbox"
    world.peer.behaviours[f"/actors/{actor.name}"] = document(
        {name: value for name, value in actor.document().items() if name != "endpoints"}
    )
    world.peer.behaviours[inbox] = redirect(f"{world.canary.base}/inbox", 307)
    post(world.target, actor, activity(actor, "Follow", world.dora_uri))
    eventually(lambda: any(frame.url.endswith(inbox) for frame in world.peer.seen))
    world.works_on()
    world.untouched()


# -- names -----------------------------------------------------------------------------------------------

_listening: list[str] | None = None


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo" and _listening is not None:
        _listening.append(str(arguments[0]))


@pytest.mark.anyio
async def test_no_name_is_asked_of_dns_that_is_not_allowed(tmp_path: Path) -> None:
    """The interpreter reports each look-up; the control is the one allowed name, which is asked for."""
    global _listening  # noqa: PLW0603  the interpreter takes a hook once and for ever
    sys.addaudithook(_hook)
    async with AsyncExitStack() as stack:
        peer = await stack.enter_async_context(LoopbackPeer("peer"))
        mallory = peer.actor("mallory")
        settings = load_settings(
            domain="ours.localhost:9999",
            scheme="http",
            data_dir=tmp_path,
            dangerous_private_addresses=peer.origin,
        )
        database = open_database(settings)
        stack.callback(database.close)
        for origin in (peer.origin, "allowed.invalid"):
            database.run_write(instances.set_trust, "test", instances.canonical(origin), Trust.ALLOWED)
        instance = await stack.enter_async_context(running(database))
        http = await stack.enter_async_context(
            httpx.AsyncClient(transport=httpx.ASGITransport(instance), base_url=settings.base)
        )

        async def deliver(document_: dict[str, Any], key: ActorSigningKey) -> int:
            body = json.dumps(document_).encode()
            frame = HttpFrame(
                "POST",
                f"{settings.base}/inbox",
                (("host", settings.domain), ("content-type", ACTIVITY)),
                body,
            )
            frame = schemes.sign_request(frame, key, Scheme.CAVAGE, now())
            return (await http.post("/inbox", content=body, headers=list(frame.headers))).status_code

        async def settled() -> None:
            waiting: Any = [1]
            while waiting:
                await asyncio.sleep(0.05)
                waiting = await database.read(work.due_items, 10)
            await asyncio.sleep(0.3)

        _listening = []
        try:
            for name in (
                "unallowed.invalid",
                "sub.allowed.invalid",
                "allowed.invalid.evil.invalid",
                "xn--allwed-xva.invalid",
            ):
                key = ActorSigningKey(Iri(f"https://{name}/actors/x#main-key"), mallory.rsa)
                assert await deliver(create(mallory), key) == 403
                for kind in ("Announce", "Like"):
                    assert (
                        await deliver(activity(mallory, kind, f"https://{name}/notes/1"), mallory.rsa_signer)
                        == 202
                    )
                thing = note(
                    mallory,
                    inReplyTo=f"https://{name}/notes/1",
                    tag=[{"type": "Mention", "href": f"https://{name}/a", "name": "@a"}],
                )
                assert await deliver(create(mallory, thing), mallory.rsa_signer) == 202
                await instance.ingress.lookup.account(f"@somebody@{name}")
                await instance.ingress.lookup.post(f"https://{name}/notes/1")
            await settled()
            assert [name for name in _listening if name.endswith("invalid")] == []
            await instance.ingress.lookup.post("https://allowed.invalid/notes/1")
            assert [name for name in _listening if name.endswith("invalid")] == ["allowed.invalid"]
        finally:
            _listening = None
        assert ItemState.WAITING  # the queue's word, so that a change of it shows here


# -- exhaustion ------------------------------------------------------------------------------------------

HARMFUL: dict[str, Behaviour] = {
    "an endless body": endless,
    "endless headers": endless_headers,
    "a bomb": gzip_bomb(200),
    "a drip": drip,
    "a hang-up": hang_up,
    "a wrong length": answer(200, b"{}", ACTIVITY, x_more="y" * 200_000),
    "deep nesting": answer(200, b'{"a":' * 100_000, ACTIVITY),
}


def test_harmful_answers_cost_little(world: World) -> None:
    """All at once: none of them keeps the instance from its work, and none is waited for without end."""
    began = time.monotonic()
    sent = []
    for what, behaviour in HARMFUL.items():
        path = f"/harm/{number()}"
        world.peer.behaviours[path] = behaviour
        sent.append((what, activity(world.mallory, "Announce", f"{world.peer.base}{path}")))
        assert post(world.target, world.mallory, sent[-1][1]).status_code == 202
        assert world.target.answers(), what
    for what, each in sent:
        key = known_by(each["id"])
        statement = (
            "select state from inbox_item where activity_digest = ? and (state != 'waiting' or attempts > 0)"
        )
        assert eventually(lambda asked=(statement, key): rows(world.target, *asked), within=60), what
    assert time.monotonic() - began < 90
    world.works_on()


def test_a_loop_of_redirects_ends(world: World) -> None:
    first, second = f"/loop/{number()}", f"/loop/{number()}"
    world.peer.behaviours[first] = redirect(f"{world.peer.base}{second}")
    world.peer.behaviours[second] = redirect(f"{world.peer.base}{first}")
    before = len(world.peer.seen)
    sent = activity(world.mallory, "Announce", f"{world.peer.base}{first}")
    assert post(world.target, world.mallory, sent).status_code == 202
    eventually(
        lambda: rows(
            world.target,
            "select 1 from inbox_item where activity_digest = ? and (state != 'waiting' or attempts > 0)",
            known_by(sent["id"]),
        )
    )
    assert len(world.peer.seen) - before < 20


def test_an_endless_thread_is_followed_a_while(world: World) -> None:
    asked: list[int] = []

    async def above(frame: HttpFrame, writer: asyncio.StreamWriter) -> None:
        place = int(frame.url.rsplit("/", 1)[1])
        asked.append(place)
        thing = world.addressed(inReplyTo=f"{world.peer.base}/endless/{place + 1}") | {
            "id": f"{world.peer.base}/endless/{place}",
            "@context": CONTEXT,
        }
        await document(thing)(frame, writer)

    for place in range(200):
        world.peer.behaviours[f"/endless/{place}"] = above
    sent = create(world.mallory, world.addressed(inReplyTo=f"{world.peer.base}/endless/0"))
    assert post(world.target, world.mallory, sent).status_code == 202
    assert outcome(world.target, sent) == "applied"
    eventually(lambda: len(asked) >= 10, within=30)
    time.sleep(3)
    assert len(asked) <= 60, "followed further than fifty posts up"
    shown = rows(world.target, "select id from post where uri = ?", sent["object"]["id"])[0][0]
    assert world.dora.client.get(f"/api/v1/statuses/{shown}/context").status_code == 200
    world.works_on()


def test_a_thread_that_bites_its_tail_ends(world: World) -> None:
    one, two = f"{world.peer.base}/tail/{number()}", f"{world.peer.base}/tail/{number()}"
    for mine, other in ((one, two), (two, one)):
        thing = world.addressed(inReplyTo=other) | {"id": mine, "@context": CONTEXT}
        world.peer.behaviours[mine.removeprefix(world.peer.base)] = document(thing)
    sent = create(world.mallory, world.addressed(inReplyTo=two) | {"id": one})
    assert post(world.target, world.mallory, sent).status_code == 202
    assert outcome(world.target, sent) == "applied"
    eventually(lambda: stored(world.target, two))
    own = rows(world.target, "select id from post where uri = ?", one)[0][0]
    assert world.dora.client.get(f"/api/v1/statuses/{own}/context").status_code == 200
    world.works_on()


def test_a_crowd_of_recipients_is_refused(world: World) -> None:
    crowd = [f"{world.peer.base}/actors/m{n}" for n in range(3000)]
    for field in ("to", "cc"):
        thing = note(world.mallory, **{field: [PUBLIC, world.dora_uri, *crowd]})
        assert post(world.target, world.mallory, create(world.mallory, thing)).status_code == 400
        assert not stored(world.target, thing["id"])
    world.works_on()


def test_a_crowd_of_mentions_and_attachments_is_cut(world: World) -> None:
    """As many recipients as are taken, none of whom is known here; of the rest the first ones."""
    crowd = [f"{world.peer.base}/actors/m{n}" for n in range(1000)]
    thing = world.addressed(
        tag=[
            *({"type": "Mention", "href": one, "name": f"@m{n}"} for n, one in enumerate(crowd * 3)),
            *({"type": "Hashtag", "name": f"#t{n}"} for n in range(500)),
        ],
        attachment=[
            {"type": "Image", "mediaType": "image/png", "url": f"{world.peer.base}/{n}.png"}
            for n in range(500)
        ],
        cc=crowd,
    )
    before = len(world.peer.seen)
    sent = create(world.mallory, thing)
    assert post(world.target, world.mallory, sent).status_code == 202
    assert outcome(world.target, sent) == "applied"
    [(post_id,)] = rows(world.target, "select id from post where uri = ?", thing["id"])
    assert rows(world.target, "select count(*) from media where post_id = ?", post_id) == [(16,)]
    assert rows(world.target, "select count(*) from post_tag where post_id = ?", post_id)[0][0] <= 64
    shown = world.dora.client.get(f"/api/v1/statuses/{post_id}").json()
    assert len(shown["media_attachments"]) == 16
    assert len(shown["tags"]) + len(shown["mentions"]) <= 64
    time.sleep(1)
    assert len(world.peer.seen) - before < 30, "whoever is named is not looked up one by one"
    confided = note(world.mallory, to=[*crowd, world.dora_uri])
    sent = create(world.mallory, confided, to=confided["to"])
    assert post(world.target, world.mallory, sent).status_code == 202
    assert outcome(world.target, sent) == "applied"
    [(post_id,)] = rows(world.target, "select id from post where uri = ?", confided["id"])
    assert world.dora.client.get(f"/api/v1/statuses/{post_id}").json()["visibility"] == "direct"
    world.works_on()


def test_a_dead_key_is_not_fetched_again_and_again(world: World) -> None:
    path = f"/actors/dead{number()}"
    key = ActorSigningKey(Iri(f"{world.peer.base}{path}#main-key"), world.mallory.rsa)
    for _ in range(10):
        assert send(world.target, signed(world.target, key, create(world.mallory))).status_code in {401, 503}
    assert sum(frame.url.endswith(path) for frame in world.peer.seen) <= 2


def test_a_wrong_signature_fetches_a_key_at_most_once_a_minute(world: World) -> None:
    actor = world.peer.actor(f"flooded{number()}")
    sent = create(actor)
    assert post(world.target, actor, sent).status_code == 202
    forged = ActorSigningKey(actor.rsa_signer.key_id, world.mallory.ed25519)
    for _ in range(10):
        assert send(world.target, signed(world.target, forged, create(actor))).status_code == 401
    assert sum(frame.url.endswith(f"/actors/{actor.name}") for frame in world.peer.seen) <= 2


def test_many_at_once_are_all_answered(world: World) -> None:
    messages = [signed(world.target, world.mallory.rsa_signer, create(world.mallory)) for _ in range(60)]

    async def flood() -> list[int]:
        async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=30)) as client:
            answers = await asyncio.gather(
                *(
                    client.post(
                        f"http://127.0.0.1:{world.target.port}/inbox",
                        content=message.body,
                        headers=[(name, value) for name, value in message.headers],
                    )
                    for message in messages
                )
            )
        return [one.status_code for one in answers]

    assert set(asyncio.run(flood())) == {202}
    world.works_on()
