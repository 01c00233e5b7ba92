"""A post with what it answers and the answers to it: of members, of people elsewhere, of nobody whom the reader may not see.

What was said in a group has its page there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from server.core.errors import NotFound
from server.domain.accounts import Account
from server.domain.filters import FilterContext
from server.domain.posts import Post
from server.domain.viewers import Member, Viewer
from server.services import accounts
from server.services.posts import visible
from server.web.kit import html, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.site.posts import Around, around, page_of, posts_shown
from server.web.site.security import signed


@dataclass(frozen=True, slots=True)
class Thread:
    """above, below: what the reader may see of them."""

    one: Post
    above: list[Post]
    below: list[Post]
    around: Around
    author: Account


async def show(call: Call) -> Response:
    """Any post that the member may see."""
    found = await call.read(read, Member(signed(call).account_id), call.id())
    if found.one.group_id is not None:
        return responses.redirect(page_of(found.one))
    return html.page(call, "site/post.html", **shown(call, found))


def read(unit: Unit, viewer: Viewer, post_id: int) -> Thread:
    """Raises NotFound; a boost has no page of its own."""
    one = visible.visible_post(unit, viewer, post_id)
    if one.boost_of_id is not None:
        raise NotFound
    above, below = visible.context_of(unit, viewer, one)
    author = accounts.get(unit, one.account_id)
    return Thread(one, above, below, around(unit, viewer, [*above, one, *below]), author)


def shown(call: Call, found: Thread) -> dict[str, Any]:
    """What the templates of a thread are given. The post itself is shown whatever the reader's filters say."""
    context = FilterContext.THREAD
    return {
        "above": posts_shown(call, found.above, found.around, context),
        "one": posts_shown(call, [found.one], found.around, None)[0],
        "below": posts_shown(call, found.below, found.around, context),
    }
