"""Text: what is kept, what is linked, what is dropped, how it counts, and that no input is slow."""

from __future__ import annotations

from time import perf_counter

import pytest

from server.text.compose import Composed, ContentType, compose
from server.text.html import sanitise, sanitise_stored
from server.text.length import counted_length, graphemes
from server.text.links import MentionLink
from server.text.mentions import Handle, find_mentions, find_spans, find_tags
from server.text.plain import text_of


def link_mention(handle: Handle) -> MentionLink | None:
    if handle.name == "nobody":
        return None
    return MentionLink(f"https://{handle.host or 'here.example'}/@{handle.name}", handle.name)


def link_tag(tag: str) -> str:
    return f"https://here.example/tags/{tag}"


def composed(text: str, kind: ContentType = ContentType.PLAIN) -> Composed:
    return compose(text, kind, link_mention, link_tag)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@ann", ["ann"]),
        ("hi @ann, @bob@peer.example!", ["ann", "bob@peer.example"]),
        ("@bob@Peer.Example:8443.", ["bob@peer.example:8443"]),
        ("@bob@hospital.localhost:3000/x", ["bob@hospital.localhost:3000"]),
        ("(@ann)", ["ann"]),
        ("@ann_b.c-d.", ["ann_b.c-d"]),
        ("@ann's", ["ann"]),
        ("@bob@krankenhaus-köln.example", ["bob@krankenhaus-köln.example"]),
        ("@Ann @ann @ANN", ["Ann"]),
        ("ann@peer.example", []),
        ("mail to ann.b@peer.example now", []),
        ("https://peer.example/@ann", []),
        ("https://peer.example/@ann@x.example and @bob", ["bob"]),
        ("/@ann", []),
        ("@ @. @-a @@", []),
        ("@" + "a" * 65, []),
        ("@bob@", ["bob"]),
        ("@bob@..", ["bob"]),
    ],
)
def test_mentions(text: str, expected: list[str]) -> None:
    assert [str(handle) for handle in find_mentions(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#Cardio", ["cardio"]),
        ("#Cardio #cardio #CARDIO", ["cardio"]),
        ("#Ärzte_2026, #हिन्दी #日本語タグ", ["ärzte_2026", "हिन्दी", "日本語タグ"]),
        ("\uff03日本", ["日本"]),
        ("#1 #2026", []),
        ("#covid19", ["covid19"]),
        ("a#b https://x.example/#c &#39; ##d", []),
        ("(#x)", ["x"]),
        ("#" + "a" * 101, []),
    ],
)
def test_hashtags(text: str, expected: list[str]) -> None:
    assert list(find_tags(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://x.example/a_(b). ok", ["https://x.example/a_(b)"]),
        ("(https://x.example/a)", ["https://x.example/a"]),
        ("HTTPS://X.example/?q=1&r=2#f!", ["HTTPS://X.example/?q=1&r=2#f"]),
        ("<https://x.example>", ["https://x.example"]),
        ("xhttps://x.example ftp://x.example https:// http://)", []),
        ("https://[2001:db8::1]/x", ["https://[2001:db8::1]/x"]),
        ("https://x.example/" + "a" * 3000, []),
    ],
)
def test_addresses(text: str, expected: list[str]) -> None:
    assert [span.value for span in find_spans(text)] == expected


def test_plain_text_becomes_paragraphs() -> None:
    assert composed("one <b>&\ntwo\r\n\r\nthree\n\n\n").html == "<p>one &lt;b&gt;&amp;<br>two</p><p>three</p>"
    assert composed(" \n ").html == ""


def test_links_look_as_mastodons() -> None:
    made = composed("@ann #Cardio https://www.peer.example/a/very/long/path/to/something?x=1&y=2 @nobody")
    assert made.mentions == (Handle("ann"),)
    assert made.unknown == (Handle("nobody"),)
    assert made.tags == ("cardio",)
    rel = 'target="_blank" rel="nofollow noopener noreferrer"'
    assert made.html == (
        '<p><span class="h-card" translate="no"><a href="https://here.example/@ann" class="u-url mention" '
        f"{rel}>@<span>ann</span></a></span> "
        f'<a href="https://here.example/tags/cardio" class="mention hashtag" {rel}>#<span>Cardio</span></a> '
        f'<a href="https://www.peer.example/a/very/long/path/to/something?x=1&amp;y=2" translate="no" {rel}>'
        '<span class="invisible">https://www.</span><span class="ellipsis">peer.example/a/very/long/path/</span>'
        '<span class="invisible">to/something?x=1&amp;y=2</span></a> @nobody</p>'
    )
    assert text_of(made.html) == (
        "@ann #Cardio https://www.peer.example/a/very/long/path/to/something?x=1&y=2 @nobody"
    )


def test_markdown() -> None:
    made = composed(
        "# Title\n\n**@ann** `@code` [@in](https://x.example) #tag <script>x</script>", ContentType.MARKDOWN
    )
    assert made.mentions == (Handle("ann"),)
    assert "<p><strong>Title</strong></p>" in made.html
    assert "<code>@code</code>" in made.html
    assert "<script" not in made.html
    assert made.tags == ("tag",)


def test_markdown_keeps_addresses_whole_and_code_apart() -> None:
    made = composed(
        "https://x.example/_a_/*b*c and *it*\n\n    @block #block https://y.example\n", ContentType.MARKDOWN
    )
    assert 'href="https://x.example/_a_/*b*c"' in made.html
    assert "<em>it</em>" in made.html
    assert "y.example</span>" not in made.html
    assert made.mentions == made.tags == ()


def test_markdown_refuses_scripts_in_links() -> None:
    made = composed(
        "[a](javascript:alert(1)) ![b](https://x.example/c.png) <https://x.example>", ContentType.MARKDOWN
    )
    assert "javascript:" not in made.html.replace("[a](javascript:alert(1))", "")
    assert "<img" not in made.html
    assert 'href="https://x.example"' in made.html


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>ok</p>", "<p>ok</p>"),
        ("<h2>Head</h2>", "<p><strong>Head</strong></p>"),
        ("<script>alert(1)</script>a", "a"),
        ("<style>p{}</style>a", "a"),
        ("<svg><script>alert(1)</script></svg>a", "a"),
        ("<math><mi//xlink:href='data:x,<script>alert(4)</script>'>a</math>b", "b"),
        ("<img src=x onerror=alert(1)>a", "a"),
        ("<p onclick=alert(1) style='position:fixed' id=x name=y>a</p>", "<p>a</p>"),
        (
            "<a href='javascript:alert(1)'>a</a>",
            '<a target="_blank" rel="nofollow noopener noreferrer">a</a>',
        ),
        (
            "<a href=' jav\tascript:alert(1)'>a</a>",
            '<a target="_blank" rel="nofollow noopener noreferrer">a</a>',
        ),
        ("<a href='data:text/html,x'>a</a>", '<a target="_blank" rel="nofollow noopener noreferrer">a</a>'),
        ("<a href='/local'>a</a>", '<a target="_blank" rel="nofollow noopener noreferrer">a</a>'),
        ("<a href='//x.example'>a</a>", '<a target="_blank" rel="nofollow noopener noreferrer">a</a>'),
        (
            "<a href='https://x.example' target=_self rel=opener class='mention evil'>a</a>",
            '<a href="https://x.example" class="mention" target="_blank" rel="nofollow noopener noreferrer">a</a>',
        ),
        ("<span class='invisible modal'>a</span>", '<span class="invisible">a</span>'),
        ("<iframe src=https://x.example></iframe><form><input><button>a</button></form>", "a"),
        ("<ol start=3><li value=4>a</li></ol>", '<ol start="3"><li value="4">a</li></ol>'),
        ("<!-- x --><p>a", "<p>a</p>"),
        ("a & b < c", "a &amp; b &lt; c"),
    ],
)
def test_the_allow_list(html: str, expected: str) -> None:
    assert sanitise(html) == expected
    assert sanitise_stored(expected) == expected


def test_excessive_markup_keeps_its_words_only() -> None:
    made = sanitise("<ul><li>word " * 5000)
    assert "<" not in made
    assert "word" in made
    assert sanitise_stored(made) == sanitise(made) == made


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>a<br>b</p><p>c &amp; d</p>", "a\nb\n\nc & d"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("plain", "plain"),
        ("&lt;b&gt;", "<b>"),
        ("", ""),
    ],
)
def test_html_to_text(html: str, expected: str) -> None:
    assert text_of(html) == expected


@pytest.mark.parametrize(
    ("text", "spoiler", "expected"),
    [
        ("hello", "", 5),
        ("hello", "cw!", 8),
        ("https://x.example/" + "a" * 500, "", 23),
        ("@ann@a.very.long.host.example hi", "", 7),
        ("#tag", "", 4),
        ("a\r\nb", "", 3),
        ("e\u0301", "", 1),
        ("👩‍⚕️👍🏽🇫🇷🇩🇪", "", 4),
        ("हिन्दी", "", 3),
    ],
)
def test_lengths(text: str, spoiler: str, expected: int) -> None:
    assert counted_length(text, spoiler) == expected


def test_lone_marks_count() -> None:
    assert graphemes("") == 0
    assert graphemes("\u0301") == 1


HOSTILE = [
    "@" * 20_000,
    "@a" * 10_000,
    "@a@" * 7_000,
    "#" * 20_000,
    "#a" * 10_000,
    "http://" * 3_000,
    "http://(" * 3_000,
    "http://x" + ")" * 20_000,
    "http://x(" * 3_000,
    "a@b.c " * 3_000,
    "*" * 20_000,
    "_a" * 10_000,
    "**a " * 5_000,
    "[" * 5_000,
    "[a](b" * 3_000,
    "![[" * 3_000,
    "> " * 5_000,
    "`" * 20_000 + "a",
    "".join("`" * n + " " for n in range(200)),
    "<" * 20_000,
    "&" * 20_000,
    "\u0301" * 20_000,
]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_no_text_is_slow(number: int) -> None:
    start = perf_counter()
    for kind in ContentType:
        composed(HOSTILE[number], kind)
    counted_length(HOSTILE[number])
    assert perf_counter() - start < 2


@pytest.mark.parametrize(
    "piece", ["<b>", "<a href=https://x.example>", "<ul><li>", "<blockquote>", "<table><td>", "<h1>", "</p>"]
)
@pytest.mark.parametrize("times", [2_500, 50_000])
def test_no_html_is_slow(piece: str, times: int) -> None:
    start = perf_counter()
    made = sanitise(piece * times)
    assert sanitise_stored(made) == made
    text_of(made)
    assert perf_counter() - start < 2
