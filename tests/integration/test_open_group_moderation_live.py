"""A moderator on another instance, over real connections: signed requests to a real process, each word judged at the gate and then applied."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pytest

from server.domain.trust import Trust
from tests.support.hostile import (
    PUBLIC,
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
    stored,
)
from tests.support.instances import POSTGRESQL, SQLITE, Launcher, LiveInstance, eventually
from tests.support.members import add_members, trust

pytestmark = pytest.mark.slow


@dataclass
class World:
    """mod and other live at `peer`, which is connected; the open group at the target."""

    target: LiveInstance
    peer: LoopbackPeer
    mod: FakeActor
    other: FakeActor
    stranger: FakeActor
    group: str

    def says(self, actor: FakeActor, kind: str, about: Any, **more: Any) -> dict[str, Any]:
        return activity(actor, kind, about, cc=[self.group], audience=self.group, **more)

    def does(self, actor: FakeActor, kind: str, about: Any, **more: Any) -> str:
        said = self.says(actor, kind, about, **more)
        assert post(self.target, actor, said).status_code == 202
        return outcome(self.target, said)

    def submit(self) -> str:
        """A post by the other, which the group has taken up."""
        said = create(self.other, note(self.other, to=[PUBLIC, self.group]), cc=[self.group])
        assert post(self.target, self.other, said).status_code == 202
        uri = str(said["object"]["id"])
        eventually(lambda: rows(self.target, "select 1 from group_activity where object_uri = ?", uri))
        return uri

    def is_locked(self, uri: str) -> bool:
        join = "select 1 from locked_thread join post on post.thread_id = locked_thread.thread_id"
        return bool(rows(self.target, f"{join} where post.uri = ?", uri))


@pytest.fixture(scope="module", params=[SQLITE, POSTGRESQL])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    launcher = Launcher(tmp_path_factory.mktemp("moderators"))
    try:
        with neighbourhood() as hood:
            peer, far = hood.peer("peer"), hood.peer("far")
            target = launcher.prepare(
                "target",
                engine=request.param,
                CONSILIUM_POSTS="public",
                CONSILIUM_DANGEROUS_PRIVATE_ADDRESSES="127.0.0.0/8",
            )
            add_members(target, "dora")
            trust(target, Trust.ALLOWED, peer.origin)
            target.start()
            target.command("group", "create", "ward", "--title", "Ward", "--access", "open")
            target.command("group", "create", "shut", "--title", "Shut", "--access", "closed")
            [[group]] = rows(target, "select uri from account where username = 'ward'")
            made = World(
                target, peer, peer.actor("mod"), peer.actor("other"), far.actor("stranger"), str(group)
            )
            for actor in (made.mod, made.other):
                assert made.does(actor, "Follow", made.group) == "applied"
            target.command("group", "moderator", "add", "ward", f"mod@{peer.origin}")
            yield made
    finally:
        launcher.close()


def test_the_list_names_who_moderates_from_elsewhere(world: World) -> None:
    listed = fetch(world.target, f"{world.group}/moderators", world.other).json()
    assert listed["orderedItems"] == [world.mod.id]
    assert fetch(world.target, f"{world.group}/moderators").status_code == 401


def test_a_moderator_elsewhere_moderates(world: World) -> None:
    uri = world.submit()
    lock = world.says(world.mod, "Lock", uri)
    assert post(world.target, world.mod, lock).status_code == 202
    assert outcome(world.target, lock) == "applied"
    assert world.is_locked(uri)
    assert post(world.target, world.mod, lock).status_code == 202  # the very same again
    assert world.does(world.mod, "Undo", lock) == "applied"
    assert not world.is_locked(uri)
    assert world.does(world.mod, "Delete", uri, summary="off topic") == "applied"
    assert not stored(world.target, uri)


@pytest.mark.parametrize("kind", ["Lock", "Delete", "Remove"])
def test_nobody_else_does(world: World, kind: str) -> None:
    uri = world.submit()
    third = world.peer.actor(f"third{kind.lower()}")
    assert world.does(third, kind, uri) == "not-a-moderator"
    forged = {**world.says(world.mod, kind, uri), "id": f"{world.other.base}/forged/{kind}"}
    assert post(world.target, third, forged).status_code in {
        401,
        403,
    }  # signed by somebody else of the same instance
    assert post(world.target, world.stranger, world.says(world.stranger, kind, uri)).status_code == 403
    assert stored(world.target, uri)
    assert not world.is_locked(uri)


def test_the_closed_group_beside_it_has_no_moderators_to_be(world: World) -> None:
    [[shut]] = rows(world.target, "select uri from account where username = 'shut'")
    there = replace(world, group=str(shut))
    for kind, about, more in (
        ("Add", world.mod.id, {"target": f"{shut}/moderators"}),
        ("Block", world.other.id, {"target": shut}),
        ("Lock", f"{world.target.base}/objects/1", {}),
    ):
        assert there.does(world.mod, kind, about, **more) not in {"applied", "not-a-moderator"}
    assert (
        rows(
            world.target, "select 1 from membership join account on account.id = group_id where uri = ?", shut
        )
        == []
    )
    assert fetch(world.target, f"{shut}/featured", world.other).status_code == 404


def test_the_same_from_two_sides_at_once_is_done_once(world: World) -> None:
    """Eight requests to close one discussion: one closes it, and is announced; the others found it closed."""
    uri = world.submit()
    said = [world.says(world.mod, "Lock", uri) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda one: post(world.target, world.mod, one).status_code, said))
    assert answers == [202] * 8
    assert sorted(outcome(world.target, one) for one in said) == ["applied", *["ignored"] * 7]
    logged = "select count(*) from group_activity where object_uri = ? and kind = 'Lock'"
    assert rows(world.target, logged, uri) == [(1,)]


def test_who_is_relieved_by_the_command_moderates_no_more(world: World) -> None:
    uri = world.submit()
    origin = world.peer.origin
    world.target.command("group", "moderator", "add", "ward", f"other@{origin}")
    world.target.command("group", "moderator", "remove", "ward", f"mod@{origin}")
    assert world.does(world.mod, "Lock", uri) == "not-a-moderator"
    assert world.does(world.other, "Add", world.mod.id, target=f"{world.group}/moderators") == "applied"
    assert world.does(world.mod, "Lock", uri) == "applied"
    assert world.does(world.other, "Remove", world.other.id, target=f"{world.group}/moderators") == "applied"
