"""How an address, a mention and a hashtag look as HTML: as Mastodon writes them, so that apps recognise them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape

from server.text.mentions import Handle, Span, SpanKind, normal_tag

_PREFIX = re.compile(r"https?://(?:www\.)?", re.IGNORECASE)
_SHOWN = 30


@dataclass(frozen=True, slots=True)
class MentionLink:
    """Where a mention leads (a page for people) and the name to show behind the @."""

    url: str
    name: str


@dataclass(slots=True)
class Linker:
    """Turns spans into links through the caller's look-ups, and remembers what it saw."""

    link_mention: Callable[[Handle], MentionLink | None]
    link_tag: Callable[[str], str]
    linked: list[Handle] = field(default_factory=list)
    unlinked: list[Handle] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)

    def html(self, span: Span, text: str) -> str:
        """The link of a span; text is how it was written."""
        if span.kind is SpanKind.URL:
            return url_html(span.value)
        if span.handle is not None:
            return self._mention(span.handle, text)
        tag = normal_tag(span.value)
        self.tags.append(tag)
        href = escape(self.link_tag(tag))
        return f'<a href="{href}" class="mention hashtag" rel="tag">#<span>{escape(span.value)}</span></a>'

    def _mention(self, handle: Handle, text: str) -> str:
        link = self.link_mention(handle)
        if link is None:
            self.unlinked.append(handle)
            return escape(text)
        self.linked.append(handle)
        return (
            f'<span class="h-card" translate="no"><a href="{escape(link.url)}" class="u-url mention">'
            f"@<span>{escape(link.name)}</span></a></span>"
        )


def url_html(url: str) -> str:
    """A link that shows the host and the beginning of the path; the rest is there for copying."""
    prefix = _PREFIX.match(url)
    cut = prefix.end() if prefix else 0
    shown, rest = url[cut : cut + _SHOWN], url[cut + _SHOWN :]
    css = ' class="ellipsis"' if rest else ""
    return (
        f'<a href="{escape(url)}" target="_blank" rel="nofollow noopener noreferrer" translate="no">'
        f'<span class="invisible">{escape(url[:cut])}</span><span{css}>{escape(shown)}</span>'
        f'<span class="invisible">{escape(rest)}</span></a>'
    )
