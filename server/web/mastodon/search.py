"""Search v2: accounts, tags and posts by what is typed, or by their address; with `resolve`, from connected instances."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.responses import Response

from server.core.errors import BadRequest
from server.domain.accounts import Account
from server.domain.pages import Page
from server.domain.viewers import Member, Viewer
from server.services import post_search, search
from server.services.posts import visible
from server.web.kit import meeting, pagination, responses
from server.web.kit.call import Call
from server.web.kit.sight import Sight, see, see_one
from server.web.kit.unit import Unit
from server.web.mastodon import asked, tags
from server.web.mastodon.rendering import accounts as rendering
from server.web.mastodon.rendering import statuses
from server.web.mastodon.rendering.renderer import Renderer, encode, joined

USUAL, MOST = 20, 40
KINDS = {"accounts", "statuses", "hashtags"}


@dataclass(slots=True)
class Found:
    accounts: list[Account] = field(default_factory=list)
    seen: Sight | None = None
    tags: list[str] = field(default_factory=list)


def _by_address(unit: Unit, viewer: Viewer, address: str) -> Found:
    post = search.post_at(unit, viewer, address)
    if post is not None:
        return Found(seen=see_one(unit, viewer, post))
    account = search.account_at(unit, viewer, address)
    return Found(accounts=[account] if account else [])


@dataclass(frozen=True, slots=True)
class Asked:
    text: str
    kinds: set[str]
    limit: int
    offset: int
    followed_by: int | None
    page: Page
    account_id: int | None


def _by_words(unit: Unit, viewer: Viewer, what: Asked) -> Found:
    found = Found()
    if "accounts" in what.kinds and not what.text.startswith("#"):
        found.accounts = search.accounts(
            unit, viewer, what.text, limit=what.limit, offset=what.offset, followed_by=what.followed_by
        )
    if "hashtags" in what.kinds and not what.text.startswith("@"):
        found.tags = search.tags(unit, viewer, what.text, limit=what.limit, offset=what.offset)
    if "statuses" in what.kinds and isinstance(viewer, Member):
        posts = post_search.find(
            unit, viewer, what.text, what.page, offset=what.offset, account_id=what.account_id
        )
        found.seen = see(unit, viewer, posts)
    return found


async def index(call: Call) -> Response:
    """GET /api/v2/search."""
    query = call.request.query_params
    text = query.get("q", "").strip()[:2048]
    if not text:
        raise BadRequest("q is missing")
    kinds = {query.get("type", "")} & KINDS or KINDS
    limit = max(1, asked.small_number(call, "limit", USUAL, MOST))
    offset = asked.small_number(call, "offset", 0, 10_000)
    if text.startswith(("https://", "http://")):
        found = await call.read(_by_address, call.viewer, text)
        if found.seen is None and not found.accounts and asked.flag(call, "resolve"):
            found = await _resolved_address(call, text)
    else:
        followed_by = call.account_id if asked.flag(call, "following") else None
        page, author = pagination.page(call), asked.optional_number(query.get("account_id"), "account_id")
        what = Asked(text, kinds, limit, offset, followed_by, page, author)
        found = await call.read(_by_words, call.viewer, what)
        if "accounts" in kinds and not found.accounts and asked.flag(call, "resolve") and offset == 0:
            found.accounts = await _resolved_handle(call, text)
    return _answer(call, found, kinds)


def _seen(unit: Unit, viewer: Viewer, post_id: int) -> Sight | None:
    """A post that was found elsewhere, where the searcher may see it."""
    posts = list(visible.visible_posts(unit, viewer, [post_id]).values())
    return see(unit, viewer, posts) if posts else None


async def _resolved_address(call: Call, address: str) -> Found:
    call.account_id  # noqa: B018  only for people: an app alone makes nobody fetch anything
    post, account = await meeting.at_address(call, address)
    if post is not None:
        return Found(seen=await call.read(_seen, call.viewer, post.id))
    return Found(accounts=[account] if account else [])


async def _resolved_handle(call: Call, text: str) -> list[Account]:
    account = await meeting.called(call, text)
    return [account] if account else []


def _answer(call: Call, found: Found, kinds: set[str]) -> Response:
    renderer = Renderer.of(call)
    people = found.accounts if "accounts" in kinds else []
    seen = found.seen if "statuses" in kinds else None
    body = b'{"accounts":%b,"statuses":%b,"hashtags":%b}' % (
        rendering.accounts(renderer, people),
        joined([] if seen is None else [statuses.status(renderer, each, seen) for each in seen.posts]),
        encode([tags.entity(renderer, tag, following=False) for tag in found.tags]),
    )
    return responses.raw(body)
