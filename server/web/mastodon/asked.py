"""What apps ask with: numbers, ids, flags and times, in the ways that apps spell them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from server.core.errors import BadRequest, Invalid
from server.core.ids import BIGGEST, decimal
from server.web.kit import forms
from server.web.kit.call import Call

LONGEST_NUMBER = 19
MOST_IDS = 100
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)


def number(value: Any, name: str) -> int:
    """A whole number not below zero. Raises Invalid."""
    text = str(value).strip()
    found = None if isinstance(value, bool) or len(text) > LONGEST_NUMBER else decimal(text)
    if found is None:
        raise Invalid("Validation failed: %(field)s is not of the right form", field=name)
    return found


def optional_number(value: Any, name: str) -> int | None:
    return None if value is None or value == "" else number(value, name)


def ids(value: Any) -> list[int]:
    """Ids as apps list them, each once; what is no id names nothing and is passed over."""
    found = [str(one) for one in forms.listed(value)][:MOST_IDS]
    numbers = [int(one) for one in found if one.isascii() and one.isdigit() and len(one) <= 19]
    return list(dict.fromkeys(one for one in numbers if one <= BIGGEST))


def flag(call: Call, name: str) -> bool:
    """A truth of the query; absent is false."""
    return forms.truth(call.request.query_params.get(name)) is True


def words(value: Any) -> list[str]:
    return [str(one) for one in forms.listed(value)][:MOST_IDS]


def query_words(call: Call, name: str) -> list[str]:
    """`name[]=…` and `name=…` of the query."""
    params = call.request.query_params
    return [*params.getlist(f"{name}[]"), *params.getlist(name)][:MOST_IDS]


def text(value: Any, name: str, most: int) -> str:
    """A string without surprises. Raises Invalid when it is too long or no string at all."""
    if value is None:
        return ""
    if not isinstance(value, str | int | float):
        raise Invalid("Validation failed: %(field)s is not of the right form", field=name)
    found = str(value)
    if len(found) > most:
        raise Invalid("Validation failed: %(field)s is too long (maximum %(most)s)", field=name, most=most)
    if "\0" in found or any("\ud800" <= sign <= "\udfff" for sign in found):
        raise Invalid("Validation failed: %(field)s is not of the right form", field=name)
    return found


def language(value: Any) -> str | None:
    """A language tag; None for what is none, as apps send their locale in many spellings."""
    found = str(value or "").strip().replace("_", "-")
    return found if LANGUAGE.fullmatch(found) else None


def small_number(call: Call, name: str, usual: int, most: int) -> int:
    """A number of the query within limits. Raises BadRequest."""
    value = call.request.query_params.get(name)
    if not value:
        return usual
    found = decimal(value)
    if found is None:
        raise BadRequest("%(name)s must be a number", name=name)
    return min(found, most)


def moment(value: Any, name: str) -> datetime | None:
    """An ISO 8601 time; without a zone it is UTC. Raises Invalid."""
    if value is None or value == "":
        return None
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        raise Invalid("Validation failed: %(field)s is not of the right form", field=name) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
