"""Open groups on our own pages: written in for everybody, moderated by buttons; one elsewhere is asked, and shown as asked until it answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from federation.types import Iri, Origin
from server.activitypub.egress import plan
from server.domain.accounts import Account, AccountKind
from server.domain.boundary import GroupAccess
from server.domain.groups import Admission
from server.domain.moderation import Lists, Verb
from server.domain.posts import Post, Visibility
from server.domain.trust import Trust
from server.services import accounts, groups, instances, open_groups, open_moderation, waiting
from server.services.groups import Settings
from server.services.posts import visible
from server.services.posts.publish import publish
from server.services.posts.writing import Draft
from server.store import accounts as account_rows
from server.store import moderators_elsewhere
from server.store.session import Unit
from tests.integration.test_group_pages import Person, World, _version, world

pytestmark = pytest.mark.anyio
DONE = "This was done."


def _open(w: World) -> int:
    """alice is its administrator."""
    settings = Settings(title="Open ward", access=GroupAccess.OPEN, listed=True)
    group = w.run(groups.create, "command", "ward", settings, w.account("alice"))
    return group.id


async def _joined(person: Person, home: str) -> None:
    page = await person.page(f"{home}/join")
    await person.send(f"{home}/join", rules_version=_version(page), agreed="on")


def _the_post(w: World, path: str) -> Post:
    found = w.run(visible.find, int(path.rpartition("/")[2].partition("?")[0]))
    assert found is not None
    return found


async def test_what_is_written_on_its_page_is_for_everybody(tmp_path: Path) -> None:
    async with world(tmp_path, posts="public") as w, w.person("alice") as alice, w.person("carl") as carl:
        home = f"/groups/{_open(w)}"
        sent = await alice.send(home, text="A question to all")
        path = sent.headers["location"]
        post = _the_post(w, path)
        assert post.visibility is Visibility.PUBLIC
        assert [one.username for one in w.run(open_groups.addressed, post)] == ["ward"]
        assert "Write to the group" not in await carl.page(home)
        await carl.send(home, 404, text="From outside")
        assert "A question to all" in await carl.page(path)
        other = f"/groups/{w.cardio.id}/posts/{post.id}"
        await alice.page(other, 404)  # it was not said there


async def test_moderators_work_on_its_pages(tmp_path: Path) -> None:
    async with world(tmp_path, posts="public") as w, w.person("alice") as alice, w.person("bob") as bob:
        group_id = _open(w)
        home = f"/groups/{group_id}"
        w.run(groups.change, "command", w.run(_group, group_id), Settings(admission=Admission.AUTOMATIC))
        await _joined(bob, home)
        path = (await bob.send(home, text="A question of mine")).headers["location"]
        w.run(_planned)
        post_id = _the_post(w, path).id
        act = f"{home}/posts/{post_id}/moderate"
        for what in ("lock", "exclude", "feature", "remove"):
            await bob.send(act, 404, act=what)
        await alice.send(act, 422, act="restore")
        assert "A question of mine" in await alice.page(home)
        page = await alice.page(path)
        for button in (
            "Close the discussion",
            "Show this post first",
            "Exclude @bob",
            "Make @bob a moderator",
        ):
            assert button in page
        assert "Asked of the group" not in page
        assert "Exclude @bob" not in await bob.page(path)

        assert "Open the discussion again" not in page and "Moderator no more" not in page
        locked = await alice.page((await alice.send(act, act="lock")).headers["location"])
        assert DONE in locked
        assert "Open the discussion again" in locked and "Close the discussion" not in locked
        await bob.send(home, 422, text="Too late", in_reply_to=str(post_id))
        await alice.send(act, act="unlock")
        await bob.send(home, text="In time", in_reply_to=str(post_id))
        await alice.send(act, act="promote")
        await bob.send(act, act="lock")
        await alice.send(act, 409, act="exclude")
        await alice.send(act, act="demote")
        await bob.send(act, 404, act="unlock")
        await alice.send(act, act="exclude")
        page = await alice.page(path)
        assert "Let @bob in again" in page and "Exclude @bob" not in page
        members = await alice.page(f"{home}/members")
        assert "Let @bob in again" in members
        await alice.send(f"{home}/members/{w.account('bob').id}", act="admit")
        assert "Let @bob in again" not in await alice.page(f"{home}/members")
        await alice.send(act, act="remove")
        await alice.page(path, 404)
        assert "A question of mine" not in await alice.page(home)


async def test_a_group_elsewhere_is_asked_by_its_moderator_here(tmp_path: Path) -> None:
    async with world(tmp_path, posts="public") as w, w.person("bob") as bob, w.person("carl") as carl:
        group_id = w.run(_community)
        home = f"/groups/{group_id}"
        assert "everybody on connected instances" in await bob.page(
            home
        )  # though nothing is kept of it but its name
        await _joined(bob, home)
        post = w.run(_said, group_id)
        path, act = f"{home}/posts/{post}", f"{home}/posts/{post}/moderate"
        assert "For moderators" not in await bob.page(path)
        await bob.send(act, 404, act="lock")
        lists = Lists(Iri("https://there.example/c/ecg/moderators"), Iri(""))
        w.run(moderators_elsewhere.name, group_id, w.account("bob").id, lists)
        assert "it is asked to do this" in await bob.page(path)
        page = await bob.page(path)
        assert "Show this post first" not in page  # it has no such list
        assert "Exclude @carl" in page and "Let @carl in again" in page  # who is excluded there is not known
        await bob.send(act, 409, act="feature")
        await bob.send(act, act="lock")
        for shown in (home, path):
            page = await bob.page(shown)
            assert "Asked of the group" in page and "Close a discussion" in page
            assert "Close a discussion" not in await carl.page(shown)
        found = w.run(visible.find, post)
        assert found is not None
        w.run(open_moderation.announced, w.run(_group, group_id), Verb.LOCK, found.uri)
        assert "Asked of the group" not in await bob.page(path)


def _group(unit: Unit, group_id: int) -> Account:
    return accounts.get(unit, group_id)


def _planned(unit: Unit) -> None:
    """What happened is announced, as the worker would."""
    for event in waiting.due_events(unit, 100):
        if waiting.settle_event(unit, event, "planned"):
            plan.plan(unit, event)


def _community(unit: Unit) -> int:
    """Of other software: nothing is kept of it but its account."""
    uri = "https://there.example/c/ecg"
    values = {
        "id": unit.new_id(),
        "created_at": unit.now,
        "username": "ecg",
        "domain": "there.example",
        "uri": uri,
        "url": uri,
        "kind": AccountKind.GROUP.value,
        "inbox": f"{uri}/inbox",
        "followers_uri": f"{uri}/followers",
    }
    account_rows.add(unit, values)
    instances.set_trust(unit, "command", Origin("there.example"), Trust.ALLOWED)
    return int(values["id"])


def _said(unit: Unit, group_id: int) -> int:
    """carl has written there; bob's follow was accepted."""
    assert accounts.get(unit, group_id).username == "ecg"
    draft = Draft(text="@ecg@there.example A tracing", visibility=Visibility.PUBLIC)
    return publish(unit, accounts.get_local(unit, "carl"), draft).id


async def test_where_posts_are_for_followers_nothing_is_written_to_an_open_group(tmp_path: Path) -> None:
    """Nothing would arrive there."""
    async with world(tmp_path, posts="followers") as w, w.person("alice") as alice:
        home = f"/groups/{_open(w)}"
        assert "Write to the group" not in await alice.page(home)
        answer = await alice.send(home, 403, text="To nobody")
        assert "not for everybody" in answer.text
