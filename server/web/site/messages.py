"""Conversations among named people: the newest word of each, and whether it was read."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from server.domain.accounts import Account
from server.domain.conversations import Conversation
from server.domain.pages import Page
from server.domain.posts import Post
from server.domain.viewers import Member
from server.services import accounts, conversations
from server.web.kit import html, pagination, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.site.posts import Around, around, page_of_person, posts_shown
from server.web.site.security import signed

SHOWN = pagination.Limits(20, 40)


@dataclass(frozen=True, slots=True)
class _Talks:
    pairs: list[tuple[Conversation, Post | None]]
    people: dict[int, Account]
    around: Around


async def show(call: Call) -> Response:
    """What the reader may still see of the newest first."""
    page = pagination.page(call, SHOWN)
    found = await call.read(_read, Member(signed(call).account_id), page)
    talks = []
    for one, post in found.pairs:
        people = [found.people[each] for each in one.participants if each in found.people]
        named = [(each.display_name or each.username, page_of_person(each)) for each in people]
        last = posts_shown(call, [post], found.around, None) if post is not None else []
        talks.append((one, named, last[0] if last else None))
    full = len(found.pairs) >= page.limit
    return html.page(
        call,
        "site/messages.html",
        talks=talks,
        older=found.pairs[-1][0].last_post_id if full else None,
    )


async def read(call: Call) -> Response:
    await call.write(conversations.mark, signed(call).account_id, call.id(), unread=False)
    return responses.redirect("/messages")


def _read(unit: Unit, viewer: Member, page: Page) -> _Talks:
    pairs = conversations.page(unit, viewer.account_id, page)
    people = accounts.many(unit, sorted({each for one, _ in pairs for each in one.participants}))
    return _Talks(pairs, people, around(unit, viewer, [post for _, post in pairs if post is not None]))
