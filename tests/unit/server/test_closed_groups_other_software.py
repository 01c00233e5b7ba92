"""Closed and secret groups, and software that does not know the profile: refused at once, never told anything, without effect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from federation.types import JsonObject
from server.store import relationships
from tests.support import other_software
from tests.support.exchange import open_exchange
from tests.support.other_software import PEOPLE, PUBLIC, Shapes, wrapped

CANARY = "numbatword"
MOMENT = {"published": "2026-03-02T09:00:00Z"}


def sent(shapes: Shapes, group: str, post: str) -> list[JsonObject]:
    """Whatever that software could say to a group and about what is said there."""
    me, like = shapes.me, shapes.like(post)
    follow = wrapped("Follow", me, group)
    return [
        follow,
        wrapped("Undo", me, follow),
        wrapped("Join", me, group, rulesVersion=1, **MOMENT),
        wrapped("Leave", me, group, **MOMENT),
        shapes.create,
        shapes.reply,
        like,
        wrapped("Undo", me, like),
        wrapped("Announce", me, post, to=[PUBLIC]),
        wrapped("Announce", me, group, to=[PUBLIC]),
        wrapped("Flag", me, post),
        wrapped("Remove", me, post, target=group),
        wrapped("Block", me, group),
        shapes.delete(str(shapes.create["object"]["id"])),
        shapes.delete(post),
    ]


@pytest.mark.parametrize("access", ["closed", "secret"])
@pytest.mark.parametrize("name", sorted(PEOPLE))
def test_refused_at_once_and_told_nothing(tmp_path: Path, name: str, access: str) -> None:
    with open_exchange(tmp_path, "chu", "society") as net:
        society = net["society"]
        group = society.group(access=access)
        cleo = society.doctor("cleo")
        net.join(society, cleo, society, group)
        net.join(net["chu"], net["chu"].doctor("anna"), society, group)
        post = society.say(cleo, f"@cardio {CANARY}")
        net.settle()
        shapes = PEOPLE[name](group.uri, post.uri)
        somebody = other_software.introduce(society, shapes.actor)
        for document in sent(shapes, group.uri, post.uri):
            net.told(society, document)
            net.settle()
        society.say(cleo, f"@cardio {CANARY} again")
        net.settle()

        carried: list[dict[str, Any]] = [
            json.loads(one.body) for _, one in net.carried if one.destination == shapes.origin
        ]
        assert CANARY not in json.dumps(carried)
        assert {one["type"] for one in carried} == (set() if access == "secret" else {"Reject"})
        assert society.house.read(relationships.find_follow, somebody.id, group.id) is None
        found = society.find(post.uri)
        assert found is not None
        assert CANARY in found.content
        assert (found.favourites_count, found.boosts_count, found.replies_count) == (0, 0, 0)
        for document in (shapes.create, shapes.reply):
            theirs = society.find(str(document["object"]["id"]))
            assert theirs is None or theirs.group_id is None
