"""The words by which a search finds a post that came from elsewhere: its own, choices of a poll, descriptions of media."""

from __future__ import annotations

from collections.abc import Iterable

from server.domain.posts import Post
from server.store import post_words
from server.store.session import Unit
from server.text.folding import folded
from server.text.plain import text_of


def keep(unit: Unit, post: Post, beside: Iterable[str]) -> None:
    """In the place of what was kept before. beside: choices and descriptions."""
    post_words.change(unit, post.id, folded([post.title, post.summary, text_of(post.content), *beside]))
