"""Finds web addresses, `@name`, `@name@host[:port]` and `#hashtag` in text.

One pass from left to right; no pattern here can backtrack, and every look-ahead is bounded, since the text comes from
strangers. What stands inside an address, an e-mail address or a path is neither a mention nor a hashtag.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

LONGEST_NAME = 64
LONGEST_HOST = 253
LONGEST_TAG = 100
LONGEST_URL = 2048
_SIGNS = "#\uff03"  # the second is the full-width sign of Japanese keyboards
_START = re.compile(f"[@{_SIGNS}]|https?://", re.IGNORECASE)
_NAME = re.compile(rf"[A-Za-z0-9_.-]{{1,{LONGEST_NAME}}}")
_PORT = re.compile(r":[0-9]{1,5}(?![0-9])")
_URL_END = re.compile(r"[\s<>\"`\x00-\x1f\u200b\u2028\u2029]")
_TRAILING = ".,;:!?'*…。、"
_BRACKETS = {")": "(", "]": "[", "}": "{"}
_TAG_JOINERS = "·・\u200c"


class SpanKind(StrEnum):
    URL = "url"
    MENTION = "mention"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Handle:
    """A mentioned name, as written but for the host's case; host is "" for this instance and may carry a port."""

    name: str
    host: str = ""

    def __str__(self) -> str:
        return f"{self.name}@{self.host}" if self.host else self.name

    @property
    def key(self) -> tuple[str, str]:
        """What tells two handles apart: names are compared without case."""
        return self.name.lower(), self.host


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text that becomes a link. value: the address; the handle; the hashtag without its sign."""

    start: int
    end: int
    kind: SpanKind
    value: str
    handle: Handle | None = None


def find_spans(text: str) -> list[Span]:
    """All addresses, mentions and hashtags, from left to right, none within another."""
    found: list[Span] = []
    position = 0
    while start := _START.search(text, position):
        span = span_at(text, start.start())
        if span is None:
            position = start.end()
        else:
            found.append(span)
            position = span.end
    return found


def span_at(text: str, at: int) -> Span | None:
    """The span that begins exactly there, or None."""
    sign = text[at]
    if sign == "@":
        return _mention(text, at)
    if sign in _SIGNS:
        return _tag(text, at)
    return url_at(text, at)


def find_mentions(text: str) -> tuple[Handle, ...]:
    """The handles of a text, each once, in order."""
    return unique_handles(span.handle for span in find_spans(text) if span.handle is not None)


def find_tags(text: str) -> tuple[str, ...]:
    """The normalised hashtags of a text, each once, in order."""
    return tuple(dict.fromkeys(normal_tag(s.value) for s in find_spans(text) if s.kind is SpanKind.TAG))


def unique_handles(handles: Iterable[Handle]) -> tuple[Handle, ...]:
    seen: dict[tuple[str, str], Handle] = {}
    for handle in handles:
        seen.setdefault(handle.key, handle)
    return tuple(seen.values())


def normal_tag(tag: str) -> str:
    """The form by which hashtags are compared and stored: NFKC, without case."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", tag).casefold())


def url_at(text: str, at: int) -> Span | None:
    """The web address that begins there, without the punctuation that only ends the sentence."""
    if at and (_is_word(text[at - 1]) or text[at - 1] in "@/"):
        return None
    host = text.find("://", at) + 3
    if host >= len(text) or not (_is_word(text[host]) or text[host] == "["):
        return None
    limit = min(len(text), at + LONGEST_URL + 1)
    stop = _URL_END.search(text, host, limit)
    end = stop.start() if stop else limit
    if end - at > LONGEST_URL:
        return None
    end = _trimmed(text, at, end)
    return Span(at, end, SpanKind.URL, text[at:end]) if end > host else None


def _trimmed(text: str, start: int, end: int) -> int:
    surplus = {
        close: text.count(close, start, end) - text.count(o, start, end) for close, o in _BRACKETS.items()
    }
    while end > start:
        last = text[end - 1]
        if last in _TRAILING:
            end -= 1
        elif surplus.get(last, 0) > 0:
            surplus[last] -= 1
            end -= 1
        else:
            break
    return end


def _mention(text: str, at: int) -> Span | None:
    if at and (_is_word(text[at - 1]) or text[at - 1] in "@/=.-+"):
        return None
    match = _NAME.match(text, at + 1)
    name = match.group().rstrip(".-") if match else ""
    if not name or name[0] in ".-":
        return None
    end = at + 1 + len(name)
    if end < len(text) and (_is_word(text[end]) or (len(name) == LONGEST_NAME and _NAME.match(text, end))):
        return None
    host = _host(text, end + 1) if text[end : end + 1] == "@" else ""
    if host:
        end += 1 + len(host)
    handle = Handle(name, host.lower())
    return Span(at, end, SpanKind.MENTION, str(handle), handle)


def _host(text: str, at: int) -> str:
    end = at
    limit = min(len(text), at + LONGEST_HOST)
    while end < limit and ((_is_word(text[end]) and text[end] != "_") or text[end] in ".-"):
        end += 1
    host = text[at:end].rstrip(".-")
    if not host or host[0] in ".-" or ".." in host:
        return ""
    port = _PORT.match(text, at + len(host))
    return host + port.group() if port else host


def _tag(text: str, at: int) -> Span | None:
    if at and (_is_word(text[at - 1]) or text[at - 1] in "/=)&" + _SIGNS):
        return None
    end, limit = at + 1, min(len(text), at + 1 + LONGEST_TAG + 1)
    while end < limit and (_is_word(text[end]) or text[end] in _TAG_JOINERS):
        end += 1
    tag = text[at + 1 : end].rstrip(_TAG_JOINERS)
    if not tag or len(tag) > LONGEST_TAG or tag[0] in _TAG_JOINERS:
        return None
    if not any(sign.isalpha() for sign in tag):
        return None
    return Span(at, at + 1 + len(tag), SpanKind.TAG, tag)


def _is_word(sign: str) -> bool:
    return sign.isalnum() or sign == "_" or unicodedata.category(sign)[0] == "M"
