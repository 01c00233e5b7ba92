"""Markdown (CommonMark without raw HTML and images) to HTML, with mentions, hashtags and bare addresses linked.

Nothing is linked inside code or inside another link.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, cast

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

from server.text.links import Linker
from server.text.mentions import Span, span_at, url_at
from server.text.plain import normal_newlines

_LINKER = "linker"
_SCHEMES = ("https", "http")


def render_markdown(text: str, linker: Linker) -> str:
    """HTML that still has to pass the sanitiser."""
    environment: MutableMapping[str, Any] = {_LINKER: linker}
    return cast("str", _PARSER.render(normal_newlines(text), environment)).strip()


def _push(state: StateInline, span: Span, silent: bool) -> bool:
    if not silent:
        linker: Linker = state.env[_LINKER]
        token = state.push("html_inline", "", 0)
        token.content = linker.html(span, state.src[span.start : span.end])
    state.pos = span.end
    return True


def _handle_rule(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "@#" or state.linkLevel > 0:
        return False
    span = span_at(state.src[: state.posMax], state.pos)
    return span is not None and _push(state, span, silent)


def _address_rule(state: StateInline, silent: bool) -> bool:
    """Bare addresses: the text rule stops at the colon, so the scheme is taken back from what is pending."""
    if state.src[state.pos] != ":" or state.linkLevel > 0 or not state.src.startswith("://", state.pos):
        return False
    scheme = next((s for s in _SCHEMES if state.pending.lower().endswith(s)), "")
    if not scheme:
        return False
    span = url_at(state.src[: state.posMax], state.pos - len(scheme))
    if span is None:
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme)]
    return _push(state, span, silent)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["strikethrough"])
    parser.disable(["image", "html_block", "html_inline"])
    parser.inline.ruler.after("text", "consilium_handle", _handle_rule)
    parser.inline.ruler.after("text", "consilium_address", _address_rule)
    return parser


_PARSER = _parser()
