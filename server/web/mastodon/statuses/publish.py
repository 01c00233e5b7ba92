"""Making, changing and deleting statuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response

from server.core.errors import Invalid
from server.domain.messages import Refusal
from server.domain.posts import Visibility
from server.domain.viewers import Member
from server.services import accounts, interactions, scheduled_posts
from server.services.polls import PollDraft
from server.services.posts import delete as deleting
from server.services.posts import edit as editing
from server.services.posts import publish as publishing
from server.services.posts import visible
from server.services.posts.refusals import Asked, NotPublished, UnexpectedMentions
from server.services.posts.writing import Draft
from server.web.kit import errors, forms, responses
from server.web.kit.call import Call
from server.web.kit.meeting import meet
from server.web.kit.sight import Sight, see_one
from server.web.kit.unit import Unit
from server.web.mastodon import answers, asked, scheduled_statuses
from server.web.mastodon.accounts.own import VISIBILITIES
from server.web.mastodon.instance import MAX_CHARACTERS, MAX_DESCRIPTION
from server.web.mastodon.media import focus_of
from server.web.mastodon.rendering import accounts as accounts_shown
from server.web.mastodon.rendering import statuses
from server.web.mastodon.rendering.renderer import Renderer, encode
from server.web.mastodon.statuses.refused import telling

LONGEST = 10 * MAX_CHARACTERS
QUOTES = ("quoted_status_id", "quoted_status", "quote_id", "quoted_status_uri")
"""By which apps name what a post quotes: Mastodon 4.5, and those that had quotes before."""


async def create(call: Call) -> Response:
    """POST /api/v1/statuses: now, or at scheduled_at."""
    fields = await forms.body(call)
    await telling(call, Asked.POST, _no_quote(fields))
    due_at = asked.moment(fields.get("scheduled_at"), "scheduled_at")
    draft = replace(
        _draft(fields),
        visibility=_visibility(fields.get("visibility")),
        in_reply_to_id=asked.optional_number(fields.get("in_reply_to_id"), "in_reply_to_id"),
        application=call.principal.app_name if call.principal else None,
        expected=_expected(fields.get("allowed_mentions")),
        idempotency_key=call.request.headers.get("idempotency-key", "")[:255] or None,
    )
    await meet(call, draft.text)
    try:
        if due_at is not None:
            return scheduled_statuses.only(call, await call.write(_schedule, call.account_id, draft, due_at))
        made = await telling(call, Asked.POST, call.write(_create, call.account_id, draft))
    except UnexpectedMentions as refused:
        return _naming(call, refused)
    return answers.one_status(call, made)


async def update(call: Call) -> Response:
    """PUT /api/v1/statuses/:id."""
    fields = await forms.body(call)
    draft = _draft(fields)
    await meet(call, draft.text)
    words = _media_words(fields.get("media_attributes"))
    editing_it = call.write(_edit, call.account_id, call.id(), draft, words)
    return answers.one_status(call, await telling(call, Asked.CHANGE, editing_it))


async def delete(call: Call) -> Response:
    """DELETE /api/v1/statuses/:id: answers what it was, with its text and its media for a new draft."""
    fields = await forms.body(call)
    keeps_media = forms.truth(fields.get("delete_media")) is not True
    sight = await call.write(_delete, call.account_id, call.id(), keeps_media=keeps_media)
    body = statuses.status(Renderer.of(call), sight.only, sight)
    text = encode({"text": sight.only.source or ""})
    return responses.raw(body[:-1] + b"," + text[1:])


def _naming(call: Call, refused: UnexpectedMentions) -> Response:
    """The refusal, with whom the post would have named beside those that the app listed."""
    named = accounts_shown.accounts(Renderer.of(call), refused.accounts)
    text = encode({"error": errors.sentence(refused, call.translator)})
    return responses.raw(text[:-1] + b',"unexpected_accounts":' + named + b"}", refused.status)


def _create(unit: Unit, account_id: int, draft: Draft) -> Sight:
    post = publishing.publish(unit, accounts.get(unit, account_id), draft)
    return see_one(unit, Member(account_id), post)


def _schedule(unit: Unit, account_id: int, draft: Draft, due_at: datetime) -> scheduled_statuses.Rows:
    made = scheduled_posts.schedule(unit, accounts.get(unit, account_id), draft, due_at)
    return scheduled_statuses.with_media(unit, [made])


def _edit(unit: Unit, account_id: int, post_id: int, draft: Draft, words: dict[int, dict[str, Any]]) -> Sight:
    post = editing.edit(unit, accounts.get(unit, account_id), post_id, draft, words)
    return see_one(unit, Member(account_id), post)


def _delete(unit: Unit, account_id: int, post_id: int, *, keeps_media: bool) -> Sight:
    """Whatever became of it in its group. A boost by its own id ends as by the id of what was boosted. Raises NotFound."""
    author = accounts.get(unit, account_id)
    post = visible.visible_post(unit, Member(account_id), post_id)
    sight = see_one(unit, Member(account_id), post)
    if post.boost_of_id is not None and post.account_id == account_id:
        interactions.unboost(unit, author, post.boost_of_id)
    else:
        deleting.delete(unit, author, post_id, keeps_media=keeps_media)
    return sight


def _draft(fields: dict[str, Any]) -> Draft:
    """What a new status and an edit have in common."""
    return Draft(
        text=asked.text(fields.get("status"), "status", LONGEST),
        summary=asked.text(fields.get("spoiler_text"), "spoiler_text", LONGEST),
        sensitive=forms.truth(fields.get("sensitive")),
        language=asked.language(fields.get("language")),
        media_ids=tuple(asked.number(one, "media_ids") for one in forms.listed(fields.get("media_ids"))),
        poll=_poll(fields.get("poll")),
    )


async def _no_quote(fields: dict[str, Any]) -> None:
    """There are no quotes here, and a post without what it is about would say something else. Raises NotPublished.

    The same for every id: nothing is looked up, so nobody learns what is there.
    """
    if any(fields.get(name) for name in QUOTES):
        raise NotPublished(
            "Posts are not quoted on this instance: put the address of the post into yours",
            Refusal.QUOTE,
            None,
        )


def _visibility(value: Any) -> Visibility | None:
    """None where the app says nothing: the account's default holds."""
    if value is None or value == "":
        return None
    found = VISIBILITIES.get(str(value))
    if found is None:
        raise Invalid("Validation failed: %(field)s is not of the right form", field="visibility")
    return found


def _expected(value: Any) -> frozenset[int] | None:
    """Whom the app means to name; an empty list is nobody. None where it does not say."""
    return None if value is None else frozenset(asked.ids(value))


def _poll(value: Any) -> PollDraft | None:
    if not value:
        return None
    if not isinstance(value, dict):
        raise Invalid("Validation failed: %(field)s is not of the right form", field="poll")
    options = tuple(asked.text(one, "options", LONGEST) for one in forms.listed(value.get("options")))
    if not options:
        return None
    return PollDraft(
        options,
        timedelta(seconds=min(asked.number(value.get("expires_in"), "expires_in"), 1 << 31)),
        multiple=forms.truth(value.get("multiple")) is True,
        hide_totals=forms.truth(value.get("hide_totals")) is True,
    )


def _media_words(value: Any) -> dict[int, dict[str, Any]]:
    """What an edit says of pictures that stay."""
    words: dict[int, dict[str, Any]] = {}
    for one in forms.listed(value):
        if not isinstance(one, dict) or "id" not in one:
            raise Invalid("Validation failed: %(field)s is not of the right form", field="media_attributes")
        columns: dict[str, Any] = {}
        if "description" in one:
            columns["description"] = asked.text(one["description"], "description", MAX_DESCRIPTION)
        focus = focus_of(one.get("focus"))
        if focus is not None:
            columns |= {"focus_x": focus[0], "focus_y": focus[1]}
        if columns:
            words[asked.number(one["id"], "id")] = columns
    return words
