"""Wrong types, sizes and characters in every member of every activity and actor: refused or ignored, never a defect.

A defect shows as a 5xx, as a traceback in the log, or as an item that failed and waits to be tried again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from federation.testing.loopback import answer, document
from server.domain.trust import Trust
from server.store.work import known_by
from tests.support.hostile import (
    PUBLIC,
    FakeActor,
    LoopbackPeer,
    activity,
    create,
    neighbourhood,
    note,
    number,
    outcome,
    post,
    rows,
    signed,
    stored,
)
from tests.support.instances import POSTGRESQL, SQLITE, Launcher, LiveAccount, LiveInstance, eventually
from tests.support.members import add_members, trust

pytestmark = pytest.mark.slow

CONTEXT = "https://www.w3.org/ns/activitystreams"

ODD: tuple[Any, ...] = (
    None, True, 0, -1, 2**63, -(2**70), 10**300, 1.5, 1e308, "", " ", "x" * 6000, "\u0000", "a\u0000b", "\u202e\u200b",
    "http://", "http://[", "https://x.example:99999/", "//x", "javascript:alert(1)", "data:text/html,x", "2026-13-45T99:99:99Z",
    "0000-00-00T00:00:00Z", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999999Z", "P1Y", "as:Public", [], {}, [[]], [None], [{}], {"id": None}, {"@id": 5},
    {"type": []}, {"type": "Note"}, {"type": ["Note", 5]}, {"href": 5}, {"@value": "x", "@language": 5}, {"en": None}, {"en": ["x"]},
    ["x"] * 500, [{"type": "Link", "href": ["x"]}], {"type": "Collection", "items": {"type": "Collection", "items": []}},
)  # fmt: skip


@dataclass
class World:
    target: LiveInstance
    dora: LiveAccount
    peer: LoopbackPeer
    mallory: FakeActor
    dora_uri: str
    said: dict[str, Any]
    share: int


SHARE = {SQLITE: 1, POSTGRESQL: 3}
"""One in how many is sent: reading is the same on both, and what a column does not take comes up often enough in a third."""


@pytest.fixture(scope="module", params=[SQLITE, POSTGRESQL])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    launcher = Launcher(tmp_path_factory.mktemp("shapes"))
    try:
        with neighbourhood() as hood:
            peer = hood.peer("peer")
            target = launcher.prepare(
                "target",
                engine=request.param,
                CONSILIUM_POSTS="public",
                CONSILIUM_DANGEROUS_PRIVATE_ADDRESSES="127.0.0.0/8",
            )
            [dora] = add_members(target, "dora")
            trust(target, Trust.ALLOWED, peer.origin)
            target.start()
            peer.behaviours["/inbox"] = answer(202)
            said = dora.client.post(
                "/api/v1/statuses",
                json={
                    "status": "A poll",
                    "visibility": "public",
                    "poll": {"options": ["a", "b"], "expires_in": 3600},
                },
            )
            mallory = peer.actor("mallory")
            yield World(
                target, dora, peer, mallory, dora.uri, said.raise_for_status().json(), SHARE[request.param]
            )
            assert "Traceback" not in target.log(), target.log()[-6000:]
    finally:
        launcher.close()


async def _flood(target: LiveInstance, messages: list[Any]) -> list[tuple[int, bytes]]:
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=8)) as client:

        async def one(message: Any) -> tuple[int, bytes]:
            got = await client.post(
                f"http://127.0.0.1:{target.port}{message.path}",
                content=message.body,
                headers=list(message.headers),
            )
            return got.status_code, message.body

        return list(await asyncio.gather(*(one(message) for message in messages)))


def _send_all(world: World, documents: list[dict[str, Any]]) -> None:
    """All of them, or where `share` says so a part; none may be answered by a 5xx, and none may fail inside."""
    chosen = [*documents[: -1 : world.share], documents[-1]]
    messages = [signed(world.target, world.mallory.rsa_signer, each) for each in chosen]
    answered = asyncio.run(_flood(world.target, messages))
    wrong = [
        (status, body[:300]) for status, body in answered if status not in {202, 400, 401, 403, 409, 413}
    ]
    assert wrong == []
    eventually(
        lambda: not rows(world.target, "select 1 from inbox_item where state = 'waiting' and attempts = 0"),
        within=90,
    )
    failed = rows(
        world.target,
        "select i.outcome, b.body from inbox_item i join inbox_body b on b.item_id = i.id "
        "where i.outcome = 'failed' or i.state = 'parked'",
    )
    assert [(why, bytes(body)[:400]) for why, body in failed] == []
    sent = create(world.mallory, note(world.mallory, to=[PUBLIC, world.dora_uri]))
    assert post(world.target, world.mallory, sent).status_code == 202
    assert outcome(world.target, sent) == "applied", "the control"


NOTE_MEMBERS = (
    "id", "type", "attributedTo", "content", "contentMap", "summary", "summaryMap", "name", "nameMap", "url", "inReplyTo", "published",
    "updated", "to", "cc", "bto", "tag", "attachment", "sensitive", "source", "replies", "likes", "context", "startTime", "endTime", "image",
    "oneOf", "anyOf", "closed", "votersCount", "mediaType", "@context", "icon", "preview", "generator", "location", "duration", "audience",
)  # fmt: skip


@pytest.mark.parametrize("kind", ["Note", "Question", "Article", "Video", "Event"])
def test_odd_posts(world: World, kind: str) -> None:
    sent = []
    for place, member in enumerate(NOTE_MEMBERS):
        for odd in ODD[place % 2 :: 2] if kind == "Note" else ODD[place % 7 :: 7]:
            thing = note(world.mallory, to=[PUBLIC, world.dora_uri], type=kind)
            if kind == "Question":
                thing |= {
                    "oneOf": [{"type": "Note", "name": "a", "replies": {"totalItems": 1}}],
                    "votersCount": 1,
                }
            sent.append(create(world.mallory, thing | {member: odd}))
    _send_all(world, sent)


def test_odd_parts_of_posts(world: World) -> None:
    """What stands inside tags, attachments and options."""
    sent = []
    for odd in ODD[::2]:
        sent.extend(
            create(
                world.mallory,
                note(
                    world.mallory,
                    to=[PUBLIC, world.dora_uri],
                    attachment=[
                        {
                            "type": "Document",
                            "mediaType": "image/png",
                            "url": f"{world.peer.base}/x.png",
                            name: odd,
                        }
                    ],
                ),
            )
            for name in (
                "type",
                "url",
                "mediaType",
                "name",
                "width",
                "height",
                "blurhash",
                "focalPoint",
                "href",
            )
        )
        for name in ("type", "href", "name", "icon", "id"):
            tag = {"type": "Mention", "href": world.dora_uri, "name": "@dora", name: odd}
            sent.append(
                create(
                    world.mallory,
                    note(
                        world.mallory,
                        to=[PUBLIC, world.dora_uri],
                        tag=[tag, {"type": "Hashtag", "name": odd}],
                    ),
                )
            )
        for name in ("type", "name", "replies"):
            option = {
                "type": "Note",
                "name": "a",
                "replies": {"type": "Collection", "totalItems": odd},
                name: odd,
            }
            more = {"type": "Question", "anyOf": [option, {"type": "Note", "name": "b"}], "endTime": odd}
            sent.append(create(world.mallory, note(world.mallory, to=[PUBLIC, world.dora_uri], **more)))
    _send_all(world, sent)


ACTIVITY_MEMBERS = (
    "id",
    "type",
    "actor",
    "object",
    "target",
    "to",
    "cc",
    "published",
    "updated",
    "content",
    "instrument",
    "result",
    "origin",
)


def test_odd_activities(world: World) -> None:
    sent = []
    objects: dict[str, Any] = {
        "Create": None, "Update": None, "Delete": f"{world.peer.base}/notes/1", "Follow": world.dora_uri, "Accept": {"type": "Follow"},
        "Reject": {"type": "Follow"}, "Undo": {"type": "Like"}, "Like": world.said["uri"], "Announce": world.said["uri"], "Block": world.dora_uri,
        "Move": world.mallory.id, "Flag": [world.dora_uri, world.said["uri"]], "Add": world.said["uri"], "EmojiReact": world.said["uri"],
        "Read": world.said["uri"], "Nonsense": 5,
    }  # fmt: skip
    for kind, thing in objects.items():
        for place, member in enumerate(ACTIVITY_MEMBERS):
            for odd in ODD[::2] if member == "object" else ODD[place % 8 :: 8]:
                base = activity(
                    world.mallory, kind, thing or note(world.mallory, to=[PUBLIC, world.dora_uri])
                )
                sent.append(base | {member: odd})
    _send_all(world, sent)
    # nothing of it has harmed who was meant
    assert world.dora.client.get("/api/v1/accounts/verify_credentials").status_code == 200
    assert world.dora.client.get("/api/v1/notifications").status_code == 200
    assert world.dora.client.get("/api/v1/timelines/home").status_code == 200


ACTOR_MEMBERS = (
    "id", "type", "preferredUsername", "name", "summary", "inbox", "outbox", "followers", "following", "featured", "endpoints", "publicKey",
    "assertionMethod", "icon", "image", "url", "attachment", "tag", "published", "manuallyApprovesFollowers", "discoverable", "movedTo",
    "alsoKnownAs", "indexable", "@context", "nameMap", "summaryMap", "webfinger", "generator", "updated",
)  # fmt: skip


def test_odd_actors(world: World) -> None:
    """As documents that are looked up, and as updates of oneself."""
    sent = []
    for member in ACTOR_MEMBERS:
        # an actor that takes its own key back cannot be heard for a minute: that is its own affair
        if member not in {"publicKey", "assertionMethod"}:
            sent.extend(
                activity(world.mallory, "Update", world.mallory.document() | {member: odd})
                for odd in ODD[::2]
            )
        for odd in ODD[:: 5 * world.share]:
            path = f"/odd/{number()}"
            odd_document = json.loads(json.dumps(world.mallory.document()).replace("/actors/mallory", path)) | {
                "preferredUsername": f"odd{number()}", member: odd,
            }  # fmt: skip
            world.peer.behaviours[path] = document(odd_document)
            found = world.dora.client.get(
                "/api/v2/search", params={"q": f"{world.peer.base}{path}", "resolve": "true"}
            )
            assert found.status_code == 200, f"{member}: {odd!r}"
            for account in found.json()["accounts"]:
                shown = world.dora.client.get(f"/api/v1/accounts/{account['id']}")
                assert shown.status_code == 200, f"{member}: {odd!r}"
    sent.append(activity(world.mallory, "Update", world.mallory.document()))
    _send_all(world, sent)


def test_odd_discovery_documents(world: World) -> None:
    jrd = {
        "subject": "acct:x",
        "links": [{"rel": "self", "type": "application/activity+json", "href": world.mallory.id}],
    }
    for member in ("subject", "links", "aliases", "properties"):
        for odd in ODD:
            body = json.dumps(jrd | {member: odd}).encode()
            world.peer.behaviours["/.well-known/webfinger"] = answer(200, body, "application/jrd+json")
            handle = f"@odd{number()}@{world.peer.origin}"
            found = world.dora.client.get("/api/v2/search", params={"q": handle, "resolve": "true"})
            assert found.status_code == 200, f"{member}: {odd!r}"
            assert all(one["acct"] != handle[1:] for one in found.json()["accounts"])


def test_a_handle_is_not_taken_over_by_an_update(world: World) -> None:
    victim = world.peer.actor(f"victim{number()}")
    assert post(world.target, victim, create(victim)).status_code == 202
    taken = activity(world.mallory, "Update", world.mallory.document() | {"preferredUsername": victim.name})
    assert post(world.target, world.mallory, taken).status_code == 202
    assert outcome(world.target, taken) != "applied"
    own = rows(
        world.target,
        "select uri from account where username_folded = ? and domain = ?",
        victim.name,
        world.peer.origin,
    )
    assert own == [(victim.id,)]


# -- effects that count once -----------------------------------------------------------------------------


def _vote(world: World, voter: FakeActor, name: str, **more: Any) -> dict[str, Any]:
    thing = {
        "id": f"{voter.base}/votes/{number()}", "type": "Note", "attributedTo": voter.id, "name": name, "inReplyTo": world.said["uri"],
        "to": [world.dora_uri], **more,
    }  # fmt: skip
    return activity(voter, "Create", thing, to=[world.dora_uri])


def test_votes_count_once_and_only_for_what_is_asked(world: World) -> None:
    voter = world.peer.actor(f"voter{number()}")
    path = f"/api/v1/polls/{world.said['poll']['id']}"

    def counts() -> list[int]:
        return [one["votes_count"] for one in world.dora.client.get(path).json()["options"]]

    before = counts()
    first = _vote(world, voter, "a")
    assert post(world.target, voter, first).status_code == 202
    assert outcome(world.target, first) == "applied"
    for again in (
        _vote(world, voter, "a"),
        _vote(world, voter, "b"),
        _vote(world, voter, "c"),
        _vote(world, voter, "a", attributedTo=world.mallory.id),
    ):
        post(world.target, voter, again)
        if rows(world.target, "select 1 from inbox_item where activity_digest = ?", known_by(again["id"])):
            assert outcome(world.target, again) != "applied"
    assert counts() == [before[0] + 1, before[1]]
    # a vote is no post
    assert not stored(world.target, first["object"]["id"])


def test_the_same_activity_fifty_times_at_once_has_one_effect(world: World) -> None:
    sent = create(world.mallory, note(world.mallory, to=[PUBLIC, world.dora_uri]))
    message = signed(world.target, world.mallory.rsa_signer, sent)
    answered = asyncio.run(_flood(world.target, [message] * 50))
    assert {status for status, _ in answered} == {202}
    assert outcome(world.target, sent) == "applied"
    assert rows(world.target, "select count(*) from post where uri = ?", sent["object"]["id"]) == [(1,)]
    likes = [activity(world.mallory, "Like", world.said["uri"]) for _ in range(20)]
    asyncio.run(_flood(world.target, [signed(world.target, world.mallory.rsa_signer, one) for one in likes]))
    for like in likes:
        outcome(world.target, like)
    assert world.dora.client.get(f"/api/v1/statuses/{world.said['id']}").json()["favourites_count"] == 1
