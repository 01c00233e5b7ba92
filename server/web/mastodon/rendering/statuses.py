"""Statuses: a body encoded once for a version of the post, joined with what depends on its reader.

What depends on the reader: marks (favourited, boosted, bookmarked, muted, pinned), filters that it meets, own votes,
links to pictures.
The author's account is joined as well: it changes with every post, and its own encoding is kept by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from server.core.clock import iso
from server.domain.accounts import Account
from server.domain.filters import FilterMatch
from server.domain.outlines import Outline
from server.domain.posts import Post, PostKind, Revision, Visibility
from server.domain.reads import is_recorded
from server.services.posts.visible import Parts
from server.text.html import sanitise_stored
from server.web.kit.sight import Flags, Sight
from server.web.mastodon.entities import statuses as entities
from server.web.mastodon.rendering import accounts, filters, media, polls
from server.web.mastodon.rendering.renderer import Renderer, encode, joined

WORDS: dict[Visibility, entities.Visibility] = {
    Visibility.PUBLIC: "public",
    Visibility.UNLISTED: "unlisted",
    Visibility.FOLLOWERS: "private",
    Visibility.DIRECT: "direct",
}


@dataclass(frozen=True, slots=True)
class Body:
    """head: the encoded entity up to its last field, without the brace. poll: whether one hangs on it. recorded: whether its reads are."""

    head: bytes
    attachments: tuple[media.Attachment, ...]
    poll: bool
    recorded: bool


def statuses(renderer: Renderer, sight: Sight) -> bytes:
    """An encoded array."""
    return joined([status(renderer, post, sight) for post in sight.posts])


def status(renderer: Renderer, post: Post, sight: Sight) -> bytes:
    """An encoded status. A boost shows what it boosts, with the marks of that."""
    boosted = sight.parts.originals.get(post.boost_of_id) if post.boost_of_id else None
    flags = _flags(sight.flags.get(post.boost_of_id or post.id), sight.filtered.get(post.id, ()))
    if boosted is None:
        return _joined(renderer, post, sight, b"null", flags)
    return _joined(renderer, post, sight, _joined(renderer, boosted, sight, b"null", flags), flags)


def _joined(renderer: Renderer, post: Post, sight: Sight, reblog: bytes, flags: bytes) -> bytes:
    made = body(renderer, post, sight.parts)
    if made.recorded:
        renderer.reads.note(renderer.viewer_id, post.account_id, post.id, renderer.depth)
    author = accounts.account(renderer, sight.parts.accounts[post.account_id])
    return _whole(renderer, made, author, _poll(renderer, post, sight), reblog, flags)


def _whole(renderer: Renderer, made: Body, author: bytes, poll: bytes, reblog: bytes, flags: bytes) -> bytes:
    attachments = b"[]"
    if made.attachments:
        attachments = joined([media.linked(renderer, one) for one in made.attachments])
    return b"".join(
        (
            made.head,
            b',"account":',
            author,
            b',"media_attachments":',
            attachments,
            b',"poll":',
            poll,
            b',"reblog":',
            reblog,
            flags,
        )
    )


def from_outline(renderer: Renderer, one: Outline) -> bytes | None:
    """A status from what is encoded already; None where a piece of it is not, or where it asks something."""
    flags = _flags(one)
    reblog: bytes | None = b"null"
    if one.original_id:
        reblog = _kept(
            renderer,
            (one.original_id, one.original_version),
            (one.original_author_id, one.original_author_version),
            b"null",
            flags,
        )
    if reblog is None:
        return None
    return _kept(renderer, (one.id, one.version), (one.author_id, one.author_version), reblog, flags)


Version = tuple[int, int]


def _kept(renderer: Renderer, post: Version, author: Version, reblog: bytes, flags: bytes) -> bytes | None:
    made: Body | None = renderer.prepared.get(("status", renderer.base, *post))
    person: bytes | None = renderer.prepared.get(("account", renderer.base, *author))
    if made is None or person is None or made.poll:
        return None
    if made.recorded:
        renderer.reads.note(renderer.viewer_id, author[0], post[0], renderer.depth)
    return _whole(renderer, made, person, b"null", reblog, flags)


_NO_FLAGS = (
    b',"favourited":false,"reblogged":false,"muted":false,"bookmarked":false,"pinned":false,"filtered":[]}'
)


def _flags(flags: Flags | None, met: Sequence[FilterMatch] = ()) -> bytes:
    if flags is None and not met:
        return _NO_FLAGS
    return b',"favourited":%b,"reblogged":%b,"muted":%b,"bookmarked":%b,"pinned":%b,"filtered":%b}' % (
        b"true" if flags and flags.favourited else b"false",
        b"true" if flags and flags.boosted else b"false",
        b"true" if flags and flags.muted else b"false",
        b"true" if flags and flags.bookmarked else b"false",
        b"true" if flags and flags.pinned else b"false",
        filters.results(met) if met else b"[]",
    )


def body(renderer: Renderer, post: Post, parts: Parts) -> Body:
    """The part that all readers share; kept by the post's version."""
    key = ("status", renderer.base, post.id, post.version)
    found = renderer.prepared.get(key)
    if found is None:
        attachments = tuple(media.attachment(one, post.content_class) for one in parts.media.get(post.id, ()))
        found = Body(
            encode(_entity(renderer, post, parts))[:-1],
            attachments,
            post.id in parts.polls,
            is_recorded(post),
        )
        renderer.prepared.put(key, found)
    made: Body = found
    return made


def _entity(renderer: Renderer, post: Post, parts: Parts) -> entities.StatusBody:
    is_boost = post.kind is PostKind.BOOST
    return entities.StatusBody(
        id=str(post.id),
        created_at=iso(post.published_at),
        in_reply_to_id=str(post.in_reply_to_id) if post.in_reply_to_id else None,
        in_reply_to_account_id=str(post.in_reply_to_account_id) if post.in_reply_to_account_id else None,
        sensitive=post.sensitive,
        spoiler_text=post.summary,
        visibility=WORDS[post.visibility],
        language=post.language,
        uri=post.uri,
        url=post.url or post.uri,
        replies_count=post.replies_count,
        reblogs_count=post.boosts_count,
        favourites_count=post.favourites_count,
        edited_at=iso(post.edited_at) if post.edited_at else None,
        content="" if is_boost else content(post),
        application=entities.Application(post.application) if post.application else None,
        mentions=[mention(named) for _, named in parts.mentions.get(post.id, ())],
        tags=[entities.StatusTag(tag, tag_url(renderer, tag)) for tag in post.tags],
        emojis=[],
    )


def content(post: Post) -> str:
    """An article's title stands above its text; it is plain text and is escaped here. The text was made safe when it came, too."""
    safe = sanitise_stored(post.content)
    if not post.title:
        return safe
    escaped = post.title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<p><strong>{escaped}</strong></p>{safe}"


def mention(one: Account) -> entities.Mention:
    return entities.Mention(str(one.id), one.username, one.url or one.uri, one.acct)


def tag_url(renderer: Renderer, tag: str) -> str:
    return f"{renderer.base}/tags/{quote(tag)}"


def _poll(renderer: Renderer, post: Post, sight: Sight) -> bytes:
    found = sight.parts.polls.get(post.id)
    if found is None:
        return b"null"
    votes = sight.votes.get(found.id, ())
    return encode(polls.poll(renderer, found, votes, is_author=post.account_id == renderer.viewer_id))


def edits(renderer: Renderer, revisions: Iterable[Revision], sight: Sight) -> bytes:
    """The history of a post, oldest first; the last is what it says now."""
    post = sight.only
    if is_recorded(post):
        renderer.reads.note(renderer.viewer_id, post.account_id, post.id, renderer.depth)
    return joined([_edit(renderer, one, sight) for one in revisions])


def _edit(renderer: Renderer, one: Revision, sight: Sight) -> bytes:
    """With the pictures of then, as far as they are still there."""
    post = sight.only
    kept = {str(each.id): each for each in sight.parts.media.get(post.id, ())}
    pictures = [
        media.entity(renderer, replace(kept[each["id"]], description=each["description"]), post.content_class)
        for each in one.media
        if each["id"] in kept
    ]
    poll = entities.EditPoll([entities.EditPollOption(title) for title in one.poll]) if one.poll else None
    made = entities.StatusEdit(
        content=sanitise_stored(one.content),
        spoiler_text=one.summary,
        sensitive=one.sensitive,
        created_at=iso(one.created_at),
        account=accounts.entity(renderer, sight.parts.accounts[post.account_id]),
        media_attachments=pictures,
        emojis=[],
        poll=poll,
    )
    return encode(made)
