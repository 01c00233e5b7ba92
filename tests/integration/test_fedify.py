"""Federation with Fedify, both ways, in both of its ways to begin: draft-cavage first and RFC 9421 first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from server.domain.trust import Trust
from tests.support.fedify import CAVAGE, RFC9421, FedifyPeer
from tests.support.instances import Launcher, LiveAccount, LiveInstance, eventually
from tests.support.members import add_members, trust

pytestmark = pytest.mark.slow


@dataclass
class World:
    """Anna and Ben live here, Fay at the peer; Anna and Fay follow each other."""

    instance: LiveInstance
    anna: LiveAccount
    ben: LiveAccount
    fay: FedifyPeer
    fay_here: str

    def get(self, path: str, **params: Any) -> Any:
        answer = self.anna.client.get(path, params=params)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        return answer.json()

    def post(self, path: str, method: str = "POST", **fields: Any) -> Any:
        answer = self.anna.client.request(method, path, json=fields)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        return answer.json()

    def say(self, text: str, visibility: str = "public", **fields: Any) -> Any:
        return self.post("/api/v1/statuses", status=text, visibility=visibility, **fields)

    def hears(self, kind: str, **members: str) -> dict[str, Any]:
        """Fay's instance verified and took it."""
        try:
            found = eventually(lambda: self.fay.heard(kind, **members), within=30)
        except AssertionError:
            state = self.fay.do("state")
            raise AssertionError(
                f"{kind} {members}: {state['problems'][-2:]} {state['schemes']['in'][-4:]}"
            ) from None
        assert found is not None
        return found

    def shown(self, uri: str, check: Callable[[Any], bool] = lambda _one: True) -> Any:
        """The post in Anna's home, as wanted."""

        def look() -> Any:
            home = self.get("/api/v1/timelines/home", limit=40)
            return next((one for one in home if one["uri"] == uri and check(one)), None)

        try:
            return eventually(look, within=30)
        except AssertionError:
            raise AssertionError(f"{uri}: {self.fay.do('state')['schemes']['out'][-4:]}") from None


@pytest.fixture(scope="module", params=[CAVAGE, RFC9421], ids=["cavage-first", "rfc9421-first"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("fedify")
    launcher = Launcher(folder)
    fay = FedifyPeer("fay", request.param, folder)
    try:
        instance = launcher.prepare(
            "ours", CONSILIUM_POSTS="public", CONSILIUM_DANGEROUS_PRIVATE_ADDRESSES="127.0.0.0/8"
        )
        anna, ben = add_members(instance, "anna", "ben")
        trust(instance, Trust.ALLOWED, fay.origin)
        instance.start()
        world = World(instance, anna, ben, fay, "")
        # Fedify speaks https to handles; an address leads there over http too
        found = world.get("/api/v2/search", q=fay.actor, resolve="true")["accounts"]
        assert [one["username"] for one in found] == ["fay"], fay.do("state")
        world.fay_here = found[0]["id"]
        world.post(f"/api/v1/accounts/{world.fay_here}/follow")
        world.hears("Follow", actor=anna.uri)
        path = "/api/v1/accounts/relationships"
        eventually(lambda: world.get(path, **{"id[]": world.fay_here})[0]["following"], within=30)
        fay.do("follow", actor=anna.uri)
        world.hears("Accept")
        eventually(lambda: world.get(path, **{"id[]": world.fay_here})[0]["followed_by"], within=30)
        yield world
        assert fay.do("state")["problems"] == []
        assert "Traceback" not in instance.log(), instance.log()[-4000:]
    finally:
        fay.close()
        launcher.close()


def test_our_posts_edits_and_deletes_arrive(world: World) -> None:
    said = world.say("Hello Fay")
    assert "Hello Fay" in world.hears("Create", object=said["uri"])["content"]
    world.post(f"/api/v1/statuses/{said['id']}", "PUT", status="Hello again")
    assert "Hello again" in world.hears("Update", object=said["uri"])["content"]
    world.post(f"/api/v1/statuses/{said['id']}", "DELETE")
    world.hears("Delete", object=said["uri"])


def test_their_posts_edits_and_deletes_arrive(world: World) -> None:
    uri = world.fay.do("note", content="<p>Bonjour Anna</p>")["id"]
    shown = world.shown(uri)
    assert "Bonjour Anna" in shown["content"]
    assert shown["visibility"] == "public"
    world.fay.do("edit", id=uri, content="<p>Rebonjour</p>")
    world.shown(uri, lambda one: "Rebonjour" in one["content"])
    world.fay.do("remove", id=uri)
    eventually(lambda: world.anna.client.get(f"/api/v1/statuses/{shown['id']}").status_code == 404, within=30)


def test_replies_thread_both_ways(world: World) -> None:
    question = world.say("A question")
    world.hears("Create", object=question["uri"])
    reply = world.fay.do("note", content="<p>An answer</p>", to=[world.anna.uri], inReplyTo=question["uri"])[
        "id"
    ]
    shown = world.shown(reply)
    assert shown["in_reply_to_id"] == question["id"]
    again = world.say(f"@fay@{world.fay.origin} thanks", in_reply_to_id=shown["id"])
    assert world.hears("Create", object=again["uri"])["inReplyTo"] == reply


def test_likes_and_boosts_and_their_undoing_arrive_there(world: World) -> None:
    uri = world.fay.do("note", content="<p>Like this</p>")["id"]
    here = world.shown(uri)["id"]
    for verb, kind in (("favourite", "Like"), ("reblog", "Announce")):
        world.post(f"/api/v1/statuses/{here}/{verb}")
        world.hears(kind, object=uri, actor=world.anna.uri)
        world.post(f"/api/v1/statuses/{here}/un{verb}")
        world.hears("Undo", of=kind, about=uri)


def test_likes_and_boosts_and_their_undoing_arrive_here(world: World) -> None:
    said = world.say("React to this")
    world.hears("Create", object=said["uri"])
    for kind, count in (("Like", "favourites_count"), ("Announce", "reblogs_count")):
        world.fay.do("react", kind=kind, id=said["uri"])
        eventually(lambda count=count: world.get(f"/api/v1/statuses/{said['id']}")[count] == 1, within=30)
        world.fay.do("undo", what=f"{kind} {said['uri']}", actor=world.anna.uri)
        eventually(lambda count=count: world.get(f"/api/v1/statuses/{said['id']}")[count] == 0, within=30)


def test_votes_and_counts_of_a_poll_go_both_ways(world: World) -> None:
    asked = world.say("Which?", poll={"options": ["This", "That"], "expires_in": 3600})
    world.hears("Create", object=asked["uri"])
    for options in (["That"], ["That"], ["This"]):  # who said it twice has said it once; it takes one choice
        world.fay.do("vote", id=asked["uri"], options=options)
    told = world.hears("Update", object=asked["uri"], counts="This 0, That 1")
    assert told["voters"] == 1
    path = f"/api/v1/polls/{asked['poll']['id']}"
    assert [one["votes_count"] for one in world.get(path)["options"]] == [0, 1]
    world.ben.client.post(f"{path}/votes", json={"choices": [0]}).raise_for_status()
    assert world.hears("Update", object=asked["uri"], counts="This 1, That 1")["voters"] == 2


def test_followers_only_posts_are_fetched_with_a_signature_only(world: World) -> None:
    said = world.say("Only for followers", "private")
    world.hears("Create", object=said["uri"])
    assert world.fay.do("get", uri=said["uri"])["status"] == 401
    fetched = world.fay.do("get", uri=said["uri"], signed=True)
    assert fetched["status"] == 200
    assert "Only for followers" in fetched["body"]
    theirs = world.fay.do("note", content="<p>For my followers</p>", visibility="followers")["id"]
    assert world.shown(theirs)["visibility"] == "private"


def test_their_followers_only_post_is_fetched_with_our_signature(world: World) -> None:
    """Posted before anybody here could receive it; a reply to it leads there."""
    uri = world.fay.do("note", content="<p>Deep in a thread</p>", visibility="followers")["id"]
    here = world.shown(uri)["id"]
    assert world.anna.client.get(f"/api/v1/statuses/{here}").status_code == 200
    found = world.get("/api/v2/search", q=uri, resolve="true")["statuses"]
    assert [one["uri"] for one in found] == [uri]


def test_direct_posts_arrive_both_ways(world: World) -> None:
    said = world.say(f"@fay@{world.fay.origin} in confidence", "direct")
    world.hears("Create", object=said["uri"])
    uri = world.fay.do("note", content="<p>Likewise</p>", visibility="direct", to=[world.anna.uri])["id"]
    told = eventually(
        lambda: [
            one for one in world.get("/api/v1/notifications") if (one.get("status") or {}).get("uri") == uri
        ],
        within=30,
    )
    assert told[0]["status"]["visibility"] == "direct"


def test_profiles_arrive_both_ways(world: World) -> None:
    world.post("/api/v1/accounts/update_credentials", "PATCH", display_name="Dr Anna")
    world.hears("Update", name="Dr Anna")
    world.fay.do("rename", name="Dr Fay")
    eventually(lambda: world.get(f"/api/v1/accounts/{world.fay_here}")["display_name"] == "Dr Fay", within=30)


def test_somebody_there_follows_and_writes_to_an_open_group_here(world: World) -> None:
    """The activity is announced, as communities want it, and the post, as Mastodon shows it."""
    name = f"open{world.fay.port}"
    world.instance.command("group", "create", name, "--title", "Open", "--access", "open")
    [group] = world.get("/api/v2/search", q=name, type="accounts")["accounts"]
    world.fay.do("follow", actor=group["uri"])
    world.hears("Accept", actor=group["uri"])
    said = world.fay.do("note", content="<p>To the group</p>", to=[group["uri"]])
    world.hears("Announce", actor=group["uri"], object=said["create"])
    world.hears("Announce", actor=group["uri"], object=said["id"])
    eventually(lambda: said["id"] in _boosted(world, group["id"]), within=30)
    ours = world.say(f"@{name} From here")
    world.hears("Announce", actor=group["uri"], object=ours["uri"])


def test_a_member_here_follows_a_group_there(world: World) -> None:
    club = f"{world.fay.base}/people/club"
    [found] = world.get("/api/v2/search", q=club, resolve="true")["accounts"]
    assert found["group"] is True
    world.post(f"/api/v1/accounts/{found['id']}/follow")
    path = "/api/v1/accounts/relationships"
    eventually(lambda: world.get(path, **{"id[]": found["id"]})[0]["following"], within=30)
    for whole in (True, False):
        note = world.fay.do("note", content="<p>For the club</p>")["id"]
        world.fay.do("announce", id=note, whole=whole)
        eventually(lambda note=note: note in _boosted(world, found["id"]), within=30)
    said = world.say(f"@club@{world.fay.origin} Hello club")
    heard = world.hears("Create", object=said["uri"])
    assert "Hello club" in heard["content"]


def _boosted(world: World, account_id: str) -> list[str]:
    """The ids of what a group boosted, as its page in an app shows it."""
    shown = world.get(f"/api/v1/accounts/{account_id}/statuses")
    return [one["reblog"]["uri"] for one in shown if one["reblog"]]


def test_nothing_was_signed_in_a_way_that_was_refused(world: World) -> None:
    """Nobody had to knock twice but where a scheme was new to the other."""
    state = world.fay.do("state")["schemes"]
    assert state["in"]
    assert [one for one in state["in"] if one["method"] == "POST" and one["status"] >= 400] == []
    assert [one for one in state["out"] if one["method"] == "POST" and one["status"] >= 400] == []


def test_unfollowing_ends_it_both_ways(world: World) -> None:
    world.post(f"/api/v1/accounts/{world.fay_here}/unfollow")
    world.hears("Undo", of="Follow")
    world.fay.do("undo", what=f"follow {world.anna.uri}", actor=world.anna.uri)
    path = "/api/v1/accounts/relationships"
    eventually(lambda: not world.get(path, **{"id[]": world.fay_here})[0]["followed_by"], within=30)
    said = world.say("Not for Fay")
    time.sleep(1)
    assert world.fay.heard("Create", object=said["uri"]) is None
