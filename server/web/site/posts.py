"""Posts as the templates of our pages show them; who may see them was asked before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from server.domain.accounts import Account
from server.domain.posts import Poll, Post
from server.domain.viewers import Member
from server.services.posts import visible
from server.text.html import sanitise_stored
from server.web.kit.call import Call
from server.web.kit.media_links import MediaLinks, Variant


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of a post. small: a preview, large: the image itself."""

    small: str
    large: str
    description: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A post as a template shows it. content, note: sanitised. booster: who boosted it, if somebody did."""

    post: Post
    author: Account
    avatar: str
    content: Markup
    pictures: tuple[Picture, ...]
    poll: Poll | None
    booster: Account | None


def posts_shown(call: Call, posts: Sequence[Post], parts: visible.Parts) -> list[Shown]:
    """For the reader of this call. A boost shows what it boosts."""
    links = MediaLinks(call.context)
    reader = call.viewer.account_id if isinstance(call.viewer, Member) else 0
    shown = []
    for each in posts:
        original = parts.originals.get(each.boost_of_id) if each.boost_of_id is not None else each
        if original is None:
            continue
        author = parts.accounts.get(original.account_id)
        if author is None:
            continue
        pictures = tuple(
            Picture(
                links.media(one.id, reader, Variant.PREVIEW, original.content_class),
                links.media(one.id, reader, Variant.ORIGINAL, original.content_class),
                one.description,
            )
            for one in parts.media.get(original.id, ())
        )
        shown.append(
            Shown(
                original,
                author,
                links.face("avatar", author.id, author.avatar),
                Markup(sanitise_stored(original.content)),  # noqa: S704  likewise
                pictures,
                parts.polls.get(original.id),
                parts.accounts.get(each.account_id) if each.boost_of_id is not None else None,
            )
        )
    return shown
