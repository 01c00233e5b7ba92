"""Writing: a post, a message, an answer or a post to a group, with who would get it and why, before it is sent.

Sent twice, the same words are one post. What is refused comes back with everything that was typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import Response

from server.core.errors import AppError, Invalid
from server.core.ids import Ids
from server.domain.accounts import Account
from server.domain.boundary import Effect
from server.domain.posts import Media, Post, Visibility
from server.domain.viewers import Member
from server.services import accounts, explanations, groups, media, previews
from server.services.polls import PollDraft
from server.services.posts import visible, writing
from server.services.posts.publish import publish
from server.services.posts.writing import Draft
from server.services.previews import Preview
from server.web.kit import errors, forms, html, pictures, responses
from server.web.kit.call import Call
from server.web.kit.media_links import MediaLinks, Variant
from server.web.kit.meeting import meet
from server.web.kit.unit import Unit
from server.web.site.groups import named, only, reach
from server.web.site.posts import Around, around, page_of, posts_shown
from server.web.site.profile import VISIBILITIES
from server.web.site.security import signed

GROUP = "group:"
CHOICES = 4
"""Of a poll; an app can have more."""
LASTS = ("1", "24", "72", "168")
"""Hours."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form holds. once: the same for what is sent twice. descriptions: of the images, by id, in order.

    choices: of a poll, where any is filled in. lasts: how many hours it is open.
    """

    once: str
    text: str = ""
    warning: str = ""
    audience: str = ""
    answered: int = 0
    descriptions: Mapping[int, str] = field(default_factory=dict)
    choices: tuple[str, ...] = ()
    lasts: str = LASTS[1]
    several: bool = False

    @property
    def poll(self) -> PollDraft | None:
        filled = tuple(one for one in self.choices if one.strip())
        if not filled:
            return None
        return PollDraft(filled, timedelta(hours=int(self.lasts)), multiple=self.several)

    @property
    def key(self) -> str:
        """Other words are another post, even where somebody went back to an old form."""
        said = (
            self.once,
            self.text,
            self.warning,
            self.audience,
            str(self.answered),
            str(len(self.descriptions)),
            *self.choices,
        )
        return sha256("\0".join(said).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """answered: the post that is answered, if the writer sees it. mine: groups that the writer can write to."""

    author: Account
    mine: list[Account]
    answered: Post | None
    around: Around
    images: list[Media]


async def show(call: Call) -> Response:
    """An empty form; with `answers` one for an answer, with `group` or `to` for somebody."""
    query = call.request.query_params
    typed = Typed(Ids.token(), answered=forms.number(query.get("answers", "")))
    if query.get("group"):
        typed = replace(typed, audience=GROUP + str(forms.number(query["group"])))
    if "to" in query:
        text = f"@{query['to'][:300]} " if query["to"] else ""
        typed = replace(typed, audience=Visibility.DIRECT.value, text=text)
    return await _page(call, typed)


async def write(call: Call) -> Response:
    """Shows who would get it, or sends it."""
    author_id = signed(call).account_id
    fields = await forms.body(call)
    typed = _typed(fields)
    try:
        typed = await _with_picture(call, author_id, typed, fields)
        await meet(call, typed.text)
        if fields.get("act") == "send":
            return responses.redirect(page_of(await call.write(_send, author_id, typed)))
        preview = await call.write(_preview, author_id, typed)
    except AppError as error:
        return await _page(call, typed, problem=error)
    return await _page(call, typed, preview=preview)


# -- what was typed --------------------------------------------------------------------------------------


def _typed(fields: Mapping[str, Any]) -> Typed:
    said = {name: value for name, value in fields.items() if isinstance(value, str)}
    kept = [forms.number(one) for one in forms.listed(fields.get("media")) if isinstance(one, str)]
    return Typed(
        once=said.get("once", "")[:100] or Ids.token(),
        text=said.get("text", "").replace("\r\n", "\n"),
        warning=said.get("warning", ""),
        audience=said.get("audience", ""),
        answered=forms.number(said.get("answered", "")),
        choices=tuple(said.get(f"choice_{number}", "") for number in range(1, CHOICES + 1)),
        lasts=said["lasts"] if said.get("lasts") in LASTS else LASTS[1],
        several=forms.truth(said.get("several")) is True,
        descriptions={
            one: said.get(f"description_{one}", "") for one in kept if not said.get(f"remove_{one}")
        },
    )


async def _with_picture(call: Call, author_id: int, typed: Typed, fields: Mapping[str, Any]) -> Typed:
    """Keeps a new picture, and what is said of those that were kept before."""
    await call.write(_describe, author_id, typed)
    file = fields.get("picture")
    if not isinstance(file, UploadFile) or not file.filename:
        return typed
    description = str(fields.get("description", ""))
    values = {**await pictures.uploaded(call, file), "description": description}
    made = await call.write(_add, author_id, values)
    return replace(typed, descriptions={**typed.descriptions, made.id: made.description})


def _describe(unit: Unit, author_id: int, typed: Typed) -> None:
    author = accounts.get(unit, author_id)
    for media_id, description in typed.descriptions.items():
        if media.get(unit, author, media_id).post_id is None:
            media.change(unit, author, media_id, description=description)


def _add(unit: Unit, author_id: int, values: dict[str, Any]) -> Media:
    return media.add(unit, accounts.get(unit, author_id), values)


# -- what becomes of it ----------------------------------------------------------------------------------


def _send(unit: Unit, author_id: int, typed: Typed) -> Post:
    author = accounts.get(unit, author_id)
    return publish(unit, author, _draft(unit, author, typed))


def _preview(unit: Unit, author_id: int, typed: Typed) -> Preview:
    author = accounts.get(unit, author_id)
    return previews.preview(unit, author, _draft(unit, author, typed))


def _draft(unit: Unit, author: Account, typed: Typed) -> Draft:
    """Raises Invalid for an audience that was not offered."""
    draft = Draft(
        text=typed.text,
        summary=typed.warning,
        media_ids=tuple(typed.descriptions),
        in_reply_to_id=typed.answered or None,
        poll=typed.poll,
        idempotency_key=typed.key,
    )
    if not typed.audience.startswith(GROUP):
        if typed.audience not in writing.offered(unit.context.settings):
            raise Invalid("Please choose from the list for whom this is")
        return replace(draft, visibility=Visibility(typed.audience))
    group_id = forms.number(typed.audience.removeprefix(GROUP))
    seen = next((one for one in groups.of_member(unit, author) if one.account.id == group_id), None)
    if seen is None or not seen.member:
        raise Invalid("Please choose from the list for whom this is")
    text = typed.text if typed.answered else named(unit, seen.account, typed.text)
    return replace(draft, text=text, visibility=reach(seen), confined_to=only(seen))


# -- the page --------------------------------------------------------------------------------------------


async def _page(
    call: Call, typed: Typed, *, preview: Preview | None = None, problem: AppError | None = None
) -> Response:
    found = await call.read(_surroundings, signed(call).account_id, typed)
    answered = found.answered
    if answered is not None and not typed.text and call.request.method == "GET":
        author = found.around.sight.parts.accounts[answered.account_id]
        typed = replace(typed, text="" if author.id == found.author.id else f"@{author.acct} ")
    offered = _offered(call, found)
    links = MediaLinks(call.context)
    recordings = call.house.recordings.is_there()
    return html.page(
        call,
        "site/compose.html",
        problem.status if problem else 200,
        typed=typed,
        offered=offered,
        audience=typed.audience or _usual(found, [value for value, _ in offered]),
        answered=posts_shown(call, [answered], found.around, None)[0] if answered else None,
        images=[
            (one, links.media(one.id, found.author.id, Variant.PREVIEW, "discussion")) for one in found.images
        ],
        recordings=recordings,
        accepted="image/*,video/*,audio/*" if recordings else "image/*",
        more_images=len(found.images) < media.MEDIA_LIMIT,
        preview=preview,
        told=_told(call, preview) if preview else [],
        error=errors.sentence(problem, call.translator) if problem else None,
    )


def _surroundings(unit: Unit, author_id: int, typed: Typed) -> _Surroundings:
    author = accounts.get(unit, author_id)
    answered = visible.visible_posts(unit, Member(author_id), [typed.answered]).get(typed.answered)
    return _Surroundings(
        author,
        [one.account for one in groups.of_member(unit, author) if one.member],
        answered,
        around(unit, Member(author_id), [answered] if answered else []),
        media.own(unit, author, list(typed.descriptions)),
    )


def _offered(call: Call, found: _Surroundings) -> list[tuple[str, str]]:
    """For whom a post can be: what is said in a group is answered there, or aside."""
    open_to = [one.value for one in writing.offered(call.context.settings)]
    among = found.mine
    if found.answered is not None:
        among = [one for one in found.mine if one.id == found.answered.group_id]
        if found.answered.group_id is not None:
            open_to = [Visibility.DIRECT.value]
    said = dict(VISIBILITIES)
    return [
        *((GROUP + str(one.id), one.display_name or one.username) for one in among),
        *((one, call.translator.raw(said[Visibility(one)])) for one in open_to),
    ]


def _usual(found: _Surroundings, offered: list[str]) -> str:
    usual = Visibility(found.author.default_visibility)
    if found.answered is not None:
        if found.answered.group_id is not None:
            return offered[0]
        usual = usual.narrowed(found.answered.visibility)
    return usual.value if usual.value in offered else offered[0]


def _told(call: Call, preview: Preview) -> list[tuple[str, Effect, list[str]]]:
    """Institution, what becomes of the post there, and why."""
    return [
        (
            one.peer,
            one.decision.effect,
            [explanations.sentence(each, call.translator) for each in one.because],
        )
        for one in preview.meant
    ]
