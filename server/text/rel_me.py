"""Whether a page says that a profile is its author's: a link with `rel="me"` to it.

Hostile pages are parsed by the standard parser, bounded by what was fetched; nothing of them is kept.
"""

from __future__ import annotations

from collections.abc import Collection
from html.parser import HTMLParser


class _Links(HTMLParser):
    def __init__(self, wanted: Collection[str]) -> None:
        super().__init__()
        self._wanted = wanted
        self.found = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"a", "link"}:
            return
        given = dict(reversed(attrs))  # of an attribute said twice the first counts, as in browsers
        rel = (given.get("rel") or "").lower().split()
        if "me" in rel and (given.get("href") or "").strip() in self._wanted:
            self.found = True


def links_back(page: bytes, wanted: Collection[str]) -> bool:
    """wanted: addresses of the profile, as links spell them."""
    parser = _Links(wanted)
    parser.feed(page.decode("utf-8", "replace"))
    return parser.found
