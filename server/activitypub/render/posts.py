"""Posts, boosts and polls as ActivityStreams objects. Blind recipients are never written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from federation.audience import Audience, write_audience
from federation.audience import Visibility as WireVisibility
from federation.types import Iri
from federation.vocab.activities import Activity
from federation.vocab.digests import write_digest
from federation.vocab.links import Hashtag, Media, Mention, Tag
from federation.vocab.objects import Object, PollOption, Question, Source, Tombstone
from server.core.settings import Settings
from server.domain.accounts import Account, AccountKind
from server.domain.posts import Media as MediaRow
from server.domain.posts import Poll, Post, Visibility

WIRE = {
    Visibility.PUBLIC: WireVisibility.PUBLIC,
    Visibility.UNLISTED: WireVisibility.UNLISTED,
    Visibility.FOLLOWERS: WireVisibility.FOLLOWERS,
    Visibility.DIRECT: WireVisibility.DIRECT,
}


@dataclass(frozen=True, slots=True)
class PostToRender:
    """A post with everything that its object names. mentioned: named in the text. addressed: recipients beside them.

    group: the members-only group whose members it is for.
    """

    post: Post
    author: Account
    mentioned: tuple[Account, ...] = ()
    addressed: tuple[Account, ...] = ()
    media: tuple[MediaRow, ...] = ()
    poll: Poll | None = None
    group: Account | None = None


def audience_of(
    visibility: Visibility, author: Account, named: tuple[Iri, ...]
) -> tuple[tuple[Iri, ...], tuple[Iri, ...]]:
    """`to` and `cc` for a visibility and those named."""
    return write_audience(Audience(visibility=WIRE[visibility], named=named, followers=author.followers_uri))


def note(item: PostToRender, settings: Settings) -> Object:
    """The Note or Question of a local post."""
    post = item.post
    audience: tuple[Iri, ...] = ()
    if item.group is None:
        named = tuple(account.uri for account in (*item.mentioned, *item.addressed))
        to, cc = audience_of(post.visibility, item.author, named)
        if post.visibility in {Visibility.PUBLIC, Visibility.UNLISTED}:
            everyone = (*item.mentioned, *item.addressed)
            audience = tuple(one.uri for one in everyone if one.kind is AccountKind.GROUP)
    else:
        to, cc, audience = of_group(item.group), (), (item.group.uri,)
    common: dict[str, Any] = {
        "id": post.uri,
        "attributed_to": item.author.uri,
        "content": post.content,
        "content_map": {post.language: post.content} if post.language else {},
        "summary": post.summary or None,
        "url": Iri(post.url),
        "in_reply_to": post.in_reply_to_uri,
        "published": post.published_at,
        "updated": post.edited_at,
        "to": to,
        "cc": cc,
        "audience": audience,
        "tag": _tags(item, settings),
        "attachment": tuple(_attachment(media, settings, item.group) for media in item.media),
        "sensitive": post.sensitive,
        "source": Source(content=post.source, media_type=post.source_type)
        if post.source is not None and post.source_type != "text/plain"
        else None,
    }
    if item.poll is not None:
        options = options_of(item.poll)
        return Question(
            type="Question",
            one_of=() if item.poll.multiple else options,
            any_of=options if item.poll.multiple else (),
            end_time=item.poll.expires_at,
            closed=item.poll.closed_at,
            voters_count=item.poll.voters_count,
            **common,
        )
    return Object(type="Note", **common)


def options_of(poll: Poll) -> tuple[PollOption, ...]:
    """While its author hides the counts of a poll, no other instance gets them either."""
    withheld = poll.hide_totals and poll.closed_at is None
    return tuple(PollOption(name=one.title, votes=None if withheld else one.votes) for one in poll.options)


def of_group(group: Account) -> tuple[Iri, ...]:
    """Whom something in a members-only group is for: the group and its members, and nobody else."""
    return group.uri, group.followers_uri or Iri(f"{group.uri}/followers")


def create(item: PostToRender, activity_id: Iri, settings: Settings) -> Activity:
    return _carrying("Create", note(item, settings), item.author, activity_id)


def update(item: PostToRender, activity_id: Iri, settings: Settings) -> Activity:
    return _carrying("Update", note(item, settings), item.author, activity_id)


def _carrying(kind: str, thing: Object, author: Account, activity_id: Iri) -> Activity:
    return Activity(
        id=activity_id,
        type=kind,
        actor=author.uri,
        object=thing,
        published=thing.published if kind == "Create" else thing.updated,
        to=thing.to,
        cc=thing.cc,
        audience=thing.audience,
    )


def delete(uri: Iri, author: Account, activity_id: Iri, to: tuple[Iri, ...]) -> Activity:
    """to: who had it, so that software which looks at addresses takes it."""
    return Activity(
        id=activity_id, type="Delete", actor=author.uri, object=Tombstone(id=uri, type="Tombstone"), to=to
    )


def announce(post: Post, author: Account, original: Post, original_author: Account) -> Activity:
    """The boost `post` of `original`."""
    to, cc = audience_of(post.visibility, author, (original_author.uri,))
    return Activity(
        id=post.uri,
        type="Announce",
        actor=author.uri,
        object=original.uri,
        published=post.published_at,
        to=to,
        cc=cc,
    )


def _tags(item: PostToRender, settings: Settings) -> tuple[Tag, ...]:
    mentions = [
        Mention(href=account.uri, name=f"@{account.username}@{account.origin(settings.origin)}")
        for account in item.mentioned
    ]
    hashtags = [Hashtag(name=f"#{tag}", href=Iri(f"{settings.base}/tags/{tag}")) for tag in item.post.tags]
    return (*mentions, *hashtags)


def _attachment(media: MediaRow, settings: Settings, group: Account | None) -> Media:
    """In a group it is signed: without the focus, whose fractions no signed document may hold, and with the digest."""
    focused = group is None and (media.focus_x or media.focus_y)
    focus = (media.focus_x / 1000, media.focus_y / 1000) if focused else None
    return Media(
        type="Image" if media.kind == "image" else "Document",
        url=Iri(f"{settings.base}/media/{media.digest}"),
        media_type=media.mime,
        name=media.description or None,
        blurhash=media.blurhash,
        width=media.width or None,
        height=media.height or None,
        focal_point=focus,
        digest=None if group is None or media.digest is None else write_digest(media.digest),
    )
