"""Pictures of posts from other instances, once their bytes are here."""

from __future__ import annotations

from typing import Any

from server.domain.boundary import ContentClass, ContentForm, MediaKind
from server.domain.posts import Media, Visibility
from server.services.boundary import Crossing
from server.store import media as rows
from server.store import posts
from server.store.session import Unit


def crossing(unit: Unit, one: Media) -> Crossing | None:
    """What fetching it is to the policy; None where no post shows it any more."""
    post = posts.find(unit, one.post_id) if one.post_id is not None else None
    if post is None:
        return None
    form = ContentForm.DIRECT if post.visibility is Visibility.DIRECT else ContentForm.POST
    declared = ContentClass.from_word(post.content_class)
    return Crossing(form, declared, frozenset({MediaKind.IMAGE}), post.language or "und")


def arrived(unit: Unit, media_id: int, values: dict[str, Any]) -> None:
    """values: columns of `media` that decoding found. The post's entity shows them from now on."""
    one = rows.find(unit, media_id)
    if one is None or one.post_id is None:
        return
    rows.change(unit, media_id, values)
    posts.touch(unit, one.post_id)
