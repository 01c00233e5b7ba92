"""A post reaches nobody whom its author did not mean, whatever an app sends; in a group nobody but its members."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from federation.types import Origin
from server.activitypub.egress import plan as planning
from server.core.errors import AppError
from server.domain.accounts import Account
from server.domain.posts import Post, Visibility
from server.domain.viewers import Member
from server.domain.work import Delivery
from server.services import waiting
from server.services.posts.publish import publish
from server.services.posts.writing import Draft
from server.store import posts, relationships
from server.store.session import Unit
from tests.support.exchange import Exchange, Instance, open_exchange

GROUPS = ("cardio", "neuro", "hidden", "far")
LOCAL = ("author", "member", "follower", "stranger")
REMOTE = ("guest", "other")  # a member of cardio at the hospital, and somebody at the clinic who is none
HOSTS = {"guest": "chu.example", "other": "clinic.example", "far": "clinic.example"}


@dataclass
class World:
    """The society's instance, with a hospital and a clinic beside it. In cardio: author, member, guest; in far: author, member.

    public: how many of the author's posts a figure may count that everybody sees. stored: what was not refused.
    """

    net: Exchange
    accounts: dict[str, Account] = field(default_factory=dict)
    replied: dict[str, Post] = field(default_factory=dict)
    public: int = 0
    stored: Counter[str] = field(default_factory=Counter)

    @property
    def here(self) -> Instance:
        return self.net["society"]

    def handle(self, name: str) -> str:
        account = self.accounts[name]
        return f"@{account.username}@{account.origin(self.here.origin)}"

    def members(self, group: str) -> set[str]:
        return {"cardio": {"author", "member", "guest"}, "far": {"author", "member"}}.get(group, set())


@contextmanager
def world(folder: Path, ceiling: str) -> Iterator[World]:
    with open_exchange(folder, "society", "chu", "clinic", posts=ceiling) as net:
        found = World(net)
        here, people = net["society"], found.accounts
        for name in LOCAL:
            people[name] = here.doctor(name)
        for name in ("cardio", "neuro"):
            people[name] = here.group(name)
        people["hidden"] = here.group("hidden", access="secret")
        far = net["clinic"].group("far")
        guest, other = net["chu"].doctor("guest"), net["clinic"].doctor("other")
        for name in ("author", "member"):
            net.join(here, people[name], here, people["cardio"])
            people["far"], _ = net.join(here, people[name], net["clinic"], far)
        _, people["guest"] = net.join(net["chu"], guest, here, people["cardio"])
        people["other"] = here.knows(net["clinic"], other)
        for name in ("follower", "member", "other"):
            here.house.run(follows, people[name], people["author"])
        if ceiling != "groups":
            found.replied["open"] = here.say(people["follower"], "Bonjour", visibility=Visibility.PUBLIC)
        found.replied["group"] = here.say(people["member"], f"{found.handle('cardio')} ECG")
        found.replied["far"] = here.say(people["author"], f"{found.handle('far')} ECG")
        net.settle()
        yield found


def follows(unit: Unit, one: Account, other: Account) -> None:
    values = {"id": unit.new_id(), "account_id": one.id, "target_id": other.id, "state": "accepted"}
    relationships.add_follow(unit, {**values, "uri": f"{one.uri}#follows-{other.id}"})


def seen_by(unit: Unit, found: World, post_id: int) -> set[str]:
    """People here who may read it."""
    return {name for name in LOCAL if posts.visible(unit, Member(found.accounts[name].id), [post_id])}


def sent(unit: Unit, found: World, post: Post) -> list[Delivery]:
    """What is planned of it, as it would leave now."""
    for event in waiting.due_events(unit, 100):
        if waiting.settle_event(unit, event, "planned"):
            planning.plan(unit, event)
    loads = waiting.lease(unit, 200, frozenset(), 0)
    mine = [one for load in loads for one in load.deliveries if post.uri.encode() in one.body]
    for load in loads:
        waiting.finished(unit, load, list(load.deliveries), [], 0)
    return mine


def asked(found: World, visibility: Visibility, named: list[str], reply: str) -> set[str]:
    """Whom an app meant: the readers of what it sent, and everyone named, a group standing for its members."""
    everyone = {*LOCAL, *REMOTE}
    readers = {
        Visibility.PUBLIC: everyone,
        Visibility.UNLISTED: everyone,
        Visibility.FOLLOWERS: {"follower", "member", "other"},
        Visibility.DIRECT: set[str](),
    }[visibility]
    answered = {"group": "cardio", "far": "far"}.get(reply)
    groups = {one for one in named if one in GROUPS}
    if answered is not None and visibility is not Visibility.DIRECT:
        groups.add(answered)
    return readers | {"author"} | set(named) | {one for group in groups for one in found.members(group)}


def check(found: World, visibility: Visibility, named: list[str], reply: str) -> None:
    text = " ".join([*(found.handle(name) for name in named), "Bonjour"])
    parent = found.replied.get(reply)
    draft = Draft(text=text, visibility=visibility, in_reply_to_id=None if parent is None else parent.id)
    here = found.here.house
    try:
        post = here.run(publish, found.accounts["author"], draft)
    except AppError:
        return
    found.stored["plain" if post.group_id is None else "group"] += 1
    if post.visibility is Visibility.DIRECT and reply in {"group", "far"}:
        found.stored["aside"] += 1
    meant = asked(found, visibility, named, reply)
    readers = here.read(seen_by, found, post.id)
    assert readers <= meant, (readers, meant)
    deliveries = here.run(sent, found, post)
    hosts = {delivery.destination for delivery in deliveries}
    allowed = {HOSTS[name] for name in meant if name in HOSTS}
    found.public += post.group_id is None and post.visibility is not Visibility.DIRECT
    assert here.account(found.accounts["author"]).posts_count == found.public
    if post.group_id is None:
        assert hosts <= {Origin(host) for host in allowed}
        secret = {found.accounts[name].id for name in ("cardio", "neuro", "hidden", "far")}
        assert not secret & {each.account_id for each in here.read(posts.mentions, [post.id])}
        return
    group = next(name for name in GROUPS if found.accounts[name].id == post.group_id)
    assert visibility is not Visibility.DIRECT
    assert readers <= found.members(group)
    of_members = {HOSTS[name] for name in found.members(group) if name in HOSTS} | {HOSTS.get(group, "")}
    assert hosts <= {Origin(host) for host in of_members}
    assert all(delivery.profile for delivery in deliveries)


NAMES = (*GROUPS, "member", "follower", "stranger", *REMOTE)


@pytest.mark.parametrize("ceiling", ["public", "followers", "groups"])
def test_the_audience_lies_within_what_was_asked_for(
    tmp_path_factory: pytest.TempPathFactory, ceiling: str
) -> None:
    with world(tmp_path_factory.mktemp("audiences"), ceiling) as found:

        @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
        @given(
            visibility=st.sampled_from(Visibility),
            named=st.lists(st.sampled_from(NAMES), max_size=3, unique=True),
            reply=st.sampled_from(["", "", "open", "group", "far"]),
        )
        @example(visibility=Visibility.DIRECT, named=["guest"], reply="group")
        @example(visibility=Visibility.DIRECT, named=["member", "cardio"], reply="group")
        @example(visibility=Visibility.DIRECT, named=["member"], reply="far")
        @example(visibility=Visibility.DIRECT, named=["cardio"], reply="")
        def holds(visibility: Visibility, named: list[str], reply: str) -> None:
            check(found, visibility, named, reply)

        holds()
        assert {"plain", "group", "aside"} <= set(found.stored)
