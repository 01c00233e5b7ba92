"""Plain text to HTML paragraphs, and HTML back to plain text (for sources, notifications, search)."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

from server.text.links import Linker
from server.text.mentions import find_spans

_BLANK_LINES = re.compile(r"\n{2,}")
_MANY_BREAKS = re.compile(r"\n{3,}")
_BLOCKS = frozenset({"p", "blockquote", "pre", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "div"})


def normal_newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


def paragraphs(text: str, linker: Linker) -> str:
    """Escaped text with paragraphs, line breaks and links."""
    blocks = _BLANK_LINES.split(normal_newlines(text).strip())
    return "".join(f"<p>{_inline(block, linker)}</p>" for block in blocks if block.strip())


def _inline(text: str, linker: Linker) -> str:
    pieces: list[str] = []
    position = 0
    for span in find_spans(text):
        pieces += [_escaped(text[position : span.start]), linker.html(span, text[span.start : span.end])]
        position = span.end
    pieces.append(_escaped(text[position:]))
    return "".join(pieces)


def _escaped(text: str) -> str:
    return escape(text, quote=False).replace("\n", "<br>")


class _TextOf(HTMLParser):
    """Collects text, a newline for a break, a blank line between blocks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag == "br":
            self.pieces.append("\n")
        elif tag == "li":
            self.pieces.append("\n- ")
        elif tag in _BLOCKS:
            self.pieces.append("\n\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.pieces.append("\n\n")

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)


def text_of(html: str) -> str:
    """The words of sanitised HTML, with its line breaks; never HTML again."""
    if "<" not in html and "&" not in html:
        return html.strip()
    parser = _TextOf()
    parser.feed(html)
    parser.close()
    return _MANY_BREAKS.sub("\n\n", "".join(parser.pieces)).strip()
