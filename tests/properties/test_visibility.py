"""The visibility predicate equals a naive model, and so does every read of posts that stands on it; pages visit each row once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.core.errors import NotFound
from server.domain.lists import RepliesPolicy
from server.domain.pages import Page
from server.domain.viewers import Member, Viewer
from server.services import post_search, timelines
from server.services.posts import visible
from server.services.timelines import Tags
from server.store import feeds
from server.store.session import Unit
from server.store.tables import accounts as account_tables
from tests.support.house import POSTGRESQL, SQLITE, House, open_house
from tests.support.worlds import (
    AT_HOME,
    DOMAINS,
    GROUPS,
    LIST,
    PEOPLE,
    VIEWERS,
    World,
    WrittenPost,
    build,
    may_see,
    worlds,
)


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


def built(houses: dict[bool, House], world: World) -> House:
    house = houses[world.public_pages]
    house.run(build, world)
    return house


def reads_of(drawn: st.SearchStrategy[World]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A test that is tried on fifty worlds."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        quiet = settings(
            max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
        )
        return quiet(given(world=drawn)(test))

    return decorate


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds())
def test_the_predicate_equals_the_model(houses: dict[bool, House], world: World) -> None:
    house = houses[world.public_pages]
    house.run(build, world)
    ids = [number + 1 for number in range(len(world.posts))]
    for viewer in VIEWERS:
        seen = set(house.read(visible.visible_posts, viewer, ids))
        assert seen == {n + 1 for n in range(len(world.posts)) if may_see(world, viewer, n)}, viewer


# -- the reads that stand on it --------------------------------------------------------------------------

ALL = Page(limit=40)


def muted(world: World, me: int, number: int) -> bool:
    """Whether a person does not want to see a post, or what it boosts, where they did not ask for it."""
    post = world.posts[number]
    behind = set() if post.boost_of is None else {world.posts[post.boost_of].author}
    return any(world.mutes.get((me, author)) for author in {post.author} | behind)


def answers_another(world: World, number: int) -> bool:
    post = world.posts[number]
    return post.reply_to is not None and world.posts[post.reply_to].author != post.author


def chosen(world: World, viewer: Viewer, rule: Callable[[int], bool]) -> list[int]:
    """The ids of the posts that the viewer may see and that a rule lets in, the newest first."""
    numbers = range(len(world.posts))
    return [n + 1 for n in reversed(numbers) if may_see(world, viewer, n) and rule(n)]


def ids(posts: Iterable[Any]) -> list[int]:
    return [each.id for each in posts]


@reads_of(worlds())
def test_home_and_lists_are_what_the_model_says(houses: dict[bool, House], world: World) -> None:
    house = built(houses, world)

    def listed(number: int) -> bool:
        post = world.posts[number]
        if (0, number) not in world.home or post.author not in world.listed or muted(world, 0, number):
            return False
        if world.replies is RepliesPolicy.FOLLOWED or not answers_another(world, number):
            return True
        assert post.reply_to is not None
        return world.replies is RepliesPolicy.LIST and world.posts[post.reply_to].author in world.listed

    for me in AT_HOME:
        apart = world.listed if me == 0 and world.exclusive else frozenset()
        expected = chosen(
            world,
            Member(me + 1),
            lambda n, me=me, apart=apart: (
                (me, n) in world.home and not muted(world, me, n) and world.posts[n].author not in apart
            ),
        )
        assert ids(house.read(timelines.home, Member(me + 1), ALL)) == expected
        assert ids(house.read(timelines.home_outline, Member(me + 1), ALL)) == expected
    assert ids(house.read(timelines.list_, Member(1), ALL, LIST)) == chosen(world, Member(1), listed)
    with pytest.raises(NotFound):
        house.read(timelines.list_, Member(2), ALL, LIST)


@reads_of(worlds())
def test_groups_are_what_the_model_says(houses: dict[bool, House], world: World) -> None:
    house = built(houses, world)
    for me in AT_HOME:
        for group in GROUPS:
            expected = chosen(
                world,
                Member(me + 1),
                lambda n, me=me, group=group: (
                    world.posts[n].group == group
                    and world.posts[n].boost_of is None
                    and world.mutes.get((me, world.posts[n].author)) is not True
                ),
            )
            assert ids(house.read(timelines.group, Member(me + 1), group, ALL)) == expected
            if world.members.get((group, me)) == "active":
                assert ids(house.read(timelines.list_, Member(me + 1), ALL, group)) == expected
            else:
                with pytest.raises(NotFound):
                    house.read(timelines.list_, Member(me + 1), ALL, group)


@reads_of(worlds())
def test_public_tags_and_profiles_are_what_the_model_says(houses: dict[bool, House], world: World) -> None:
    house = built(houses, world)
    for viewer in VIEWERS:
        me = viewer.account_id - 1 if isinstance(viewer, Member) else -1

        def opened(number: int, me: int = me) -> bool:
            post = world.posts[number]
            return post.visibility == "public" and post.boost_of is None and not muted(world, me, number)

        public = chosen(world, viewer, lambda n, opened=opened: opened(n) and not answers_another(world, n))
        assert ids(house.read(timelines.public, viewer, ALL)) == public, viewer
        tagged = chosen(world, viewer, lambda n, opened=opened: opened(n) and world.posts[n].tagged)
        assert ids(house.read(timelines.tag, viewer, ALL, Tags(("tagged",)))) == tagged, viewer
        for author in PEOPLE:
            account = house.read(_account, author + 1)
            said = chosen(world, viewer, lambda n, author=author: world.posts[n].author == author)
            assert ids(house.read(timelines.account_posts, viewer, account, ALL)) == said, viewer


@reads_of(worlds())
def test_search_and_what_was_kept_are_what_the_model_says(houses: dict[bool, House], world: World) -> None:
    house = built(houses, world)
    for me in AT_HOME:
        viewer = Member(me + 1)
        for typed, rule in (
            ("words", lambda n: True),
            ("odd", lambda n: world.posts[n].word == "odd"),
            ("words -odd", lambda n: world.posts[n].word != "odd"),
            ("words is:reply", lambda n: world.posts[n].reply_to is not None),
            ("words in:public", lambda n: world.posts[n].visibility == "public"),
            ("words from:me", lambda n, me=me: world.posts[n].author == me),
        ):
            found = chosen(world, viewer, lambda n, rule=rule: world.posts[n].boost_of is None and rule(n))
            assert ids(house.read(post_search.find, viewer, typed, ALL)) == found, typed
        kept = sorted(chosen(world, viewer, lambda n, me=me: (me, n) in world.kept))
        for read in (timelines.bookmarks, timelines.favourites):
            assert sorted(ids(post for _, post in house.read(read, viewer, ALL))) == kept


@reads_of(worlds())
def test_threads_and_boosts_are_what_the_model_says(houses: dict[bool, House], world: World) -> None:
    house = built(houses, world)
    numbers = range(len(world.posts))

    def below(number: int) -> list[int]:
        answers = [n for n in numbers if world.posts[n].reply_to == number]
        return [each for n in answers for each in (n, *below(n))]

    for viewer in VIEWERS:
        seen = {n for n in numbers if may_see(world, viewer, n)}
        for number in seen:
            post = house.read(visible.visible_post, viewer, number + 1)
            above, under = house.read(visible.context_of, viewer, post)
            chain: list[int] = []
            while (parent := world.posts[(chain or [number])[-1]].reply_to) is not None:
                chain.append(parent)
            assert ids(above) == [n + 1 for n in reversed(chain) if n in seen], viewer
            assert ids(under) == [n + 1 for n in below(number) if n in seen], viewer
            boosts = [n for n in seen if world.posts[n].boost_of == number]
            shown = house.read(feeds.boosted_by, viewer, number + 1, ALL)
            assert sorted(one for one, _ in shown) == sorted(n + 1 for n in boosts), viewer
        for number in set(numbers) - seen:
            with pytest.raises(NotFound):
                house.read(visible.visible_post, viewer, number + 1)


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
