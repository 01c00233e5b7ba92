"""The visibility predicate equals a naive model; pages visit each row once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from federation.types import Origin
from server.domain.pages import Page
from server.domain.viewers import Anonymous, Member, Opener, Peer, Viewer
from server.services import timelines
from server.services.posts import visible
from server.store.session import Unit
from server.store.tables import accounts as account_tables
from server.store.tables import groups as group_tables
from server.store.tables import instances as instance_tables
from server.store.tables import posts as post_tables
from tests.support.house import POSTGRESQL, SQLITE, START, House, open_house

DOMAINS = ("", "", "", "one.example", "one.example", "two.example:8443")
PEERS = ("one.example", "two.example:8443", "three.example")
VISIBILITIES = ("public", "unlisted", "followers", "direct")
TRUSTS = (None, "allowed", "limited", "suspended", "blocked", "unknown")
PEOPLE = range(len(DOMAINS))
HERE, THERE = 101, 102
HOUR = timedelta(hours=1)
GROUPS = {HERE: "", THERE: "one.example"}
STATES = ("active", "active", "active", "suspended", "requested", "removed", "invited")
STANDINGS = ("published",) * 5 + ("pending", "held", "refused", "hidden", "removed")
person = st.sampled_from(list(PEOPLE))
pairs = st.sets(st.tuples(person, person).filter(lambda pair: pair[0] != pair[1]), max_size=8)


@dataclass(frozen=True)
class WrittenPost:
    author: int
    visibility: str
    mentions: frozenset[int]
    boost_of: int | None
    group: int | None = None
    standing: str = "published"


@dataclass(frozen=True)
class World:
    """trust: by domain. follows: pairs with whether they are accepted. members: state by group and person.

    hidden: the group that lives elsewhere cannot be reconciled.
    """

    standing: tuple[str, ...]
    trust: dict[str, str | None]
    follows: dict[tuple[int, int], bool]
    blocks: set[tuple[int, int]]
    posts: list[WrittenPost] = field(default_factory=list)
    public_pages: bool = False
    members: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden: bool = False


@st.composite
def worlds(draw: st.DrawFn) -> World:
    posts: list[WrittenPost] = []
    for number in range(draw(st.integers(1, 7))):
        originals = [n for n in range(number) if posts[n].boost_of is None]
        boost_of = draw(st.sampled_from([None, None, *originals])) if originals else None
        author = draw(person)
        if any(each.boost_of == boost_of and each.author == author for each in posts if boost_of is not None):
            boost_of = None
        group = draw(st.sampled_from((None, None, *GROUPS)))
        posts.append(
            WrittenPost(
                author=author,
                visibility=draw(st.sampled_from(VISIBILITIES)),
                mentions=frozenset(draw(st.sets(person, max_size=2))) if boost_of is None else frozenset(),
                boost_of=boost_of,
                group=group,
                standing="published" if group is None else draw(st.sampled_from(STANDINGS)),
            )
        )
    return World(
        standing=tuple(draw(st.sampled_from(("well",) * 6 + ("suspended", "deleted"))) for _ in PEOPLE),
        trust={domain: draw(st.sampled_from(TRUSTS)) for domain in PEERS[:2]},
        follows=draw(st.dictionaries(st.tuples(person, person), st.booleans(), max_size=10)),
        blocks=draw(pairs),
        posts=posts,
        public_pages=draw(st.booleans()),
        members=draw(
            st.dictionaries(
                st.tuples(st.sampled_from(list(GROUPS)), person), st.sampled_from(STATES), max_size=10
            )
        ),
        hidden=draw(st.booleans()),
    )


def may_see(world: World, viewer: Viewer, number: int) -> bool:
    """The model: the rules in the words of the design, one after the other."""
    post = world.posts[number]
    if post.boost_of is not None and not may_see(world, viewer, post.boost_of):
        return False
    author = post.author
    if world.standing[author] != "well" or world.trust.get(DOMAINS[author]) in {"suspended", "blocked"}:
        return False
    followers = {one for (one, other), accepted in world.follows.items() if other == author and accepted}
    match viewer:
        case Anonymous():
            return world.public_pages and post.visibility == "public" and post.group is None
        case Member(account_id):
            me = account_id - 1
            if me == author:
                return post.standing not in {"hidden", "removed"}
            if (me, author) in world.blocks or (author, me) in world.blocks:
                return False
            if post.group is not None:
                shown = post.standing == "published" and not (post.group == THERE and world.hidden)
                return shown and world.members.get((post.group, me)) == "active"
            return (
                post.visibility in {"public", "unlisted"}
                or (post.visibility == "followers" and me in followers)
                or me in post.mentions
            )
        case Opener():
            return viewer in LIVE and post.group == HERE and post.standing == "published"
        case Peer(origin, profiled):
            if post.group is not None:
                if not profiled:
                    return False
                lives_there = any(
                    DOMAINS[one] == origin and state == "active"
                    for (group, one), state in world.members.items()
                    if group == post.group
                )
                ours = post.group == HERE and post.standing == "published" and lives_there
                local = DOMAINS[author] == ""
                told = local and GROUPS[post.group] == origin and post.standing not in {"hidden", "removed"}
                return ours or told
            if DOMAINS[author] == origin:
                return True
            return (
                post.visibility in {"public", "unlisted"}
                or (post.visibility == "followers" and any(DOMAINS[one] == origin for one in followers))
                or any(DOMAINS[one] == origin for one in post.mentions)
            )


LIVE = [Opener(1, 1, START)]
OVER = [
    Opener(1, 1, START + HOUR),  # its time is over
    Opener(1, 2, START),  # of somebody else
    Opener(2, 1, START),  # ended by hand
]
VIEWERS: list[Viewer] = [
    *LIVE,
    *OVER,
    Anonymous(),
    *(Member(number + 1) for number in PEOPLE if DOMAINS[number] == ""),
    *(Peer(Origin(domain)) for domain in PEERS),
    *(Peer(Origin(domain), profiled=True) for domain in PEERS),
]


def build(unit: Unit, world: World) -> None:
    """Writes a world into an emptied database; ids are numbers plus one."""
    for table in (
        post_tables.post,
        group_tables.stream_position,
        group_tables.group_opening,
        account_tables.account,
        instance_tables.instance,
    ):
        unit.run(delete(table))
    people = [*enumerate(DOMAINS), *((group - 1, domain) for group, domain in GROUPS.items())]
    for number, domain in people:
        uri = f"https://{domain or 'here.example'}/users/{number}"
        standing = world.standing[number] if number in PEOPLE else "well"
        unit.run(
            account_tables.account.insert(),
            {
                "id": number + 1,
                "username": f"p{number}",
                "username_folded": f"p{number}",
                "domain": domain,
                "uri": uri,
                "url": uri,
                "kind": "Person",
                "inbox": f"{uri}/inbox",
                "fields": [],
                "also_known_as": [],
                "created_at": START,
                "suspended_at": START if standing == "suspended" else None,
                "deleted_at": START if standing == "deleted" else None,
            },
        )
    for group in GROUPS:
        unit.run(
            group_tables.group.insert(),
            {
                "account_id": group,
                "access": "closed",
                "languages": [],
                "professions": [],
                "hosts": [],
                "created_at": START,
            },
        )
    for number, ended_at in enumerate((None, START)):
        opening = {"id": number + 1, "group_id": HERE, "group_uri": "", "account_id": 1, "reason": "x"}
        times = {"opened_at": START, "until": START + HOUR, "ended_at": ended_at}
        unit.run(group_tables.group_opening.insert(), opening | times)
    for number, ((group, one), state) in enumerate(world.members.items()):
        unit.run(
            group_tables.membership.insert(),
            {
                "id": number + 1,
                "group_id": group,
                "account_id": one + 1,
                "state": state,
                "created_at": START,
            },
        )
    if world.hidden:
        unit.run(
            group_tables.stream_position.insert(),
            {"group_id": THERE, "epoch": 1, "n": 0, "hidden_at": START},
        )
    for number, (domain, trust) in enumerate(world.trust.items()):
        if trust is not None:
            unit.run(
                instance_tables.instance.insert(),
                {
                    "id": number + 1,
                    "domain": domain,
                    "trust": trust,
                    "created_at": START,
                    "changed_at": START,
                },
            )
    for number, ((one, other), accepted) in enumerate(world.follows.items()):
        state = "accepted" if accepted else "pending"
        _relate(unit, account_tables.follow, number, one, other, {"state": state})
    for number, (one, other) in enumerate(sorted(world.blocks)):
        _relate(unit, account_tables.block, number, one, other, {})
    for number, post in enumerate(world.posts):
        unit.run(post_tables.post.insert(), _row(number, post))
        for named in post.mentions:
            unit.run(
                post_tables.mention.insert(),
                {"post_id": number + 1, "account_id": named + 1, "silent": bool(named % 2)},
            )


def _relate(unit: Unit, table: Any, number: int, one: int, other: int, more: dict[str, str]) -> None:
    unit.run(
        table.insert(),
        {
            "id": number + 1,
            "account_id": one + 1,
            "target_id": other + 1,
            "uri": f"https://x.example/{number}",
            "created_at": START,
            **more,
        },
    )


def _row(number: int, post: WrittenPost) -> dict[str, Any]:
    return {
        "id": number + 1,
        "uri": f"https://x.example/posts/{number}",
        "url": "",
        "account_id": post.author + 1,
        "local": DOMAINS[post.author] == "",
        "kind": "note" if post.boost_of is None else "boost",
        "visibility": post.visibility,
        "group_id": post.group,
        "standing": post.standing,
        "boost_of_id": None if post.boost_of is None else post.boost_of + 1,
        "thread_id": number + 1,
        "content": "",
        "tags": [],
        "published_at": START,
    }


@pytest.fixture(scope="module", params=[SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.slow)])
def houses(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[bool, House]]:
    """One house with public pages and one without."""
    folder: Path = tmp_path_factory.mktemp("houses")
    with (
        open_house(folder / "open", request.param, public_pages=True) as opened,
        open_house(folder / "closed", request.param) as closed,
    ):
        yield {True: opened, False: closed}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds())
def test_the_predicate_equals_the_model(houses: dict[bool, House], world: World) -> None:
    house = houses[world.public_pages]
    house.run(build, world)
    ids = [number + 1 for number in range(len(world.posts))]
    for viewer in VIEWERS:
        seen = set(house.read(visible.visible_posts, viewer, ids))
        assert seen == {n + 1 for n in range(len(world.posts)) if may_see(world, viewer, n)}, viewer


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds())
def test_timelines_show_nothing_that_the_predicate_hides(houses: dict[bool, House], world: World) -> None:
    house = houses[world.public_pages]
    house.run(build, world)
    page = Page(limit=40)
    for viewer in VIEWERS:
        allowed = {n + 1 for n in range(len(world.posts)) if may_see(world, viewer, n)}
        shown = {each.id for each in house.read(timelines.public, viewer, page)}
        for number in PEOPLE:
            account = house.read(_account, number + 1)
            shown |= {each.id for each in house.read(timelines.account_posts, viewer, account, page)}
        assert shown <= allowed


def _account(unit: Unit, account_id: int) -> Any:
    row = unit.first(account_tables.account.select().where(account_tables.account.c.id == account_id))
    assert row is not None
    return row


WELL = World(("well",) * len(DOMAINS), {}, {}, set())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    visible_ones=st.lists(st.booleans(), max_size=25),
    limit=st.integers(1, 7),
    upwards=st.booleans(),
)
def test_pages_visit_each_row_once(
    houses: dict[bool, House], visible_ones: list[bool], limit: int, upwards: bool
) -> None:
    house = houses[False]
    posts = [WrittenPost(1, "public" if one else "direct", frozenset(), None) for one in visible_ones]
    house.run(build, World(WELL.standing, {}, {}, set(), posts))
    expected = [number + 1 for number, one in enumerate(visible_ones) if one][::-1]
    visited: list[int] = []
    page = Page(limit=limit, min_id=0) if upwards else Page(limit=limit)
    while found := [each.id for each in house.read(timelines.public, Member(1), page)]:
        assert found == sorted(found, reverse=True)
        assert len(found) <= limit
        if upwards:
            visited = found + visited
            page = Page(limit=limit, min_id=found[0])
        else:
            visited += found
            page = Page(limit=limit, max_id=found[-1])
    assert visited == expected


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    count=st.integers(0, 12),
    limit=st.integers(1, 5),
    low=st.none() | st.integers(0, 13),
    high=st.none() | st.integers(1, 14),
)
def test_bounds_mean_what_the_api_says(
    houses: dict[bool, House], count: int, limit: int, low: int | None, high: int | None
) -> None:
    house = houses[False]
    posts = [WrittenPost(1, "public", frozenset(), None)] * count
    house.run(build, World(WELL.standing, {}, {}, set(), posts))
    within = [n for n in range(count, 0, -1) if (low is None or n > low) and (high is None or n < high)]
    newest = house.read(timelines.public, Member(1), Page(limit=limit, max_id=high, since_id=low))
    assert [each.id for each in newest] == within[:limit]
    if low is not None:
        adjacent = house.read(timelines.public, Member(1), Page(limit=limit, max_id=high, min_id=low))
        assert [each.id for each in adjacent] == within[-limit:]
