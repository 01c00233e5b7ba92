"""Filters as older apps know them: each word is one. Kept as filters of the second version."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from server.core.errors import Invalid
from server.domain.filters import Filter, FilterAction, FilterKeyword
from server.services import filters
from server.services.filters import FilterChange, KeywordChange
from server.web.kit import forms, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.mastodon import asked
from server.web.mastodon.filters import LONGEST, contexts, lasts
from server.web.mastodon.rendering import filters as rendering

Word = tuple[Filter, FilterKeyword]


def _all(unit: Unit, account_id: int) -> list[Word]:
    return [(one, word) for one in filters.all_of(unit, account_id) for word in one.keywords]


def _get(unit: Unit, account_id: int, keyword_id: int) -> Word:
    word = filters.get_keyword(unit, account_id, keyword_id)
    return filters.get(unit, account_id, word.filter_id), word


def _make(unit: Unit, account_id: int, wanted: FilterChange) -> Word:
    made = filters.make(unit, account_id, wanted)
    return made, made.keywords[0]


def _change(unit: Unit, account_id: int, keyword_id: int, wanted: FilterChange, word: KeywordChange) -> Word:
    known, _ = _get(unit, account_id, keyword_id)
    whole = wanted.contexts is not None or wanted.lasts is not None or wanted.action is not None
    if len(known.keywords) > 1 and whole and _differs(known, wanted):
        raise Invalid("This filter has several words. Change it in an app that knows them")
    filters.change(unit, account_id, known.id, wanted)
    filters.change_keyword(unit, account_id, keyword_id, word.keyword, whole_word=word.whole_word)
    return _get(unit, account_id, keyword_id)


def _differs(known: Filter, wanted: FilterChange) -> bool:
    """Whether other words of the same filter would be changed with this one."""
    return (
        (wanted.contexts is not None and set(wanted.contexts) != set(known.contexts))
        or (wanted.action is not None and wanted.action is not known.action)
        or bool(wanted.lasts)
    )


def _delete(unit: Unit, account_id: int, keyword_id: int) -> None:
    known, word = _get(unit, account_id, keyword_id)
    if len(known.keywords) == 1 and not known.posts:
        filters.delete(unit, account_id, known.id)
    else:
        filters.delete_keyword(unit, account_id, word.id)


async def index(call: Call) -> Response:
    """GET /api/v1/filters."""
    found = await call.read(_all, call.account_id)
    return responses.json([rendering.first_version(*one) for one in found])


async def show(call: Call) -> Response:
    """GET /api/v1/filters/:id."""
    return responses.json(rendering.first_version(*await call.read(_get, call.account_id, call.id())))


async def create(call: Call) -> Response:
    """POST /api/v1/filters."""
    fields = await forms.body(call)
    phrase = asked.text(fields.get("phrase"), "phrase", LONGEST)
    word = KeywordChange(keyword=phrase, whole_word=forms.truth(fields.get("whole_word")))
    made = await call.write(_make, call.account_id, _wanted(fields, phrase[: filters.LONGEST_TITLE], (word,)))
    return responses.json(rendering.first_version(*made))


async def update(call: Call) -> Response:
    """PUT /api/v1/filters/:id."""
    fields = await forms.body(call)
    phrase = asked.text(fields["phrase"], "phrase", LONGEST) if "phrase" in fields else None
    word = KeywordChange(keyword=phrase, whole_word=forms.truth(fields.get("whole_word")))
    changed = await call.write(_change, call.account_id, call.id(), _wanted(fields, None, ()), word)
    return responses.json(rendering.first_version(*changed))


async def delete(call: Call) -> Response:
    """DELETE /api/v1/filters/:id."""
    await call.write(_delete, call.account_id, call.id())
    return responses.json({})


def _wanted(fields: dict[str, Any], title: str | None, words: tuple[KeywordChange, ...]) -> FilterChange:
    hides = forms.truth(fields.get("irreversible"))
    action = None
    if hides is not None:
        action = FilterAction.HIDE if hides else FilterAction.WARN
    return FilterChange(
        title=title,
        contexts=contexts(fields["context"]) if "context" in fields else None,
        action=action,
        lasts=lasts(fields["expires_in"]) if "expires_in" in fields else None,
        keywords=words,
    )
