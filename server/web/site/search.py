"""Finding people, groups, tags and posts, by words or by address; from connected institutions where a handle or an address is given."""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.responses import Response

from server.domain.accounts import Account
from server.domain.filters import FilterContext
from server.domain.pages import Page
from server.domain.posts import Post
from server.domain.viewers import Member
from server.services import post_search, search
from server.services.posts import visible
from server.web.kit import html, meeting, pagination
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.site.posts import Around, around, page_of_person, posts_shown
from server.web.site.security import signed

PEOPLE, TAGS = 10, 10
SHOWN = pagination.Limits(20, 40)
LONGEST = 2048


@dataclass(frozen=True, slots=True)
class _Found:
    people: list[Account]
    tags: list[str]
    posts: list[Post]
    around: Around


async def show(call: Call) -> Response:
    """The form, and what was found."""
    typed = call.request.query_params.get("q", "").strip()[:LONGEST]
    viewer, page = Member(signed(call).account_id), pagination.page(call, SHOWN)
    found = await call.read(_find, viewer, typed, page)
    if typed and not (found.people or found.tags or found.posts):
        found = await _elsewhere(call, viewer, typed, found)
    return html.page(
        call,
        "site/search.html",
        typed=typed,
        people=[(one, page_of_person(one)) for one in found.people],
        tags=found.tags,
        posts=posts_shown(call, found.posts, found.around, FilterContext.PUBLIC),
        older=found.posts[-1].id if len(found.posts) >= page.limit else None,
    )


def _find(unit: Unit, viewer: Member, typed: str, page: Page) -> _Found:
    if typed.startswith(("https://", "http://")):
        post = search.post_at(unit, viewer, typed)
        account = None if post is not None else search.account_at(unit, viewer, typed)
        posts = [post] if post is not None else []
        return _Found([account] if account else [], [], posts, around(unit, viewer, posts))
    posts = post_search.find(unit, viewer, typed, page) if typed else []
    first = page.max_id is None
    return _Found(
        search.accounts(unit, viewer, typed, limit=PEOPLE) if first and not typed.startswith("#") else [],
        search.tags(unit, viewer, typed, limit=TAGS) if first and not typed.startswith("@") else [],
        posts,
        around(unit, viewer, posts),
    )


async def _elsewhere(call: Call, viewer: Member, typed: str, found: _Found) -> _Found:
    if typed.startswith(("https://", "http://")):
        post, account = await meeting.at_address(call, typed)
        if post is not None:
            posts = await call.read(_visible, viewer, post.id)
            return replace(found, posts=posts, around=await call.read(around, viewer, posts))
    else:
        account = await meeting.called(call, typed)
    return replace(found, people=[account] if account else [])


def _visible(unit: Unit, viewer: Member, post_id: int) -> list[Post]:
    return list(visible.visible_posts(unit, viewer, [post_id]).values())
