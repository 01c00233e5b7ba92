"""Who reads what: every door, for every viewer, for every visibility; and what the HTTP around it must hold.

One author writes the same four posts, each with a word of its own and a picture. Each viewer knocks at each door; the
word is in the answer exactly where the viewer may have the post. What one may not have is what does not exist.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from federation.testing.loopback import answer
from server.domain.trust import Trust
from server.services.founding import open_database
from server.store import meta
from tests.support.hostile import (
    ACTIVITY,
    FakeActor,
    LoopbackPeer,
    activity,
    create,
    fetch,
    neighbourhood,
    note,
    outcome,
    post,
    rows,
    send,
    signed,
)
from tests.support.instances import POSTGRESQL, SQLITE, Launcher, LiveAccount, LiveInstance, eventually
from tests.support.members import add_members, settings_of, trust
from tests.support.pictures import png

pytestmark = pytest.mark.slow

VISIBILITIES = ("public", "unlisted", "private", "direct")
WORDS = {"public": "pelican", "unlisted": "urchin", "private": "panther", "direct": "dormouse"}

MAY_SEE = {
    "nobody": set(),
    "other": {"public", "unlisted"},
    "follower": {"public", "unlisted", "private"},
    "named": {"public", "unlisted", "direct"},
    "author": set(VISIBILITIES),
    "peer with a follower": {"public", "unlisted", "private"},
    "peer with the named": {"public", "unlisted", "direct"},
    "peer without either": {"public", "unlisted"},
    "stranger": set(),
    "unsigned": set(),
}
MEMBERS = ("nobody", "other", "follower", "named", "author")
PEERS = ("peer with a follower", "peer with the named", "peer without either", "stranger", "unsigned")


@dataclass
class World:
    target: LiveInstance
    clients: dict[str, httpx.Client]
    actors: dict[str, FakeActor | None]
    author: LiveAccount
    follower: LiveAccount
    said: dict[str, Any] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)

    def author_path(self) -> str:
        return self.author.uri.removeprefix(self.target.base)


def upload(member: LiveAccount, description: str) -> str:
    """A picture of its own colour, so of its own digest."""
    colour = (len(description) * 7 % 256, sum(description.encode()) % 256, 9)
    answered = member.client.post(
        "/api/v2/media",
        files={"file": ("x.png", png(colour=colour), "image/png")},
        data={"description": description},
    )
    return str(answered.raise_for_status().json()["id"])


@pytest.fixture(scope="module", params=[SQLITE, POSTGRESQL])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    launcher = Launcher(tmp_path_factory.mktemp("readers"))
    try:
        with neighbourhood() as hood:
            names = ("following", "naming", "neither", "stranger")
            peers: dict[str, LoopbackPeer] = {name: hood.peer(name) for name in names}
            target = launcher.prepare(
                "target",
                engine=request.param,
                CONSILIUM_POSTS="public",
                CONSILIUM_DANGEROUS_PRIVATE_ADDRESSES="127.0.0.0/8",
            )
            author, follower, named, other = add_members(target, "author", "follower", "named", "other")
            trust(target, Trust.ALLOWED, *(peers[name].origin for name in names[:3]))
            target.start()
            actors = {name: peer.actor(name) for name, peer in peers.items()}
            for peer in peers.values():
                peer.behaviours["/inbox"] = answer(202)
            follow = activity(actors["following"], "Follow", author.uri)
            assert post(target, actors["following"], follow).status_code == 202
            assert outcome(target, follow) == "applied"
            # the named peer's actor is met by its own words
            hello = create(actors["naming"], note(actors["naming"], to=[author.uri]))
            assert post(target, actors["naming"], hello).status_code == 202
            assert outcome(target, hello) == "applied"
            follower.client.post(f"/api/v1/accounts/{author.id}/follow").raise_for_status()
            made = World(
                target,
                {
                    "nobody": target.client(),
                    "other": other.client,
                    "follower": follower.client,
                    "named": named.client,
                    "author": author.client,
                },
                {
                    "peer with a follower": actors["following"],
                    "peer with the named": actors["naming"],
                    "peer without either": actors["neither"],
                    "stranger": actors["stranger"],
                    "unsigned": None,
                },
                author,
                follower,
            )
            for visibility in VISIBILITIES:
                names_ = f" @named @naming@{peers['naming'].origin}" if visibility == "direct" else ""
                pictures = [] if visibility == "direct" else [upload(author, f"{WORDS[visibility]} picture")]
                said = author.client.post(
                    "/api/v1/statuses",
                    json={
                        "status": f"{WORDS[visibility]} #{WORDS[visibility]}{names_}",
                        "visibility": visibility,
                        "media_ids": pictures,
                        "spoiler_text": WORDS[visibility],
                    },
                ).raise_for_status()
                assert said.json()["visibility"] == visibility
                made.said[visibility] = said.json()
            eventually(
                lambda: len(rows(target, "select 1 from activity where kind = 'Create'")) >= len(VISIBILITIES)
            )
            yield made
            assert "Traceback" not in target.log(), target.log()[-4000:]
            for word in WORDS.values():
                assert word not in target.log(), "the log holds what was written"
    finally:
        launcher.close()


# -- every door, every member ----------------------------------------------------------------------------


def doors_of_members(world: World, visibility: str) -> list[str]:
    said, word, author = world.said[visibility], WORDS[visibility], world.author
    return [
        f"/api/v1/statuses/{said['id']}",
        f"/api/v1/statuses?id[]={said['id']}",
        f"/api/v1/statuses/{said['id']}/history",
        f"/api/v1/accounts/{author.id}/statuses",
        f"/api/v1/accounts/{author.id}/statuses?only_media=true",
        f"/api/v1/timelines/tag/{word}",
        f"/api/v2/search?q={said['uri']}&resolve=true",
        f"/@author/{said['id']}",
        "/@author",
    ]


QUIET_DOORS = ("/api/v1/timelines/public", "/api/v1/timelines/public?local=true")
"""Show public posts only, whoever looks."""


def test_the_word_is_where_it_may_be(world: World) -> None:
    wrong = []
    opened = 0
    for viewer in MEMBERS:
        for visibility in VISIBILITIES:
            may = visibility in MAY_SEE[viewer]
            for door in doors_of_members(world, visibility):
                got = world.clients[viewer].get(door)
                text = re.sub(r"[?&]q=[^&]*", "", got.text)
                shown = (
                    f"{WORDS[visibility]} picture" in text
                    or f">{WORDS[visibility]} " in text
                    or f'"{WORDS[visibility]}"' in text
                )
                opened += shown
                if shown and not may:
                    wrong.append(f"{viewer} sees {visibility} at {door} ({got.status_code})")
                if got.status_code >= 500:
                    wrong.append(f"{viewer} {visibility} {door}: {got.status_code}")
                direct_door = door.startswith(f"/api/v1/statuses/{world.said[visibility]['id']}")
                if may and direct_door and not shown:
                    wrong.append(
                        f"{viewer} misses {visibility} at {door} ({got.status_code} {got.text[:100]})"
                    )
                if not may and direct_door and got.status_code not in {404, 401}:
                    wrong.append(f"{viewer} {visibility} {door}: {got.status_code}, not 404")
    assert wrong == []
    assert opened > 30, "the control: most doors open for those who may"


def test_public_timelines_hold_public_posts_only(world: World) -> None:
    for viewer in MEMBERS:
        for door in QUIET_DOORS:
            text = world.clients[viewer].get(door).text
            for visibility in ("unlisted", "private", "direct"):
                assert WORDS[visibility] not in text, f"{viewer} {door} {visibility}"


def test_what_one_may_not_see_cannot_be_touched(world: World) -> None:
    verbs = (
        "favourite",
        "unfavourite",
        "reblog",
        "unreblog",
        "bookmark",
        "unbookmark",
        "mute",
        "unmute",
        "pin",
        "unpin",
    )
    for viewer in ("other", "follower", "named"):
        for visibility in set(VISIBILITIES) - MAY_SEE[viewer]:
            number = world.said[visibility]["id"]
            for verb in verbs:
                got = world.clients[viewer].post(f"/api/v1/statuses/{number}/{verb}")
                assert got.status_code in {404, 422}, f"{viewer} {verb} {visibility}: {got.status_code}"
                assert WORDS[visibility] not in got.text
            for path in ("context", "history", "source", "favourited_by", "reblogged_by"):
                assert world.clients[viewer].get(f"/api/v1/statuses/{number}/{path}").status_code == 404
            got = world.clients[viewer].post(
                "/api/v1/statuses",
                json={"status": "a reply", "in_reply_to_id": number, "visibility": "direct"},
            )
            assert got.status_code in {404, 422}
            for method, body in (("PUT", {"status": "mine"}), ("DELETE", None)):
                got = world.clients[viewer].request(method, f"/api/v1/statuses/{number}", json=body)
                assert got.status_code == 404
    for viewer in ("other", "follower", "named"):
        number = world.said["public"]["id"]
        for method, body in (("PUT", {"status": "mine"}), ("DELETE", None)):
            assert (
                world.clients[viewer].request(method, f"/api/v1/statuses/{number}", json=body).status_code
                == 404
            )


def test_a_missing_and_a_hidden_post_answer_alike(world: World) -> None:
    missing = world.clients["other"].get("/api/v1/statuses/116000000000000001")
    hidden = world.clients["other"].get(f"/api/v1/statuses/{world.said['private']['id']}")
    assert (missing.status_code, missing.content) == (hidden.status_code, hidden.content)
    ignored = {"x-request-id", "date", "x-ratelimit-remaining", "x-ratelimit-reset"}
    assert {k: v for k, v in missing.headers.items() if k not in ignored} == {
        k: v for k, v in hidden.headers.items() if k not in ignored
    }


# -- every door, every peer ------------------------------------------------------------------------------


def test_the_word_is_fetched_by_whom_it_may_be(world: World) -> None:
    wrong = []
    for viewer in PEERS:
        actor = world.actors[viewer]
        for visibility in VISIBILITIES:
            may = visibility in MAY_SEE[viewer]
            said = world.said[visibility]
            created = rows(
                world.target,
                "select uri from activity where kind = 'Create' and post_id = ?",
                int(said["id"]),
            )
            for uri in (said["uri"], created[0][0]):
                got = fetch(world.target, uri, actor)
                expected = 200 if may else {"stranger": 403, "unsigned": 401}.get(viewer, 404)
                if got.status_code != expected:
                    wrong.append(f"{viewer} {visibility} {uri}: {got.status_code}, not {expected}")
                if (WORDS[visibility] in got.text) != may:
                    wrong.append(f"{viewer} {visibility} {uri}: the word")
                if "no-store" not in got.headers["cache-control"]:
                    wrong.append(f"{viewer} {visibility} {uri}: may be kept")
    assert wrong == []


def test_while_the_house_recovers_peers_are_asked_to_come_again(world: World) -> None:
    """Also for an actor, which is looked up in the same unit."""
    peer, paths = world.actors["peer with a follower"], (world.author_path(), world.said["public"]["uri"])
    database = open_database(settings_of(world.target))

    def must_come_again(path: str) -> bool:
        # nothing is missing here, so that the house opens by itself whenever its runner looks
        database.run_write(meta.put, meta.RECOVERING, "2026-01-01T00:00:00+00:00")
        return fetch(world.target, path, peer).status_code == 503

    try:
        for path in paths:
            eventually(lambda path=path: must_come_again(path))
        database.run_write(meta.put, meta.RECOVERING, "")
    finally:
        database.close()
    assert [fetch(world.target, path, peer).status_code for path in paths] == [200, 200]


@pytest.mark.parametrize(
    "name", ["outbox", "outbox?page=0", "followers", "followers?page=0", "following?page=0"]
)
def test_collections_hold_what_the_peer_may_know(world: World, name: str) -> None:
    for viewer in PEERS:
        got = fetch(world.target, f"{world.author_path()}/{name}", world.actors[viewer])
        if viewer in {"stranger", "unsigned"}:
            assert got.status_code in {401, 403}
            continue
        assert got.status_code == 200
        for visibility in VISIBILITIES:
            if visibility not in MAY_SEE[viewer]:
                assert world.said[visibility]["uri"] not in got.text, f"{viewer} {name} {visibility}"
        following = world.actors["peer with a follower"]
        assert following is not None
        if name.startswith("followers") and viewer != "peer with a follower":
            assert following.id not in got.text
        if name == "outbox?page=0":
            assert world.said["public"]["uri"] in got.text


def test_pictures_go_with_their_posts(world: World) -> None:
    for visibility in ("public", "unlisted", "private"):
        [(digest,)] = rows(
            world.target, "select digest from media where post_id = ?", int(world.said[visibility]["id"])
        )
        for viewer in PEERS:
            got = fetch(world.target, f"/media/{digest}", world.actors[viewer])
            if visibility in MAY_SEE[viewer]:
                assert got.status_code == 200, f"{viewer} {visibility}"
                assert got.headers["content-type"].startswith("image/")
                assert "sandbox" in got.headers["content-security-policy"]
                assert "no-store" in got.headers["cache-control"]
            else:
                assert got.status_code in {401, 403, 404}, f"{viewer} {visibility}"
                assert not got.headers["content-type"].startswith("image/")


def test_a_picture_in_confidence_stays_at_home(world: World) -> None:
    """In a direct post a picture makes a case of it, and cases leave to partners only."""
    naming = world.actors["peer with the named"]
    assert naming is not None
    handle = f"@naming@{naming.base.removeprefix('http://')}"
    said = world.author.client.post(
        "/api/v1/statuses",
        json={
            "status": f"look {handle}",
            "visibility": "direct",
            "media_ids": [upload(world.author, "confidential")],
        },
    ).raise_for_status()
    assert world.clients["author"].get(f"/api/v1/statuses/{said.json()['id']}").status_code == 200
    assert fetch(world.target, said.json()["uri"], naming).status_code == 404
    [(digest,)] = rows(world.target, "select digest from media where post_id = ?", int(said.json()["id"]))
    assert fetch(world.target, f"/media/{digest}", naming).status_code == 404


def test_a_peer_reacts_only_to_what_it_may_see(world: World) -> None:
    actor = world.actors["peer without either"]
    assert actor is not None
    for visibility in VISIBILITIES:
        sent = activity(actor, "Like", world.said[visibility]["uri"])
        assert post(world.target, actor, sent).status_code == 202
        got = outcome(world.target, sent)
        assert (got == "applied") == (visibility in MAY_SEE["peer without either"]), f"{visibility}: {got}"
    following = world.actors["peer with a follower"]
    assert following is not None
    for visibility in ("private", "direct"):
        sent = activity(following, "Announce", world.said[visibility]["uri"])
        post(world.target, following, sent)
        assert outcome(world.target, sent) != "applied", f"{visibility} was boosted by somebody else"


# -- afterwards ------------------------------------------------------------------------------------------


def test_private_replies_are_not_counted_for_others(world: World) -> None:
    number = world.said["public"]["id"]
    before = world.clients["other"].get(f"/api/v1/statuses/{number}").json()["replies_count"]
    for visibility in ("private", "direct"):
        world.author.client.post(
            "/api/v1/statuses",
            json={"status": "a quiet answer", "in_reply_to_id": number, "visibility": visibility},
        ).raise_for_status()
    assert world.clients["other"].get(f"/api/v1/statuses/{number}").json()["replies_count"] == before
    thread = world.clients["other"].get(f"/api/v1/statuses/{number}/context").json()
    assert thread["descendants"] == []


def test_a_removed_follower_is_a_stranger_again(world: World) -> None:
    """Also the link to the picture that was handed out before opens no more."""
    number = world.said["private"]["id"]
    shown = world.clients["follower"].get(f"/api/v1/statuses/{number}").json()
    link = shown["media_attachments"][0]["url"].replace(world.target.base, "")
    bare = world.target.client()
    assert bare.get(link).status_code == 200
    world.author.client.post(f"/api/v1/accounts/{world.follower.id}/remove_from_followers").raise_for_status()
    assert world.clients["follower"].get(f"/api/v1/statuses/{number}").status_code == 404
    for door in doors_of_members(world, "private"):
        assert "panther picture" not in world.clients["follower"].get(door).text, door
    assert all(
        "panther" not in one["content"]
        for one in world.clients["follower"].get("/api/v1/timelines/home").json()
    )
    assert bare.get(link).status_code == 404
    # and the peer, when its follower is removed
    following = world.actors["peer with a follower"]
    assert following is not None
    assert fetch(world.target, world.said["private"]["uri"], following).status_code == 200
    remote = str(rows(world.target, "select id from account where uri = ?", following.id)[0][0])
    world.author.client.post(f"/api/v1/accounts/{remote}/remove_from_followers").raise_for_status()
    assert fetch(world.target, world.said["private"]["uri"], following).status_code == 404


def test_a_picture_link_cannot_be_changed(world: World) -> None:
    link = world.author.client.get(f"/api/v1/statuses/{world.said['private']['id']}").json()[
        "media_attachments"
    ][0]["url"]
    path = link.replace(world.target.base, "")
    bare = world.target.client()
    assert bare.get(path).status_code == 200
    token = path.rsplit("/", 1)[1]
    for at in range(0, len(token), max(1, len(token) // 12)):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        assert bare.get(path.replace(token, changed)).status_code == 404
    for rubbish in ("", "x", "A" * 5000, "%00", token[:-3], token + "AA"):
        assert bare.get(f"/media/files/{rubbish}").status_code in {404, 405}


# -- the HTTP around it ----------------------------------------------------------------------------------


def test_every_answer_has_its_headers(world: World) -> None:
    bare = world.target.client()
    for path in (
        "/",
        "/signin",
        "/healthz",
        "/api/v2/instance",
        "/nothing",
        "/actor",
        "/.well-known/nodeinfo",
        "/inbox",
        "/static/x",
    ):
        got = bare.get(path)
        assert got.headers["x-content-type-options"] == "nosniff", path
        assert "default-src 'none'" in got.headers["content-security-policy"], path
        assert "unsafe-inline" not in got.headers["content-security-policy"], path
        assert got.headers["referrer-policy"] in {"same-origin", "no-referrer"}, path
        assert got.headers["x-frame-options"] == "DENY", path
        assert "server" not in got.headers, path
        if got.status_code >= 400:
            assert "no-store" in got.headers["cache-control"], path


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT-NOT", "PROPFIND"])
def test_wrong_methods_are_refused(world: World, method: str) -> None:
    got = world.target.client().request(method, "/inbox")
    assert got.status_code in {405, 400}
    if got.status_code == 405:
        assert got.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../pyproject.toml", "/static/..%2fpyproject.toml", "/static/%2e%2e/%2e%2e/etc/passwd", "/media/../data/secret",
        "/media/..%2f..%2fsecret", "/media/%2e%2e%2fsecret", "/media/files/..%2f..%2fsecret", "/objects/../actor", "//etc/passwd",
        "/static/%00", "/static/.gitignore", "/media/" + "a" * 64, "/media/faces/avatar/1/..%2fx",
    ],
)  # fmt: skip
def test_nothing_outside_is_reached_by_path(world: World, path: str) -> None:
    """Written to the wire as it stands: clients would tidy it up."""
    with socket.create_connection(("127.0.0.1", world.target.port), timeout=10) as wire:
        wire.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {world.target.origin}\r\nConnection: close\r\n\r\n".encode()
        )
        got = b"".join(iter(lambda: wire.recv(65536), b""))
    status = int(got.split(b" ", 2)[1])
    assert status in {400, 401, 404}, got[:200]
    assert b"root:" not in got
    assert b"[project]" not in got


@pytest.mark.parametrize(
    "wire",
    [
        b"POST /inbox HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\n\r\n",
        b"POST /inbox HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"POST /inbox HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"POST /inbox HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"rubbish\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /%ff%fe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /api/v1/statuses/%E0%A4%A HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Many: y\r\n" * 5000 + b"Connection: close\r\n\r\n",
    ],
    ids=["cl-te", "two-lengths", "odd-encoding", "negative", "nul", "version", "rubbish", "bytes", "percent", "cut", "long", "many"],
)  # fmt: skip
def test_broken_http_is_refused(world: World, wire: bytes) -> None:
    with socket.create_connection(("127.0.0.1", world.target.port), timeout=10) as connection:
        connection.sendall(wire)
        connection.settimeout(10)
        got = b""
        try:
            while b"\r\n\r\n" not in got and (more := connection.recv(65536)):
                got += more
        except (ConnectionError, TimeoutError):
            pass
    if got:
        status = int(got.split(b" ", 2)[1])
        assert status < 500, got[:200]
        assert got.count(b"HTTP/1.1 2") == 0 or b"GET / " in wire, got[:200]
    assert world.target.answers()


def test_a_spoofed_host_changes_nothing(world: World) -> None:
    """Addresses in answers are ours by the settings; a signature over another host is not for us."""
    bare = world.target.client()
    for path in ("/api/v2/instance", "/.well-known/nodeinfo", "/actor", "/.well-known/host-meta", "/"):
        got = bare.get(
            path,
            headers={
                "host": "evil.example",
                "x-forwarded-host": "evil.example",
                "forwarded": "host=evil.example",
            },
        )
        assert "evil.example" not in got.text, path
    actor = world.actors["peer with a follower"]
    assert actor is not None
    message = signed(world.target, actor.rsa_signer, create(actor))
    assert send(world.target, message.replace("host", "evil.example")).status_code == 401


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("resource=", 400),
        ("resource=acct:author@HERE&resource=acct:other@HERE", 400),
        ("resource=acct:author@HERE", 200),
        ("resource=acct:AUTHOR@HERE", 200),
        ("rel=self&resource=acct:author@HERE", 200),
        ("resource=acct:nobody@HERE", 404),
        ("resource=acct:author@evil.example", 404),
        ("resource=ftp://HERE/x", 404),
        ("resource=%ff%fe", 400),
        ("resource=acct:author@HERE%00", 404),
        ("resource=rubbish", 400),
    ],
)
def test_webfinger_answers_questions_only(world: World, query: str, status: int) -> None:
    got = world.target.client().get(f"/.well-known/webfinger?{query.replace('HERE', world.target.origin)}")
    assert got.status_code == status or (status in {400, 404} and got.status_code in {400, 404}), got.text
    if status == 200:
        assert got.headers["content-type"].startswith("application/jrd+json")
        assert got.headers["access-control-allow-origin"] == "*"


def test_what_is_public_of_an_instance_names_nobody(world: World) -> None:
    bare = world.target.client()
    for path in (
        "/actor",
        "/nodeinfo/2.0",
        "/nodeinfo/2.1",
        "/api/v1/instance",
        "/api/v2/instance",
        "/api/v1/instance/peers",
        "/api/v1/directory",
    ):
        got = bare.get(path, headers={"accept": ACTIVITY})
        assert got.status_code == 200, path
        for name in ("author", "follower", "following.localhost", "naming.localhost"):
            assert f"{name}@" not in got.text, path
            assert f"@{name}" not in got.text, path
        assert "following.localhost" not in got.text, path
