"""Threads of direct posts."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from server.domain.accounts import Account
from server.domain.conversations import Conversation
from server.domain.pages import Page
from server.domain.posts import Post
from server.domain.viewers import Member
from server.services import accounts, conversations
from server.web.kit import pagination, responses
from server.web.kit.call import Call
from server.web.kit.sight import Sight, see
from server.web.kit.unit import Unit
from server.web.mastodon.rendering import accounts as account_rendering
from server.web.mastodon.rendering import statuses
from server.web.mastodon.rendering.renderer import Renderer, encode, joined

Pair = tuple[Conversation, Post | None]


@dataclass(frozen=True, slots=True)
class Talk:
    """Conversations with those in them and their last posts."""

    pairs: list[Pair]
    accounts: dict[int, Account]
    sight: Sight


def talk_of(unit: Unit, viewer: Member, pairs: list[Pair]) -> Talk:
    people = accounts.many(unit, [one for item, _ in pairs for one in item.participants])
    return Talk(pairs, people, see(unit, viewer, [post for _, post in pairs if post is not None]))


def _page(unit: Unit, viewer: Member, page: Page) -> Talk:
    return talk_of(unit, viewer, conversations.page(unit, viewer.account_id, page))


def _mark(unit: Unit, viewer: Member, conversation_id: int, *, unread: bool) -> Talk:
    marked = conversations.mark(unit, viewer.account_id, conversation_id, unread=unread)
    return talk_of(unit, viewer, [marked])


async def index(call: Call) -> Response:
    """GET /api/v1/conversations."""
    talk = await call.read(_page, Member(call.account_id), pagination.page(call))
    ends = [item.last_post_id for item, _ in talk.pairs]
    bounds = (ends[0], ends[-1]) if ends else (None, None)
    renderer = Renderer.of(call)
    body = joined([rendered(renderer, pair, talk) for pair in talk.pairs])
    return responses.raw(body, headers=pagination.link(call, *bounds))


async def read(call: Call) -> Response:
    """POST /api/v1/conversations/:id/read."""
    return await _marked(call, unread=False)


async def unread(call: Call) -> Response:
    """POST /api/v1/conversations/:id/unread."""
    return await _marked(call, unread=True)


async def _marked(call: Call, *, unread: bool) -> Response:
    talk = await call.write(_mark, Member(call.account_id), call.id(), unread=unread)
    return responses.raw(rendered(Renderer.of(call), talk.pairs[0], talk))


async def delete(call: Call) -> Response:
    """DELETE /api/v1/conversations/:id: from the caller's list; the posts stay."""
    await call.write(conversations.remove, call.account_id, call.id())
    return responses.json({})


def rendered(renderer: Renderer, pair: Pair, talk: Talk) -> bytes:
    """An encoded conversation."""
    one, post = pair
    people = [talk.accounts[each] for each in one.participants if each in talk.accounts]
    return b'{"id":%b,"unread":%b,"accounts":%b,"last_status":%b}' % (
        encode(str(one.id)),
        b"true" if one.unread else b"false",
        account_rendering.accounts(renderer, people),
        statuses.status(renderer, post, talk.sight) if post else b"null",
    )
