"""Two instances as real processes federate over loopback; each effect is seen on the other side through its API.

A third instance, which nobody allowed, knocks and gets nothing. The order of the tests is the order of the story:
they share the processes, and each makes the posts that it speaks of.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from server.domain.trust import Trust
from tests.support.instances import Launcher, LiveAccount, LiveInstance, eventually
from tests.support.members import add_members, trust
from tests.support.pictures import png

pytestmark = pytest.mark.slow

QUIET = 1.0
"""Seconds after which something that should not come has not come."""


@dataclass
class Here:
    """A member as tests use them. at: the other instance's members, as this member's instance knows them."""

    account: LiveAccount
    instance: LiveInstance

    @property
    def handle(self) -> str:
        return f"@{self.account.name}@{self.instance.origin}"

    def get(self, path: str, **params: Any) -> Any:
        answer = self.account.client.get(path, params=params)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:300]}"
        return answer.json()

    def status_of(self, method: str, path: str, **rest: Any) -> int:
        return self.account.client.request(method, path, **rest).status_code

    def post(self, path: str, method: str = "POST", **fields: Any) -> Any:
        answer = self.account.client.request(method, path, json=fields)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:300]}"
        return answer.json()

    def say(self, text: str, visibility: str = "public", **fields: Any) -> Any:
        return self.post("/api/v1/statuses", status=text, visibility=visibility, **fields)

    def look_up(self, handle: str) -> str:
        """The id here of an account elsewhere."""
        found = self.get("/api/v2/search", q=handle, resolve="true", type="accounts")["accounts"]
        assert len(found) == 1, f"{handle}: {found}"
        return str(found[0]["id"])

    def resolve(self, uri: str) -> Any:
        """A status by its address, or None."""
        found = self.get("/api/v2/search", q=uri, resolve="true", type="statuses")["statuses"]
        return found[0] if found else None

    def home(self) -> list[Any]:
        found: list[Any] = self.get("/api/v1/timelines/home", limit=40)
        return found

    def awaits(self, uri: str, within: float = 40) -> Any:
        """The status in the home timeline, once it is there."""
        return eventually(
            lambda: next((one for one in self.home() if one["uri"] == uri), None), within=within
        )

    def told_of(self, kind: str, check: Callable[[Any], bool] = lambda _one: True) -> Any:
        """A notification, once it is there."""
        return eventually(
            lambda: next(
                (one for one in self.get("/api/v1/notifications") if one["type"] == kind and check(one)), None
            )
        )

    def sees(self, path: str, check: Callable[[Any], bool]) -> Any:
        """What a path answers, once it is as wanted."""

        def look() -> Any:
            answer = self.account.client.get(path)
            return answer.json() if answer.status_code == 200 and check(answer.json()) else None

        return eventually(look)

    def lost(self, path: str, within: float = 10) -> None:
        eventually(lambda: self.account.client.get(path).status_code == 404, within=within)

    def relation(self, account_id: str) -> Any:
        return self.get("/api/v1/accounts/relationships", **{"id[]": account_id})[0]


def rows(instance: LiveInstance, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Looks into an instance's own database: for what its API does not tell."""
    with sqlite3.connect(f"file:{instance.folder}/data/consilium.sqlite?mode=ro", uri=True) as connection:
        found = connection.execute(statement, values).fetchall()
    connection.close()
    return found


@dataclass
class World:
    hospital: LiveInstance
    society: LiveInstance
    stranger: LiveInstance
    ada: Here
    ali: Here
    dora: Here
    fred: Here
    hans: Here
    bob: Here
    carol: Here
    gina: Here
    eve: Here


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    launcher = Launcher(tmp_path_factory.mktemp("federation"))
    try:
        settings = {"CONSILIUM_POSTS": "public", "CONSILIUM_DANGEROUS_PRIVATE_ADDRESSES": "127.0.0.0/8"}
        hospital, society, stranger = (
            launcher.prepare(name, **settings) for name in ("hospital", "society", "stranger")
        )
        at_hospital = add_members(hospital, "ada", "ali", "dora", "fred", "hans")
        at_society = add_members(society, "bob", "carol", "gina")
        at_stranger = add_members(stranger, "eve")
        trust(hospital, Trust.ALLOWED, society.origin)
        trust(society, Trust.ALLOWED, hospital.origin)
        trust(stranger, Trust.ALLOWED, hospital.origin)
        for instance in (hospital, society, stranger):
            instance.start()
        made = World(
            hospital,
            society,
            stranger,
            *(Here(one, hospital) for one in at_hospital),
            *(Here(one, society) for one in at_society),
            *(Here(one, stranger) for one in at_stranger),
        )
        yield made
        for instance in launcher.launched:
            assert "Traceback" not in instance.log(), f"{instance.name}:\n{instance.log()[-4000:]}"
    finally:
        launcher.close()


@pytest.fixture(scope="module")
def friends(world: World) -> tuple[str, str]:
    """Ada and Bob follow each other. Answers Bob's id at the hospital and Ada's at the society."""
    bob_there, ada_there = world.ada.look_up(world.bob.handle), world.bob.look_up(world.ada.handle)
    world.ada.post(f"/api/v1/accounts/{bob_there}/follow")
    world.bob.post(f"/api/v1/accounts/{ada_there}/follow")
    eventually(lambda: world.ada.relation(bob_there)["following"])
    eventually(lambda: world.bob.relation(ada_there)["following"])
    return bob_there, ada_there


# -- finding and following -------------------------------------------------------------------------------


def test_a_handle_leads_to_the_account(world: World) -> None:
    found = world.ada.get("/api/v2/search", q=world.bob.handle, resolve="true", type="accounts")["accounts"]
    assert [one["acct"] for one in found] == [f"bob@{world.society.origin}"]
    assert found[0]["uri"] == world.bob.get("/api/v1/accounts/verify_credentials")["uri"]


def test_a_follow_is_accepted_and_both_sides_say_so(world: World, friends: tuple[str, str]) -> None:
    bob_there, ada_there = friends
    assert world.ada.relation(bob_there)["followed_by"]
    assert world.bob.relation(ada_there)["followed_by"]
    world.bob.told_of("follow", lambda one: one["account"]["acct"] == f"ada@{world.hospital.origin}")
    assert world.bob.get("/api/v1/accounts/verify_credentials")["followers_count"] == 1


def test_a_locked_account_decides_itself(world: World, friends: tuple[str, str]) -> None:
    world.bob.post("/api/v1/accounts/update_credentials", "PATCH", locked=True)
    bob_there = friends[0]
    world.ali.sees(f"/api/v1/accounts/{bob_there}", lambda one: one["locked"])
    assert world.ali.post(f"/api/v1/accounts/{bob_there}/follow")["requested"]
    asked = world.bob.told_of("follow_request")
    ali_there = asked["account"]["id"]
    assert not world.ali.relation(bob_there)["following"]
    world.bob.post(f"/api/v1/follow_requests/{ali_there}/reject")
    eventually(lambda: not world.ali.relation(bob_there)["requested"])
    assert not world.ali.relation(bob_there)["following"]
    world.ali.post(f"/api/v1/accounts/{bob_there}/follow")
    eventually(lambda: world.bob.get("/api/v1/follow_requests"))
    world.bob.post(f"/api/v1/follow_requests/{ali_there}/authorize")
    eventually(lambda: world.ali.relation(bob_there)["following"])
    world.ali.post(f"/api/v1/accounts/{bob_there}/unfollow")
    eventually(lambda: not world.bob.relation(ali_there)["followed_by"])
    world.bob.post("/api/v1/accounts/update_credentials", "PATCH", locked=False)


# -- posts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("visibility", ["public", "unlisted", "private"])
def test_a_followers_home_shows_the_post_as_it_was_meant(
    world: World, friends: tuple[str, str], visibility: str
) -> None:
    said = world.ada.say(f"A {visibility} note", visibility)
    assert said["visibility"] == visibility
    shown = world.bob.awaits(said["uri"])
    assert shown["visibility"] == visibility
    assert f"A {visibility} note" in shown["content"]
    assert shown["created_at"][:19] == said["created_at"][:19]
    assert shown["account"]["acct"] == f"ada@{world.hospital.origin}"


def test_a_direct_post_reaches_the_named_and_nobody_else(world: World, friends: tuple[str, str]) -> None:
    said = world.ada.say(f"{world.bob.handle} between us", "direct")
    told = world.bob.told_of("mention", lambda one: one["status"]["uri"] == said["uri"])
    assert told["status"]["visibility"] == "direct"
    assert any(one["last_status"]["uri"] == said["uri"] for one in world.bob.get("/api/v1/conversations"))
    assert world.carol.status_of("GET", f"/api/v1/statuses/{told['status']['id']}") == 404
    assert world.carol.resolve(said["uri"]) is None
    assert world.ali.status_of("GET", f"/api/v1/statuses/{said['id']}") == 404


def test_a_picture_arrives_with_its_description(world: World, friends: tuple[str, str]) -> None:
    uploaded = world.ada.account.client.post(
        "/api/v2/media", files={"file": ("x.png", png(), "image/png")}, data={"description": "A red card"}
    )
    said = world.ada.say("With a picture", media_ids=[uploaded.json()["id"]])
    [shown] = world.bob.awaits(said["uri"])["media_attachments"]
    assert shown["description"] == "A red card"
    assert shown["type"] == "image"
    # the bytes come through the reader's own instance, by a link that opens for them
    address = shown["url"].replace(world.society.base, "")
    got = world.bob.account.client.get(address, headers={"authorization": ""})
    assert got.status_code == 200, got.text
    assert got.headers["content-type"].startswith("image/")
    assert len(got.content) > 50


def test_a_reply_threads_on_both_sides(world: World, friends: tuple[str, str]) -> None:
    question = world.ada.say("What do you think?")
    there = world.bob.awaits(question["uri"])
    reply = world.bob.say(f"@ada@{world.hospital.origin} I agree", in_reply_to_id=there["id"])
    world.ada.told_of("mention", lambda one: one["status"]["uri"] == reply["uri"])
    below = world.ada.sees(f"/api/v1/statuses/{question['id']}/context", lambda one: one["descendants"])
    assert [one["uri"] for one in below["descendants"]] == [reply["uri"]]
    again = world.ada.say(
        f"{world.bob.handle} thanks", in_reply_to_id=below["descendants"][0]["id"], visibility="unlisted"
    )
    thread = world.bob.sees(
        f"/api/v1/statuses/{there['id']}/context", lambda one: len(one["descendants"]) == 2
    )
    assert [one["uri"] for one in thread["descendants"]] == [reply["uri"], again["uri"]]
    assert world.ada.get(f"/api/v1/statuses/{question['id']}")["replies_count"] == 1


def test_a_thread_is_whole_when_its_end_arrives_first(world: World, friends: tuple[str, str]) -> None:
    """Bob sees only the answer that names him; what it answers is fetched."""
    first = world.dora.say("The beginning")
    second = world.dora.say("The middle", in_reply_to_id=first["id"])
    last = world.ada.say(f"{world.bob.handle} look at this", in_reply_to_id=second["id"])
    told = world.bob.told_of("mention", lambda one: one["status"]["uri"] == last["uri"])
    thread = world.bob.sees(
        f"/api/v1/statuses/{told['status']['id']}/context", lambda one: len(one["ancestors"]) == 2
    )
    assert [one["uri"] for one in thread["ancestors"]] == [first["uri"], second["uri"]]


def test_an_edit_arrives_with_its_history(world: World, friends: tuple[str, str]) -> None:
    said = world.ada.say("First words")
    there = world.bob.awaits(said["uri"])
    time.sleep(1.1)  # edits are dated to the second on the wire
    world.ada.post(f"/api/v1/statuses/{said['id']}", "PUT", status="Better words")
    shown = world.bob.sees(f"/api/v1/statuses/{there['id']}", lambda one: "Better words" in one["content"])
    assert shown["edited_at"] is not None
    history = world.bob.get(f"/api/v1/statuses/{there['id']}/history")
    assert ["First" in history[0]["content"], "Better" in history[-1]["content"]] == [True, True]


def test_a_deleted_post_is_gone_there_too(world: World, friends: tuple[str, str]) -> None:
    said = world.ada.say("To be deleted")
    there = world.bob.awaits(said["uri"])
    world.ada.post(f"/api/v1/statuses/{said['id']}", "DELETE")
    world.bob.lost(f"/api/v1/statuses/{there['id']}")
    assert world.bob.resolve(said["uri"]) is None


# -- reactions -------------------------------------------------------------------------------------------


def test_a_favourite_counts_and_is_undone(world: World, friends: tuple[str, str]) -> None:
    said = world.ada.say("Like this")
    there = world.bob.awaits(said["uri"])
    world.bob.post(f"/api/v1/statuses/{there['id']}/favourite")
    world.ada.told_of("favourite", lambda one: one["status"]["id"] == said["id"])
    path = f"/api/v1/statuses/{said['id']}"
    world.ada.sees(path, lambda one: one["favourites_count"] == 1)
    world.bob.post(f"/api/v1/statuses/{there['id']}/unfavourite")
    world.ada.sees(path, lambda one: one["favourites_count"] == 0)


def test_a_boost_counts_spreads_and_is_undone(world: World, friends: tuple[str, str]) -> None:
    said = world.ada.say("Boost this")
    there = world.bob.awaits(said["uri"])
    world.bob.post(f"/api/v1/statuses/{there['id']}/reblog")
    world.ada.told_of("reblog", lambda one: one["status"]["id"] == said["id"])
    path = f"/api/v1/statuses/{said['id']}"
    world.ada.sees(path, lambda one: one["reblogs_count"] == 1)
    world.bob.post(f"/api/v1/statuses/{there['id']}/unreblog")
    world.ada.sees(path, lambda one: one["reblogs_count"] == 0)


def test_a_boost_brings_what_one_does_not_follow(world: World, friends: tuple[str, str]) -> None:
    """Bob follows Ada, not Dora: Dora's words are fetched from where they are, and go when the boost goes."""
    said = world.dora.say("Spread this")
    boost = world.ada.post(f"/api/v1/statuses/{said['id']}/reblog")
    shown = world.bob.awaits(boost["uri"])
    assert shown["reblog"]["uri"] == said["uri"]
    assert "Spread this" in shown["reblog"]["content"]
    world.ada.post(f"/api/v1/statuses/{said['id']}/unreblog")
    eventually(lambda: all(one["uri"] != boost["uri"] for one in world.bob.home()))


def test_votes_are_counted_where_the_poll_is(world: World, friends: tuple[str, str]) -> None:
    asked = world.ada.say("Which?", poll={"options": ["This", "That"], "expires_in": 3600})
    there = world.bob.awaits(asked["uri"])["poll"]
    voted = world.bob.post(f"/api/v1/polls/{there['id']}/votes", choices=[1])
    assert voted["voted"]
    assert voted["own_votes"] == [1]
    counted = world.ada.sees(f"/api/v1/polls/{asked['poll']['id']}", lambda one: one["votes_count"] == 1)
    assert [one["votes_count"] for one in counted["options"]] == [0, 1]
    # nobody's vote is anybody's post
    assert all(one["content"] != "This" and "That" not in one["content"] for one in world.ada.home())


def votes(poll: Any) -> list[int]:
    return [one["votes_count"] for one in poll["options"]]


def end(world: World, poll_id: str) -> None:
    """Its time is over at the hospital, which closes it at its next round."""
    with sqlite3.connect(world.hospital.folder / "data" / "consilium.sqlite", timeout=10) as connection:
        connection.execute("update poll set expires_at = 1 where id = ?", (poll_id,))
    connection.close()


def test_the_counts_of_a_poll_reach_those_who_voted(world: World) -> None:
    """Nobody at the society follows Dora: Carol's vote alone has the counts come there, and the end as well."""
    asked = world.dora.say("Which?", poll={"options": ["This", "That"], "expires_in": 3600, "multiple": True})
    there = world.carol.resolve(asked["uri"])["poll"]
    assert world.carol.post(f"/api/v1/polls/{there['id']}/votes", choices=[1])["voted"]
    here = f"/api/v1/polls/{asked['poll']['id']}"
    world.dora.sees(here, lambda one: votes(one) == [0, 1])
    world.ali.post(f"{here}/votes", choices=[0, 1])
    told = world.carol.sees(f"/api/v1/polls/{there['id']}", lambda one: votes(one) == [1, 2])
    assert (told["voters_count"], told["votes_count"], told["own_votes"]) == (2, 3, [1])
    world.fred.post(f"{here}/votes", choices=[0])
    world.carol.sees(f"/api/v1/polls/{there['id']}", lambda one: votes(one) == [2, 2])
    end(world, asked["poll"]["id"])
    ended = world.carol.sees(f"/api/v1/polls/{there['id']}", lambda one: one["expired"])
    assert votes(ended) == [2, 2]
    world.carol.told_of("poll", lambda one: one["status"]["uri"] == asked["uri"])
    late = {"choices": [0]}
    assert world.gina.status_of("POST", f"/api/v1/polls/{there['id']}/votes", json=late) == 422


def test_counts_that_their_author_hides_leave_when_the_poll_is_over(world: World) -> None:
    hidden = {"options": ["This", "That"], "expires_in": 3600, "hide_totals": True}
    asked = world.dora.say("Secretly?", poll=hidden)
    there = world.carol.resolve(asked["uri"])["poll"]
    path = f"/api/v1/polls/{there['id']}"
    world.carol.post(f"{path}/votes", choices=[1])
    here = f"/api/v1/polls/{asked['poll']['id']}"
    eventually(lambda: rows(world.hospital, "select 1 from poll_vote where poll_id = ?", asked["poll"]["id"]))
    world.ali.post(f"{here}/votes", choices=[0])
    eventually(
        lambda: rows(world.society, "select 1 from poll where id = ? and voters_count = 2", there["id"])
    )
    assert votes(world.carol.get(path)) == [0, 0], "how many there are is told, and not what they chose"
    end(world, asked["poll"]["id"])
    world.carol.sees(path, lambda one: one["expired"] and votes(one) == [1, 1])


# -- accounts --------------------------------------------------------------------------------------------


def test_a_changed_profile_arrives(world: World, friends: tuple[str, str]) -> None:
    ada_there = friends[1]
    answer = world.ada.account.client.patch(
        "/api/v1/accounts/update_credentials",
        data={
            "display_name": "Dr Ada",
            "note": "Cardiology",
            "fields_attributes[0][name]": "Ward",
            "fields_attributes[0][value]": "7",
        },
        files={"avatar": ("a.png", png(), "image/png")},
    )
    assert answer.status_code == 200, answer.text
    shown = world.bob.sees(f"/api/v1/accounts/{ada_there}", lambda one: one["display_name"] == "Dr Ada")
    assert "Cardiology" in shown["note"]
    assert [(one["name"], one["value"]) for one in shown["fields"]] == [("Ward", "7")]
    face = world.bob.account.client.get(shown["avatar"].replace(world.society.base, ""))
    assert face.status_code == 200
    assert face.headers["content-type"].startswith("image/")


def test_a_block_ends_the_follow_and_hides_what_follows(world: World) -> None:
    fred, gina = world.fred, world.gina
    fred_there, gina_there = gina.look_up(fred.handle), fred.look_up(gina.handle)
    gina.post(f"/api/v1/accounts/{fred_there}/follow")
    eventually(lambda: gina.relation(fred_there)["following"])
    fred.post(f"/api/v1/accounts/{gina_there}/block")
    eventually(lambda: not gina.relation(fred_there)["following"])
    eventually(lambda: gina.relation(fred_there)["blocked_by"])
    said = fred.say("Not for Gina")
    time.sleep(QUIET)
    assert all(one["uri"] != said["uri"] for one in gina.home())
    fred.post(f"/api/v1/accounts/{gina_there}/unblock")
    eventually(lambda: not gina.relation(fred_there)["blocked_by"])


def test_a_report_is_forwarded_without_the_reporters_name(world: World, friends: tuple[str, str]) -> None:
    said = world.bob.say("Report this")
    here = world.ada.awaits(said["uri"])
    world.ada.post(
        "/api/v1/reports", account_id=friends[0], status_ids=[here["id"]], comment="Please look", forward=True
    )
    stored = eventually(lambda: rows(world.society, "select comment, account_id, target_id from report"))
    assert stored[0][0] == "Please look"
    names = rows(world.society, "select username, kind from account where id = ?", stored[0][1])
    assert names[0][1] == "Application"
    assert world.bob.account.id == str(stored[0][2])


def test_a_deleted_account_is_gone_there_too(world: World) -> None:
    hans = world.hans
    hans_there = world.bob.look_up(hans.handle)
    world.bob.post(f"/api/v1/accounts/{hans_there}/follow")
    eventually(lambda: world.bob.relation(hans_there)["following"])
    said = hans.say("My last words")
    there = world.bob.awaits(said["uri"])
    world.hospital.command("account", "delete", "hans", "--yes")
    # a command leaves a row; the serving process finds it at its next sweep
    world.bob.lost(f"/api/v1/statuses/{there['id']}", within=40)
    eventually(lambda: world.bob.get("/api/v2/search", q=hans.handle, resolve="true")["accounts"] == [])


# -- boundaries ------------------------------------------------------------------------------------------


def test_a_stranger_knocks_and_gets_nothing(world: World) -> None:
    """The stranger allowed the hospital; the hospital has never heard of it."""
    assert world.eve.get("/api/v2/search", q=world.ada.handle, resolve="true")["accounts"] == []
    said = world.ada.say("Not for strangers")
    assert world.eve.resolve(said["uri"]) is None
    knocks = json.loads(world.hospital.command("instance", "list", "--knocks", "--json"))
    assert [one["domain"] for one in knocks] == [world.stranger.origin]
    assert world.ada.get("/api/v2/search", q=world.eve.handle, resolve="true")["accounts"] == []


def test_nothing_unsigned_opens_a_door(world: World, friends: tuple[str, str]) -> None:
    said = world.ada.say("For members")
    with httpx.Client() as anybody:
        for path in (said["uri"], world.ada.get("/api/v1/accounts/verify_credentials")["uri"]):
            bare = path.replace(f"http://{world.hospital.origin}", f"http://127.0.0.1:{world.hospital.port}")
            answer = anybody.get(
                bare, headers={"host": world.hospital.origin, "accept": "application/activity+json"}
            )
            assert answer.status_code == 401
            assert answer.json() == {"error": "A valid signature is required"}


def test_a_paused_instance_gets_and_gives_nothing_until_it_is_resumed(
    world: World, friends: tuple[str, str]
) -> None:
    bob_there = friends[0]
    before = world.ada.say("Before the pause")
    world.bob.awaits(before["uri"])
    # something waits for the society, which does not answer just now
    world.society.stop()
    queued = world.ada.say("Queued for the society")
    waiting = "select count(*) from delivery where destination = ? and state = 'waiting'"
    eventually(lambda: rows(world.hospital, waiting, world.society.origin)[0][0] > 0)
    world.hospital.command("instance", "suspend", world.society.origin)
    assert rows(world.hospital, waiting, world.society.origin)[0][0] == 0, "cancelled at once"
    world.society.start()
    world.ada.post(f"/api/v1/statuses/{before['id']}", "DELETE")
    paused = world.ada.say("While paused")
    back = world.bob.say("Out of the pause")
    time.sleep(QUIET)
    home = {one["uri"] for one in world.bob.home()}
    assert not home & {queued["uri"], paused["uri"]}
    assert back["uri"] not in {one["uri"] for one in world.ada.home()}
    assert world.ada.get("/api/v2/search", q=back["uri"], resolve="true")["statuses"] == []
    world.hospital.command("instance", "resume", world.society.origin)
    assert world.ada.relation(bob_there)["following"], "relationships are frozen, not ended"
    after = world.ada.say("After the pause")
    # the pause and what failed before it leave no rest behind
    world.bob.awaits(after["uri"], within=15)
    home = {one["uri"] for one in world.bob.home()}
    assert not home & {queued["uri"], paused["uri"]}
    eventually(lambda: before["uri"] not in {one["uri"] for one in world.bob.home()})
    again = world.bob.say("Back again")
    eventually(lambda: any(one["uri"] == again["uri"] for one in world.ada.home()), within=45)


def test_what_crossed_can_be_explained(world: World, friends: tuple[str, str]) -> None:
    decided = rows(world.hospital, "select count(*) from decision")[0][0]
    said = world.ada.say("Explain this")
    world.bob.awaits(said["uri"])
    assert rows(world.hospital, "select count(*) from decision")[0][0] > decided
