"""What members do with their own posts: other words, which everybody who has the post is sent, and taking it back after a question.

Pictures and polls stay as they are; whom it is for never changes. What is refused comes back with everything that was typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from server.core.errors import AppError, NotFound
from server.domain.posts import Media, Poll, Post
from server.domain.viewers import Member
from server.services import accounts, polls
from server.services.polls import PollDraft
from server.services.posts import delete as deleting
from server.services.posts import edit as editing
from server.services.posts import visible
from server.services.posts.writing import Draft
from server.web.kit import errors, forms, html, responses
from server.web.kit.call import Call
from server.web.kit.meeting import meet
from server.web.kit.unit import Unit
from server.web.site.posts import Around, around, page_of, posts_shown
from server.web.site.security import signed


@dataclass(frozen=True, slots=True)
class _Own:
    post: Post
    media: Sequence[Media]
    poll: Poll | None


@dataclass(frozen=True, slots=True)
class _Typed:
    """descriptions: of the files, by id."""

    text: str
    warning: str
    descriptions: dict[int, str]


async def show_edit(call: Call) -> Response:
    own = await call.read(_own, signed(call).account_id, call.id())
    descriptions = {one.id: one.description for one in own.media}
    return _form(call, own, _Typed(own.post.source or "", own.post.summary, descriptions))


async def edit(call: Call) -> Response:
    """Says it in other words."""
    account_id = signed(call).account_id
    own = await call.read(_own, account_id, call.id())
    fields = await forms.body(call)
    typed = _Typed(
        text=str(fields.get("text", "")).replace("\r\n", "\n"),
        warning=str(fields.get("warning", "")),
        descriptions={one.id: str(fields.get(f"description_{one.id}", "")) for one in own.media},
    )
    try:
        await meet(call, typed.text)
        return responses.redirect(page_of(await call.write(_edit, account_id, call.id(), typed)))
    except AppError as error:
        return _form(call, own, typed, error)


async def show_delete(call: Call) -> Response:
    """The question, with the post."""
    post, seen = await call.read(_to_delete, signed(call).account_id, call.id())
    shown = posts_shown(call, [post], seen, None)[0]
    return html.page(call, "site/delete.html", one=shown, page=page_of(post))


async def delete(call: Call) -> Response:
    await call.write(_delete, signed(call).account_id, call.id())
    return responses.redirect("/home")


def _form(call: Call, own: _Own, typed: _Typed, problem: AppError | None = None) -> Response:
    return html.page(
        call,
        "site/edit.html",
        problem.status if problem else 200,
        post=own.post,
        page=page_of(own.post),
        typed=typed,
        media=own.media,
        has_poll=own.poll is not None,
        error=errors.sentence(problem, call.translator) if problem else None,
    )


def _own(unit: Unit, account_id: int, post_id: int) -> _Own:
    """Raises NotFound for what is not the member's, Invalid for what cannot be edited."""
    post = editing.source(unit, accounts.get(unit, account_id), post_id)
    parts = visible.load_parts(unit, [post])
    return _Own(post, parts.media.get(post.id, ()), parts.polls.get(post.id))


def _to_delete(unit: Unit, account_id: int, post_id: int) -> tuple[Post, Around]:
    """Raises NotFound for what is not the member's."""
    post = visible.visible_post(unit, Member(account_id), post_id)
    if post.account_id != account_id or post.boost_of_id is not None:
        raise NotFound
    return post, around(unit, Member(account_id), [post])


def _edit(unit: Unit, account_id: int, post_id: int, typed: _Typed) -> Post:
    own = _own(unit, account_id, post_id)
    words: dict[int, dict[str, Any]] = {
        one.id: {"description": typed.descriptions.get(one.id, one.description)} for one in own.media
    }
    draft = Draft(
        text=typed.text,
        summary=typed.warning,
        media_ids=tuple(one.id for one in own.media),
        poll=None if own.poll is None else _same(own.poll),
    )
    return editing.edit(unit, accounts.get(unit, account_id), post_id, draft, words)


def _same(poll: Poll) -> PollDraft:
    """With these choices an edit leaves the poll, its votes and its end as they are."""
    titles = tuple(option.title for option in poll.options)
    return PollDraft(titles, polls.SHORTEST, poll.multiple, poll.hide_totals)


def _delete(unit: Unit, account_id: int, post_id: int) -> None:
    deleting.delete(unit, accounts.get(unit, account_id), post_id)
