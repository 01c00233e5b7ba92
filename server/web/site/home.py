"""What a member reads: the home timeline, the discussions of a tag, what was bookmarked. Every page works without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from server.core.errors import NotFound
from server.domain.filters import FilterContext
from server.domain.pages import Page
from server.domain.posts import Post
from server.domain.viewers import Member
from server.services import second_factors, timelines
from server.services.timelines import Tags
from server.text.mentions import find_tags, normal_tag
from server.web.kit import html, pagination
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.site.posts import Around, around, posts_shown
from server.web.site.security import signed

SHOWN = pagination.Limits(20, 40)
Rows = list[tuple[int, Post]]
"""With the ids by which pages are bounded."""
Read = Callable[[Unit, Member, Page], Rows]


@dataclass(frozen=True, slots=True)
class _Read:
    rows: Rows
    around: Around


async def home(call: Call) -> Response:
    """The posts of those whom the member follows, and of the member's groups."""
    factors = await call.read(second_factors.of_user, signed(call).user_id)
    return await _timeline(call, _home, FilterContext.HOME, kind="home", protected=bool(factors))


async def bookmarks(call: Call) -> Response:
    return await _timeline(call, _bookmarks, FilterContext.HOME, kind="bookmarks", protected=True)


async def tag(call: Call) -> Response:
    """What has a tag. A path that is no tag is a missing page."""
    found = find_tags("#" + call.parameters["tag"])
    if found != (normal_tag(call.parameters["tag"]),):
        raise NotFound

    def read(unit: Unit, viewer: Member, page: Page) -> Rows:
        return [(one.id, one) for one in timelines.tag(unit, viewer, page, Tags(any=found))]

    return await _timeline(call, read, FilterContext.PUBLIC, kind="tag", protected=True, tag=found[0])


def _home(unit: Unit, viewer: Member, page: Page) -> Rows:
    return [(one.id, one) for one in timelines.home(unit, viewer, page)]


def _bookmarks(unit: Unit, viewer: Member, page: Page) -> Rows:
    return list(timelines.bookmarks(unit, viewer, page))


async def _timeline(
    call: Call, read: Read, context: FilterContext, *, kind: str, protected: bool, tag: str = ""
) -> Response:
    page = pagination.page(call, SHOWN)
    found = await call.read(_read, read, Member(signed(call).account_id), page)
    first, last = (found.rows[0][0], found.rows[-1][0]) if found.rows else (None, None)
    full = len(found.rows) >= page.limit
    return html.page(
        call,
        "site/timeline.html",
        kind=kind,
        tag=tag,
        protected=protected,
        posts=posts_shown(call, [post for _, post in found.rows], found.around, context),
        newer=first if page.max_id or (page.min_id and full) else None,
        older=last if full or page.min_id else None,
    )


def _read(unit: Unit, read: Read, viewer: Member, page: Page) -> _Read:
    rows = read(unit, viewer, page)
    return _Read(rows, around(unit, viewer, [post for _, post in rows]))
