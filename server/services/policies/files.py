"""The house's own rules as a file: what `policy export` and the page write, and what both read."""

from __future__ import annotations

import json
from typing import Any

from server.core.errors import Invalid
from server.domain.policies import Link, OwnRules

NAMES = ("rule_id", "template", "peer", "group", "value")


def read(source: bytes, own: OwnRules, name: str) -> OwnRules:
    """A file of Cedar replaces the text and keeps the filled-in forms; an exported file replaces both. Raises Invalid."""
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("%(file)s is not text in UTF-8", file=name) from None
    if not text.lstrip().startswith("{"):
        return OwnRules(text, own.links)
    try:
        found = json.loads(text)
        rules = OwnRules(found["cedar"], links_of(found["links"]))
        rules.text.encode()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Invalid("%(file)s is not a file that `consilium policy export` wrote", file=name) from None
    return rules


def links_of(plain: list[dict[str, str]]) -> tuple[Link, ...]:
    """Raises TypeError, UnicodeEncodeError for what are no links."""
    links = tuple(Link(**each) for each in plain)
    for link in links:
        for name in NAMES:
            str.encode(getattr(link, name))
    return links


def plain_links(own: OwnRules) -> list[dict[str, Any]]:
    return [{name: getattr(link, name) for name in NAMES} for link in own.links]


def written(own: OwnRules) -> str:
    found = {"cedar": own.text, "links": plain_links(own)}
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"
