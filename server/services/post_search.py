"""Finding posts by their words, among what the viewer may see, with operators.

`from:anna`, `from:me`, `has:image`, `before:2026-03-31`, `after:`, `during:` (days in the instance's time zone), `in:cardio` (a
group), `in:library` (what the viewer wrote, was named in, or kept), `in:public`, `is:reply`, `language:fr`. Most can be had with a minus.
What nobody can say anything about (an author that is not known) finds nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from server.domain.pages import Page
from server.domain.posts import Post
from server.domain.searches import Has, PostSearch, Trait
from server.domain.viewers import Member
from server.services import search
from server.store import post_words
from server.store.session import Unit
from server.text import queries
from server.text.folding import words
from server.text.queries import Operator

Kind = TypeVar("Kind", Has, Trait)
ALIASES = {"embed": Has.LINK, "embeds": Has.LINK, "links": Has.LINK, "images": Has.IMAGE, "polls": Has.POLL}


class NothingFound(Exception):
    """The question is about something that is not known to the viewer."""


def find(
    unit: Unit,
    viewer: Member,
    typed: str,
    page: Page,
    *,
    offset: int = 0,
    account_id: int | None = None,
) -> list[Post]:
    """Newest first. account_id: only by this author."""
    try:
        wanted = _wanted(unit, viewer, typed)
    except NothingFound:
        return []
    if wanted.empty:
        return []
    if account_id is not None:
        if wanted.authors and account_id not in wanted.authors:
            return []
        wanted = replace(wanted, authors=(account_id,))
    return post_words.find(unit, viewer, wanted, page, offset)


def _wanted(unit: Unit, viewer: Member, typed: str) -> PostSearch:
    query = queries.read(typed)
    wanted = PostSearch(
        words=tuple(word for each in query.words for word in words(each)),
        phrases=tuple(phrase for each in query.phrases if (phrase := tuple(words(each)))),
        unwanted=tuple(word for each in query.unwanted for word in words(each)),
    )
    for operator in query.operators:
        wanted = _with(unit, viewer, wanted, operator)
    return wanted


def _with(unit: Unit, viewer: Member, wanted: PostSearch, operator: Operator) -> PostSearch:
    value = operator.value
    match operator.name:
        case "from":
            return _from(unit, viewer, wanted, operator)
        case "in":
            return _in(unit, viewer, wanted, value)
        case "has":
            had = ALIASES.get(value.lower()) or _member(Has, value)
            if operator.unwanted:
                return replace(wanted, lacks=(*wanted.lacks, had))
            return replace(wanted, has=(*wanted.has, had))
        case "is":
            return replace(wanted, traits=(*wanted.traits, _member(Trait, value)))
        case "language":
            return replace(wanted, languages=(*wanted.languages, value.lower()))
        case _:
            return _dated(unit, wanted, operator)


def _from(unit: Unit, viewer: Member, wanted: PostSearch, operator: Operator) -> PostSearch:
    if operator.value.lower() == "me":
        found = viewer.account_id
    else:
        account = search.find_account(unit, viewer, operator.value)
        if account is None:
            raise NothingFound
        found = account.id
    if operator.unwanted:
        return replace(wanted, unwanted_authors=(*wanted.unwanted_authors, found))
    return replace(wanted, authors=(*wanted.authors, found))


def _in(unit: Unit, viewer: Member, wanted: PostSearch, value: str) -> PostSearch:
    match value.lower():
        case "all":
            return wanted
        case "library":
            return replace(wanted, library=True)
        case "public":
            return replace(wanted, public=True)
    group = search.find_account(unit, viewer, value)
    if group is None:
        raise NothingFound
    return replace(wanted, groups=(*wanted.groups, group.id))


def _dated(unit: Unit, wanted: PostSearch, operator: Operator) -> PostSearch:
    try:
        day = date.fromisoformat(operator.value)
    except ValueError:
        raise NothingFound from None
    zone = ZoneInfo(unit.context.settings.timezone)
    begins = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    ends = begins + timedelta(days=1)
    match operator.name:
        case "before":
            return replace(wanted, before=begins)
        case "after":
            return replace(wanted, after=ends)
        case _:
            return replace(wanted, before=ends, after=begins)


def _member(kinds: type[Kind], value: str) -> Kind:
    try:
        return kinds(value.lower())
    except ValueError:
        raise NothingFound from None
