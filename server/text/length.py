"""How long a post counts, as Mastodon counts: an address is 23, `@name@host` only its `@name`, the rest by graphemes."""

from __future__ import annotations

import unicodedata

from server.text.mentions import SpanKind, find_spans
from server.text.plain import normal_newlines

URL_LENGTH = 23
_JOINER = "\u200d"


def counted_length(text: str, spoiler: str = "") -> int:
    """The length of a post with its content warning."""
    text = normal_newlines(text)
    total = graphemes(spoiler)
    position = 0
    for span in find_spans(text):
        total += graphemes(text[position : span.start])
        if span.kind is SpanKind.URL:
            total += URL_LENGTH
        elif span.handle is not None:
            total += 1 + len(span.handle.name)
        else:
            total += graphemes(text[span.start : span.end])
        position = span.end
    return total + graphemes(text[position:])


def graphemes(text: str) -> int:
    """Signs as a reader counts them: marks, emoji parts joined to one, and flag pairs count once."""
    if text.isascii():
        return len(text)
    count = 0
    joined = flag = False
    for sign in unicodedata.normalize("NFC", text):
        is_flag = "\U0001f1e6" <= sign <= "\U0001f1ff"
        continues = joined or (flag and is_flag) or _extends(sign)
        if not continues:
            count += 1
        joined = sign == _JOINER
        flag = is_flag and not (flag and continues)
    return max(count, 1) if text else 0


def _extends(sign: str) -> bool:
    return (
        sign == _JOINER
        or "\U0001f3fb" <= sign <= "\U0001f3ff"
        or "\U000e0020" <= sign <= "\U000e007f"
        or unicodedata.category(sign)[0] == "M"
    )
