"""Groups that are opened in an emergency: opened with a reason, read while that lasts, ended, and told to whoever audits.

What is read here is recorded with the answer that shows it; so is each picture, by the link that loads it.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup
from starlette.responses import Response

from server.core.errors import AppError
from server.domain.accounts import Account
from server.domain.openings import MOST_HOURS, Opening
from server.domain.posts import Media, Post
from server.domain.users import Role
from server.services import openings
from server.services.openings import LONGEST_REASON, OPENERS, Opened
from server.text.html import sanitise_stored
from server.web.kit import errors, forms, html, pagination, responses
from server.web.kit.call import Call
from server.web.kit.entrance import demand_fresh
from server.web.kit.media_links import MediaLinks, Variant
from server.web.kit.sessions import Session
from server.web.kit.unit import Unit

HERE = "/admin/openings"
SHOWN = pagination.Limits(20, 20)


@dataclass(frozen=True, slots=True)
class _Post:
    post: Post
    author: Account
    content: Markup
    pictures: list[tuple[Media, str, str]]
    """Each with the addresses of its preview and of the whole."""


async def index(call: Call) -> Response:
    """What was opened: everybody's for administrators and auditors, one's own for moderators."""
    return await _page(call, None)


async def open_group(call: Call) -> Response:
    demand_fresh(call)
    session = _session(call)
    fields = {name: value for name, value in (await forms.body(call)).items() if isinstance(value, str)}
    hours = fields.get("hours", "")
    try:
        made = await call.write(_open, session.user_id, fields, int(hours) if hours in _HOURS else 0)
    except AppError as error:
        return await _page(call, error, fields)
    return responses.redirect(f"{HERE}/{made.id}")


async def show(call: Call) -> Response:
    """What is said in the group, for who opened it. Each post is recorded as read."""
    page = pagination.page(call, SHOWN)
    found = await call.write(openings.read, _session(call).user_id, call.id(), page)
    older = found.posts[-1].id if len(found.posts) >= page.limit else None
    return html.page(
        call, "admin/opening.html", line=found.line, posts=_posts(call, found), one=None, older=older
    )


async def discussion(call: Call) -> Response:
    """One post with what it answers and the answers to it."""
    one = call.id("post")
    found = await call.write(openings.discussion, _session(call).user_id, call.id(), one)
    return html.page(
        call, "admin/opening.html", line=found.line, posts=_posts(call, found), one=one, older=None
    )


async def end(call: Call) -> Response:
    """Ends one's own; an administrator ends anybody's."""
    await call.write(openings.end_own, _session(call).user_id, call.id())
    return responses.redirect(HERE)


_HOURS = frozenset(str(number) for number in range(1, MOST_HOURS + 1))


def _session(call: Call) -> Session:
    assert call.session is not None
    return call.session


def _open(unit: Unit, user_id: int, fields: dict[str, str], hours: int) -> Opening:
    return openings.open_group(unit, user_id, fields.get("group", ""), fields.get("reason", ""), hours)


def _posts(call: Call, found: Opened) -> list[_Post]:
    links, opening = MediaLinks(call.context), found.line.opening

    def address(media: Media, variant: Variant) -> str:
        return links.in_opening(media.id, opening.account_id, variant, opening.id)

    return [
        _Post(
            post,
            found.parts.accounts[post.account_id],
            Markup(sanitise_stored(post.content)),  # noqa: S704  sanitised in this line
            [
                (media, address(media, Variant.PREVIEW), address(media, Variant.ORIGINAL))
                for media in found.parts.media.get(post.id, ())
            ],
        )
        for post in found.posts
    ]


async def _page(call: Call, problem: AppError | None, typed: dict[str, str] | None = None) -> Response:
    session = _session(call)
    return html.page(
        call,
        "admin/openings.html",
        problem.status if problem else 200,
        lines=await call.read(openings.listed, session.role, session.account_id),
        opens=session.role in OPENERS,
        administers=session.role is Role.ADMIN,
        hours=[
            (str(number), call.translator.ngettext("%(num)s hour", "%(num)s hours", number))
            for number in range(1, MOST_HOURS + 1)
        ],
        longest=LONGEST_REASON,
        typed=typed or {},
        error=errors.sentence(problem, call.translator) if problem else None,
    )
