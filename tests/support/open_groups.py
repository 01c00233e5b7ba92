"""An open group at one of three instances that are connected, and no partners: for tests of what it says to ordinary software."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from server.domain.accounts import Account
from server.domain.boundary import GroupAccess
from server.domain.groups import MembershipRole, MembershipState
from server.domain.posts import Post, Visibility
from server.domain.trust import Trust
from server.services import instances, relationships
from server.services.groups import founding
from server.store import accounts as account_rows
from server.store import memberships, posts
from server.store.session import Unit
from tests.support.exchange import Exchange, Instance, open_exchange


class World:
    """Anna (chu) writes, Carl (clinic) follows, the open group lives at the society; nobody is a partner of anybody."""

    def __init__(self, net: Exchange) -> None:
        self.net = net
        self.chu, self.clinic, self.society = net["chu"], net["clinic"], net["society"]
        for one in net.instances.values():
            for other in net.instances.values():
                if one is not other:
                    one.house.run(instances.set_trust, "test", other.origin, Trust.ALLOWED)
        self.anna, self.carl = self.chu.doctor("anna"), self.clinic.doctor("carl")
        self.sven = self.society.doctor("sven")
        self.group = self.society.house.run(
            founding.create,
            "test",
            "cardio",
            founding.Settings(access=GroupAccess.OPEN, title="Cardio"),
        )
        self.at_chu = self.chu.knows(self.society, self.group)
        self.at_clinic = self.clinic.knows(self.society, self.group)

    def forget(self) -> None:
        """What was said before a test, and what a test before it withheld."""
        self.net.carried.clear()
        self.net.away.clear()
        self.net.withheld.clear()
        self.net.served.clear()

    def follow(self, home: Instance, member: Account, group: Account) -> None:
        home.house.run(relationships.follow, member, group)
        self.net.settle()

    def said_by_group(self, to: Instance) -> list[dict[str, Any]]:
        """What the group sent to an instance."""
        return [
            json.loads(one.body)
            for origin, one in self.net.carried
            if origin == self.society.origin and one.destination == to.origin
        ]

    def announced(self, to: Instance, kind: str) -> list[dict[str, Any]]:
        found = [one for one in self.said_by_group(to) if one["type"] == "Announce"]
        return [one for one in found if isinstance(one["object"], dict) and one["object"]["type"] == kind]

    def home(self, at: Instance, member: Account, uri: str) -> bool:
        """Whether the group's boost of a post stands here."""
        group = at.house.read(account_rows.find_by_uri, self.group.uri)
        post = at.find(uri)
        assert group is not None
        return post is not None and at.house.read(posts.find_boost, group.id, post.id) is not None

    def submit(self, text: str = "@cardio@society.example A question", **draft: Any) -> Post:
        post = self.chu.say(self.anna, text, visibility=Visibility.PUBLIC, **draft)
        self.net.settle()
        return post

    def name_moderator(self, member: Account, group: Account | None = None) -> None:
        """member: as known at the society. group: that of the tests, where no other is given."""

        def make(unit: Unit) -> None:
            memberships.add(
                unit,
                {
                    "group_id": (group or self.group).id,
                    "account_id": member.id,
                    "state": MembershipState.ACTIVE.value,
                    "role": MembershipRole.MODERATOR.value,
                    "joined_at": unit.now,
                },
            )

        self.society.house.run(make)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for all tests of a module, which take it through `world`."""
    folder = tmp_path_factory.mktemp("open")
    with open_exchange(folder, "chu", "clinic", "society", partners=False, posts="public") as net:
        yield World(net)


@pytest.fixture
def world(opened: World) -> World:
    """Nothing was said yet, as far as anybody remembers."""
    opened.net.settle()
    opened.forget()
    return opened


@contextmanager
def moderated_world(folder: Path) -> Iterator[World]:
    """Sven, of the group's instance, moderates it, and is known at the clinic."""
    with open_exchange(folder, "chu", "clinic", "society", partners=False, posts="public") as net:
        made = World(net)
        made.name_moderator(made.sven)
        made.clinic.knows(made.society, made.sven)
        yield made
