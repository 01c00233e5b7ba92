"""Text: whatever strangers send, what comes out is safe, stable and complete."""

from __future__ import annotations

from html import unescape
from html.parser import HTMLParser

from hypothesis import example, given, settings
from hypothesis import strategies as st

from server.text.compose import ContentType, compose
from server.text.html import ALLOWED_TAGS, sanitise, sanitise_stored
from server.text.length import counted_length
from server.text.links import MentionLink
from server.text.mentions import Handle, find_spans
from server.text.plain import text_of

_PIECES = [
    *[
        "<p>",
        "</p>",
        "<b>",
        "</b>",
        "</a>",
        "<br/>",
        "<h1>",
        "</h1>",
        "<table>",
        "<tr>",
        "<td>",
        "</table>",
        "<svg>",
        "</svg>",
        "<math>",
        "<mtext>",
    ],
    *[
        "<style>",
        "</style>",
        "<script>",
        "</script>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<li>",
        "<ul>",
        "</ul>",
        "<blockquote>",
        "<pre>",
    ],
    *[
        "</span>",
        "<template>",
        "<noscript>",
        "<textarea>",
        "<select>",
        "<form>",
        "<plaintext>",
        "<xmp>",
        "&lt;",
        "&",
        "<",
        ">",
        '"',
        "'",
    ],
    *("<a href='https://x.example'>", "<a href='javascript:x'>", "<img src=x onerror=y>"),
    *("<span class='mention h-card x' style=y>", "\x00", "\r\n", "\n", "\xa0"),
]
soup = st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=5)), max_size=25).map("".join)
_WORDS = [
    "@ann",
    "@bob@peer.example:80",
    "#tag",
    "https://x.example/a",
    "**",
    "`",
    "_",
    "[",
    "](",
    ")",
    "\n\n",
    " ",
    "<b>",
    "&amp;",
]
posts = st.lists(st.one_of(st.sampled_from(_WORDS), st.text(max_size=5)), max_size=25).map("".join)


class _Judge(HTMLParser):
    """Reads HTML as a browser would and complains about whatever is not on the list."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED_TAGS
        for name, value in attrs:
            assert name in {"href", "class", "target", "rel", "translate", "start", "reversed", "value"}
            if name == "href":
                assert (value or "").lower().startswith(("http://", "https://", "mailto:"))

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)


def judge(html: str) -> None:
    judging = _Judge()
    judging.feed(html)
    judging.close()


def link_mention(handle: Handle) -> MentionLink | None:
    return MentionLink(f"https://{handle.host or 'here.example'}/@{handle.name}", handle.name)


@settings(max_examples=500)
@given(soup)
@example("<table><a href='https://x.example'>1<tr><td><a href='https://x.example'>2")
@example("<h1><h2>a</h1><p>b")
@example("<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>")
def test_sanitising_is_safe_and_stable(html: str) -> None:
    clean = sanitise(html)
    judge(clean)
    assert sanitise(clean) == clean
    assert sanitise_stored(clean) == clean


@settings(max_examples=300)
@given(soup)
def test_reading_back_unclean_rows_is_safe(html: str) -> None:
    judge(sanitise_stored(html))


@settings(max_examples=300)
@given(posts, st.sampled_from(ContentType))
def test_what_is_composed_is_safe_and_stable(text: str, kind: ContentType) -> None:
    made = compose(text, kind, link_mention, lambda tag: f"https://here.example/tags/{tag}")
    judge(made.html)
    assert sanitise(made.html) == made.html
    text_of(made.html)


@settings(max_examples=300)
@given(posts)
def test_plain_text_loses_no_word(text: str) -> None:
    made = compose(
        text, ContentType.PLAIN, lambda handle: None, lambda tag: f"https://here.example/tags/{tag}"
    )
    words = unescape(text_of(made.html)).split()
    assert "".join(words) == "".join(text_of_source(text).split())


def text_of_source(text: str) -> str:
    return unescape(text.replace("\x00", ""))


@given(posts)
def test_spans_are_in_order_and_say_what_stands_there(text: str) -> None:
    position = 0
    for span in find_spans(text):
        assert position <= span.start < span.end <= len(text)
        position = span.end
        written = text[span.start : span.end]
        if span.handle is not None:
            assert written.lower() == f"@{span.value}".lower()
        else:
            assert written.endswith(span.value)


@given(posts)
def test_a_count_is_never_negative_nor_more_than_was_written(text: str) -> None:
    urls = sum(1 for span in find_spans(text) if span.kind == "url")
    assert 0 <= counted_length(text) <= len(text) + 23 * urls
