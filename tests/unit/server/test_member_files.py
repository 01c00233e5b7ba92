"""CSV files of members: in Mastodon's formats, out and in again, and nothing of groups in them."""

from __future__ import annotations

import pytest

from federation.types import Origin
from server.core.errors import Invalid
from server.domain.accounts import Account
from server.domain.member_files import FileKind, Line
from server.domain.posts import Visibility
from server.services import interactions, leaving, lists, member_files, relationships
from server.store import posts as post_rows
from server.store.session import Unit
from tests.support.house import House

THERE = Origin("there.example")


def fill(house: House, ana: Account, ben: Account, far: Account) -> None:
    def made(unit: Unit) -> None:
        relationships.follow(unit, ana, ben, reblogs=False, notify=True, languages=("fr", "en"))
        kept = lists.make(unit, ana.id, "Ward, second floor")
        lists.add_members(unit, ana.id, kept.id, [ben.id])
        relationships.mute(unit, ana, far, notifications=False)
        relationships.block_domain(unit, ana, "elsewhere.example")

    house.run(made)


def text_of(house: House, account: Account, kind: FileKind) -> str:
    return house.read(member_files.write, account, kind)


def test_what_is_written_is_read_again(any_house: House) -> None:
    house = any_house
    ana, ben, far = house.local("ana"), house.local("ben"), house.remote("far", THERE)
    fill(house, ana, ben, far)
    house.run(relationships.block, ana, house.remote("foe", THERE))
    post = house.post(ben, "keep this")
    house.run(interactions.bookmark, ana, post.id)
    expected = {
        FileKind.FOLLOWING: "Account address,Show boosts,Notify on new posts,Languages\n"
        'ben@here.example,false,true,"fr, en"\n',
        FileKind.LISTS: '"Ward, second floor",ben@here.example\n',
        FileKind.BLOCKS: "foe@there.example\n",
        FileKind.MUTES: "Account address,Hide notifications\nfar@there.example,false\n",
        FileKind.DOMAIN_BLOCKS: "elsewhere.example\n",
        FileKind.BOOKMARKS: f"{post.uri}\n",
    }
    assert {kind: text_of(house, ana, kind) for kind in FileKind} == expected
    cleo = house.local("cleo")
    for kind, text in expected.items():
        lines = member_files.read(kind, text.encode())
        assert house.read(member_files.unknown, cleo, kind, lines) == []
        brought = house.run(member_files.bring_in, cleo, kind, lines)
        assert (brought.done, brought.missing) == (1, ())
        house.run(member_files.bring_in, cleo, kind, lines)
    assert {kind: text_of(house, cleo, kind) for kind in FileKind} == expected


def test_who_is_not_known_or_may_not_be_followed_is_said(house: House) -> None:
    ana, ben = house.local("ana"), house.local("ben")
    group = house.local("icu", kind="Group")
    house.run(relationships.block, ben, ana)
    text = "Account address\nana\n@ben@here.example\nnobody@new.example\nicu\n\nnobody\n"
    lines = member_files.read(FileKind.FOLLOWING, text.encode())
    assert house.read(member_files.unknown, ana, FileKind.FOLLOWING, lines) == ["nobody@new.example"]
    brought = house.run(member_files.bring_in, ana, FileKind.FOLLOWING, lines)
    assert brought.done == 0
    assert brought.missing == ("ana", "ben@here.example", "nobody@new.example", "icu", "nobody")
    relation = house.read(relationships.relationships, ana.id, [group.id])[0]
    assert not relation.following and not relation.requested
    others = {
        FileKind.LISTS: "ward,ben\n",
        FileKind.BOOKMARKS: "https://new.example/1\n",
        FileKind.DOMAIN_BLOCKS: "here.example\n",
    }
    for kind, text in others.items():
        found = house.run(member_files.bring_in, ana, kind, member_files.read(kind, text.encode()))
        assert (found.done, len(found.missing)) == (0, 1)
    assert house.read(lists.all_of, ana.id) == []


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (FileKind.FOLLOWING, b"\xff\xfe"),
        (FileKind.FOLLOWING, b"ana,perhaps\n"),
        (FileKind.FOLLOWING, b"two words\n"),
        (FileKind.FOLLOWING, b'"ana\n'),
        (FileKind.LISTS, b"ward\n"),
        (FileKind.LISTS, b",ana\n"),
        (FileKind.LISTS, b"w" * 201 + b",ana\n"),
        (FileKind.BOOKMARKS, b"x" * 2049),
        (FileKind.BLOCKS, b"a\0b\n"),
        (FileKind.BLOCKS, b"ana\n" * 10_001),
        (FileKind.BLOCKS, b"a" * (2 * 2**20 + 1)),
    ],
)
def test_a_bad_file_is_refused_whole(kind: FileKind, data: bytes) -> None:
    with pytest.raises(Invalid):
        member_files.read(kind, data)


def test_headers_marks_and_repeats_are_read_over() -> None:
    data = "\ufeffAccount address,Show boosts\n@Ana@There.example,\nAna@There.example,true\n".encode()
    assert member_files.read(FileKind.FOLLOWING, data) == (Line("Ana@There.example"),)


def test_nothing_of_a_group_leaves_in_a_file(any_house: House) -> None:
    house = any_house
    ana, group = house.local("ana"), house.local("icu", kind="Group")
    open_post = house.post(ana, "for all")
    confined = house.post(ana, "zebra in the group")
    aside = house.post(ana, "zebra aside", visibility=Visibility.DIRECT, in_reply_to_id=confined.id)

    def confine(unit: Unit) -> None:
        post_rows.change(unit, confined.id, {"group_id": group.id})
        for one in (open_post, confined, aside):
            interactions.rows.add_bookmark(unit, ana.id, one.id)
        relationships.follow(unit, ana, group)

    house.run(confine)
    held = house.read(leaving.export, house.account(ana))
    assert [one["uri"] for one in held["posts"]] == [open_post.uri]
    assert "zebra" not in str(held) and str(group.uri) not in str(held)
    assert held["bookmarks"] == [open_post.uri]
    assert text_of(house, ana, FileKind.BOOKMARKS) == f"{open_post.uri}\n"
    assert "icu" not in text_of(house, ana, FileKind.FOLLOWING)
