"""From what a person typed to what is stored and sent: safe HTML, and whom and what it names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from server.text.html import sanitise
from server.text.links import Linker, MentionLink
from server.text.markdown import render_markdown
from server.text.mentions import Handle, unique_handles
from server.text.plain import paragraphs


class ContentType(StrEnum):
    PLAIN = "text/plain"
    MARKDOWN = "text/markdown"


@dataclass(frozen=True, slots=True)
class Composed:
    """html: sanitised. mentions: handles that were linked; unknown: those that were not; tags: normalised."""

    html: str
    mentions: tuple[Handle, ...]
    unknown: tuple[Handle, ...]
    tags: tuple[str, ...]


def compose(
    text: str,
    content_type: ContentType,
    link_mention: Callable[[Handle], MentionLink | None],
    link_tag: Callable[[str], str],
) -> Composed:
    """link_mention: the page of a handle, or None for an unknown one; link_tag: the page of a normalised hashtag."""
    linker = Linker(link_mention, link_tag)
    render = render_markdown if content_type is ContentType.MARKDOWN else paragraphs
    raw = render(text, linker)
    return Composed(
        html=sanitise(raw),
        mentions=unique_handles(linker.linked),
        unknown=unique_handles(linker.unlinked),
        tags=tuple(dict.fromkeys(linker.tags)),
    )
